/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_RUN_H
#define MX_GEN_RUN_H

/* The inside of a generator: its two ends, and the counts of both. */
#include "end.h"
#include "gencounts.h"
#include "genoptions.h"
#include "histogram.h"
#include "ids.h"
#include "schedule.h"
#include "text.h"

/* The source addresses of one prefix.  Clients take them in turn: every address
 * with one port, then every address with the next port. */
struct source {
	struct mx_addr first;
	uint32_t hosts;
	uint64_t turn;
	bool six;
};

struct gen {
	struct gen_options options;
	uint64_t base_tsc; /* of the first poll; 0: there was none */
	uint64_t now_tsc;
	uint64_t begun_tsc; /* of sessions */
	uint64_t over_tsc;  /* no session starts any more; 0: not yet */
	uint64_t ended_tsc; /* the last session has ended; 0: not yet */
	uint64_t busy_tsc;
	uint64_t first_poll_tsc; /* by the real clock; the next field too */
	uint64_t last_poll_tsc;
	uint32_t tick_shift;
	bool waits;
	bool stopped;

	struct schedule schedule;
	uint64_t number;    /* of the next session */
	uint32_t ungreeted; /* sessions that wait for their greeting */
	uint64_t random;    /* of the servers */
	struct source source[GEN_PREFIXES_MAX];
	uint16_t target_hop[GEN_TARGETS_MAX];
	uint16_t targets_of[2];
	uint16_t target_of[2][GEN_TARGETS_MAX]; /* by family */

	struct text_rcpt rcpt;
	struct end client;
	struct end server;
	struct ids ids;
	struct gen_traffic traffic;
	struct gen_backend_count backend[GEN_BACKENDS_MAX];
	struct histogram lag; /* of starts */
	struct histogram latency[GEN_PHASES];
	uint64_t reply[GEN_PHASES][GEN_CODES];
};

static inline uint32_t
gen_ticks(const struct gen *gen, uint64_t ms)
{
	return (uint32_t)((ms * (rte_get_tsc_hz() / 1000)) >> gen->tick_shift);
}

#endif /* MX_GEN_RUN_H */
