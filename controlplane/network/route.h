/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ROUTE_H
#define MX_ROUTE_H

/* The way that the kernel would send a packet.
 * Threads    the owner of the socket. */
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

struct nl_addr;
struct rtnl_nexthop;

struct route {
	bool found;
	uint8_t type; /* RTN_UNICAST, RTN_LOCAL, ... */
	int ifindex;
	bool gatewayed;
	/* The next hop, whose MAC address frames carry: the gateway, which may
	 * be of the other family, or else the address itself. */
	struct mx_addr via;
	uint32_t mtu; /* of the route; 0: that of its interface */
};

/* A socket to ask with; nl_socket_free() closes it.
 * Returns NULL with errno. */
struct nl_sock *route_open(void);

/* The kernel answers within the call that asks: this does not block. */
struct route route_ask(struct nl_sock *sock, const struct mx_addr *addr);

/* Take over the gateway of a route's next hop, and its interface. */
void route_read_next(struct route *answer, struct rtnl_nexthop *next);

/* Returns false if it is of neither family. */
bool route_read_addr(const struct nl_addr *from, struct mx_addr *addr);

/* The address as netlink wants it: AF_INET or AF_INET6, 4 or 16 bytes. */
int route_family(const struct mx_addr *addr);
const void *route_bytes(const struct mx_addr *addr);
uint8_t route_length(const struct mx_addr *addr);

#endif /* MX_ROUTE_H */
