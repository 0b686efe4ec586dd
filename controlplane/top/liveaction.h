/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LIVEACTION_H
#define MX_LIVEACTION_H

/* What is typed in the last line of the live screen: a filter, or what an action
 * needs.  An action goes on as
 *
 *   w      weight, reason, confirmation
 *   d r m  reason, confirmation
 *
 * Escape gives it up at any step.
 * Threads    one. */
#include "keystroke.h"
#include "live.h"

/* Begin the action of a key on the MTA that is selected, or shown in detail; or
 * say why not.  Returns false if the key stands for none. */
bool liveaction_begin(struct live *live, int key);

/* A key while something is typed. */
void liveaction_key(struct live *live, int key);

/* May the reader change anything?  If not, why[] says why. */
bool liveaction_may(const struct live *live, char why[static LIVE_MESSAGE_MAX]);

/* What the last line asks for; "" if nothing is typed. */
const char *liveaction_question(const struct live *live,
				char text[static LIVE_MESSAGE_MAX]);

#endif /* MX_LIVEACTION_H */
