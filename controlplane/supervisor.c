/* SPDX-License-Identifier: BSD-3-Clause */
#include "supervisor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "plural.h"
#include "traffic.h"

/* Count the MTAs of the configuration, and look at the data plane. */
static void
look(struct supervisor *supervisor)
{
	const struct state *state = supervisor->state;

	supervisor->serving = 0;
	supervisor->backends = 0;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &state->backend[id];

		if (b->config == NULL)
			continue;
		supervisor->backends++;
		if (b->effective_weight > 0)
			supervisor->serving++;
	}
	supervisor->running = publisher_outcome(supervisor->publisher).running;
}

static uint64_t
count_sessions(const struct supervisor *supervisor)
{
	const struct mx_region *region =
		publisher_region(supervisor->publisher);
	uint64_t sessions = 0;

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		sessions += traffic_service_sessions(region, id);
	return sessions;
}

/* Write a number with a comma before each three digits. */
static void
write_number(char text[static 32], uint64_t number)
{
	char digits[24];
	char *to = text;

	const int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);
	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
}

const char *
supervisor_status(const struct supervisor *supervisor,
		  char text[static SUPERVISOR_STATUS_MAX])
{
	char sessions[32];

	const uint64_t count = count_sessions(supervisor);
	write_number(sessions, count);
	snprintf(text, SUPERVISOR_STATUS_MAX, "%u of %u MTAs serve, %s%s",
		 supervisor->serving, supervisor->backends,
		 supervisor->running ? sessions : "no data plane runs",
		 !supervisor->running ? ""
				      : plural(count, " session", " sessions"));
	return text;
}

static void
tell(struct supervisor *supervisor)
{
	char text[SUPERVISOR_STATUS_MAX];

	/* What was not sent is sent again a second later. */
	if (notify_send("READY=1\nWATCHDOG=1\nSTATUS=%s",
			supervisor_status(supervisor, text)) >= 0)
		supervisor->seconds = 0;
}

static void
on_second(void *arg)
{
	struct supervisor *supervisor = arg;
	const struct supervisor before = *supervisor;

	if (!supervisor->ready)
		return;
	supervisor->seconds++;
	look(supervisor);
	if (supervisor->seconds >= supervisor->every_s ||
	    supervisor->serving != before.serving ||
	    supervisor->backends != before.backends ||
	    supervisor->running != before.running)
		tell(supervisor);
}

static void
on_settled(void *arg, const struct publish_outcome *outcome)
{
	struct supervisor *supervisor = arg;

	(void)outcome;
	/* The publisher calls back at the end of the process as well. */
	if (supervisor->each_second == NULL)
		return;
	supervisor->ready = true;
	look(supervisor);
	tell(supervisor);
}

static uint32_t
seconds_between(uint64_t limit_ms)
{
	const uint64_t part_s = limit_ms / 1000 / SUPERVISOR_PARTS;

	return limit_ms == 0 || part_s > SUPERVISOR_EVERY_S ? SUPERVISOR_EVERY_S
							    : (uint32_t)part_s;
}

int
supervisor_start(struct supervisor *supervisor, struct event_base *base)
{
	supervisor->every_s = seconds_between(notify_watchdog_ms());
	supervisor->each_second = timer_new(base, on_second, supervisor);
	if (supervisor->each_second == NULL ||
	    timer_repeat(supervisor->each_second, 1000) < 0)
		return -ENOMEM;
	return publisher_when_settled(supervisor->publisher, on_settled,
				      supervisor);
}

void
supervisor_end(struct supervisor *supervisor)
{
	timer_free(supervisor->each_second);
	supervisor->each_second = NULL;
	if (supervisor->ready)
		notify_send("STOPPING=1");
}
