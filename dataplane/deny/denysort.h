/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENYSORT_H
#define MX_DENYSORT_H

/* The order of prefixes: by address, and a prefix before those inside it.
 * Equal prefixes keep their order.
 * Threads    any; the entries are the caller's. */
#include "denylist.h"

/* A radix sort.  It needs as much memory again, but none if the entries are
 * sorted.  Returns 0 or -ENOMEM. */
int deny_sort(struct mx_deny_entries *entries);

#endif /* MX_DENYSORT_H */
