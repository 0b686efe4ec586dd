/* SPDX-License-Identifier: BSD-3-Clause */
#include "ways.h"

#include <linux/neighbour.h>
#include <netlink/route/neighbour.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "route.h"
#include "routers.h"

#define NUD_HAS_MAC                                                            \
	(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT |   \
	 NUD_NOARP)

struct known {
	struct mx_way way; /* its own MAC address */
	/* The router that takes its place: */
	bool instead;
	uint8_t instead_port;
	uint8_t instead_mac[6];
	uint32_t instead_s; /* since when */
};

struct ways {
	const struct routers *routers;
	uint16_t ports;
	char interface[MX_PORTS_MAX][IF_NAMESIZE];
	uint32_t count;
	struct known known[WAYS_MAX];
};

/* The port of an interface, or MX_PORTS_MAX. */
static uint8_t
port_of(const struct ways *ways, int ifindex)
{
	char name[IF_NAMESIZE];

	if (if_indextoname((unsigned)ifindex, name) == NULL)
		return MX_PORTS_MAX;
	for (uint8_t i = 0; i < ways->ports; i++)
		if (strcmp(ways->interface[i], name) == 0)
			return i;
	return MX_PORTS_MAX;
}

static struct known *
find(struct ways *ways, const struct mx_addr *hop, uint8_t port)
{
	for (uint32_t i = 0; i < ways->count; i++)
		if (ways->known[i].way.port == port &&
		    mx_addr_equal(&ways->known[i].way.hop, hop))
			return &ways->known[i];
	return NULL;
}

/* The row of a hop: an existing one or a new one, or NULL if there is no
 * room. */
static struct known *
find_or_add(struct ways *ways, const struct mx_addr *hop, uint8_t port)
{
	struct known *known = find(ways, hop, port);

	if (known != NULL || ways->count == WAYS_MAX)
		return known;
	known = &ways->known[ways->count++];
	*known = (struct known){
		.way = {.hop = *hop, .port = port, .to_port = port}};
	return known;
}

/* Note which ways are gateways.  Gateways come first, so that there is room for
 * them. */
static void
note_gateways(struct ways *ways)
{
	for (uint32_t i = 0; i < ways->count; i++)
		ways->known[i].way.gateway = false;
	for (uint32_t i = 0; i < routers_count(ways->routers); i++) {
		const struct router *router = routers_at(ways->routers, i);
		const uint8_t port = port_of(ways, router->ifindex);
		struct known *known =
			port == MX_PORTS_MAX
				? NULL
				: find_or_add(ways, &router->addr, port);

		if (known != NULL)
			known->way.gateway = true;
	}
}

static bool
has_mac(const struct mx_way *way)
{
	static const uint8_t none[6];

	return memcmp(way->mac, none, sizeof(none)) != 0;
}

/* Returns whether the plan's row for it has changed. */
static bool
take_mac(struct known *known, const uint8_t mac[6])
{
	struct mx_way *way = &known->way;

	if (memcmp(way->mac, mac, sizeof(way->mac)) == 0)
		return false;
	const bool moved = has_mac(way);
	if (moved) {
		memcpy(way->before, way->mac, sizeof(way->before));
		way->moved_s = (uint32_t)clock_s();
	}
	memcpy(way->mac, mac, sizeof(way->mac));
	return moved || way->gateway;
}

static bool
take_neighbour(struct ways *ways, struct rtnl_neigh *neighbour)
{
	const int state = rtnl_neigh_get_state(neighbour);
	const int ifindex = rtnl_neigh_get_ifindex(neighbour);
	struct nl_addr *lladdr = rtnl_neigh_get_lladdr(neighbour);
	struct nl_addr *dst = rtnl_neigh_get_dst(neighbour);
	struct mx_addr hop;

	if (state < 0 || !(state & NUD_HAS_MAC) || (state & NUD_NOARP) ||
	    lladdr == NULL || nl_addr_get_len(lladdr) != 6 || dst == NULL ||
	    !route_read_addr(dst, &hop))
		return false;
	const uint8_t port = port_of(ways, ifindex);
	struct known *known =
		port == MX_PORTS_MAX ? NULL : find_or_add(ways, &hop, port);
	return known != NULL &&
	       take_mac(known, nl_addr_get_binary_addr(lladdr));
}

/* Note the router that takes the place of one.  Returns whether it is another
 * one than before. */
static bool
take_instead(struct known *known, const struct router *router, uint8_t port)
{
	if (known->instead && known->instead_port == port &&
	    memcmp(known->instead_mac, router->mac, sizeof(router->mac)) == 0)
		return false;
	known->instead = true;
	known->instead_port = port;
	known->instead_s = (uint32_t)clock_s();
	memcpy(known->instead_mac, router->mac, sizeof(router->mac));
	return true;
}

/* If no other router answers, nothing changes. */
static bool
look_at_router(struct ways *ways, const struct router *router)
{
	const uint8_t port = port_of(ways, router->ifindex);
	struct known *known =
		port == MX_PORTS_MAX ? NULL : find(ways, &router->addr, port);

	if (known == NULL || !has_mac(&known->way))
		return false;
	if (!router_is_left(router)) {
		const bool changed = known->instead && router_is_usable(router);

		known->instead = known->instead && !changed;
		return changed;
	}
	const struct router *peer = routers_instead(ways->routers, router);
	const uint8_t to =
		peer == NULL ? MX_PORTS_MAX : port_of(ways, peer->ifindex);
	return to != MX_PORTS_MAX && take_instead(known, peer, to);
}

/* A router is in no route any more.  Until it is again, another one has its
 * place. */
static bool
look_at_change(struct ways *ways, const struct router_change *change)
{
	const struct router *router = routers_at(ways->routers, change->to);
	const uint8_t port = port_of(ways, change->ifindex);
	const uint8_t to = port_of(ways, router->ifindex);
	struct known *known =
		port == MX_PORTS_MAX ? NULL : find(ways, &change->addr, port);

	return known != NULL && has_mac(&known->way) && to != MX_PORTS_MAX &&
	       router_is_usable(router) && take_instead(known, router, to);
}

bool
ways_look(struct ways *ways, struct nl_cache *neighbours)
{
	const struct router_change *change;
	const uint32_t changes = routers_left(ways->routers, &change);
	bool changed = false;

	note_gateways(ways);
	for (struct nl_object *object = nl_cache_get_first(neighbours);
	     object != NULL; object = nl_cache_get_next(object))
		changed |= take_neighbour(ways, (struct rtnl_neigh *)object);
	for (uint32_t i = 0; i < routers_count(ways->routers); i++)
		changed |= look_at_router(ways, routers_at(ways->routers, i));
	for (uint32_t i = 0; i < changes; i++)
		changed |= look_at_change(ways, &change[i]);
	return changed;
}

void
ways_follow(struct ways *ways, const struct mx_config_dataplane *config)
{
	char interface[MX_PORTS_MAX][IF_NAMESIZE] = {0};

	for (uint16_t i = 0; i < config->port_count; i++)
		strncpy(interface[i], config->port[i].interface,
			IF_NAMESIZE - 1);
	if (ways->ports == config->port_count &&
	    memcmp(interface, ways->interface, sizeof(interface)) == 0)
		return;
	/* A row names its port by number, so the old rows mean nothing now. */
	ways->count = 0;
	ways->ports = config->port_count;
	memcpy(ways->interface, interface, sizeof(interface));
}

/* The row of an earlier process named another router. */
static void
seed_instead(struct known *known, uint8_t to_port)
{
	struct mx_way *way = &known->way;

	known->instead = true;
	known->instead_port = to_port;
	known->instead_s = way->moved_s;
	memcpy(known->instead_mac, way->mac, sizeof(way->mac));
	memcpy(way->mac, way->before, sizeof(way->mac));
	memset(way->before, 0, sizeof(way->before));
	way->moved_s = 0;
	way->instead = 0;
}

void
ways_seed(struct ways *ways, const struct mx_way *way, uint16_t count)
{
	for (uint16_t i = 0; i < count && i < MX_WAYS_MAX; i++) {
		struct known *known =
			way[i].port < ways->ports
				? find_or_add(ways, &way[i].hop, way[i].port)
				: NULL;
		uint8_t now[6];

		if (known == NULL || known->way.moved_s != 0 ||
		    way[i].to_port >= ways->ports)
			continue;
		memcpy(now, known->way.mac, sizeof(now));
		const bool is_known = has_mac(&known->way);
		const uint8_t gateway = known->way.gateway;
		known->way = way[i];
		known->way.gateway = gateway;
		known->way.to_port = way[i].port;
		if (way[i].instead)
			seed_instead(known, way[i].to_port);
		if (is_known)
			take_mac(known, now);
	}
}

static int
compare(const void *one, const void *other)
{
	const struct mx_way *a = one;
	const struct mx_way *b = other;

	return a->port != b->port ? a->port - b->port
				  : memcmp(&a->hop, &b->hop, sizeof(a->hop));
}

static struct mx_way
row_of(const struct known *known)
{
	struct mx_way row = known->way;

	if (!known->instead)
		return row;
	memcpy(row.before, known->way.mac, sizeof(row.before));
	memcpy(row.mac, known->instead_mac, sizeof(row.mac));
	row.moved_s = known->instead_s;
	row.to_port = known->instead_port;
	row.gateway = 1;
	row.instead = 1;
	return row;
}

uint16_t
ways_rows(const struct ways *ways, struct mx_way *way)
{
	uint16_t count = 0;

	/* Gateways and hosts that moved come first, so that they find room. */
	for (int moved = 1; moved >= 0; moved--) {
		for (uint32_t i = 0; i < ways->count; i++) {
			const struct mx_way row = row_of(&ways->known[i]);

			if ((row.moved_s != 0) != moved || !has_mac(&row) ||
			    (!moved && !row.gateway) || count == MX_WAYS_MAX)
				continue;
			way[count++] = row;
		}
	}
	qsort(way, count, sizeof(*way), compare);
	return count;
}

struct ways *
ways_new(const struct routers *routers)
{
	struct ways *ways = calloc(1, sizeof(*ways));

	if (ways != NULL)
		ways->routers = routers;
	return ways;
}

void
ways_free(struct ways *ways)
{
	free(ways);
}
