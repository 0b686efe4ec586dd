/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENYLIST_H
#define MX_DENYLIST_H

/* A deny list is the prefixes that a deny table is made of (denybuild.h).
 *
 * Threads    none of its own; the caller owns the list. */
#include <stdbool.h>
#include <stdint.h>

#include "denytable.h"

struct mx_deny_entry {
	uint64_t high; /* as in struct mx_deny_key; bits beyond `bits` are 0 */
	uint64_t low;
	uint8_t bits; /* of 32 or of 128 */
	bool denied;
};

struct mx_deny_entries {
	struct mx_deny_entry *entry;
	uint32_t count;
	uint32_t room;
};

struct mx_deny_list {
	struct mx_deny_entries of[MX_DENY_FAMILIES];
	uint32_t lines; /* that were read of the present text (denytext.h) */
};

void mx_deny_list_free(struct mx_deny_list *list);

/* Add a prefix.  Returns 0; -EINVAL if the address has bits beyond the prefix;
 * -E2BIG if the list has MX_DENY_PREFIXES_MAX; or -ENOMEM. */
int mx_deny_add(struct mx_deny_list *list, const struct mx_deny_key *key,
		uint32_t bits, enum mx_deny_verdict verdict);

/* Is an address inside a prefix of `bits`? */
bool mx_deny_covers(const struct mx_deny_key *prefix, uint32_t bits,
		    const struct mx_deny_key *key);

#endif /* MX_DENYLIST_H */
