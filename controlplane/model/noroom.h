/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NOROOM_H
#define MX_NOROOM_H

/* The error text for a configuration that finds no room beside the retired ids
 * and addresses.
 * Threads    the event loop. */
#include "state.h"

#define NOROOM_TEXT_MAX 384

/* error: the return value of state_apply(), not 0.  Returns text. */
const char *noroom_text(const struct state *state, int error, int64_t now_s,
			char text[static NOROOM_TEXT_MAX]);

#endif /* MX_NOROOM_H */
