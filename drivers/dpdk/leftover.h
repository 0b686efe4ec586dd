/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_LEFTOVER_H
#define MX_DRIVERS_LEFTOVER_H

/* The socket file of a virtual device that waits for its peer: memif with
 * role=server and socket-abstract=no, and vhost.  A process that is killed
 * leaves the file, and DPDK would refuse to make a socket of that name again.
 * If the socket cannot be made, DPDK may open the device all the same, and no
 * peer ever reaches it.
 *
 * Threads    main, before EAL is up. */
#include <stddef.h>

/* Remove the socket file that the device would make, if no process listens at
 * it.  Logs what it removes.  Returns 0, also for a device that makes none; or
 * -errno, with the reason for the operator in reason[size], if the device will
 * not be able to make its socket. */
int leftover_clear(const char *device, char *reason, size_t size);

#endif /* MX_DRIVERS_LEFTOVER_H */
