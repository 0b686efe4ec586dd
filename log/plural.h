/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PLURAL_H
#define MX_PLURAL_H

/* Words behind a number: "1 session", "2 sessions".
 * Threads    any. */
#include <stdint.h>

static inline const char *
plural(uint64_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

#endif /* MX_PLURAL_H */
