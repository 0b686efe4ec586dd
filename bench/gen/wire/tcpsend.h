/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_TCPSEND_H
#define MX_GEN_TCPSEND_H

/* The sending half of TCP, and its timer; see tcp.h. */
#include "end.h"
#include "segment.h"

/* Compare sequence numbers, as RFC 9293 3.4 says. */
static inline bool
tcp_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* The number behind everything there is to send, with a FIN. */
static inline uint32_t
tcp_send_end(const struct conn *c)
{
	return c->end + (c->flags & CONN_FIN_WANTED ? 1 : 0);
}

uint16_t tcp_own_mss(const struct end *end, const struct conn *c);

/* Look at the connection at that time, or before. */
void tcp_look_at(struct end *end, struct conn *c, uint32_t due);

/* Set the retransmission timer anew, or turn it off if nothing is under way. */
void tcp_arm(struct end *end, struct conn *c);

/* Send what may be sent.  Returns whether a segment went out. */
bool tcp_output(struct end *end, struct conn *c);

/* Send one segment, with so many bytes of text from that number on. */
void tcp_emit(struct end *end, struct conn *c, uint8_t flags, uint32_t seq,
	      uint32_t bytes);

/* Send the SYN, or the SYN-ACK; also as a retransmission. */
void tcp_emit_syn(struct end *end, struct conn *c);

/* Answer a segment that belongs to no connection. */
void tcp_answer_stray(struct end *end, const struct segment *segment);

#endif /* MX_GEN_TCPSEND_H */
