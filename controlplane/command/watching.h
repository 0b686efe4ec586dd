/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WATCHING_H
#define MX_WATCHING_H

/* `top read`: what the live screen of the program mxsteer shows, in one answer
 * (detail/counts.h), and what its caller may do: the key `level`.
 * Threads    the event loop. */
#include "request.h"

void command_top_read(const struct request *request,
		      const struct arguments *arguments);

#endif /* MX_WATCHING_H */
