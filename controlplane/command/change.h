/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CHANGE_H
#define MX_CHANGE_H

/* The commands that change something.  Their arguments are as the table of
 * commands says.
 * Threads    the event loop. */
#include "request.h"

void command_drain(const struct request *request,
		   const struct arguments *arguments);
void command_ready(const struct request *request,
		   const struct arguments *arguments);
void command_maint(const struct request *request,
		   const struct arguments *arguments);
void command_agent(const struct request *request,
		   const struct arguments *arguments);
void command_weight(const struct request *request,
		    const struct arguments *arguments);
void command_end_sessions(const struct request *request,
			  const struct arguments *arguments);

#endif /* MX_CHANGE_H */
