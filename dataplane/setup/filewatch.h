/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FILEWATCH_H
#define MX_FILEWATCH_H

/* Watch the files that a running data plane needs: its role's lock, the region,
 * the session files.  A file that was removed is written anew.
 *
 * Without its files the data plane would go on alone: no control plane could
 * reach it, a second data plane could start beside it, and a restart would find
 * no sessions.  The workers stop while files are written, so that no session
 * and no count is lost.  Packets wait in the ports' queues in the meantime,
 * some milliseconds per 100 MB.
 *
 * Threads    main. */
#include "role.h"
#include "runtime.h"

struct filewatch {
	struct runtime *runtime;
	struct mx_role *role;
	int region_fd;
	int error;     /* the error in the last report; 0: none */
	uint64_t wait; /* looks to skip after an error */
};

/* One look, a few times a second.  Logs which files were removed,
 * and which cannot be written anew; a later look tries those again.  Returns 0,
 * or -errno if this process must end: -EBUSY if another data plane has taken
 * the role. */
int filewatch_poll(struct filewatch *watch);

#endif /* MX_FILEWATCH_H */
