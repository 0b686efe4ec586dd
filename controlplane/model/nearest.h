/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NEAREST_H
#define MX_NEAREST_H

/* Suggestions for a name that does not exist.
 * Threads    pure functions: any. */
#include <stddef.h>
#include <stdint.h>

#include "state.h"

#define NEAREST_MAX 5 /* the most names that are suggested */
#define NEAREST_TEXT_MAX (NEAREST_MAX * (STATE_LABEL_MAX + 2))

/* Write the labels of the configured backends that are most like `label` into
 * text, nearest first, separated by commas.  `label` may lack its pool.
 * Returns how many backends are configured; at most NEAREST_MAX of them are in
 * text. */
uint32_t nearest_backends(const struct state *state, const char *label,
			  char text[NEAREST_TEXT_MAX]);

#endif /* MX_NEAREST_H */
