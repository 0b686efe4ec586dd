/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NEIGHBOUR_H
#define MX_NEIGHBOUR_H

/* Requests to the kernel's neighbour table.  The kernel answers with an event.
 * A refusal (no privilege) is ignored.
 *
 * Threads    the event loop. */
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "addr.h"

/* Make the kernel resolve an address, as if it sent a packet there. */
void neighbour_use(struct nl_sock *sock, int ifindex,
		   const struct mx_addr *addr);

/* Make the kernel ask a known neighbour whether it is still there.  If the
 * neighbour does not answer, the kernel forgets its MAC address after some
 * seconds. */
void neighbour_probe(struct nl_sock *sock, int ifindex,
		     const struct mx_addr *addr);

#endif /* MX_NEIGHBOUR_H */
