/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NEAREST_H
#define MX_NEAREST_H

/* Suggestions for a name that does not exist.
 * Threads    pure functions: any. */
#include <stddef.h>
#include <stdint.h>

#include "state.h"

#define NEAREST_MAX 5 /* names that are suggested */
#define NEAREST_TEXT_MAX (NEAREST_MAX * (STATE_LABEL_MAX + 2))

/* How many characters must be put in, taken out or replaced, or change places
 * with their neighbour, to make one word of the other.  If a word is longer
 * than STATE_LABEL_MAX, only its beginning counts. */
uint32_t nearest_distance(const char *a, const char *b);

/* Write the labels of the configured backends that are most like `label` into
 * text, nearest first, with commas.  The pool may be missing in `label`.
 * Returns how many backends are configured, of which at most NEAREST_MAX are
 * in text. */
uint32_t nearest_backends(const struct state *state, const char *label,
			  char text[NEAREST_TEXT_MAX]);

#endif /* MX_NEAREST_H */
