/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PREVIEW_H
#define MX_PREVIEW_H

/* What a change would do to the pools, before it is made.
 * Threads    pure functions: any. */
#include <stdint.h>

#include "state.h"

struct preview {
	struct state *state; /* a copy: change its overrides */
	bool empty[MX_POOLS_MAX];
};

/* Copy the state.  Returns 0 or -ENOMEM. */
int preview_begin(struct preview *preview, const struct state *state);
void preview_end(struct preview *preview);

#define PREVIEW_TEXT_MAX 256

/* Write the names of the pools that serve now and would not serve any more,
 * separated by commas.  Returns how many there are; names that do not fit are left
 * out. */
uint16_t preview_emptied(const struct preview *preview,
			 char names[static PREVIEW_TEXT_MAX]);

#endif /* MX_PREVIEW_H */
