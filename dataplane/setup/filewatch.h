/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FILEWATCH_H
#define MX_FILEWATCH_H

/* Looks after the files that a running data plane needs, and writes those anew
 * that were removed: its role's lock, the region, the session files.
 *
 * Without its files the data plane would go on alone: no control plane could
 * reach it, a second data plane could start beside it, and a restart would find
 * no sessions.  The workers are stopped while files are written, so that no
 * session and no count is lost; packets wait in the ports' queues meanwhile,
 * some milliseconds per 100 MB.
 *
 * Threads    main. */
#include "plant.h"
#include "role.h"

struct filewatch {
	struct plant *plant;
	struct mx_role *role;
	int region_fd;
	int error;     /* that was reported last; 0: none */
	uint64_t wait; /* looks to leave out after an error */
};

/* One look, a few times a second.  Says on stderr what was removed, and what
 * cannot be written anew; that is tried again later.
 * Returns 0, or -errno if this process must end: -EBUSY another data plane has
 * taken the role. */
int filewatch_poll(struct filewatch *watch);

#endif /* MX_FILEWATCH_H */
