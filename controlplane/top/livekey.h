/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LIVEKEY_H
#define MX_LIVEKEY_H

/* What keys make of the live screen; liveaction.h has those that act on MTAs.
 * Threads    one. */
#include "live.h"

/* Make what a key (keystroke.h) stands for. */
void livekey_press(struct live *live, int key);

#endif /* MX_LIVEKEY_H */
