/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WATCHING_H
#define MX_WATCHING_H

/* `top read`: what the live screen of the program mxsteer shows, in one answer
 * (detail/counts.h), and what its caller may do: the key `level`.
 *
 * An answer about 1,000 MTAs takes 20 ms of the event loop.  So all screens whose
 * callers may see the same get the same answer for WATCHING_KEPT_MS, unless a
 * command has changed something.
 *
 * Threads    the event loop. */
#include "request.h"

#define WATCHING_KEPT_MS 500

void command_top_read(const struct request *request,
		      const struct arguments *arguments);

/* A command may have changed something: the next answer is a new one. */
void watching_forget(struct desk *desk);

/* The process is about to end. */
void watching_end(struct desk *desk);

#endif /* MX_WATCHING_H */
