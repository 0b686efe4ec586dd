/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_EDITDISTANCE_H
#define MX_EDITDISTANCE_H

/* How much two words differ, to find what somebody meant to type.
 * Threads    any. */
#include <stdint.h>

/* Only so many characters of a word count. */
#define EDITDISTANCE_MAX 64

/* How many characters must be inserted, deleted, replaced or swapped with their
 * neighbour to turn one word into the other. */
uint32_t editdistance(const char *a, const char *b);

#endif /* MX_EDITDISTANCE_H */
