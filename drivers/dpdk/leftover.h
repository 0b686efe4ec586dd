/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_LEFTOVER_H
#define MX_DRIVERS_LEFTOVER_H

/* The socket file of a virtual device that waits for its peer: memif with
 * role=server, and vhost.  A process that is killed leaves the file, and DPDK
 * would refuse to make a socket of that name again.
 *
 * Threads    main, before EAL is up. */

/* Remove the socket file that the device would make, if no process listens at
 * it.  Logs what it removes. */
void leftover_remove(const char *device);

#endif /* MX_DRIVERS_LEFTOVER_H */
