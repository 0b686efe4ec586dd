/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_ARRIVAL_H
#define MX_DRIVERS_ARRIVAL_H

/* Prepare the frames that arrive at a software port, as a network card would:
 * complete partial TCP checksums (partial.h), and remove tags that name no VLAN
 * (tag.h).
 *
 * Threads    main, before the workers start.  A worker prepares the frames of
 *            its queue whenever it polls.  Counts may be read at any time. */
#include <stdint.h>

/* Prepare all frames that a port's queues receive from now on. port_id <
 * RTE_MAX_ETHPORTS.  Returns 0 or -errno. */
int arrival_follow(uint16_t port_id, uint16_t queues);
void arrival_end(uint16_t port_id);

/* How many checksums were completed since arrival_follow(). */
uint64_t arrival_partial(uint16_t port_id);

#endif /* MX_DRIVERS_ARRIVAL_H */
