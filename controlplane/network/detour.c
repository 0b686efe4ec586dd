/* SPDX-License-Identifier: BSD-3-Clause */
#include "detour.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "route.h"

/* A gateway of the other family than the destination. */
static int
put_via(struct nl_msg *message, const struct mx_addr *via)
{
	uint8_t bytes[sizeof(struct rtvia) + sizeof(via->byte)];
	const struct rtvia head = {.rtvia_family =
					   (unsigned short)route_family(via)};

	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), route_bytes(via), route_length(via));
	return nla_put(message, RTA_VIA, (int)sizeof(head) + route_length(via),
		       bytes);
}

static int
put_gateway(struct nl_msg *message, const struct mx_addr *addr,
	    const struct mx_addr *via, int ifindex)
{
	if (nla_put_u32(message, RTA_OIF, (uint32_t)ifindex) < 0)
		return -1;
	if (route_family(addr) != route_family(via))
		return put_via(message, via);
	return nla_put(message, RTA_GATEWAY, route_length(via),
		       route_bytes(via));
}

/* The gateway is the one that answers at this interface, whatever the routes
 * to it are: RTNH_F_ONLINK. */
static void
send_route(struct nl_sock *sock, int type, int flags,
	   const struct mx_addr *addr, const struct mx_addr *via, int ifindex)
{
	const struct rtmsg header = {
		.rtm_family = (unsigned char)route_family(addr),
		.rtm_dst_len = (unsigned char)(8 * route_length(addr)),
		.rtm_protocol = via == NULL ? RTPROT_UNSPEC : RTPROT_STATIC,
		.rtm_scope = via == NULL ? RT_SCOPE_NOWHERE : RT_SCOPE_UNIVERSE,
		.rtm_type = via == NULL ? RTN_UNSPEC : RTN_UNICAST,
		.rtm_flags = via == NULL ? 0 : RTNH_F_ONLINK,
	};
	struct nl_msg *message = nlmsg_alloc_simple(type, flags);

	if (message == NULL)
		return;
	if (nlmsg_append(message, (void *)(uintptr_t)&header, sizeof(header),
			 NLMSG_ALIGNTO) == 0 &&
	    nla_put_u32(message, RTA_TABLE, DETOUR_MARK) == 0 &&
	    nla_put(message, RTA_DST, route_length(addr), route_bytes(addr)) ==
		    0 &&
	    (via == NULL || put_gateway(message, addr, via, ifindex) == 0))
		nl_send_auto(sock, message);
	nlmsg_free(message);
}

static void
send_rule(struct nl_sock *sock, int type, int flags, uint8_t family)
{
	const struct fib_rule_hdr header = {
		.family = family,
		.action = FR_ACT_TO_TBL,
	};
	struct nl_msg *message = nlmsg_alloc_simple(type, flags);

	if (message == NULL)
		return;
	if (nlmsg_append(message, (void *)(uintptr_t)&header, sizeof(header),
			 NLMSG_ALIGNTO) == 0 &&
	    nla_put_u32(message, FRA_PRIORITY, DETOUR_MARK) == 0 &&
	    nla_put_u32(message, FRA_FWMARK, DETOUR_MARK) == 0 &&
	    nla_put_u32(message, FRA_FWMASK, UINT32_MAX) == 0 &&
	    nla_put_u32(message, FRA_TABLE, DETOUR_MARK) == 0)
		nl_send_auto(sock, message);
	nlmsg_free(message);
}

void
detour_rules(struct nl_sock *sock, bool wanted)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};

	/* NLM_F_EXCL: a rule that is there stays alone. */
	for (size_t i = 0; i < sizeof(families); i++)
		send_rule(sock, wanted ? RTM_NEWRULE : RTM_DELRULE,
			  wanted ? NLM_F_CREATE | NLM_F_EXCL : 0, families[i]);
}

bool
detour_begin(struct detour *detour, struct nl_sock *sock,
	     const struct mx_addr *addr, const struct mx_addr *via, int ifindex)
{
	if (detour->is_set && detour->ifindex == ifindex &&
	    mx_addr_equal(&detour->via, via))
		return false;
	detour_rules(sock, true);
	send_route(sock, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, addr, via,
		   ifindex);
	*detour = (struct detour){.cleared = true,
				  .is_set = true,
				  .ifindex = ifindex,
				  .via = *via};
	return true;
}

void
detour_end(struct detour *detour, struct nl_sock *sock,
	   const struct mx_addr *addr)
{
	if (detour->is_set || !detour->cleared)
		send_route(sock, RTM_DELROUTE, 0, addr, NULL, 0);
	*detour = (struct detour){.cleared = true};
}

void
detour_mark(int fd)
{
	const uint32_t mark = DETOUR_MARK;

	setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
}
