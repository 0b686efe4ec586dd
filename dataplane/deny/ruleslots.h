/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RULESLOTS_H
#define MX_RULESLOTS_H

/* Which rule of the operator decides on a client: the slot of its counter.
 *
 * The table of rules gives a verdict alone, in the fewest loads.  This is read only
 * for a client that the table denies.  It has a slot for each place of the table's
 * buckets, and a list of the prefixes that have no place, as they are shorter than
 * each stem: of IPv4 under 8 bits, of IPv6 under 16.  All rules may be such.
 *
 * Threads    make: one.  Find: any. */
#include "denytable.h"
#include "plan.h"

/* No rule, or one that is not counted. */
#define RULE_SLOT_NONE MX_DENY_RULES_MAX

/* A prefix without a stem. */
struct rule_short {
	struct mx_deny_key key;
	uint8_t bits;
	uint16_t slot;
};

struct rule_slots {
	uint32_t shorts;
	struct rule_short *brief; /* the longest first */
	uint16_t slot[];          /* by place */
};

/* The slots of the rules that a table was made of.  The caller frees them.
 * Returns NULL if there is no memory. */
struct rule_slots *rule_slots_make(const struct mx_deny_table *table,
				   const struct mx_deny_rule *rule,
				   uint16_t count);

/* NULL is allowed. */
void rule_slots_free(struct rule_slots *slots);

/* The slot of the longest rule that covers an address, or RULE_SLOT_NONE. */
uint16_t rule_slots_find(const struct rule_slots *slots,
			 const struct mx_deny_table *table,
			 const struct mx_addr *addr);

#endif /* MX_RULESLOTS_H */
