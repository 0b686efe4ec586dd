/* SPDX-License-Identifier: BSD-3-Clause */
#include "wayto.h"

#include <string.h>

#include <rte_ether.h>

/* How well a way suits; the highest counts. */
enum suit {
	SUIT_NOT,
	SUIT_SHARED,  /* a gateway at a port of backends too */
	SUIT_GATEWAY, /* a gateway at a port of clients alone */
	SUIT_PEERS,   /* the one that the peer used */
	SUIT_CLIENT,  /* the client itself */
};

static enum suit
suit_of(const struct active_plan *active, const struct mx_way *way,
	const struct mx_shadow_entry *entry)
{
	const struct mx_session *s = &entry->session;

	if (mx_addr_equal(&way->hop, &entry->ends.client))
		return SUIT_CLIENT;
	if (way->to_port == s->client_port &&
	    memcmp(way->mac, s->client_mac, sizeof(way->mac)) == 0)
		return SUIT_PEERS;
	if (!way->gateway)
		return SUIT_NOT;
	return active->backend_ports >> way->to_port & 1 ? SUIT_SHARED
							 : SUIT_GATEWAY;
}

/* Can a frame go to this MAC address?  It is one host's, and not our own. */
static bool
is_other_host(const struct worker *w, const uint8_t mac[6])
{
	struct rte_ether_addr addr;

	memcpy(&addr, mac, sizeof(addr));
	if (!rte_is_valid_assigned_ether_addr(&addr))
		return false;
	for (uint16_t i = 0; i < w->ports; i++)
		if (rte_is_same_ether_addr(&addr, &w->port[i].mac))
			return false;
	return true;
}

/* The way of the plan that suits best, or NULL.  Sets *gateways: some are known. */
static const struct mx_way *
best_way(const struct worker *w, const struct active_plan *active,
	 const struct mx_shadow_entry *entry, bool *gateways)
{
	const struct mx_way *best = NULL;
	enum suit most = SUIT_NOT;

	*gateways = false;
	for (uint16_t i = 0; i < active->plan.ways; i++) {
		const struct mx_way *way = &active->plan.way[i];
		const enum suit suit = suit_of(active, way, entry);

		*gateways |= way->gateway != 0;
		if (way->to_port < w->ports && suit > most &&
		    is_other_host(w, way->mac)) {
			most = suit;
			best = way;
		}
	}
	return best;
}

static void
set_way(struct mx_session *fill, const uint8_t mac[6], uint8_t port)
{
	memcpy(fill->client_mac, mac, sizeof(fill->client_mac));
	fill->client_port = port;
}

bool
wayto_client(const struct worker *w, const struct active_plan *active,
	     const struct mx_shadow_entry *entry, struct mx_session *fill)
{
	const struct mx_session *s = &entry->session;
	bool gateways;
	const struct mx_way *best = best_way(w, active, entry, &gateways);

	if (best != NULL) {
		set_way(fill, best->mac, best->to_port);
		return true;
	}
	if (gateways || s->client_port >= w->ports ||
	    !is_other_host(w, s->client_mac))
		return false;
	set_way(fill, s->client_mac, s->client_port);
	return true;
}

/* Is the MAC address at the port that of a way, or the one that the peer used? */
static bool
is_known(const struct active_plan *active, const struct mx_session *s,
	 const uint8_t mac[6], uint8_t port)
{
	if (s->client_port == port &&
	    memcmp(s->client_mac, mac, sizeof(s->client_mac)) == 0)
		return true;
	for (uint16_t i = 0; i < active->plan.ways; i++) {
		const struct mx_way *way = &active->plan.way[i];

		if (way->to_port == port &&
		    memcmp(way->mac, mac, sizeof(way->mac)) == 0)
			return true;
	}
	return false;
}

void
wayto_sender(const struct worker *w, const struct active_plan *active,
	     const struct mx_shadow_entry *entry, const uint8_t mac[6],
	     uint8_t port, struct mx_session *fill)
{
	bool gateways;
	const struct mx_way *best =
		is_known(active, &entry->session, mac, port)
			? NULL
			: best_way(w, active, entry, &gateways);

	if (best != NULL && best->to_port == port)
		set_way(fill, best->mac, port);
	else
		set_way(fill, mac, port);
}
