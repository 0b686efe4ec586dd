/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NEIGHBOUR_H
#define MX_NEIGHBOUR_H

/* The kernel's neighbour table, and requests to it.  The kernel answers a request
 * with an event.  A refusal (no privilege) is ignored.
 *
 * Threads    the event loop. */
#include <netlink/attr.h>
#include <netlink/cache.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

struct neighbour {
	int nud;      /* NUD_*; negative: there is no entry */
	bool fixed;   /* by an administrator: a question would end that */
	bool has_mac; /* the kernel would use this address: */
	uint8_t mac[6];
};

struct neighbour neighbour_find(struct nl_cache *neighbours, int ifindex,
				const struct mx_addr *addr);

/* Make the kernel resolve an address, as if it sent a packet there. */
void neighbour_use(struct nl_sock *sock, int ifindex,
		   const struct mx_addr *addr);

/* Make the kernel ask a known neighbour whether it is still there.  If the
 * neighbour does not answer, the kernel forgets its MAC address after some
 * seconds. */
void neighbour_probe(struct nl_sock *sock, int ifindex,
		     const struct mx_addr *addr);

/* Take all events from a socket that joined groups.  failed: the kernel asked
 * this neighbour and got no answer.  The table may not show that any more: the
 * next packet to the neighbour makes the kernel ask anew.
 * Returns whether an event was lost, or is about more than neighbours. */
bool neighbour_drain(int fd,
		     void (*failed)(void *arg, int ifindex,
				    const struct mx_addr *addr),
		     void *arg);

#endif /* MX_NEIGHBOUR_H */
