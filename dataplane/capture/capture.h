/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CAPTURE_H
#define MX_CAPTURE_H

/* What one worker copies for a capture (capturering.h).
 *
 *   begin -> each frame: frame, the packet path, outcome -> send -> transmit
 *         -> sent -> end
 *
 * The packet path does not know of a capture: the frames of a burst go through
 * it one by one, and the worker's counters and tx bursts tell what became of
 * each.  A frame that is changed in place was copied before.  Whether a frame
 * is wanted is known at the end of a burst, when a first segment has its
 * session.
 *
 * Invariant  A frame that came and the frames that left for it have one number
 *            each; the frame that left in its place has the same number.  A
 *            restart of the data plane begins no numbers anew.
 * Threads    make, free: main, while no worker uses the capture.  The rest: the
 *            worker's own. */
#include <stdint.h>

#include "capturering.h"
#include "worker.h"

struct capture;

/* Returns NULL if there is no memory.  ring must outlive the capture. */
struct capture *capture_make(const struct mx_capture_filter *filter,
			     struct mx_capture_ring *ring);
void capture_free(struct capture *capture);

/* Note the time of a burst. */
void capture_begin(struct capture *capture);

/* Copy a frame before the packet path changes it. */
void capture_frame(struct capture *capture, const struct worker *w,
		   struct rte_mbuf *frame);

/* Note what became of that frame. */
void capture_outcome(struct capture *capture, const struct worker *w);

/* The frames that leave since the last call are the kernel's. */
void capture_kernel(struct capture *capture, const struct worker *w);

/* Put the wanted frames of the burst into the ring, and those of them that
 * leave, before they are transmitted. */
void capture_send(struct capture *capture, const struct worker *w,
		  const struct active_plan *active);

/* A port took only the first `sent` of its frames. */
void capture_sent(struct capture *capture, uint16_t port, uint16_t sent);

/* Let the control plane see what the burst has put into the ring. */
void capture_end(struct capture *capture);

#endif /* MX_CAPTURE_H */
