/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RESHAPE_H
#define MX_RESHAPE_H

/* What a restart of the data plane with another configuration would do to the
 * sessions that it has now.  migration.h says what decides.
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "region.h"

#define RESHAPE_TEXT_MAX 288

struct reshape {
	uint64_t sessions;
	uint64_t without_room;
	uint64_t without_port; /* their client came by a port that is gone */
	uint64_t without_ipv6; /* the configuration has no IPv6 address */
	/* fullnat sessions of which a part is lost, as the number of workers
	 * changes: the control plane does not know which. */
	uint64_t of_two_workers;
};

/* Count them.  Returns 0, or -ENOMEM. */
int reshape_count(struct reshape *reshape, const struct mx_region *region,
		  const struct mx_config *after);

/* Would any session be lost? */
bool reshape_loses(const struct reshape *reshape);

/* Say it in words, such as "of its 130 sessions these are lost: up to 40 ...",
 * to follow a semicolon. */
void reshape_text(char text[static RESHAPE_TEXT_MAX],
		  const struct reshape *reshape);

#endif /* MX_RESHAPE_H */
