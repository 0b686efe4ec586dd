/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REFUSAL_H
#define MX_REFUSAL_H

/* New sessions that services refuse, by reason.  Only reasons that cost mail
 * count.  The counters are read once a second.  The log says when a service
 * begins to refuse, and when it has refused nothing for REFUSAL_QUIET_S.
 * Threads    the event loop. */
#include "region.h"

#define REFUSAL_QUIET_S 60

/* The reasons that count, in the order of importance to an operator. */
#define REFUSAL_REASONS 8
extern const enum mx_drop refusal_reasons[REFUSAL_REASONS];

/* Is a refusal for this reason what the operator wanted? */
bool refusal_is_wanted(enum mx_drop reason);

/* The refusals of one service for one reason. */
struct refusal {
	bool known; /* `seen` is from an earlier look */
	bool active;
	uint64_t seen;  /* the counter at the last look */
	uint64_t count; /* since it became active */
	int64_t last_s; /* time of the last change of the counter;
			 * CLOCK_MONOTONIC */
};

enum refusal_news { REFUSAL_NO_NEWS, REFUSAL_BEGINS, REFUSAL_ENDS };

/* Judge one look at the counter. */
enum refusal_news refusal_step(struct refusal *refusal, uint64_t counter,
			       int64_t now_s);

struct refusals {
	struct refusal row[MX_SERVICES_MAX][REFUSAL_REASONS];
};

/* The name of a service, or NULL if no service has that id. */
typedef const char *(*refusal_name)(void *arg, uint16_t service);

/* Look at the region and log changes. */
void refusals_look(struct refusals *refusals, const struct mx_region *region,
		   refusal_name name, void *arg, int64_t now_s);

/* How many new sessions a service has refused since the data plane started:
 * denied clients too, although the log and status do not tell of them. */
uint64_t refusals_total(const struct mx_region *region, uint16_t service);

#endif /* MX_REFUSAL_H */
