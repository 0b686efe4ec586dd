/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OUTBOX_H
#define MX_OUTBOX_H

/* The worker's end of its outbox: a ring of frames that main made and that this
 * worker sends by its own queues.  frame->port is the port that a frame leaves
 * by.  The other end is main's; see announce.h.
 *
 * Threads    main puts frames in and then sets outbox_waits; the worker takes
 *            them out. */
#include "worker.h"

/* Send what main has left in the worker's outbox, a burst at most. */
void outbox_send(struct worker *w);

#endif /* MX_OUTBOX_H */
