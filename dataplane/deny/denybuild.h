/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENYBUILD_H
#define MX_DENYBUILD_H

/* The making of a deny table from a list.
 *
 *   by files    What an exempt prefix covers is exempt.  Whatever else a denied
 *               prefix covers is denied.
 *   by rules    The longest prefix that covers an address decides; of equal
 *               prefixes the one that was added last.
 *
 * Threads    any; the list is the caller's. */
#include "denylist.h"

enum mx_deny_mode { MX_DENY_BY_FILES, MX_DENY_BY_RULES };

/* Make the sealed table of a list.  The list is sorted, and loses prefixes that
 * decide nothing.
 * Returns a table for free(), or NULL if there is not enough memory. */
struct mx_deny_table *mx_deny_build(struct mx_deny_list *list,
				    enum mx_deny_mode mode,
				    const struct mx_hash_key *key);

#endif /* MX_DENYBUILD_H */
