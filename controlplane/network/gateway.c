/* SPDX-License-Identifier: BSD-3-Clause */
#include "gateway.h"

#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/route/route.h>
#include <sys/socket.h>

#include "route.h"

struct reading {
	struct gateway *gateway;
	uint32_t count;
	uint32_t routes;
};

static void
add(struct reading *reading, const struct mx_addr *addr, int ifindex)
{
	for (uint32_t i = 0; i < reading->count; i++)
		if (reading->gateway[i].ifindex == ifindex &&
		    mx_addr_equal(&reading->gateway[i].addr, addr))
			return;
	if (reading->count < GATEWAYS_MAX)
		reading->gateway[reading->count++] =
			(struct gateway){.addr = *addr, .ifindex = ifindex};
}

static int
on_route(struct nl_msg *message, void *arg)
{
	struct reading *reading = arg;
	struct rtnl_route *route;

	if (++reading->routes > GATEWAY_ROUTES_MAX)
		return NL_STOP;
	if (rtnl_route_parse(nlmsg_hdr(message), &route) < 0)
		return NL_OK;
	for (int i = 0; i < rtnl_route_get_nnexthops(route); i++) {
		struct route answer = {.found = false};

		route_read_next(&answer, rtnl_route_nexthop_n(route, i));
		if (answer.gatewayed)
			add(reading, &answer.via, answer.ifindex);
	}
	rtnl_route_put(route);
	return NL_OK;
}

/* The dump has its own socket: closing the socket drops the rows that were not
 * read. */
static void
read_family(struct reading *reading, int family)
{
	const struct rtmsg header = {.rtm_family = (unsigned char)family};
	struct nl_sock *sock = nl_socket_alloc();

	if (sock == NULL)
		return;
	reading->routes = 0;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_route, reading);
	if (nl_connect(sock, NETLINK_ROUTE) == 0 &&
	    nl_send_simple(sock, RTM_GETROUTE, NLM_F_DUMP,
			   (void *)(uintptr_t)&header, sizeof(header)) >= 0)
		nl_recvmsgs_default(sock);
	nl_socket_free(sock);
}

uint32_t
gateways_read(struct gateway *gateway)
{
	struct reading reading = {.gateway = gateway};

	read_family(&reading, AF_INET);
	read_family(&reading, AF_INET6);
	return reading.count;
}
