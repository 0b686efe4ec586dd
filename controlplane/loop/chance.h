/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHANCE_H
#define MX_CHANCE_H

/* Unpredictable random numbers.  No other file of the control plane draws them,
 * so a test links its own (tests/kit/fakechance.c).
 *
 * Threads    any. */
#include <stddef.h>
#include <stdint.h>

/* A number below limit, uniform enough to spread load. */
uint32_t chance_below(uint32_t limit);

/* Fill a key.  Returns 0, or -errno with the key untouched or filled in part.
 */
int chance_fill(void *key, size_t bytes);

#endif /* MX_CHANCE_H */
