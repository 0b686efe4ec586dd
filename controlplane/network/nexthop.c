/* SPDX-License-Identifier: BSD-3-Clause */
#include "nexthop.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/neighbour.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "neighbour.h"
#include "route.h"
#include "timer.h"

/* Neighbour entries change all the time; the least pause between two looks. */
#define REFRESH_PAUSE_MS 50
#define POKE_INTERVAL_MS 1000

#define NUD_HAS_MAC                                                            \
	(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT |   \
	 NUD_NOARP)

struct hop {
	bool followed;
	bool lost; /* the kernel has a route, but no MAC address */
	int ifindex;
	struct mx_addr addr;
	struct mx_addr via; /* the gateway, or the backend itself */
	struct nexthop found;
};

/* The kernel's tables, read once for one look at all next hops. */
struct tables {
	struct nl_cache *neighbours;
	struct nl_cache *links;
};

struct nexthops {
	struct nl_sock *ask;
	struct nl_sock *news;
	struct event *on_news;
	struct timer *refresh;
	struct timer *poke;
	struct ways *ways;
	void (*changed)(void *arg);
	void *arg;
	struct hop hop[MX_BACKENDS_MAX + 1];
};

bool
nexthops_gateway(struct nexthops *hops, const struct mx_addr *addr,
		 struct mx_addr *gateway)
{
	const struct route route = route_ask(hops->ask, addr);

	*gateway = route.via;
	return route.found && route.type == RTN_UNICAST && route.gatewayed;
}

bool
nexthops_kernel_owns(struct nexthops *hops, const struct mx_addr *addr)
{
	const struct route route = route_ask(hops->ask, addr);

	return route.found && route.type == RTN_LOCAL;
}

/* The neighbour's MAC address.  Returns false if the kernel has none. */
static bool
find_mac(struct nl_cache *neighbours, const struct hop *hop, uint8_t mac[6])
{
	bool found = false;
	struct nl_addr *via =
		nl_addr_build(route_family(&hop->via), route_bytes(&hop->via),
			      route_length(&hop->via));

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

/* Name and MTU of the interface.  Returns false if the interface is gone. */
static bool
read_link(struct nl_cache *links, int ifindex, struct nexthop *now)
{
	struct rtnl_link *link = rtnl_link_get(links, ifindex);

	if (link == NULL)
		return false;
	const uint32_t mtu = rtnl_link_get_mtu(link);
	now->mtu = mtu < UINT16_MAX ? (uint16_t)mtu : UINT16_MAX;
	strncpy(now->interface, rtnl_link_get_name(link),
		sizeof(now->interface) - 1);
	rtnl_link_put(link);
	return true;
}

static bool
is_same(const struct nexthop *a, const struct nexthop *b)
{
	return a->known == b->known &&
	       strcmp(a->interface, b->interface) == 0 &&
	       memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 &&
	       a->mtu == b->mtu && a->routed == b->routed;
}

/* Returns true if the next hop has changed. */
static bool
hop_refresh(struct nexthops *hops, struct hop *hop, const struct tables *tables)
{
	const struct route route = route_ask(hops->ask, &hop->addr);
	struct nexthop now = {0};

	hop->lost = false;
	if (!route.found || route.type != RTN_UNICAST ||
	    !read_link(tables->links, route.ifindex, &now))
		return false;
	now.known = true;
	now.routed = route.gatewayed;
	if (route.mtu != 0 && route.mtu < now.mtu)
		now.mtu = (uint16_t)route.mtu;
	hop->ifindex = route.ifindex;
	hop->via = route.via;
	hop->lost = !find_mac(tables->neighbours, hop, now.mac);
	if (hop->lost) {
		/* A new next hop is a change even before its MAC address is
		 * known. */
		const bool turned = hop->found.routed != now.routed;
		hop->found.routed = now.routed;
		return turned;
	}
	if (is_same(&now, &hop->found))
		return false;
	hop->found = now;
	return true;
}

/* Returns false, with nothing to free, if the kernel does not answer. */
static bool
tables_read(struct nl_sock *ask, struct tables *tables)
{
	if (rtnl_neigh_alloc_cache(ask, &tables->neighbours) < 0)
		return false;
	if (rtnl_link_alloc_cache(ask, AF_UNSPEC, &tables->links) < 0) {
		nl_cache_free(tables->neighbours);
		return false;
	}
	return true;
}

static bool
refresh_all(struct nexthops *hops)
{
	struct tables tables;
	bool changed = false;
	bool lost = false;

	if (!tables_read(hops->ask, &tables))
		return false;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		struct hop *hop = &hops->hop[id];
		if (!hop->followed)
			continue;
		changed |= hop_refresh(hops, hop, &tables);
		lost |= hop->lost;
	}
	changed |= ways_look(hops->ways, tables.neighbours);
	nl_cache_free(tables.links);
	nl_cache_free(tables.neighbours);
	if (lost && !timer_is_set(hops->poke))
		timer_set(hops->poke, POKE_INTERVAL_MS);
	return changed;
}

void
nexthops_refresh(struct nexthops *hops)
{
	refresh_all(hops);
}

static void
on_poke(void *arg)
{
	struct nexthops *hops = arg;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		if (hops->hop[id].followed && hops->hop[id].lost)
			neighbour_use(hops->news, hops->hop[id].ifindex,
				      &hops->hop[id].via);
	if (refresh_all(hops))
		hops->changed(hops->arg);
}

static void
on_refresh(void *arg)
{
	struct nexthops *hops = arg;

	if (refresh_all(hops))
		hops->changed(hops->arg);
}

/* Any event, and a lost event too, makes the caller read all tables again.  So
 * the content of an event does not matter. */
static void
on_news(evutil_socket_t fd, short what, void *arg)
{
	struct nexthops *hops = arg;
	uint8_t ignored[8192];

	(void)what;
	for (int i = 0; i < 64; i++)
		if (recv(fd, ignored, sizeof(ignored), MSG_DONTWAIT) < 0 &&
		    errno != ENOBUFS)
			break;
	if (!timer_is_set(hops->refresh))
		timer_set(hops->refresh, REFRESH_PAUSE_MS);
}

void
nexthops_follow(struct nexthops *hops, uint16_t id, const struct mx_addr *addr)
{
	struct hop *hop = &hops->hop[id];

	if (hop->followed && mx_addr_equal(&hop->addr, addr))
		return;
	memset(hop, 0, sizeof(*hop));
	hop->followed = true;
	hop->addr = *addr;
}

void
nexthops_forget(struct nexthops *hops, uint16_t id)
{
	memset(&hops->hop[id], 0, sizeof(hops->hop[id]));
}

void
nexthops_seed(struct nexthops *hops, uint16_t id, const struct nexthop *known)
{
	struct hop *hop = &hops->hop[id];

	if (!hop->followed || hop->found.known)
		return;
	const bool routed = hop->found.routed;
	hop->found = *known;
	hop->found.routed = routed;
}

const struct nexthop *
nexthops_get(const struct nexthops *hops, uint16_t id)
{
	return &hops->hop[id].found;
}

void
nexthops_doubt(struct nexthops *hops, uint16_t id)
{
	const struct hop *hop = &hops->hop[id];

	if (hop->followed && hop->found.known && !hop->lost)
		neighbour_probe(hops->news, hop->ifindex, &hop->via);
}

struct ways *
nexthops_ways(struct nexthops *hops)
{
	return hops->ways;
}

struct nexthops *
nexthops_new(struct event_base *base, void (*changed)(void *arg), void *arg)
{
	struct nexthops *hops = calloc(1, sizeof(*hops));

	if (hops == NULL)
		return NULL;
	hops->changed = changed;
	hops->arg = arg;
	hops->ask = route_open();
	hops->news = route_open();
	if (hops->ask == NULL || hops->news == NULL)
		goto err_free;
	hops->ways = ways_new(base, hops->news);
	const int fd = nl_socket_get_fd(hops->news);
	hops->on_news =
		event_new(base, fd, EV_READ | EV_PERSIST, on_news, hops);
	hops->refresh = timer_new(base, on_refresh, hops);
	hops->poke = timer_new(base, on_poke, hops);
	errno = ENOMEM;
	if (hops->on_news == NULL || hops->refresh == NULL ||
	    hops->poke == NULL || hops->ways == NULL ||
	    event_add(hops->on_news, NULL) < 0)
		goto err_free;
	if (nl_socket_add_memberships(hops->news, RTNLGRP_NEIGH, RTNLGRP_LINK,
				      RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_IFADDR,
				      RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_IFADDR,
				      0) < 0) {
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
	timer_free(hops->refresh);
	timer_free(hops->poke);
	if (hops->ways != NULL)
		ways_free(hops->ways);
	nl_socket_free(hops->ask);
	nl_socket_free(hops->news);
	free(hops);
}
