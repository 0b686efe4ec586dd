/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DOUBTS_H
#define MX_DOUBTS_H

/* What a worker keeps of its sessions in doubt: who waits for which question,
 * and the ways back that wait for a backend's answer.  flow/doubt.h tells when
 * a session is in doubt, and asks.
 *
 * Threads    the worker's own. */
#include <stdint.h>

#include "resend.h"

/* A segment by another way than the session's. */
struct doubt_way {
	uint32_t session;
	uint32_t client_seq; /* tells a new session in the same place */
	uint32_t since_s;    /* 0: none is noted here */
	uint32_t seq;
	uint32_t end; /* the number behind its last byte */
	uint32_t ack;
	uint8_t mac[6];
	uint8_t port;
};

/* Ways noted at once; by the number of the session. */
#define DOUBT_WAYS 1024

struct doubts {
	struct resend_ladder wait;
	uint32_t second_s; /* in which `asked` were begun */
	uint32_t asked;
	struct doubt_way way[DOUBT_WAYS];
};

/* entries: of each stage; delay_ms: how long a session waits in it.
 * Returns 0 or -ENOMEM. */
int doubts_make(struct doubts *doubts, uint32_t entries,
		const uint16_t delay_ms[static RESEND_STAGES],
		uint64_t tsc_hz);
void doubts_free(struct doubts *doubts);

#endif /* MX_DOUBTS_H */
