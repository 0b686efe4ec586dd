/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ROUTERS_H
#define MX_ROUTERS_H

/* The gateways of the kernel's routes, and whether they answer.
 *
 * The kernel goes on sending by a gateway that died while its link is up.  So
 * gateways are asked, and where several lead to one destination, another one
 * takes the place of one that is silent.  A gateway is left only for one that
 * answers, and is used again when it has answered for a while (reach.h).
 *
 * What is believed: the kernel's neighbour table, as Linux believes it.  No
 * packet of the ports is read for it.
 *
 * Threads    the event loop. */
#include <event2/event.h>
#include <net/if.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "gateway.h"
#include "reach.h"
#include "route.h"

/* The pause between two questions to a gateway that another can replace, and
 * between two attempts to find one.  The kernel asks three times in 3 s, so a
 * dead gateway is left after 4 s. */
#define ROUTERS_PROBE_S 1

/* The pause between two questions to any other gateway. */
#define ROUTERS_PROBE_ALONE_S 10

struct router {
	struct mx_addr addr;
	int ifindex;
	char interface[IF_NAMESIZE];
	uint64_t peers; /* routers that can take its place, a bit each */
	struct reach reach;
	bool down;      /* its link is down */
	bool failed;    /* an event said so, since the last look */
	int64_t lost_s; /* since when the kernel asks; 0: it does not */
	bool looked_at; /* the next fields are set */
	bool resolved;  /* the kernel has its MAC address now */
	bool fixed;     /* an administrator wrote that address */
	bool has_mac;
	uint8_t mac[6]; /* the last one */
};

/* A router that has left the routes, and one that leads to a destination of
 * it now. */
struct router_change {
	struct mx_addr addr;
	int ifindex;
	uint32_t to; /* index */
};

struct routers;

/* news: a socket for requests whose answers are events.  turned: another router
 * may have to be used.  Returns NULL if there is no memory. */
struct routers *routers_new(struct event_base *base, struct nl_sock *news,
			    void (*turned)(void *arg), void *arg);
void routers_free(struct routers *routers);

/* The kernel's routes may have changed. */
void routers_stale(struct routers *routers);

/* The kernel asked a neighbour and got no answer. */
void routers_failed(struct routers *routers, int ifindex,
		    const struct mx_addr *addr);

/* Read the kernel's neighbours. */
void routers_look(struct routers *routers, struct nl_cache *neighbours);

uint32_t routers_count(const struct routers *routers);
const struct router *routers_at(const struct routers *routers, uint32_t index);

/* Returns NULL if no route leads through it. */
const struct router *routers_find(const struct routers *routers,
				  const struct mx_addr *addr, int ifindex);

/* Must another router be used, if there is one? */
bool router_is_left(const struct router *router);

/* Can it take the place of another? */
bool router_is_usable(const struct router *router);

/* A router that takes the place of this one, or NULL. */
const struct router *routers_instead(const struct routers *routers,
				     const struct router *router);

/* The routers that left the routes at the last read.  Returns how many. */
uint32_t routers_left(const struct routers *routers,
		      const struct router_change **change);

/* The routers that lead to a destination, or NULL if there are fewer than
 * two. */
const struct gateway_choice *routers_choice(const struct routers *routers,
					    const struct route_prefix *to);

/* If the next hop of a route is left, put another one of the same choice in its
 * place.  Returns true if that was done. */
bool routers_turn(const struct routers *routers,
		  const struct gateway_choice *choice, struct route *route);

#endif /* MX_ROUTERS_H */
