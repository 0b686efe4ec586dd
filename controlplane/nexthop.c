/* SPDX-License-Identifier: BSD-3-Clause */
#include "nexthop.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/route.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Neighbour entries change their state all the time: look at most this often */
#define REFRESH_PAUSE_MS 50
#define POKE_INTERVAL_S 1

#define NUD_HAS_MAC                                                            \
	(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT |   \
	 NUD_NOARP)

struct hop {
	bool followed;
	bool lost; /* the kernel has a route, but no MAC address now */
	int ifindex;
	uint32_t addr_be;
	uint32_t via_be; /* the gateway, or the backend itself */
	struct nexthop found;
};

struct nexthops {
	struct nl_sock *ask;
	struct nl_sock *news;
	struct event *on_news;
	struct event *refresh;
	struct event *poke;
	void (*changed)(void *arg);
	void *arg;
	struct hop hop[MX_BACKENDS_MAX + 1];
};

struct route_answer {
	bool found;
	uint8_t type;
	int ifindex;
	uint32_t gateway_be; /* 0: on the link */
};

static int
on_route(struct nl_msg *message, void *arg)
{
	struct route_answer *answer = arg;
	struct rtnl_route *route;

	if (rtnl_route_parse(nlmsg_hdr(message), &route) < 0)
		return NL_OK;
	answer->found = true;
	answer->type = rtnl_route_get_type(route);
	struct rtnl_nexthop *next = rtnl_route_nexthop_n(route, 0);
	if (next != NULL) {
		answer->ifindex = rtnl_route_nh_get_ifindex(next);
		struct nl_addr *gateway = rtnl_route_nh_get_gateway(next);
		if (gateway != NULL && nl_addr_get_len(gateway) == 4)
			memcpy(&answer->gateway_be,
			       nl_addr_get_binary_addr(gateway), 4);
	}
	rtnl_route_put(route);
	return NL_OK;
}

/* The kernel answers within the call that asks: this does not block. */
static struct route_answer
ask_route(struct nl_sock *ask, uint32_t addr_be)
{
	const struct rtmsg header = {.rtm_family = AF_INET, .rtm_dst_len = 32};
	struct route_answer answer = {.found = false};
	struct nl_msg *message = nlmsg_alloc_simple(RTM_GETROUTE, 0);

	if (message == NULL)
		return answer;
	nl_socket_modify_cb(ask, NL_CB_VALID, NL_CB_CUSTOM, on_route, &answer);
	if (nlmsg_append(message, (void *)(uintptr_t)&header, sizeof(header),
			 NLMSG_ALIGNTO) == 0 &&
	    nla_put_u32(message, RTA_DST, addr_be) == 0 &&
	    nl_send_auto(ask, message) >= 0)
		nl_recvmsgs_default(ask);
	nlmsg_free(message);
	return answer;
}

bool
nexthops_kernel_owns(struct nexthops *hops, const struct mx_addr *addr)
{
	if (!mx_addr_is4(addr))
		return false;
	const struct route_answer answer =
		ask_route(hops->ask, mx_addr_to4(addr));
	return answer.found && answer.type == RTN_LOCAL;
}

/* The neighbour's MAC address; false if the kernel has none now. */
static bool
find_mac(struct nl_cache *neighbours, const struct hop *hop, uint8_t mac[6])
{
	bool found = false;
	struct nl_addr *via = nl_addr_build(AF_INET, &hop->via_be, 4);

	if (via == NULL)
		return false;
	struct rtnl_neigh *neighbour =
		rtnl_neigh_get(neighbours, hop->ifindex, via);
	nl_addr_put(via);
	if (neighbour == NULL)
		return false;
	const int state = rtnl_neigh_get_state(neighbour);
	struct nl_addr *lladdr = rtnl_neigh_get_lladdr(neighbour);
	if (state >= 0 && (state & NUD_HAS_MAC) && lladdr != NULL &&
	    nl_addr_get_len(lladdr) == 6) {
		memcpy(mac, nl_addr_get_binary_addr(lladdr), 6);
		found = true;
	}
	rtnl_neigh_put(neighbour);
	return found;
}

/* Returns true if the next hop is another one now. */
static bool
hop_refresh(struct nexthops *hops, struct hop *hop, struct nl_cache *neighbours)
{
	struct nexthop now = {.known = true};
	const struct route_answer route = ask_route(hops->ask, hop->addr_be);

	hop->lost = false;
	if (!route.found || route.type != RTN_UNICAST ||
	    if_indextoname((unsigned)route.ifindex, now.interface) == NULL)
		return false;
	hop->ifindex = route.ifindex;
	hop->via_be = route.gateway_be != 0 ? route.gateway_be : hop->addr_be;
	hop->lost = !find_mac(neighbours, hop, now.mac);
	if (hop->lost || memcmp(&now, &hop->found, sizeof(now)) == 0)
		return false;
	hop->found = now;
	return true;
}

static bool
refresh_all(struct nexthops *hops)
{
	const struct timeval second = {.tv_sec = POKE_INTERVAL_S};
	struct nl_cache *neighbours;
	bool changed = false;
	bool lost = false;

	if (rtnl_neigh_alloc_cache(hops->ask, &neighbours) < 0)
		return false;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		struct hop *hop = &hops->hop[id];
		if (!hop->followed)
			continue;
		changed |= hop_refresh(hops, hop, neighbours);
		lost |= hop->lost;
	}
	nl_cache_free(neighbours);
	if (lost && !event_pending(hops->poke, EV_TIMEOUT, NULL))
		event_add(hops->poke, &second);
	return changed;
}

void
nexthops_refresh(struct nexthops *hops)
{
	refresh_all(hops);
}

/* Ask the kernel to resolve; its answer comes as an event, its refusal (no
 * privilege) too, and is ignored: probes still make it resolve. */
static void
poke_neighbour(struct nexthops *hops, const struct hop *hop)
{
	const struct ndmsg header = {.ndm_family = AF_INET,
				     .ndm_ifindex = hop->ifindex,
				     .ndm_flags = NTF_USE};
	struct nl_msg *message =
		nlmsg_alloc_simple(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);

	if (message == NULL)
		return;
	if (nlmsg_append(message, (void *)(uintptr_t)&header, sizeof(header),
			 NLMSG_ALIGNTO) == 0 &&
	    nla_put_u32(message, NDA_DST, hop->via_be) == 0)
		nl_send_auto(hops->news, message);
	nlmsg_free(message);
}

static void
on_poke(evutil_socket_t fd, short what, void *arg)
{
	struct nexthops *hops = arg;

	(void)fd, (void)what;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (hops->hop[id].followed && hops->hop[id].lost)
			poke_neighbour(hops, &hops->hop[id]);
	if (refresh_all(hops))
		hops->changed(hops->arg);
}

static void
on_refresh(evutil_socket_t fd, short what, void *arg)
{
	struct nexthops *hops = arg;

	(void)fd, (void)what;
	if (refresh_all(hops))
		hops->changed(hops->arg);
}

/* What the news say does not matter, nor do lost ones: all is asked anew. */
static void
on_news(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval pause = {.tv_usec = REFRESH_PAUSE_MS * 1000};
	struct nexthops *hops = arg;
	uint8_t ignored[8192];

	(void)what;
	for (int i = 0; i < 64; i++)
		if (recv(fd, ignored, sizeof(ignored), MSG_DONTWAIT) < 0 &&
		    errno != ENOBUFS)
			break;
	if (!event_pending(hops->refresh, EV_TIMEOUT, NULL))
		event_add(hops->refresh, &pause);
}

void
nexthops_follow(struct nexthops *hops, uint16_t id, const struct mx_addr *addr)
{
	struct hop *hop = &hops->hop[id];
	const uint32_t addr_be = mx_addr_to4(addr);

	if (hop->followed && hop->addr_be == addr_be)
		return;
	*hop = (struct hop){.followed = mx_addr_is4(addr), .addr_be = addr_be};
}

void
nexthops_forget(struct nexthops *hops, uint16_t id)
{
	hops->hop[id] = (struct hop){.followed = false};
}

void
nexthops_seed(struct nexthops *hops, uint16_t id, const struct nexthop *known)
{
	struct hop *hop = &hops->hop[id];

	if (hop->followed && !hop->found.known)
		hop->found = *known;
}

const struct nexthop *
nexthops_get(const struct nexthops *hops, uint16_t id)
{
	return &hops->hop[id].found;
}

/* A netlink socket, or NULL with errno. */
static struct nl_sock *
netlink_open(void)
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

struct nexthops *
nexthops_new(struct event_base *base, void (*changed)(void *arg), void *arg)
{
	struct nexthops *hops = calloc(1, sizeof(*hops));

	if (hops == NULL)
		return NULL;
	hops->changed = changed;
	hops->arg = arg;
	hops->ask = netlink_open();
	hops->news = netlink_open();
	if (hops->ask == NULL || hops->news == NULL)
		goto err_free;
	const int fd = nl_socket_get_fd(hops->news);
	hops->on_news =
		event_new(base, fd, EV_READ | EV_PERSIST, on_news, hops);
	hops->refresh = evtimer_new(base, on_refresh, hops);
	hops->poke = evtimer_new(base, on_poke, hops);
	errno = ENOMEM;
	if (hops->on_news == NULL || hops->refresh == NULL ||
	    hops->poke == NULL || event_add(hops->on_news, NULL) < 0)
		goto err_free;
	if (nl_socket_add_memberships(hops->news, RTNLGRP_NEIGH,
				      RTNLGRP_IPV4_ROUTE, RTNLGRP_LINK,
				      RTNLGRP_IPV4_IFADDR, 0) < 0) {
		errno = EPROTO;
		goto err_free;
	}
	return hops;

err_free:;
	const int error = errno;
	nexthops_free(hops);
	errno = error;
	return NULL;
}

void
nexthops_free(struct nexthops *hops)
{
	if (hops->on_news != NULL)
		event_free(hops->on_news);
	if (hops->refresh != NULL)
		event_free(hops->refresh);
	if (hops->poke != NULL)
		event_free(hops->poke);
	nl_socket_free(hops->ask);
	nl_socket_free(hops->news);
	free(hops);
}
