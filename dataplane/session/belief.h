/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BELIEF_H
#define MX_BELIEF_H

/* What a segment proves, and so what it may move.
 *
 * Anyone can send a segment with a session's addresses and ports.  It is passed
 * on, since its receiver can judge it; but it moves the session only as far as
 * it proves something:
 *
 *   a client proves the handshake by the number of the backend's SYN-ACK, which
 *   a stranger does not know;
 *   a backend proves it by data, or by the ACK of a byte that is no part of the
 *   handshake.  A bare ACK is no proof: in SYN-RECEIVED, Linux answers segments
 *   out of its window by one (RFC 9293 3.10.7.4);
 *   an RST, or another way back, of a client is no proof of anything.  Its
 *   backend, whose kernel has checked the numbers (RFC 5961), is asked; see
 *   doubt.h.
 *
 * apart: the segment can only be the backend's, since it came by a port, or
 * from a MAC address, that leads to no client.  Where it cannot be told, a
 * SYN-ACK must acknowledge the client's latest SYN exactly.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "sessions.h"
#include "tcpstate.h"

/* The parts of a segment that matter. */
struct heard {
	uint32_t seq; /* as the client counts, whoever sent it */
	uint32_t ack; /* as its sender counts: a header is in a backend's */
	uint16_t payload_bytes;
	uint8_t flags;
};

enum session_event belief_of_client(const struct mx_session *s,
				    const struct heard *heard, bool apart);
enum session_event belief_of_backend(const struct mx_session *s,
				     const struct heard *heard, bool apart);

/* The event of a client's segment of a direct mode. */
enum session_event belief_of_direct(const struct heard *heard);

#endif /* MX_BELIEF_H */
