/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NEXTHOP_H
#define MX_NEXTHOP_H

/* The next hops of frames to backends, as the kernel resolves them.
 *
 * Probes make the kernel resolve every backend, so its route and neighbour
 * tables have each next hop.  A change of these tables arrives as an event.  A
 * next hop that the kernel has lost is resolved anew, once a second.
 *
 * If the gateway of the kernel's route does not answer and another route of the
 * same destination has one that does, that one is the next hop (routers.h), and
 * the kernel's own packets of probes go by it too (detour.h).
 *
 * Invariant  a known MAC address is kept until a newer one is known: a
 *            neighbour that fails for a moment keeps its MAC address.
 * Threads    the event loop. */
#include <event2/event.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
#include "ways.h"

#define NEXTHOP_OTHERS_MAX 4

struct nexthop {
	bool known;
	char interface[IF_NAMESIZE];
	uint8_t mac[6];
	uint16_t mtu; /* of the path to the backend, IP packets; 0: unknown */
	bool routed;  /* through a gateway, even if its MAC is not known */
	bool turned;  /* the kernel would use another gateway */
	struct mx_addr via;
	int64_t since_s; /* of via, by clock_s() */
	/* The interfaces of all gateways that lead there. */
	uint8_t others;
	char other[NEXTHOP_OTHERS_MAX][IF_NAMESIZE];
};

struct nexthops;
struct routers;

/* changed: some next hop is another one than before.
 * Returns NULL with errno if the kernel offers no netlink socket. */
struct nexthops *nexthops_new(struct event_base *base,
			      void (*changed)(void *arg), void *arg);
void nexthops_free(struct nexthops *hops);

/* Follow the next hop of a backend.  A second call with another address follows
 * that address.  id: 1..MX_BACKENDS_MAX.  nexthops_refresh() does the
 * look-up. */
void nexthops_follow(struct nexthops *hops, uint16_t id,
		     const struct mx_addr *addr);
void nexthops_forget(struct nexthops *hops, uint16_t id);

/* Take the next hop that an earlier process knew, unless a newer one is
 * known. */
void nexthops_seed(struct nexthops *hops, uint16_t id,
		   const struct nexthop *known);

/* Read the next hops of all backends from the kernel now.  Does not call
 * changed. */
void nexthops_refresh(struct nexthops *hops);

/* The next hop of a followed backend; `known` may be false. */
const struct nexthop *nexthops_get(const struct nexthops *hops, uint16_t id);

/* A backend does not answer: make the kernel ask its next hop now.  The kernel
 * itself would ask after half a minute. */
void nexthops_doubt(struct nexthops *hops, uint16_t id);

/* The ways back to clients, from the same look at the kernel's tables. */
struct ways *nexthops_ways(struct nexthops *hops);

/* The gateways of the kernel's routes. */
const struct routers *nexthops_routers(const struct nexthops *hops);

/* Does the route to addr lead through a gateway, and through which? */
bool nexthops_gateway(struct nexthops *hops, const struct mx_addr *addr,
		      struct mx_addr *gateway);

/* Would the kernel deliver a packet to addr to this host? */
bool nexthops_kernel_owns(struct nexthops *hops, const struct mx_addr *addr);

#endif /* MX_NEXTHOP_H */
