/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_FANOUT_H
#define MX_DRIVERS_FANOUT_H

/* The number of the fanout group (packet(7)) by which DPDK's packet sockets of
 * an interface share its frames.
 *
 * DPDK takes the number from the process id and the interface, modulo 65536,
 * and it cannot be configured.  Two processes may have the same number: in
 * containers that share the network and not the process ids, or by chance.  On
 * the same interface each would then receive only a share of the frames.  On
 * another interface the kernel refuses the second.
 *
 * Threads    main, before EAL is up. */
#include <stdbool.h>
#include <stdint.h>

/* The number that DPDK will use in this process. */
uint16_t fanout_group(int interface_index);

/* Does a socket of this network namespace have the group already?  False also
 * for an interface that is down or does not exist. */
bool fanout_is_taken(const char *interface);

#endif /* MX_DRIVERS_FANOUT_H */
