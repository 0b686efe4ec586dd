/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHANGES_H
#define MX_CHANGES_H

/* What a new configuration changed for what was there before, in words:
 *
 *   retired  left the file and has sessions: stays until they end
 *   ends     left the file and has none
 *   goes on  an override of the operator that has another name or address now
 *   begins   new, with nothing known of its health
 *
 * Threads    the event loop. */
#include "publish.h"
#include "state.h"

/* before: the state before the change, without its config.  counted: the
 * sessions of retired addresses are known.  Returns the lines, with a line feed
 * between two of them; the caller frees them.  NULL if there is no memory. */
char *changes_text(const struct state *before, const struct state *after,
		   const struct publisher *publisher, bool counted);

#endif /* MX_CHANGES_H */
