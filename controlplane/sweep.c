/* SPDX-License-Identifier: BSD-3-Clause */
#include "sweep.h"

#include <assert.h>
#include <errno.h>

#include "clock.h"
#include "host.h"
#include "timer.h"
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
	       state_release(control->state, &census, clock_wall_s()) > 0;
}

static void
on_sweep(void *arg)
{
	struct control *control = arg;

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
on_second(void *arg)
{
	struct control *control = arg;
	const struct mx_region *region = publisher_region(control->publisher);

	if (region == NULL)
		return;
	refusals_look(&control->refusals, region, service_name, control,
		      clock_s());
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (unanswered_look(&control->unanswered, region, id))
			nexthops_doubt(control->hops, id);
}

int
sweep_make(struct control *control)
{
	control->sweep = timer_new(control->base, on_sweep, control);
	control->second = timer_new(control->base, on_second, control);
	return control->sweep != NULL && control->second != NULL ? 0 : -ENOMEM;
}

int
sweep_start(struct control *control)
{
	if (timer_repeat(control->sweep, SWEEP_S * 1000) < 0 ||
	    timer_repeat(control->second, 1000) < 0)
		return -ENOMEM;
	return 0;
}

void
sweep_end(struct control *control)
{
	timer_free(control->sweep);
	timer_free(control->second);
}
