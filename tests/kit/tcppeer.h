/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_TCPPEER_H
#define MX_TESTS_TCPPEER_H

/* One end of a TCP connection, as small as possible with recovery from loss: a
 * stream to send, a stream that arrives, acknowledgements, selective
 * acknowledgements, and a timer.  It never sends bytes again that were
 * acknowledged selectively.  Offsets count a stream's bytes from 0.  The FIN is
 * at its end. */
#include "frames.h"

#define PEER_STREAM_MAX 8192
#define PEER_SEGMENT_MAX 536

/* A segment on its way, which owns its payload. */
struct packet {
	struct segment segment;
	uint8_t data[PEER_SEGMENT_MAX];
};

/* The receiver of a peer's segments. */
typedef void peer_send(void *arg, const struct segment *segment);

enum peer_state { PEER_LISTENS, PEER_CALLS, PEER_ANSWERED, PEER_OPEN };

struct peer {
	enum peer_state state;
	peer_send *send;
	void *arg;
	uint32_t iss; /* initial numbers, its own and the other's */
	uint32_t irs;
	bool forgets; /* answers SYNs by cookies, and never sends a SYN-ACK
		       * again */
	bool silent;  /* does not send before it has received something */

	uint8_t out[PEER_STREAM_MAX];
	bool out_sacked[PEER_STREAM_MAX];
	uint32_t out_bytes;
	uint32_t una; /* offsets of `out`; out_bytes + 1: the FIN too */
	uint32_t next;

	uint8_t in[PEER_STREAM_MAX];
	bool in_there[PEER_STREAM_MAX];
	uint32_t in_next; /* everything before this offset has arrived */
	uint32_t in_end;  /* offset of the FIN; UINT32_MAX: not known yet */

	uint32_t ticks; /* since something new was acknowledged */
};

/* A peer that has `bytes` to send, made from `seed`. */
void peer_init(struct peer *peer, uint32_t bytes, uint32_t seed);
void peer_call(struct peer *peer);
void peer_hear(struct peer *peer, const struct segment *segment);

/* Let time pass: send what may be sent, and repeat what was lost. */
void peer_tick(struct peer *peer);

/* Is everything sent and acknowledged, and has all of the other's arrived, FINs
 * included? */
bool peer_is_done(const struct peer *peer);

#endif /* MX_TESTS_TCPPEER_H */
