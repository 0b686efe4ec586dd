/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RESHAPE_H
#define MX_RESHAPE_H

/* Count the sessions that a restart of the data plane with another
 * configuration would lose. migration.h has the rules.
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
	/* fullnat sessions, a part of which is lost since the number of workers
	 * changes.  The control plane does not know which part. */
	uint64_t of_two_workers;
};

/* Count the sessions.  Returns 0, or -ENOMEM. */
int reshape_count(struct reshape *reshape, const struct mx_region *region,
		  const struct mx_config *after);

/* Would any session be lost? */
bool reshape_loses(const struct reshape *reshape);

/* Write the counts in words, such as "of its 130 sessions these are lost: up to
 * 40 ...", to follow a semicolon. */
void reshape_text(char text[static RESHAPE_TEXT_MAX],
		  const struct reshape *reshape);

#endif /* MX_RESHAPE_H */
