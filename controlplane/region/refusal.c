/* SPDX-License-Identifier: BSD-3-Clause */
#include "refusal.h"

#include <inttypes.h>
#include <stdio.h>

#include "eventlog.h"
#include "traffic.h"

const enum mx_drop refusal_reasons[REFUSAL_REASONS] = {
	MX_DROP_NO_BACKEND,   MX_DROP_NO_NEXTHOP, MX_DROP_ALL_FULL,
	MX_DROP_NO_PORT,      MX_DROP_TABLE_FULL, MX_DROP_CLIENT_LIMIT,
	MX_DROP_PREFIX_LIMIT, MX_DROP_EARLY,
};

bool
refusal_is_wanted(enum mx_drop reason)
{
	return reason == MX_DROP_CLIENT_LIMIT ||
	       reason == MX_DROP_PREFIX_LIMIT || reason == MX_DROP_EARLY;
}

enum refusal_news
refusal_step(struct refusal *refusal, uint64_t counter, int64_t now_s)
{
	/* The counters of a restarted data plane begin at zero. */
	const uint64_t more =
		counter >= refusal->seen ? counter - refusal->seen : counter;
	const bool first = !refusal->known;

	refusal->known = true;
	refusal->seen = counter;
	if (more > 0 && !first) {
		const bool begins = !refusal->active;
		refusal->count = begins ? more : refusal->count + more;
		refusal->active = true;
		refusal->last_s = now_s;
		return begins ? REFUSAL_BEGINS : REFUSAL_NO_NEWS;
	}
	if (!refusal->active || now_s - refusal->last_s < REFUSAL_QUIET_S)
		return REFUSAL_NO_NEWS;
	refusal->active = false;
	return REFUSAL_ENDS;
}

static void
log_news(enum refusal_news news, const char *name, enum mx_drop reason,
	 const struct refusal *refusal)
{
	char subject[MX_NAME_MAX + 16];

	snprintf(subject, sizeof(subject), "service %s", name);
	if (news == REFUSAL_BEGINS)
		eventlog_tell(refusal_is_wanted(reason) ? LOG_LEVEL_WARN
							: LOG_LEVEL_ERROR,
			      EVENT_TRAFFIC, subject,
			      "refuses new sessions, %s: %s",
			      mx_drop_name(reason), mx_drop_text(reason));
	else
		eventlog_tell(LOG_LEVEL_INFO, EVENT_TRAFFIC, subject,
			      "has refused no new session for %d s, %s; before "
			      "that %" PRIu64 " SYNs",
			      REFUSAL_QUIET_S, mx_drop_name(reason),
			      refusal->count);
}

/* Clients that were dropped, and clients that were told. */
static uint64_t
count_of(const struct mx_region *region, uint16_t service, enum mx_drop reason)
{
	return traffic_refused(region, service, reason) +
	       traffic_told_any(region, service, reason);
}

void
refusals_look(struct refusals *refusals, const struct mx_region *region,
	      refusal_name name, void *arg, int64_t now_s)
{
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		const char *called = name(arg, id);
		for (int i = 0; i < REFUSAL_REASONS; i++) {
			struct refusal *row = &refusals->row[id][i];
			if (called == NULL) {
				*row = (struct refusal){0};
				continue;
			}
			const enum refusal_news news = refusal_step(
				row, count_of(region, id, refusal_reasons[i]),
				now_s);
			if (news != REFUSAL_NO_NEWS)
				log_news(news, called, refusal_reasons[i], row);
		}
	}
}

uint64_t
refusals_total(const struct mx_region *region, uint16_t service)
{
	uint64_t sum = count_of(region, service, MX_DROP_DENIED);

	for (int i = 0; i < REFUSAL_REASONS; i++)
		sum += count_of(region, service, refusal_reasons[i]);
	return sum;
}
