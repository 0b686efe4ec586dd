/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_MEMIFPEER_H
#define MX_DRIVERS_MEMIFPEER_H

/* The peer of a memif device with role=client.
 *
 * DPDK connects such a device once, when its port is started.  If the peer ends
 * and another process takes its place, only a new start of the port connects
 * them.
 *
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

/* Is the device such a client, and does a process listen at its socket?  The
 * process does not notice the question. */
bool memifpeer_listens(const char *device);

/* Start the port anew, while no worker runs.  The link comes up a moment later.
 * Returns 0 or -errno. */
int memifpeer_connect(uint16_t port_id);

#endif /* MX_DRIVERS_MEMIFPEER_H */
