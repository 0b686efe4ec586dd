/* SPDX-License-Identifier: BSD-3-Clause */
#include "cookiewatch.h"

#include <inttypes.h>
#include <stdio.h>

#include "eventlog.h"
#include "traffic.h"

/* The counters of a restarted data plane begin at zero. */
static uint64_t
more_than(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

static uint64_t
answered_by(const struct mx_region *region)
{
	uint64_t sum = 0;

	for (uint16_t w = 0; w < traffic_workers(region); w++)
		sum += __atomic_load_n(&region->worker[w].synacks,
				       __ATOMIC_RELAXED);
	return sum;
}

/* What is known of all services. */
struct look {
	const struct mx_region *region;
	int64_t now_s;
	uint64_t answered;
	uint64_t answered_before;
};

static void
look_at(struct cookiewatch_row *row, const struct look *look, uint16_t id,
	const char *name)
{
	const struct mx_flow_count count = traffic_service(look->region, id);
	const uint16_t workers =
		traffic_cookies_on(look->region, id, (uint32_t)look->now_s);
	const uint64_t syns = more_than(count.attempts, row->attempts) +
			      more_than(look->answered, look->answered_before);

	row->attempts = count.attempts;
	if ((workers > 0) == row->on)
		return;
	row->on = workers > 0;

	char subject[MX_NAME_MAX + 16];

	snprintf(subject, sizeof(subject), "service %s", name);
	if (row->on) {
		row->since_s = look->now_s;
		row->answered = look->answered_before;
		eventlog_tell(LOG_LEVEL_WARN, EVENT_TRAFFIC, subject,
			      "has SYN cookies on at %u of %u workers: "
			      "%" PRIu64 " SYNs in the last second, %" PRIu64
			      " handshakes half-open",
			      workers, traffic_workers(look->region), syns,
			      traffic_half_open(&count));
	} else {
		eventlog_tell(LOG_LEVEL_INFO, EVENT_TRAFFIC, subject,
			      "has SYN cookies off after %" PRId64
			      " s; mxsteer has answered %" PRIu64
			      " SYNs by cookies",
			      look->now_s - row->since_s,
			      more_than(look->answered, row->answered));
	}
}

void
cookiewatch_look(struct cookiewatch *watch, const struct mx_region *region,
		 refusal_name name, void *arg, int64_t now_s)
{
	const struct look look = {
		.region = region,
		.now_s = now_s,
		.answered = answered_by(region),
		.answered_before = watch->answered,
	};

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		const char *called = name(arg, id);

		if (called == NULL)
			watch->row[id] = (struct cookiewatch_row){0};
		else
			look_at(&watch->row[id], &look, id, called);
	}
	watch->answered = look.answered;
}
