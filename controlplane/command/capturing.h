/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CAPTURING_H
#define MX_CAPTURING_H

/* The requests behind `mxsteer capture`, whose program writes the file with the
 * rights of its caller.
 *
 *   capture start [from PREFIX] [backend POOL/BACKEND] [packets N] [bytes N]
 *       ok      the number of the capture
 *   capture read NUMBER     when frames have come, or after CAPTURING_WAIT_MS
 *   capture end NUMBER      the same at once, and no more frames are captured
 *       noted   "FRAMES LOST\n", then a piece of the file; more follows
 *       ok      the same with the last piece
 *
 * Threads    the event loop. */
#include "request.h"

#define CAPTURING_WAIT_MS 500

void command_capture_start(const struct request *request,
			   const struct arguments *arguments);
void command_capture_read(const struct request *request,
			  const struct arguments *arguments);
void command_capture_end(const struct request *request,
			 const struct arguments *arguments);

/* Answer a request that waits, and end the capture: the process is about to
 * end. */
void capturing_end(struct desk *desk);

#endif /* MX_CAPTURING_H */
