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

bool
wayto_client(const struct worker *w, const struct active_plan *active,
	     const struct mx_shadow_entry *entry, struct mx_session *fill)
{
	const struct mx_session *s = &entry->session;
	const struct mx_way *best = NULL;
	enum suit most = SUIT_NOT;
	bool gateways = false;

	for (uint16_t i = 0; i < active->plan.ways; i++) {
		const struct mx_way *way = &active->plan.way[i];
		const enum suit suit = suit_of(active, way, entry);

		gateways |= way->gateway != 0;
		if (way->to_port < w->ports && suit > most &&
		    is_other_host(w, way->mac)) {
			most = suit;
			best = way;
		}
	}
	if (best != NULL) {
		memcpy(fill->client_mac, best->mac, sizeof(best->mac));
		fill->client_port = best->to_port;
		return true;
	}
	if (gateways || s->client_port >= w->ports ||
	    !is_other_host(w, s->client_mac))
		return false;
	memcpy(fill->client_mac, s->client_mac, sizeof(s->client_mac));
	fill->client_port = s->client_port;
	return true;
}
