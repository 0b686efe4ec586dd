/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CAPTURED_H
#define MX_CAPTURED_H

/* worker_poll() for a worker that captures frames (capture/capture.h).  The
 * frames of a burst pass one after the other, so that each is copied before
 * and after, and the burst is transmitted as a whole.
 *
 * Threads    the worker's own. */
#include "capture.h"

/* The same contract as worker_poll(). */
uint16_t captured_poll(struct worker *w, const struct active_plan *active,
		       struct capture *capture);

#endif /* MX_CAPTURED_H */
