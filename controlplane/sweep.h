/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SWEEP_H
#define MX_SWEEP_H

/* What the control plane does by the clock.
 *
 *   every second   looks for services that refuse sessions, and for backends
 *                  that answer nothing
 *   every SWEEP_S  gives away ids, tries again to write the state file, looks
 *                  at the ports and at this host
 *
 * Threads    the event loop. */
#include "control.h"

#define SWEEP_S 10

/* Make the timers.  Returns 0 or -ENOMEM. */
int sweep_make(struct control *control);

/* Start them; everything else of *control is there.  Returns 0 or -ENOMEM. */
int sweep_start(struct control *control);

/* Free what sweep_make() has made. */
void sweep_end(struct control *control);

/* Give away the ids that have rested long enough.  Without a region the
 * sessions cannot be counted, so no id is given away.
 * Returns true if there were any. */
bool sweep_release(struct control *control);

#endif /* MX_SWEEP_H */
