/* SPDX-License-Identifier: BSD-3-Clause */
#include "route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/route/route.h>
#include <string.h>
#include <sys/socket.h>

struct nl_sock *
route_open(void)
{
	struct nl_sock *sock = nl_socket_alloc();

	if (sock == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	if (nl_connect(sock, NETLINK_ROUTE) < 0) {
		const int error = errno;
		nl_socket_free(sock);
		errno = error;
		return NULL;
	}
	nl_socket_disable_auto_ack(sock);
	return sock;
}

int
route_family(const struct mx_addr *addr)
{
	return mx_addr_is4(addr) ? AF_INET : AF_INET6;
}

const void *
route_bytes(const struct mx_addr *addr)
{
	return mx_addr_is4(addr) ? &addr->byte[12] : addr->byte;
}

uint8_t
route_length(const struct mx_addr *addr)
{
	return mx_addr_is4(addr) ? 4 : 16;
}

bool
route_read_addr(const struct nl_addr *from, struct mx_addr *addr)
{
	const void *bytes = nl_addr_get_binary_addr(from);

	if (nl_addr_get_len(from) == 4) {
		uint32_t ip_be;
		memcpy(&ip_be, bytes, sizeof(ip_be));
		*addr = mx_addr_from4(ip_be);
		return true;
	}
	if (nl_addr_get_len(from) != sizeof(addr->byte))
		return false;
	memcpy(addr->byte, bytes, sizeof(addr->byte));
	return true;
}

void
route_read_next(struct route *answer, struct rtnl_nexthop *next)
{
	struct nl_addr *gateway = rtnl_route_nh_get_gateway(next);

	if (gateway == NULL) /* it may have the other family */
		gateway = rtnl_route_nh_get_via(next);
	answer->ifindex = rtnl_route_nh_get_ifindex(next);
	answer->gatewayed =
		gateway != NULL && route_read_addr(gateway, &answer->via);
}

static int
on_route(struct nl_msg *message, void *arg)
{
	struct route *answer = arg;
	struct rtnl_route *route;
	uint32_t mtu;

	if (rtnl_route_parse(nlmsg_hdr(message), &route) < 0)
		return NL_OK;
	answer->found = true;
	answer->type = rtnl_route_get_type(route);
	if (rtnl_route_get_metric(route, RTAX_MTU, &mtu) == 0)
		answer->mtu = mtu;
	struct rtnl_nexthop *next = rtnl_route_nexthop_n(route, 0);
	if (next != NULL)
		route_read_next(answer, next);
	rtnl_route_put(route);
	return NL_OK;
}

/* Send a question about one address, and call on_answer with the answer. */
static void
ask(struct nl_sock *sock, const struct mx_addr *addr, unsigned flags,
    nl_recvmsg_msg_cb_t on_answer, void *answer)
{
	const struct rtmsg header = {
		.rtm_family = (unsigned char)route_family(addr),
		.rtm_dst_len = (unsigned char)(8 * route_length(addr)),
		.rtm_flags = flags,
	};
	struct nl_msg *message = nlmsg_alloc_simple(RTM_GETROUTE, 0);

	if (message == NULL)
		return;
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_answer, answer);
	if (nlmsg_append(message, (void *)(uintptr_t)&header, sizeof(header),
			 NLMSG_ALIGNTO) == 0 &&
	    nla_put(message, RTA_DST, route_length(addr), route_bytes(addr)) ==
		    0 &&
	    nl_send_auto(sock, message) >= 0)
		nl_recvmsgs_default(sock);
	nlmsg_free(message);
}

struct route
route_ask(struct nl_sock *sock, const struct mx_addr *addr)
{
	struct route answer = {.found = false, .via = *addr};

	ask(sock, addr, 0, on_route, &answer);
	return answer;
}

bool
route_read_prefix(struct rtnl_route *route, struct route_prefix *to)
{
	struct nl_addr *dst = rtnl_route_get_dst(route);
	const int family = rtnl_route_get_family(route);

	*to = (struct route_prefix){.table = rtnl_route_get_table(route)};
	if (family == AF_INET)
		to->net = mx_addr_from4(0);
	else if (family != AF_INET6)
		return false;
	if (dst == NULL || nl_addr_get_len(dst) == 0)
		return true; /* the default route */
	to->bits = (uint8_t)nl_addr_get_prefixlen(dst);
	return nl_addr_get_prefixlen(dst) <= 8 * nl_addr_get_len(dst) &&
	       route_read_addr(dst, &to->net);
}

struct match {
	bool found;
	struct route_prefix to;
};

static int
on_match(struct nl_msg *message, void *arg)
{
	struct match *match = arg;
	struct rtnl_route *route;

	if (rtnl_route_parse(nlmsg_hdr(message), &route) < 0)
		return NL_OK;
	match->found = route_read_prefix(route, &match->to);
	rtnl_route_put(route);
	return NL_OK;
}

bool
route_match(struct nl_sock *sock, const struct mx_addr *addr,
	    struct route_prefix *to)
{
	struct match match = {.found = false};

	ask(sock, addr, RTM_F_FIB_MATCH, on_match, &match);
	*to = match.to;
	return match.found;
}
