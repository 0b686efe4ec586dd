/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include <time.h>

#include <rte_cycles.h>

#define SECOND_NS 1000000000

/* The limit of resets in a second to senders that have no session here, so that
 * nobody is flooded by way of us. */
#define RESETS_A_SECOND 1000

void
worker_clock_set(struct worker *w, uint32_t now_s, uint64_t tsc_hz)
{
	w->now_s = now_s;
	w->tsc_hz = tsc_hz;
	w->next_second_tsc = rte_rdtsc() + tsc_hz;
}

void
worker_clock_read(struct worker *w)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	w->now_s = (uint32_t)now.tv_sec;
	w->holds_left = MX_SERVICES_MAX;
	w->next_second_tsc = rte_rdtsc() + (uint64_t)(SECOND_NS - now.tv_nsec) *
						   w->tsc_hz / SECOND_NS;
}

bool
worker_may_reset(struct worker *w)
{
	struct reset_budget *budget = &w->resets;

	if (w->now_s < budget->from_s)
		return false;
	if (budget->second_s != w->now_s) {
		budget->second_s = w->now_s;
		budget->sent = 0;
	}
	if (budget->sent >= RESETS_A_SECOND)
		return false;
	budget->sent++;
	return true;
}

void
worker_hand_off(struct worker *w, struct rte_mbuf *frame, uint16_t owner)
{
	if (rte_ring_sp_enqueue(w->to[owner], frame) == 0)
		w->count->handed_off++;
	else
		worker_drop(w, frame, MX_DROP_HANDOFF_FULL);
}
