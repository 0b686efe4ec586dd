/* SPDX-License-Identifier: BSD-3-Clause */
#include "belief.h"

#include <rte_tcp.h>

/* How far behind its first byte a client's segment may prove a handshake.  A
 * lost segment comes again, and before scaling no window is larger than this.
 */
#define PROOF_SPAN 65535

static uint8_t
state_of(const struct mx_session *s)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed);
}

static bool
is_half_open(uint8_t state)
{
	return state == MX_SESSION_OPENING || state == MX_SESSION_ANSWERED;
}

static enum session_event
reset_of_client(const struct mx_session *s, const struct heard *heard,
		bool apart)
{
	const uint8_t state = state_of(s);

	/* A backend that has sent its FIN has no more to tell.  With `apart`
	 * nobody else can have sent that FIN. */
	if (state == MX_SESSION_BACKEND_FIN)
		return apart ? SESSION_IN_ABORT : SESSION_IN_RST;
	return heard->seq == s->client_seq ? SESSION_IN_ABORT : SESSION_IN_RST;
}

enum session_event
belief_of_client(const struct mx_session *s, const struct heard *heard,
		 bool apart)
{
	if (heard->flags & RTE_TCP_RST_FLAG)
		return reset_of_client(s, heard, apart);
	if (heard->flags & RTE_TCP_SYN_FLAG)
		return SESSION_IN_SYN;
	/* The number is the proof.  A client's second segment may overtake its
	 * first, and a keepalive lies before it. */
	const int32_t ahead = (int32_t)(heard->seq - s->client_seq);
	const bool proves = heard->flags & RTE_TCP_ACK_FLAG &&
			    heard->ack == s->server_seq &&
			    ahead >= -PROOF_SPAN && ahead <= PROOF_SPAN;
	if (heard->flags & RTE_TCP_FIN_FLAG)
		return proves ? SESSION_IN_PROOF_FIN : SESSION_IN_FIN;
	return proves ? SESSION_IN_PROOF : SESSION_IN_OTHER;
}

/* A backend that still holds the first of two SYNs from a port answers that
 * one, and its answer is as good.  In a live session, a SYN-ACK to another SYN
 * tells that the backend has lost the connection and begins a new one. */
static enum session_event
answer_of_backend(const struct mx_session *s, const struct heard *heard,
		  bool apart)
{
	const bool matches = heard->ack == s->client_seq;

	if (!(heard->flags & RTE_TCP_ACK_FLAG))
		return SESSION_OUT_OTHER;
	if (state_of(s) == MX_SESSION_JOINING)
		return matches ? SESSION_OUT_MATCH : SESSION_OUT_OTHER;
	if (is_half_open(state_of(s)))
		return matches || apart ? SESSION_OUT_MATCH : SESSION_OUT_OTHER;
	return apart && !matches ? SESSION_OUT_ANEW : SESSION_OUT_OTHER;
}

/* In SYN-RECEIVED a backend answers a stranger's ACK by an RST with the
 * stranger's number, and keeps its half-open connection. */
static enum session_event
reset_of_backend(const struct mx_session *s, const struct heard *heard,
		 bool apart)
{
	const uint8_t state = state_of(s);
	const bool refuses =
		heard->flags & RTE_TCP_ACK_FLAG && heard->ack == s->client_seq;

	if (state == MX_SESSION_OPENING || state == MX_SESSION_JOINING)
		return refuses ? SESSION_OUT_ABORT : SESSION_OUT_OTHER;
	if (state == MX_SESSION_ANSWERED)
		return refuses || heard->seq == s->server_seq
			       ? SESSION_OUT_ABORT
			       : SESSION_OUT_OTHER;
	if (apart)
		return SESSION_OUT_ABORT;
	/* The number of the question that doubt.h asks. */
	if (mx_session_is_doubted(state) && heard->seq == s->server_seq)
		return SESSION_OUT_ABORT;
	return SESSION_IN_RST; /* it may be anyone's: the backend is asked */
}

enum session_event
belief_of_backend(const struct mx_session *s, const struct heard *heard,
		  bool apart)
{
	const uint8_t state = state_of(s);

	if (heard->flags & RTE_TCP_RST_FLAG)
		return reset_of_backend(s, heard, apart);
	if (heard->flags & RTE_TCP_SYN_FLAG)
		return answer_of_backend(s, heard, apart);
	if (heard->flags & RTE_TCP_FIN_FLAG)
		return SESSION_OUT_FIN;
	if (heard->payload_bytes > 0)
		return SESSION_OUT_PROOF;
	if (!(heard->flags & RTE_TCP_ACK_FLAG))
		return SESSION_OUT_OTHER;
	/* A backend that acknowledges the PROXY header has made its handshake.  It
	 * has not greeted yet.  Later in a session the numbers may have wrapped. */
	const int32_t taken = (int32_t)(heard->ack - s->client_seq);
	const bool proves =
		(is_half_open(state) && taken > 0) ||
		(state == MX_SESSION_GREETING && taken > mx_session_header(s));
	return proves ? SESSION_OUT_PROOF : SESSION_OUT_ACK;
}

enum session_event
belief_of_direct(const struct heard *heard)
{
	if (heard->flags & (RTE_TCP_RST_FLAG | RTE_TCP_FIN_FLAG))
		return SESSION_DIRECT_END;
	if (heard->flags & RTE_TCP_SYN_FLAG)
		return SESSION_DIRECT_SYN;
	return heard->payload_bytes > 0 ? SESSION_DIRECT_DATA
					: SESSION_DIRECT_ACK;
}
