/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WAIT_H
#define MX_WAIT_H

/* Requests that wait for a backend to be empty.  At most one a client, so the
 * limit of clients is the limit of these.
 * Threads    the event loop. */
#include "request.h"

void command_wait(const struct request *request,
		  const struct arguments *arguments);

/* Answer all requests that still wait: the process is about to end. */
void waits_end(struct desk *desk);

#endif /* MX_WAIT_H */
