/* SPDX-License-Identifier: BSD-3-Clause */
#include "nexthop.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/neighbour.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "detour.h"
#include "neighbour.h"
#include "route.h"
#include "routers.h"
#include "timer.h"

/* Neighbour entries change all the time; the least pause between two looks. */
#define REFRESH_PAUSE_MS 50
#define POKE_INTERVAL_MS 1000

struct hop {
	bool followed;
	bool lost;  /* the kernel has a route, but no MAC address */
	bool fixed; /* an administrator wrote the MAC address */
	int ifindex;
	struct mx_addr addr;
	struct mx_addr via; /* the gateway, or the backend itself */
	struct detour detour;
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
	struct routers *routers;
	struct ways *ways;
	bool has_rules; /* of detours */
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
	       a->mtu == b->mtu && a->routed == b->routed &&
	       a->turned == b->turned && mx_addr_equal(&a->via, &b->via) &&
	       memcmp(a->other, b->other, sizeof(a->other)) == 0;
}

/* Note the interfaces of all gateways that lead to the hop's address. */
static void
note_others(const struct routers *routers, const struct gateway_choice *choice,
	    struct nexthop *now)
{
	for (uint8_t i = 0; i < choice->count; i++) {
		const char *name =
			routers_at(routers, choice->gateway[i])->interface;

		if (now->others < NEXTHOP_OTHERS_MAX)
			memcpy(now->other[now->others++], name, IF_NAMESIZE);
	}
}

/* If the gateway of the kernel's route does not answer, take another one that
 * does. */
static void
turn(struct nexthops *hops, const struct hop *hop, struct route *route,
     struct nexthop *now)
{
	const struct router *router =
		routers_find(hops->routers, &route->via, route->ifindex);
	struct route_prefix to;

	if (!route->gatewayed || router == NULL || router->peers == 0 ||
	    !route_match(hops->ask, &hop->addr, &to))
		return;
	const struct gateway_choice *choice =
		routers_choice(hops->routers, &to);
	if (choice == NULL)
		return;
	note_others(hops->routers, choice, now);
	now->turned = routers_turn(hops->routers, choice, route);
}

/* Send the packets of probes by the gateway of frames. */
static void
follow_detour(struct nexthops *hops, struct hop *hop)
{
	if (!hop->found.turned)
		detour_end(&hop->detour, hops->news, &hop->addr);
	else if (!hop->lost)
		hops->has_rules |=
			detour_begin(&hop->detour, hops->news, &hop->addr,
				     &hop->found.via, hop->ifindex);
}

/* Returns true if the next hop has changed. */
static bool
hop_refresh(struct nexthops *hops, struct hop *hop, const struct tables *tables)
{
	struct route route = route_ask(hops->ask, &hop->addr);
	struct nexthop now = {0};

	hop->lost = false;
	if (!route.found || route.type != RTN_UNICAST)
		return false;
	turn(hops, hop, &route, &now);
	if (!read_link(tables->links, route.ifindex, &now))
		return false;
	now.known = true;
	now.routed = route.gatewayed;
	if (route.mtu != 0 && route.mtu < now.mtu)
		now.mtu = (uint16_t)route.mtu;
	hop->ifindex = route.ifindex;
	hop->via = route.via;
	const struct neighbour neighbour =
		neighbour_find(tables->neighbours, hop->ifindex, &hop->via);
	hop->lost = !neighbour.has_mac;
	hop->fixed = neighbour.fixed;
	if (hop->lost) {
		/* A new next hop is a change even before its MAC address is
		 * known. */
		const bool turned = hop->found.routed != now.routed;
		hop->found.routed = now.routed;
		return turned;
	}
	memcpy(now.mac, neighbour.mac, sizeof(now.mac));
	now.via = route.via;
	if (is_same(&now, &hop->found))
		return false;
	now.since_s = mx_addr_equal(&now.via, &hop->found.via)
			      ? hop->found.since_s
			      : clock_s();
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
	routers_look(hops->routers, tables.neighbours);
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		struct hop *hop = &hops->hop[id];
		if (!hop->followed)
			continue;
		changed |= hop_refresh(hops, hop, &tables);
		follow_detour(hops, hop);
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

static void
on_failed(void *arg, int ifindex, const struct mx_addr *addr)
{
	routers_failed(arg, ifindex, addr);
}

/* Any event, and a lost event too, makes the caller read all tables again. */
static void
on_news(evutil_socket_t fd, short what, void *arg)
{
	struct nexthops *hops = arg;

	(void)what;
	if (neighbour_drain(fd, on_failed, hops->routers))
		routers_stale(hops->routers);
	if (!timer_is_set(hops->refresh))
		timer_set(hops->refresh, REFRESH_PAUSE_MS);
}

/* The hop is not followed any more. */
static void
leave(struct nexthops *hops, struct hop *hop)
{
	if (hop->detour.is_set)
		detour_end(&hop->detour, hops->news, &hop->addr);
}

void
nexthops_follow(struct nexthops *hops, uint16_t id, const struct mx_addr *addr)
{
	struct hop *hop = &hops->hop[id];

	if (hop->followed && mx_addr_equal(&hop->addr, addr))
		return;
	leave(hops, hop);
	memset(hop, 0, sizeof(*hop));
	hop->followed = true;
	hop->addr = *addr;
}

void
nexthops_forget(struct nexthops *hops, uint16_t id)
{
	leave(hops, &hops->hop[id]);
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

	if (hop->followed && hop->found.known && !hop->lost && !hop->fixed)
		neighbour_probe(hops->news, hop->ifindex, &hop->via);
}

struct ways *
nexthops_ways(struct nexthops *hops)
{
	return hops->ways;
}

const struct routers *
nexthops_routers(const struct nexthops *hops)
{
	return hops->routers;
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
	hops->routers = routers_new(base, hops->news, on_refresh, hops);
	hops->ways = hops->routers != NULL ? ways_new(hops->routers) : NULL;
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
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		leave(hops, &hops->hop[id]);
	if (hops->has_rules)
		detour_rules(hops->news, false);
	timer_free(hops->refresh);
	timer_free(hops->poke);
	if (hops->ways != NULL)
		ways_free(hops->ways);
	routers_free(hops->routers);
	nl_socket_free(hops->ask);
	nl_socket_free(hops->news);
	free(hops);
}
