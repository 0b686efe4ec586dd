/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NOROOM_H
#define MX_NOROOM_H

/* The reason why a configuration has no room beside what rests, for the
 * operator.
 * Threads    the event loop. */
#include "state.h"

#define NOROOM_TEXT_MAX 384

/* error: what state_apply() returned, not 0.  Returns text. */
const char *noroom_text(const struct state *state, int error, int64_t now_s,
			char text[static NOROOM_TEXT_MAX]);

#endif /* MX_NOROOM_H */
