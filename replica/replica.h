/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_REPLICA_H
#define MX_REPLICA_REPLICA_H

/* The work of mxsteer-replica: it tells the other boxes of the group the sessions of
 * this one, and keeps theirs as shadows.
 *
 * Group      The control plane's sheet says who is in the group.  Without a sheet,
 *            or without a group, nothing is done; the sheet is looked for.
 * Alone      It maps the session files for reading, and writes shadows and
 *            `replicated`.  It holds up neither plane.
 * Removed    If its folder is removed, nothing is done until there is one again.
 * Ends       Shadows outlive the process.  They are LOST from then on, or when the
 *            next one starts.
 * Threads    main. */
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "groupfile.h"
#include "own.h"
#include "peers.h"
#include "statusfile.h"

#define REPLICA_TEND_MS 500

struct replica {
	struct own own;
	struct event_base *base;
	struct event *glance; /* each SCAN_GLANCE_MS */
	struct event *slice;  /* of a scan */
	struct event *tend;   /* each REPLICA_TEND_MS */
	struct statusfile file;
	int file_error; /* why it is not held */
	struct groupfile sheet_file;
	bool works;   /* there is a group */
	bool listens; /* peers can come */
	bool scans;   /* a scan goes on */
	int64_t scanned_ms;
	uint64_t shape; /* of the source, that the secret was read for */
	struct peers peers;
};

/* Begin.  Returns 0 or -errno: -EBUSY if another mxsteer-replica of the instance runs,
 * or an error of mx_folder_open_control() or mx_folder_file(). */
int replica_open(struct replica *replica, struct event_base *base,
		 const char *instance);

/* End in good order. */
void replica_close(struct replica *replica);

#endif /* MX_REPLICA_REPLICA_H */
