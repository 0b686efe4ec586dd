/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HOST_H
#define MX_HOST_H

/* This host's own network and memory, as far as a configuration depends on
 * them.
 * Threads    one. */
#include "config.h"
#include "hazard.h"

struct host;

/* Returns NULL with errno if the kernel offers no netlink socket. */
struct host *host_new(void);
void host_free(struct host *host);

/* Look for hazards that can come and go while mxsteer runs.  Log those that
 * came or went since the last call. */
void host_watch(struct host *host, const struct mx_config *config);

/* The hazards that the last host_watch() found. */
const struct hazards *host_hazards(const struct host *host);

/* Look for the same hazards, and for those that must be gone before mxsteer
 * starts: those of the machine (machine.h), routes to the backends, and the port of
 * the HTTP server (webport.h).  Adds to *found and logs nothing. */
void host_check(struct host *host, const struct mx_config *config,
		struct hazards *found);

#endif /* MX_HOST_H */
