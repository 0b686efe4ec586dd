/* SPDX-License-Identifier: BSD-3-Clause */
#include "wiresession.h"

#include <string.h>

/* The state as it is told: what is under way to end a session is this box's own
 * affair. */
static uint8_t
told_state(uint8_t state)
{
	return state == MX_SESSION_WATCHED || state == MX_SESSION_SEALED
		       ? MX_SESSION_ESTABLISHED
		       : state;
}

bool
wiresession_from(struct wire_session *wire, uint32_t slot,
		 const struct mx_session *session,
		 const struct mx_session_wide *wide, uint32_t now_s)
{
	const struct mx_session_wide ends = mx_session_ends(session, wide);
	const int32_t left_s = (int32_t)(session->deadline_s - now_s);

	if (left_s < 0)
		return false;
	*wire = (struct wire_session){
		.slot = slot,
		.state = told_state(atomic_load_explicit(&session->state,
							 memory_order_relaxed)),
		.kind = session->kind,
		.flags = session->flags,
		.syn = session->syn,
		.shifts = session->shifts,
		.port = session->client_port,
		.left_s = (uint32_t)left_s,
		.age_s = session->opened_s < now_s ? now_s - session->opened_s
						   : 0,
		.client_seq = session->client_seq,
		.server_seq = session->server_seq,
		.ack_shift = session->ack_shift,
		.backend = session->backend,
		.client_port_be = session->client_port_be,
		.vip_port_be = session->vip_port_be,
		.server_port_be = session->server_port_be,
		.local_port_be = session->local_port_be,
		.client = ends.client,
		.vip = ends.vip,
		.server = ends.server,
		.local = ends.local,
	};
	memcpy(wire->client_mac, session->client_mac, sizeof(wire->client_mac));
	return wire_session_is_sound(wire);
}

/* The address as struct mx_session has it; one of IPv6 is in the wide part. */
static uint32_t
low4(const struct mx_addr *addr)
{
	return mx_addr_is4(addr) ? mx_addr_to4(addr) : 0;
}

void
wiresession_to(const struct wire_session *wire, struct mx_session *session,
	       struct mx_session_wide *ends, uint32_t now_s)
{
	memset(session, 0, sizeof(*session));
	memset(ends, 0, sizeof(*ends));
	ends->client = wire->client;
	ends->vip = wire->vip;
	ends->server = wire->server;
	ends->local = wire->local;
	session->client_be = low4(&wire->client);
	session->vip_be = low4(&wire->vip);
	session->server_be = low4(&wire->server);
	session->local_be = low4(&wire->local);
	session->client_port_be = wire->client_port_be;
	session->vip_port_be = wire->vip_port_be;
	session->server_port_be = wire->server_port_be;
	session->local_port_be = wire->local_port_be;
	session->deadline_s = now_s + wire->left_s;
	session->opened_s = wire->age_s < now_s ? now_s - wire->age_s : 0;
	session->backend = wire->backend;
	memcpy(session->client_mac, wire->client_mac,
	       sizeof(session->client_mac));
	session->client_port = wire->port;
	session->kind = wire->kind;
	session->flags = wire->flags;
	session->syn = wire->syn;
	session->shifts = wire->shifts;
	session->client_seq = wire->client_seq;
	session->server_seq = wire->server_seq;
	session->ack_shift = wire->ack_shift;
	atomic_store_explicit(&session->state, wire->state,
			      memory_order_relaxed);
}
