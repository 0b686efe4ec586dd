/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PORTCHECK_H
#define MX_PORTCHECK_H

/* Does the running data plane have the ports of the configuration in force?
 * Otherwise frames could leave by the wrong port.
 * Threads    the event loop. */
#include <stdbool.h>

#include "publish.h"
#include "state.h"

struct portcheck {
	bool other_ports; /* the data plane runs with other ports than the
			   * file's */
};

/* Compare the ports, and log when the data plane begins to have other ports.
 * path: of the file in force. */
void portcheck_look(struct portcheck *check, const struct publisher *publisher,
		    const struct state *state, const char *path);

#endif /* MX_PORTCHECK_H */
