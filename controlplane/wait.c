/* SPDX-License-Identifier: BSD-3-Clause */
#include "wait.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "traffic.h"

#define WAIT_SECONDS_MAX 86400
#define LOOK_INTERVAL_MS 100

struct wait {
	struct asker asker;
	char label[STATE_LABEL_MAX];
	uint32_t seconds;
	int64_t until_s;
	struct event *look;
	struct wait *next;
};

static int64_t
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void
wait_free(struct wait *wait)
{
	struct wait **link = &wait->asker.control->waits;

	while (*link != wait)
		link = &(*link)->next;
	*link = wait->next;
	event_free(wait->look);
	free(wait);
}

static void
reply_late(const struct wait *wait, const struct backend *backend,
	   uint64_t left)
{
	reply_error(&wait->asker,
		    "%s has %" PRIu64 " sessions left after %u seconds%s",
		    wait->label, left, wait->seconds,
		    backend->admin == ADMIN_READY
			    ? "; it is ready and takes new ones: drain it"
			    : "");
}

/* Answer if there is an answer now. */
static bool
wait_answered(const struct wait *wait)
{
	const struct control *control = wait->asker.control;
	const struct mx_region *region = publisher_region(control->publisher);
	const uint16_t id = state_find(control->state, wait->label);

	if (ctl_abandoned(wait->asker.request)) {
		reply_error(&wait->asker, "nobody waits any more");
		return true;
	}
	if (id == MX_BACKEND_NONE) {
		reply_error(&wait->asker, "%s left the configuration",
			    wait->label);
		return true;
	}
	if (region == NULL) {
		reply_error(&wait->asker,
			    "no data plane has been started: nobody knows the "
			    "sessions of %s",
			    wait->label);
		return true;
	}
	const struct mx_flow_count count = traffic_backend(region, id);
	const uint64_t left = traffic_sessions(&count);
	if (left == 0)
		reply_message(&wait->asker, "%s is drained", wait->label);
	else if (now_s() >= wait->until_s)
		reply_late(wait, &control->state->backend[id], left);
	else
		return false;
	return true;
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct wait *wait = arg;

	(void)fd, (void)what;
	if (wait_answered(wait))
		wait_free(wait);
}

void
command_wait(const struct asker *asker, int argc, char **argv)
{
	const struct timeval interval = {.tv_usec = LOOK_INTERVAL_MS * 1000};
	uint32_t seconds;

	(void)argc;
	if (!command_number(argv[0], WAIT_SECONDS_MAX, &seconds) ||
	    strcmp(argv[1], "drained") != 0) {
		reply_error(asker,
			    "expected: wait SECONDS drained POOL/BACKEND, "
			    "SECONDS up to %d",
			    WAIT_SECONDS_MAX);
		return;
	}
	if (command_backend(asker, argv[2]) == MX_BACKEND_NONE)
		return;
	struct wait *wait = calloc(1, sizeof(*wait));
	if (wait == NULL) {
		reply_error(asker, "not enough memory to wait");
		return;
	}
	wait->asker = *asker;
	wait->seconds = seconds;
	wait->until_s = now_s() + seconds;
	strncat(wait->label, argv[2], sizeof(wait->label) - 1);
	wait->look =
		event_new(asker->control->base, -1, EV_PERSIST, on_look, wait);
	if (wait->look == NULL || event_add(wait->look, &interval) < 0) {
		reply_error(asker, "not enough memory to wait");
		if (wait->look != NULL)
			event_free(wait->look);
		free(wait);
		return;
	}
	wait->next = asker->control->waits;
	asker->control->waits = wait;
	event_active(wait->look, EV_TIMEOUT, 0);
}

void
waits_end(struct control *control)
{
	while (control->waits != NULL) {
		struct wait *wait = control->waits;
		reply_error(&wait->asker, "the control plane is stopping");
		wait_free(wait);
	}
}
