/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DOUBTS_H
#define MX_DOUBTS_H

/* What a worker keeps of its sessions in doubt: the sessions that wait for each
 * question, and the ways back that wait for a backend's answer.  doubt.h tells
 * when a session is in doubt, and asks.
 *
 * Threads    the worker's own. */
#include <stdint.h>

#include "resend.h"

/* A segment by another way than the session's. */
struct doubt_way {
	uint32_t session;
	uint32_t client_seq; /* tells a new session in the same slot */
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

#endif /* MX_DOUBTS_H */
