/* SPDX-License-Identifier: BSD-3-Clause */
#include "side.h"

#include <string.h>

#include "packet.h"

/* If clients come by the reply's port too, its MAC address tells, unless that
 * leads to the client as well. */
bool
side_is_apart(const struct active_plan *active, const struct mx_session *s,
	      struct rte_mbuf *frame)
{
	const uint8_t *mac = packet_headers(frame)->ether.src_addr.addr_bytes;
	const uint8_t *hop = active->plan.backend[s->backend].mac;

	if (!(active->backend_ports >> s->client_port & 1))
		return true;
	return memcmp(mac, hop, sizeof(s->client_mac)) == 0 &&
	       memcmp(mac, s->client_mac, sizeof(s->client_mac)) != 0;
}

/* Is a reply forged?  Its backend is on the network of a port that clients come
 * by too, and the reply came from the client's own MAC address.  A backend behind
 * a gateway may have the gateway of its client. */
static bool
is_from_client(const struct active_plan *active, const struct mx_session *s,
	       struct rte_mbuf *frame)
{
	const uint8_t *mac = packet_headers(frame)->ether.src_addr.addr_bytes;
	const struct mx_backend *backend = &active->plan.backend[s->backend];

	return active->plan.strict_ports && backend->resolved &&
	       !backend->routed && frame->port == s->client_port &&
	       memcmp(mac, s->client_mac, sizeof(s->client_mac)) == 0 &&
	       memcmp(mac, backend->mac, sizeof(backend->mac)) != 0;
}

bool
side_is_forged(const struct active_plan *active, const struct mx_session *s,
	       struct rte_mbuf *frame)
{
	return !side_is_reply_port(active, frame) ||
	       is_from_client(active, s, frame);
}
