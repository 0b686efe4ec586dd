/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include <rte_cycles.h>
#include <rte_pause.h>

/* Polls that found nothing until the core is told to take it slowly. */
#define IDLE_POLLS 64

void
worker_clock_set(struct worker *w, uint32_t now_s, uint64_t tsc_hz)
{
	w->now_s = now_s;
	w->tsc_hz = tsc_hz;
	w->next_second_tsc = rte_rdtsc() + tsc_hz;
}

void
worker_session_end(struct worker *w, struct mx_session *s)
{
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);
	const bool abandoned = !mx_session_is_over(state);
	struct mx_flow_count *backend = &w->count->backend[s->backend];
	struct mx_flow_count *service = &w->count->service[s->service];

	backend->closed += abandoned;
	service->closed += abandoned;
	backend->abandoned += abandoned;
	service->abandoned += abandoned;
	const uint8_t slot = s->snat_slot;
	const uint16_t port = rte_be_to_cpu_16(s->local_port_be);
	session_remove(&w->sessions, s);
	portmap_give(&w->map[slot], port);
}

struct keeper {
	struct worker *worker;
	struct snat *snat;
};

/* Is a session of an earlier process fit to go on?  It was written by code like
 * ours, but a file is a file: whatever is used as an index is checked. */
static bool
keep_session(void *arg, struct mx_session *s, uint32_t index)
{
	const struct keeper *keeper = arg;
	struct worker *w = keeper->worker;

	if (s->client_be == 0 || s->local_be == 0 || s->server_be == 0 ||
	    s->service >= MX_SERVICES_MAX || s->backend == MX_BACKEND_NONE ||
	    s->backend > MX_BACKENDS_MAX || s->client_port >= w->ports)
		return false;
	const int slot = snat_slot(keeper->snat, s->local_be, UINT64_MAX);
	if (slot < 0 ||
	    !portmap_claim(&w->map[slot], rte_be_to_cpu_16(s->local_port_be),
			   index))
		return false;
	s->snat_slot = (uint8_t)slot;
	const bool over = mx_session_is_over(
		atomic_load_explicit(&s->state, memory_order_relaxed));
	w->count->backend[s->backend].opened++;
	w->count->service[s->service].opened++;
	w->count->backend[s->backend].closed += over;
	w->count->service[s->service].closed += over;
	return true;
}

int
worker_attach(struct worker *w, struct mx_sessions_file *file,
	      struct snat *snat)
{
	struct keeper keeper = {.worker = w, .snat = snat};

	return session_table_attach(&w->sessions, file, keep_session, &keeper);
}

int
worker_run(void *worker)
{
	struct worker *w = worker;
	unsigned idle = 0;

	rte_rcu_qsbr_thread_online(w->quiescent, w->id);
	while (!atomic_load_explicit(w->stop, memory_order_relaxed)) {
		/* Acquire: who sees the pointer sees the view behind it. */
		const struct view *view =
			atomic_load_explicit(w->view, memory_order_acquire);

		if (worker_poll(w, view) > 0)
			idle = 0;
		else if (++idle > IDLE_POLLS)
			rte_pause();
		rte_rcu_qsbr_quiescent(w->quiescent, w->id);
		atomic_store_explicit(&w->count->heartbeat, w->count->polls,
				      memory_order_relaxed);
	}
	rte_rcu_qsbr_thread_offline(w->quiescent, w->id);
	return 0;
}
