/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_OPTIONS_H
#define MX_OPTIONS_H

/* The arguments of mxsteer-agent.
 *
 * Threads    at the start, one. */
#include "gauge.h"
#include "server.h"

#define OPTIONS_STATUS_USAGE 2 /* as of the other programs */

/* The default file of the admin state; systemd's StateDirectory. */
#define OPTIONS_ADMIN_FILE "/var/lib/mxsteer-agent/state"

struct options {
	bool is_command; /* write the admin file, and end */
	bool is_show;    /* show it, and end */
	struct adminfile command;
	struct server_task server;
	struct gauge_task gauge;
};

/* Read the arguments.  Wrong ones, and those that ask for a text, end the
 * program. */
void options_read(struct options *options, int argc, char **argv);

#endif /* MX_OPTIONS_H */
