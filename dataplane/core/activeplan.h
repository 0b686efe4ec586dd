/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ACTIVEPLAN_H
#define MX_ACTIVEPLAN_H

/* An active plan is a plan as the workers use it: a checked copy in memory of
 * this process, and beside it what only the data plane knows.
 *
 * Threads    made by main (planswap.c); read by every worker until it has
 *            reported a quiescent state after a newer one took its place. */
#include "plan.h"

#define ACTIVE_PORT_NONE UINT8_MAX

/* How long the silent clients of sessions that the operator ended are looked
 * for; reset.h */
#define RESET_SEARCH_S 60

struct mx_deny_table;
struct rule_slots;

struct active_plan {
	/* Which port map each SNAT address of the plan has; see planswap.c. */
	uint8_t snat_slot[MX_SNATS_MAX];
	/* Ports that lead to a backend, a bit each; and those that replies may
	 * come by. */
	uint32_t backend_ports;
	uint32_t reply_ports;
	/* The port of each backend, kept while its MAC address is not known;
	 * ACTIVE_PORT_NONE before. */
	uint8_t backend_port[MX_BACKENDS_MAX + 1];
	/* The time until which sessions that the operator ended are searched;
	 * reset.h */
	uint32_t search_until_s;
	/* Which ways have moved lately, and how often that was news;
	 * wayback.h */
	uint64_t ways_fresh;
	uint32_t ways_round;
	/* How often the limits of clients changed; limit.h */
	uint32_t limits_round;
	/* The deny list of each service, or NULL; see control/denyload.h */
	const struct mx_deny_table *deny[MX_SERVICES_MAX];
	/* The same of clients without limits. */
	const struct mx_deny_table *allow[MX_SERVICES_MAX];
	struct mx_deny_table *rules;   /* the operator's, or NULL */
	struct rule_slots *rule_slots; /* their counters; NULL: none counts */
	struct mx_plan plan;           /* last: it ends in the pick tables */
};

/* Fill the fields that tell where backends are, from the plan of *active.
 * last: the active plan before, or NULL. */
void active_plan_find_ports(struct active_plan *active,
			    const struct active_plan *last);

#define ACTIVE_PLAN_SIZE_MAX                                                   \
	(offsetof(struct active_plan, plan) + MX_PLAN_SIZE_MAX)

#endif /* MX_ACTIVEPLAN_H */
