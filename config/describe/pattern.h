/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_PATTERN_H
#define MX_CONFIG_PATTERN_H

/* The regular expression (ECMA 262, as JSON Schema has it) of the texts that are
 * values of a key.
 *
 * Each value of the key matches.  Some other texts match too: an expression
 * cannot say that a prefix has no bits behind its length, or that an IPv6
 * address has eight groups.
 *
 * Threads    pure functions: any. */
#include "scalar.h"

/* Returns the expression, which the caller frees; or NULL: the values are numbers
 * or words, or there is no memory. */
char *pattern_of(const struct scalar *scalar);

/* The expression of the whole numbers from `least` to `most`, without leading
 * zeros.  The caller frees it; NULL: no memory. */
char *pattern_of_range(uint32_t least, uint32_t most);

#endif /* MX_CONFIG_PATTERN_H */
