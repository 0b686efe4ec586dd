/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>

#include "plan.h"
#include "proxyheader.h"
#include "wire.h"

#define KIND_BITS (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6)
#define MAC_GROUP 0x01 /* of the first byte: many stations, IEEE 802 */

/* Is it an address of this family that one host can have? */
static bool
is_end(const struct mx_addr *addr, bool six)
{
	static const struct mx_addr unspecified;
	const uint8_t first4 = addr->byte[12];

	if (mx_addr_is4(addr) == six)
		return false;
	if (six)
		return !mx_addr_equal(addr, &unspecified) &&
		       addr->byte[0] != 0xff;
	/* 224.0.0.0/4 is multicast. */
	return mx_addr_to4(addr) != 0 && first4 >> 4 != 0xe &&
	       mx_addr_to4(addr) != UINT32_MAX;
}

static bool
has_sound_ends(const struct wire_session *s)
{
	const bool client6 = s->kind & MX_SESSION_CLIENT6;
	const bool server6 = s->kind & MX_SESSION_SERVER6;

	return is_end(&s->client, client6) && is_end(&s->vip, client6) &&
	       is_end(&s->server, server6) && is_end(&s->local, server6) &&
	       s->client_port_be != 0 && s->vip_port_be != 0 &&
	       s->server_port_be != 0 && s->local_port_be != 0;
}

/* The modes whose backends answer through mxsteer. */
static bool
has_sound_mode(const struct wire_session *s)
{
	switch (s->kind & ~KIND_BITS) {
	case MX_FORWARD_FULLNAT:
		return true;
	case MX_FORWARD_NAT: /* the MTA sees the client itself */
		return s->flags >> MX_SESSION_PROXY_SHIFT ==
			       MX_SESSION_PROXY_NONE &&
		       s->local_port_be == s->client_port_be &&
		       mx_addr_equal(&s->local, &s->client);
	default:
		return false;
	}
}

static bool
has_sound_numbers(const struct wire_session *s)
{
	const uint8_t header = s->shifts & MX_SESSION_HEADER;
	const uint8_t proxy = s->flags >> MX_SESSION_PROXY_SHIFT;

	if (proxy != (header == 0 ? MX_SESSION_PROXY_NONE
				  : MX_SESSION_PROXY_ACKED) ||
	    header > MX_PROXY_HEADER_MAX)
		return false;
	return (s->ack_shift != 0) == ((s->shifts & MX_SESSION_TOLD) != 0);
}

static bool
has_sound_state(const struct wire_session *s)
{
	return s->state == MX_SESSION_GREETING ||
	       s->state == MX_SESSION_ESTABLISHED ||
	       s->state == MX_SESSION_CLIENT_FIN ||
	       s->state == MX_SESSION_BACKEND_FIN;
}

bool
wire_session_is_sound(const struct wire_session *s)
{
	return s->slot < MX_SESSIONS_MAX && has_sound_state(s) &&
	       has_sound_mode(s) && has_sound_numbers(s) && has_sound_ends(s) &&
	       s->port < MX_PORTS_MAX && (s->client_mac[0] & MAC_GROUP) == 0 &&
	       s->left_s <= WIRE_LEFT_S_MAX && s->backend != MX_BACKEND_NONE &&
	       s->backend <= MX_BACKENDS_MAX;
}
