/* SPDX-License-Identifier: BSD-3-Clause */
#include "sweep.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "host.h"
#include "traffic.h"

static_assert(SWEEP_S == SAVE_AGAIN_S, "the log says when it tries again");

static uint64_t
count_backend(void *region, uint16_t id)
{
	return traffic_backend_sessions(region, id);
}

static uint64_t
count_service(void *region, uint16_t id)
{
	return traffic_service_sessions(region, id);
}

bool
sweep_release(struct control *control)
{
	const struct mx_region *region = publisher_region(control->publisher);
	const struct state_census census = {
		.backend = count_backend,
		.service = count_service,
		.arg = (void *)(uintptr_t)region,
		.no_ipv6 = region != NULL && !region->header.ipv6 &&
			   publisher_outcome(control->publisher).running,
	};

	return region != NULL &&
	       state_release(control->state, &census, (int64_t)time(NULL)) > 0;
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;

	(void)fd, (void)what;
	if (control->saver.error != 0)
		saver_save(&control->saver);
	portcheck_look(&control->portcheck, control->publisher, control->state,
		       control->applier.path);
	host_watch(control->host, control->state->config);
	if (sweep_release(control))
		control_changed(control);
}

static const char *
service_name(void *arg, uint16_t id)
{
	const struct control *control = arg;

	return control->state->service[id].used
		       ? control->state->service[id].name
		       : NULL;
}

static void
on_second(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;
	const struct mx_region *region = publisher_region(control->publisher);
	struct timespec now;

	(void)fd, (void)what;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (region == NULL)
		return;
	refusals_look(&control->refusals, region, service_name, control,
		      now.tv_sec);
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (unanswered_look(&control->unanswered, region, id))
			nexthops_doubt(control->hops, id);
}

int
sweep_make(struct control *control)
{
	control->sweep =
		event_new(control->base, -1, EV_PERSIST, on_sweep, control);
	control->second =
		event_new(control->base, -1, EV_PERSIST, on_second, control);
	return control->sweep != NULL && control->second != NULL ? 0 : -ENOMEM;
}

int
sweep_start(struct control *control)
{
	const struct timeval interval = {.tv_sec = SWEEP_S};
	const struct timeval second = {.tv_sec = 1};

	if (event_add(control->sweep, &interval) < 0 ||
	    event_add(control->second, &second) < 0)
		return -ENOMEM;
	return 0;
}

void
sweep_end(struct control *control)
{
	if (control->sweep != NULL)
		event_free(control->sweep);
	if (control->second != NULL)
		event_free(control->second);
}
