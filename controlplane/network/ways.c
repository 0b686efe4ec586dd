/* SPDX-License-Identifier: BSD-3-Clause */
#include "ways.h"

#include <linux/neighbour.h>
#include <netlink/route/neighbour.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "gateway.h"
#include "neighbour.h"
#include "route.h"
#include "timer.h"

/* The least time between two reads of the routes. */
#define GATEWAYS_PAUSE_S 5

#define NUD_HAS_MAC                                                            \
	(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT |   \
	 NUD_NOARP)

struct known {
	struct mx_way way;
	int ifindex;
	bool resolved; /* the kernel has a MAC address now */
};

struct ways {
	struct nl_sock *news;
	struct timer *tick;
	uint16_t ports;
	char interface[MX_PORTS_MAX][IF_NAMESIZE];
	bool stale; /* the routes may have changed */
	int64_t gateways_read_s;
	uint32_t seconds;
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
	*known = (struct known){.way = {.hop = *hop, .port = port}};
	return known;
}

static void
read_gateways(struct ways *ways)
{
	struct gateway gateway[GATEWAYS_MAX];
	const uint32_t count = gateways_read(gateway);

	ways->stale = false;
	ways->gateways_read_s = clock_s();
	for (uint32_t i = 0; i < ways->count; i++)
		ways->known[i].way.gateway = false;
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t port = port_of(ways, gateway[i].ifindex);
		struct known *known =
			port == MX_PORTS_MAX
				? NULL
				: find_or_add(ways, &gateway[i].addr, port);

		if (known == NULL)
			continue;
		known->way.gateway = true;
		known->ifindex = gateway[i].ifindex;
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

	known->resolved = true;
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
	if (known == NULL)
		return false;
	known->ifindex = ifindex;
	return take_mac(known, nl_addr_get_binary_addr(lladdr));
}

bool
ways_look(struct ways *ways, struct nl_cache *neighbours)
{
	bool changed = false;

	if (ways->gateways_read_s == 0)
		read_gateways(ways); /* gateways first, so that there is room
				      * for them */
	ways->stale = true;
	for (uint32_t i = 0; i < ways->count; i++)
		ways->known[i].resolved = false;
	for (struct nl_object *object = nl_cache_get_first(neighbours);
	     object != NULL; object = nl_cache_get_next(object))
		changed |= take_neighbour(ways, (struct rtnl_neigh *)object);
	return changed;
}

static void
on_tick(void *arg)
{
	struct ways *ways = arg;

	if (ways->stale &&
	    clock_s() - ways->gateways_read_s >= GATEWAYS_PAUSE_S)
		read_gateways(ways);
	ways->seconds++;
	for (uint32_t i = 0; i < ways->count; i++) {
		const struct known *known = &ways->known[i];

		if (!known->way.gateway)
			continue;
		if (!known->resolved)
			neighbour_use(ways->news, known->ifindex,
				      &known->way.hop);
		else if (ways->seconds % WAYS_PROBE_S == 0)
			neighbour_probe(ways->news, known->ifindex,
					&known->way.hop);
	}
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
	ways->gateways_read_s = 0;
	ways->ports = config->port_count;
	memcpy(ways->interface, interface, sizeof(interface));
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

		if (known == NULL || known->way.moved_s != 0)
			continue;
		memcpy(now, known->way.mac, sizeof(now));
		const bool is_known = has_mac(&known->way);
		const uint8_t gateway = known->way.gateway;
		known->way = way[i];
		known->way.gateway = gateway;
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

uint16_t
ways_rows(const struct ways *ways, struct mx_way *way)
{
	uint16_t count = 0;

	/* Gateways and hosts that moved come first, so that they find room. */
	for (int moved = 1; moved >= 0; moved--) {
		for (uint32_t i = 0; i < ways->count; i++) {
			const struct mx_way *row = &ways->known[i].way;

			if ((row->moved_s != 0) != moved || !has_mac(row) ||
			    (!moved && !row->gateway) || count == MX_WAYS_MAX)
				continue;
			way[count++] = *row;
		}
	}
	qsort(way, count, sizeof(*way), compare);
	return count;
}

struct ways *
ways_new(struct event_base *base, struct nl_sock *news)
{
	struct ways *ways = calloc(1, sizeof(*ways));

	if (ways == NULL)
		return NULL;
	ways->news = news;
	ways->tick = timer_new(base, on_tick, ways);
	if (ways->tick == NULL ||
	    timer_repeat(ways->tick, WAYS_LOST_S * 1000) < 0) {
		ways_free(ways);
		return NULL;
	}
	return ways;
}

void
ways_free(struct ways *ways)
{
	timer_free(ways->tick);
	free(ways);
}
