/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CAPABILITIES_H
#define MX_CAPABILITIES_H

/* Capabilities of the calling thread.  The functions are safe in a signal's
 * handler.
 * Threads    any. */
#include <linux/capability.h>
#include <stdint.h>

#define CAPABILITY(number) (UINT64_C(1) << (number))

/* Take all others out of the bounding set, where the thread may.  Returns 0 or
 * -errno. */
int capabilities_bound(uint64_t keep);

/* Give up all others, for good: with no_new_privs no program that is started
 * brings them back.  Returns 0 or -errno. */
int capabilities_keep(uint64_t keep);

#endif /* MX_CAPABILITIES_H */
