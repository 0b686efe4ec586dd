/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ROUTE_H
#define MX_ROUTE_H

/* The route on which the kernel would send a packet.
 * Threads    the owner of the socket. */
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

struct nl_addr;
struct rtnl_nexthop;
struct rtnl_route;

/* The destination of a route. */
struct route_prefix {
	uint32_t table;
	uint8_t bits;
	struct mx_addr net;
};

struct route {
	bool found;
	uint8_t type; /* RTN_UNICAST, RTN_LOCAL, ... */
	int ifindex;
	bool gatewayed;
	/* The next hop, whose MAC address frames carry: the gateway, which can
	 * have the other family, or the address itself if there is no
	 * gateway. */
	struct mx_addr via;
	uint32_t mtu; /* of the route; 0: the MTU of its interface */
};

/* A socket for route_ask(); nl_socket_free() closes it.  Returns NULL with
 * errno. */
struct nl_sock *route_open(void);

/* Ask for the route to addr.  The kernel answers within the call, so this does
 * not block. */
struct route route_ask(struct nl_sock *sock, const struct mx_addr *addr);

/* The destination of the route that route_ask() finds.  Returns false if the
 * kernel does not tell. */
bool route_match(struct nl_sock *sock, const struct mx_addr *addr,
		 struct route_prefix *to);

/* Returns false if the route has neither family, or a prefix that is longer than
 * its address. */
bool route_read_prefix(struct rtnl_route *route, struct route_prefix *to);

/* Copy the gateway of a route's next hop, and its interface. */
void route_read_next(struct route *answer, struct rtnl_nexthop *next);

/* Returns false if the address has neither family. */
bool route_read_addr(const struct nl_addr *from, struct mx_addr *addr);

/* The address in netlink's form: AF_INET or AF_INET6, and 4 or 16 bytes. */
int route_family(const struct mx_addr *addr);
const void *route_bytes(const struct mx_addr *addr);
uint8_t route_length(const struct mx_addr *addr);

#endif /* MX_ROUTE_H */
