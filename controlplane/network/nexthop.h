/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NEXTHOP_H
#define MX_NEXTHOP_H

/* Where frames to a backend go: the kernel resolves, this asks it.
 *
 * Probes make the kernel look for every backend, so its route and neighbour
 * tables know each next hop; a change of them arrives as an event.  For a next
 * hop the kernel has lost, resolution is asked for once a second.
 *
 * Invariant  a MAC address once known is kept until a newer one is known: a
 *            neighbour that fails for a moment says nothing about its MAC.
 * Threads    the event loop. */
#include <event2/event.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
#include "ways.h"

struct nexthop {
	bool known;
	char interface[IF_NAMESIZE];
	uint8_t mac[6];
	uint16_t mtu; /* of the way there, IP packets; 0: unknown */
	bool routed;  /* through a gateway; true even if not known yet */
};

struct nexthops;

/* changed: some next hop is another one than before.
 * Returns NULL with errno if the kernel offers no netlink socket. */
struct nexthops *nexthops_new(struct event_base *base,
			      void (*changed)(void *arg), void *arg);
void nexthops_free(struct nexthops *hops);

/* Follow the next hop of a backend; again with another address, follow that.
 * id: 1..MX_BACKENDS_MAX.  Look-ups happen in nexthops_refresh(). */
void nexthops_follow(struct nexthops *hops, uint16_t id,
		     const struct mx_addr *addr);
void nexthops_forget(struct nexthops *hops, uint16_t id);

/* What an earlier process knew; taken if nothing newer is known. */
void nexthops_seed(struct nexthops *hops, uint16_t id,
		   const struct nexthop *known);

/* Ask the kernel about all of them now.  Does not call changed. */
void nexthops_refresh(struct nexthops *hops);

/* The next hop of a followed backend; `known` may be false. */
const struct nexthop *nexthops_get(const struct nexthops *hops, uint16_t id);

/* Nothing comes back from a backend: ask its next hop whether it is still
 * there, as the kernel would only after half a minute. */
void nexthops_doubt(struct nexthops *hops, uint16_t id);

/* The ways back to clients, of the same look at the kernel. */
struct ways *nexthops_ways(struct nexthops *hops);

/* Does the way to addr lead through a gateway, and which? */
bool nexthops_gateway(struct nexthops *hops, const struct mx_addr *addr,
		      struct mx_addr *gateway);

/* Would the kernel take a packet to addr for itself? */
bool nexthops_kernel_owns(struct nexthops *hops, const struct mx_addr *addr);

#endif /* MX_NEXTHOP_H */
