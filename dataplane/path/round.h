/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ROUND_H
#define MX_ROUND_H

/* A round of a worker's loop: worker_poll(), or captured_poll() while the worker
 * captures frames.  The choice is here and not in worker_poll(), so that a
 * worker that does not capture runs the code that it would run without
 * captures.
 *
 * Threads    the worker's own. */
#include "burst.h"
#include "captured.h"

static inline uint16_t
round_poll(struct worker *w, const struct active_plan *active)
{
	/* Acquire: a worker that sees the pointer also sees the capture. */
	struct capture *capture =
		atomic_load_explicit(&w->capture, memory_order_acquire);

	if (unlikely(capture != NULL))
		return captured_poll(w, active, capture);
	return worker_poll(w, active);
}

#endif /* MX_ROUND_H */
