/* SPDX-License-Identifier: BSD-3-Clause */
#include "expiry.h"

#include "reclaim.h"
#include "sweep.h"

void
worker_sweep(struct worker *w, uint32_t steps)
{
	struct mx_session *old;

	while ((old = session_expired(&w->sessions, w->now_s, &steps)) != NULL)
		if (!reclaim_hasten(w, old))
			worker_session_end(w, old);
}

void
worker_sweep_due(struct worker *w, uint64_t now_tsc, uint32_t most)
{
	uint32_t steps = 0;

	while (w->sweep_tsc <= now_tsc && steps < most) {
		w->sweep_tsc += w->sweep_step_tsc;
		steps++;
	}
	worker_sweep(w, steps);
}
