/* SPDX-License-Identifier: BSD-3-Clause */
#include "run.h"

#include "idle.h"
#include "round.h"

int
worker_run(void *worker)
{
	struct worker *w = worker;

	idle_begin(w);
	rte_rcu_qsbr_thread_online(w->quiescent, w->id);
	while (!atomic_load_explicit(w->stop, memory_order_relaxed)) {
		/* Acquire: a worker that sees the pointer also sees the active
		 * plan that it points to. */
		const struct active_plan *active =
			atomic_load_explicit(w->active, memory_order_acquire);

		round_poll(w, active);
		idle_rest(w, active);
		rte_rcu_qsbr_quiescent(w->quiescent, w->id);
		atomic_store_explicit(&w->count->heartbeat, w->count->polls,
				      memory_order_relaxed);
	}
	rte_rcu_qsbr_thread_offline(w->quiescent, w->id);
	return 0;
}
