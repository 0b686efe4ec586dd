/* SPDX-License-Identifier: BSD-3-Clause */
#include "routers.h"

#include <linux/neighbour.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "endpoint.h"
#include "eventlog.h"
#include "neighbour.h"
#include "timer.h"

/* The least time between two reads of the routes: a second, and another one for
 * so many routes. */
#define READ_ROUTES_PER_S 2500

/* The kernel asks a neighbour that it does not know for so long. */
#define ROUTERS_ASKED_S 3

struct routers {
	struct nl_sock *news;
	struct timer *tick;
	void (*turned)(void *arg);
	void *arg;
	bool stale; /* the routes may have changed */
	bool was_read;
	int64_t read_s;
	uint32_t seconds;
	struct gateways gateways;
	struct router router[GATEWAYS_MAX]; /* by index of a gateway */
	uint32_t changes;
	struct router_change change[GATEWAYS_MAX];
};

const struct router *
routers_find(const struct routers *routers, const struct mx_addr *addr,
	     int ifindex)
{
	for (uint32_t i = 0; i < routers->gateways.count; i++)
		if (routers->router[i].ifindex == ifindex &&
		    mx_addr_equal(&routers->router[i].addr, addr))
			return &routers->router[i];
	return NULL;
}

static bool
has(const struct gateway_choice *choice, uint32_t index)
{
	for (uint8_t i = 0; i < choice->count; i++)
		if (choice->gateway[i] == index)
			return true;
	return false;
}

/* A router has left the routes.  Note the one that leads to the first of its
 * destinations now. */
static void
note_left(struct routers *routers, const struct gateways *now, uint32_t index)
{
	const struct gateways *old = &routers->gateways;

	for (uint32_t c = 0; c < old->choices; c++) {
		const struct gateway_choice *choice =
			has(&old->choice[c], index)
				? gateways_choice(now, &old->choice[c].to)
				: NULL;

		if (choice == NULL)
			continue;
		routers->change[routers->changes++] = (struct router_change){
			.addr = routers->router[index].addr,
			.ifindex = routers->router[index].ifindex,
			.to = choice->gateway[0],
		};
		return;
	}
}

static bool
is_in(const struct gateways *gateways, const struct router *router)
{
	for (uint32_t i = 0; i < gateways->count; i++)
		if (gateways->gateway[i].ifindex == router->ifindex &&
		    mx_addr_equal(&gateways->gateway[i].addr, &router->addr))
			return true;
	return false;
}

/* Read the routes.  A router that is in them still keeps what is known of
 * it. */
static void
read_routes(struct routers *routers)
{
	struct gateways now;
	struct router router[GATEWAYS_MAX];

	gateways_read(&now);
	memset(router, 0, sizeof(router));
	for (uint32_t i = 0; i < now.count; i++) {
		const struct gateway *gateway = &now.gateway[i];
		const struct router *old =
			routers_find(routers, &gateway->addr, gateway->ifindex);

		router[i].reach.since_s = clock_s();
		if (old != NULL)
			router[i] = *old;
		router[i].addr = gateway->addr;
		router[i].ifindex = gateway->ifindex;
		router[i].peers = gateway->peers;
		router[i].down = gateway->down;
		if (if_indextoname((unsigned)gateway->ifindex,
				   router[i].interface) == NULL)
			router[i].interface[0] = '\0';
	}
	routers->changes = 0;
	for (uint32_t i = 0; i < routers->gateways.count; i++)
		if (!is_in(&now, &routers->router[i]))
			note_left(routers, &now, i);
	memcpy(routers->router, router, sizeof(router));
	routers->gateways = now;
	routers->stale = false;
	routers->was_read = true;
	routers->read_s = clock_s();
}

uint32_t
routers_left(const struct routers *routers, const struct router_change **change)
{
	*change = routers->change;
	return routers->changes;
}

void
routers_stale(struct routers *routers)
{
	routers->stale = true;
}

bool
router_is_left(const struct router *router)
{
	return router->reach.state == REACH_SILENT ||
	       router->reach.state == REACH_RETURNS;
}

bool
router_is_usable(const struct router *router)
{
	return router->reach.state == REACH_ANSWERS && router->has_mac;
}

const struct router *
routers_instead(const struct routers *routers, const struct router *router)
{
	for (uint64_t left = router->peers; left != 0; left &= left - 1) {
		const struct router *peer =
			&routers->router[__builtin_ctzll(left)];

		if (router_is_usable(peer))
			return peer;
	}
	return NULL;
}

static void
log_change(const struct routers *routers, const struct router *router,
	   enum reach_state before)
{
	char text[MX_ENDPOINT_TEXT_MAX], other[MX_ENDPOINT_TEXT_MAX];
	char subject[MX_ENDPOINT_TEXT_MAX + 48];
	const struct router *peer = routers_instead(routers, router);
	const char *how = router->down ? "has no link" : "does not answer";

	if (router->peers == 0)
		return;
	snprintf(subject, sizeof(subject), "next hop %s at %s",
		 mx_addr_format(&router->addr, text), router->interface);
	if (router->reach.state == REACH_ANSWERS && before == REACH_RETURNS)
		eventlog_tell(LOG_LEVEL_INFO, EVENT_NETWORK, subject,
			      "is used again: it has answered for %u s",
			      router->reach.wait_s);
	if (router->reach.state != REACH_SILENT || before == REACH_RETURNS)
		return;
	if (peer != NULL)
		eventlog_tell(LOG_LEVEL_WARN, EVENT_NETWORK, subject,
			      "%s: %s at %s is used", how,
			      mx_addr_format(&peer->addr, other),
			      peer->interface);
	else
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_NETWORK, subject,
			      "%s, and no other next hop answers", how);
}

void
routers_failed(struct routers *routers, int ifindex, const struct mx_addr *addr)
{
	for (uint32_t i = 0; i < routers->gateways.count; i++)
		if (routers->router[i].ifindex == ifindex &&
		    mx_addr_equal(&routers->router[i].addr, addr))
			routers->router[i].failed = true;
}

/* A neighbour that gets packets is FAILED for a moment only, and then the
 * kernel asks anew.  So an event tells of a failure; if events were lost, the
 * time that the kernel has been asking for does. */
static enum reach_news
judge(struct router *router, int nud)
{
	const enum reach_news news = reach_news_of(nud);
	const bool asks = nud >= 0 && (nud & NUD_INCOMPLETE);
	const bool failed = router->failed;

	router->failed = false;
	if (!asks)
		router->lost_s = 0;
	else if (router->lost_s == 0)
		router->lost_s = clock_s();
	if (router->down ||
	    (asks && clock_s() - router->lost_s >= ROUTERS_ASKED_S))
		return REACH_FAILED;
	return failed && news != REACH_CONFIRMED ? REACH_FAILED : news;
}

static enum reach_news
read_neighbour(struct router *router, struct nl_cache *neighbours)
{
	const struct neighbour row =
		neighbour_find(neighbours, router->ifindex, &router->addr);

	router->looked_at = true;
	router->resolved = row.has_mac;
	router->fixed = row.fixed;
	if (row.has_mac) {
		router->has_mac = true;
		memcpy(router->mac, row.mac, sizeof(router->mac));
	}
	return judge(router, row.nud);
}

void
routers_look(struct routers *routers, struct nl_cache *neighbours)
{
	enum reach_state before[GATEWAYS_MAX] = {REACH_UNKNOWN};
	bool changed[GATEWAYS_MAX] = {false};

	if (!routers->was_read)
		read_routes(routers);
	for (uint32_t i = 0; i < routers->gateways.count; i++) {
		struct router *router = &routers->router[i];

		before[i] = router->reach.state;
		changed[i] = reach_step(&router->reach,
					read_neighbour(router, neighbours),
					clock_s());
	}
	/* The log names the router that takes over, so all are known first. */
	for (uint32_t i = 0; i < routers->gateways.count; i++)
		if (changed[i])
			log_change(routers, &routers->router[i], before[i]);
}

/* Ask the routers.  An entry of an administrator would lose its state by a
 * question, so a router is looked at first.  Returns true if one has answered for
 * its wait. */
static bool
ask_all(struct routers *routers)
{
	bool due = false;

	for (uint32_t i = 0; i < routers->gateways.count; i++) {
		const struct router *router = &routers->router[i];
		const uint32_t pause_s = router->peers != 0
						 ? ROUTERS_PROBE_S
						 : ROUTERS_PROBE_ALONE_S;

		if (!router->looked_at)
			continue;
		if (!router->resolved)
			neighbour_use(routers->news, router->ifindex,
				      &router->addr);
		else if (!router->fixed && routers->seconds % pause_s == 0)
			neighbour_probe(routers->news, router->ifindex,
					&router->addr);
		due |= router->reach.state == REACH_RETURNS &&
		       clock_s() - router->reach.since_s >=
			       (int64_t)router->reach.wait_s;
	}
	return due;
}

static void
on_tick(void *arg)
{
	struct routers *routers = arg;
	const int64_t pause_s =
		1 + routers->gateways.routes / READ_ROUTES_PER_S;
	const bool reads =
		routers->stale && clock_s() - routers->read_s >= pause_s;

	if (reads)
		read_routes(routers);
	routers->seconds++;
	if (ask_all(routers) || reads)
		routers->turned(routers->arg);
}

uint32_t
routers_count(const struct routers *routers)
{
	return routers->gateways.count;
}

const struct router *
routers_at(const struct routers *routers, uint32_t index)
{
	return &routers->router[index];
}

const struct gateway_choice *
routers_choice(const struct routers *routers, const struct route_prefix *to)
{
	const struct gateway_choice *choice =
		gateways_choice(&routers->gateways, to);

	return choice != NULL && choice->count >= 2 ? choice : NULL;
}

bool
routers_turn(const struct routers *routers, const struct gateway_choice *choice,
	     struct route *route)
{
	const struct router *used =
		routers_find(routers, &route->via, route->ifindex);

	if (used == NULL || !router_is_left(used))
		return false;
	for (uint8_t i = 0; i < choice->count; i++) {
		const struct router *router =
			&routers->router[choice->gateway[i]];

		if (router == used || !router_is_usable(router))
			continue;
		route->via = router->addr;
		route->ifindex = router->ifindex;
		route->mtu = choice->mtu[i];
		return true;
	}
	return false;
}

struct routers *
routers_new(struct event_base *base, struct nl_sock *news,
	    void (*turned)(void *arg), void *arg)
{
	struct routers *routers = calloc(1, sizeof(*routers));

	if (routers == NULL)
		return NULL;
	routers->news = news;
	routers->turned = turned;
	routers->arg = arg;
	routers->tick = timer_new(base, on_tick, routers);
	if (routers->tick == NULL ||
	    timer_repeat(routers->tick, ROUTERS_PROBE_S * 1000) < 0) {
		routers_free(routers);
		return NULL;
	}
	return routers;
}

void
routers_free(struct routers *routers)
{
	if (routers == NULL)
		return;
	timer_free(routers->tick);
	free(routers);
}
