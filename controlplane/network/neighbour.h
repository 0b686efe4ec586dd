/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NEIGHBOUR_H
#define MX_NEIGHBOUR_H

/* Requests to the kernel's neighbour table.  Its answer comes as an event, its
 * refusal (no privilege) too, and is ignored.
 *
 * Threads    the event loop. */
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "addr.h"

/* Resolve an address, as if a packet were to be sent there. */
void neighbour_use(struct nl_sock *sock, int ifindex,
		   const struct mx_addr *addr);

/* Ask the neighbour that is known now whether it is still there.  If it does
 * not answer, the kernel forgets its MAC address after some seconds. */
void neighbour_probe(struct nl_sock *sock, int ifindex,
		     const struct mx_addr *addr);

#endif /* MX_NEIGHBOUR_H */
