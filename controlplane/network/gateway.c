/* SPDX-License-Identifier: BSD-3-Clause */
#include "gateway.h"

#include <assert.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/route/route.h>
#include <string.h>
#include <sys/socket.h>

#include "detour.h"

struct reading {
	struct gateways *gateways;
	uint32_t routes;
	struct gateway_choice now; /* of the destination that is being read */
};

/* Returns the index of the gateway, or GATEWAYS_MAX if there is no room. */
static uint32_t
find_or_add(struct gateways *gateways, const struct route *next)
{
	for (uint32_t i = 0; i < gateways->count; i++)
		if (gateways->gateway[i].ifindex == next->ifindex &&
		    mx_addr_equal(&gateways->gateway[i].addr, &next->via))
			return i;
	if (gateways->count == GATEWAYS_MAX)
		return GATEWAYS_MAX;
	gateways->gateway[gateways->count] =
		(struct gateway){.addr = next->via, .ifindex = next->ifindex};
	return gateways->count++;
}

static bool
is_same(const struct route_prefix *a, const struct route_prefix *b)
{
	return a->table == b->table && a->bits == b->bits &&
	       mx_addr_equal(&a->net, &b->net);
}

/* The routes of a destination have been read. */
static void
end_choice(struct reading *reading)
{
	struct gateways *gateways = reading->gateways;
	const struct gateway_choice *now = &reading->now;
	uint64_t all = 0;

	if (now->count == 0)
		return;
	for (uint8_t i = 0; i < now->count; i++)
		all |= UINT64_C(1) << now->gateway[i];
	for (uint8_t i = 0; i < now->count; i++) {
		const uint8_t index = now->gateway[i];

		gateways->gateway[index].peers |= all & ~(UINT64_C(1) << index);
	}
	if (gateways->choices < GATEWAY_CHOICES_MAX)
		gateways->choice[gateways->choices++] = *now;
}
static_assert(GATEWAYS_MAX <= 64, "a bit each");

static void
add_to_choice(struct gateway_choice *now, uint32_t index, uint32_t mtu)
{
	for (uint8_t i = 0; i < now->count; i++)
		if (now->gateway[i] == index)
			return;
	if (now->count == GATEWAY_CHOICE_MAX)
		return;
	now->gateway[now->count] = (uint8_t)index;
	now->mtu[now->count++] = mtu;
}

static void
read_nexts(struct reading *reading, struct rtnl_route *route)
{
	uint32_t mtu = 0;

	rtnl_route_get_metric(route, RTAX_MTU, &mtu);
	for (int i = 0; i < rtnl_route_get_nnexthops(route); i++) {
		struct rtnl_nexthop *next = rtnl_route_nexthop_n(route, i);
		struct route answer = {.found = false};

		route_read_next(&answer, next);
		if (!answer.gatewayed)
			continue;
		const uint32_t index = find_or_add(reading->gateways, &answer);
		if (index == GATEWAYS_MAX)
			continue;
		reading->gateways->gateway[index].down |=
			(rtnl_route_nh_get_flags(next) &
			 (RTNH_F_DEAD | RTNH_F_LINKDOWN)) != 0;
		add_to_choice(&reading->now, index, mtu);
	}
}

/* The kernel lists the routes of one destination one after the other, by their
 * metrics. */
static int
on_route(struct nl_msg *message, void *arg)
{
	struct reading *reading = arg;
	struct rtnl_route *route;
	struct route_prefix to;

	if (++reading->routes > GATEWAY_ROUTES_MAX)
		return NL_STOP;
	if (rtnl_route_parse(nlmsg_hdr(message), &route) < 0)
		return NL_OK;
	if (rtnl_route_get_type(route) == RTN_UNICAST &&
	    route_read_prefix(route, &to) && to.table != DETOUR_MARK) {
		if (!is_same(&to, &reading->now.to)) {
			end_choice(reading);
			reading->now = (struct gateway_choice){.to = to};
		}
		read_nexts(reading, route);
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
	reading->now = (struct gateway_choice){.count = 0};
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_route, reading);
	if (nl_connect(sock, NETLINK_ROUTE) == 0 &&
	    nl_send_simple(sock, RTM_GETROUTE, NLM_F_DUMP,
			   (void *)(uintptr_t)&header, sizeof(header)) >= 0)
		nl_recvmsgs_default(sock);
	end_choice(reading);
	reading->gateways->routes += reading->routes;
	nl_socket_free(sock);
}

void
gateways_read(struct gateways *gateways)
{
	struct reading reading = {.gateways = gateways};

	memset(gateways, 0, sizeof(*gateways));
	read_family(&reading, AF_INET);
	read_family(&reading, AF_INET6);
}

const struct gateway_choice *
gateways_choice(const struct gateways *gateways, const struct route_prefix *to)
{
	for (uint32_t i = 0; i < gateways->choices; i++)
		if (is_same(&gateways->choice[i].to, to))
			return &gateways->choice[i];
	return NULL;
}
