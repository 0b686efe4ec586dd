/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ENDED_H
#define MX_ENDED_H

/* The record of a session that is over: what a line of the log tells of it.  A
 * worker writes one for each session whose handshake was proven; the files are
 * `ended.N` in the data plane's folder (instance/ringfile.h).  A session that
 * goes on after a reset that was believed leaves one more at its end.
 *
 * Bytes      each end's own, modulo 2^32: they come from TCP's numbers.
 * Threads    see recordring.h. */
#include <assert.h>
#include <stdint.h>

#include "addr.h"
#include "recordring.h"

/* 5 MiB a worker: a reader may be away for 300 ms at 200,000 sessions a
 * second. */
#define MX_ENDED_SLOTS 65536u

enum mx_end {
	MX_END_CLOSED,        /* both ends have sent a FIN */
	MX_END_CLIENT_RESET,  /* the client sent an RST */
	MX_END_BACKEND_RESET, /* the backend did */
	MX_END_GIVEN_UP,      /* mxsteer ended it */
	MX_END_REFUSED, /* mxsteer told the client that nobody serves it */
	MX_END_SILENT,  /* no segment for as long as its timer */
	MX_ENDS,
};

/* Bits of mx_ended.flags. */
#define MX_ENDED_BYTES 1 /* the bytes are known */

/* mx_ended.began counts so many cycles of the TSC: some 0.5 to 2 ms.  It wraps
 * after half a minute at least, and opened_s tells how often it did. */
#define MX_BEGAN_SHIFT 21

struct mx_ended {
	uint64_t serial;
	uint64_t at_tsc;   /* when it ended */
	uint32_t at_s;     /* the same, CLOCK_MONOTONIC */
	uint32_t opened_s; /* when its SYN came, CLOCK_MONOTONIC */
	struct mx_addr client;
	struct mx_addr vip;
	uint32_t wait_us;   /* for the greeting; 0: not known */
	uint32_t bytes_in;  /* that the client sent */
	uint32_t bytes_out; /* that the backend sent */
	uint16_t client_port_be;
	uint16_t vip_port_be;
	uint16_t backend;
	uint16_t began; /* when it was opened; 0: not known so exactly */
	uint8_t service;
	uint8_t how;   /* enum mx_end */
	uint8_t flags; /* MX_ENDED_* */
};
static_assert(sizeof(struct mx_ended) == 80, "ten words, none of them unused");

#define MX_ENDED_WORDS MX_RING_WORDS(struct mx_ended)

#endif /* MX_ENDED_H */
