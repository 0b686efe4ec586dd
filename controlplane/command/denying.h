/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENYING_H
#define MX_DENYING_H

/* The commands about denied clients.  Their arguments are as the table of
 * commands says.
 * Threads    the event loop. */
#include "request.h"

void command_deny(const struct request *request,
		  const struct arguments *arguments);
void command_allow(const struct request *request,
		   const struct arguments *arguments);
void command_forget(const struct request *request,
		    const struct arguments *arguments);

#endif /* MX_DENYING_H */
