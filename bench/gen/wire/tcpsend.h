/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_TCPSEND_H
#define MX_GEN_TCPSEND_H

/* The sending half of TCP, and its timer; see tcp.h. */
#include "end.h"
#include "segment.h"

/* Sequence numbers are compared as RFC 9293 3.4 says. */
static inline bool
tcp_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* The number after all that there is to send, a FIN included. */
static inline uint32_t
tcp_send_end(const struct conn *c)
{
	return c->end + (c->flags & CONN_FIN_WANTED ? 1 : 0);
}

uint16_t tcp_own_mss(const struct end *end, const struct conn *c);

/* The connection must be looked at by then. */
void tcp_look_at(struct end *end, struct conn *c, uint32_t due);

/* The timer for what is under way, anew; off if nothing is. */
void tcp_arm(struct end *end, struct conn *c);

/* Send what there is to send.  Returns whether a segment went out. */
bool tcp_output(struct end *end, struct conn *c);

/* One segment, with so many bytes of text from that number on. */
void tcp_emit(struct end *end, struct conn *c, uint8_t flags, uint32_t seq,
	      uint32_t bytes);

/* The SYN, or the SYN and ACK, first or again. */
void tcp_emit_syn(struct end *end, struct conn *c);

/* Answer a segment that belongs to no connection. */
void tcp_answer_stray(struct end *end, const struct segment *segment);

#endif /* MX_GEN_TCPSEND_H */
