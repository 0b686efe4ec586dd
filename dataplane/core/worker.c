/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include "idle.h"

#include <time.h>

#include <rte_cycles.h>

#define SECOND_NS 1000000000

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
	w->next_second_tsc = rte_rdtsc() + (uint64_t)(SECOND_NS - now.tv_nsec) *
						   w->tsc_hz / SECOND_NS;
}

int
worker_run(void *worker)
{
	struct worker *w = worker;

	idle_begin(w);
	rte_rcu_qsbr_thread_online(w->quiescent, w->id);
	while (!atomic_load_explicit(w->stop, memory_order_relaxed)) {
		/* Acquire: who sees the pointer sees the view behind it. */
		const struct view *view =
			atomic_load_explicit(w->view, memory_order_acquire);

		worker_poll(w, view);
		idle_rest(w, view);
		rte_rcu_qsbr_quiescent(w->quiescent, w->id);
		atomic_store_explicit(&w->count->heartbeat, w->count->polls,
				      memory_order_relaxed);
	}
	rte_rcu_qsbr_thread_offline(w->quiescent, w->id);
	return 0;
}
