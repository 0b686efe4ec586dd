/* SPDX-License-Identifier: BSD-3-Clause */
#include "recovery.h"

#include <errno.h>

#include <rte_cycles.h>

#include "account.h"
#include "doubt.h"
#include "ending.h"
#include "failover.h"
#include "farewell.h"
#include "fit.h"
#include "greet.h"
#include "join.h"
#include "proxy.h"
#include "reclaim.h"
#include "tcpstate.h"
#include "watch.h"

/* How long after a start segments may belong to sessions that are not known
 * yet. */
#define RESET_REST_S 5

/* In this number of seconds every session is looked at once; see sweep.h */
#define SWEEP_S 4

/* The longest timer that a configuration may have. */
#define TIMER_MAX_S (24u * 3600u)

/* A session that carries mail has so long at least to speak after a start.  So
 * it outlives a clock that has jumped ahead. */
#define SPEAK_S 300u

struct keeper {
	struct worker *worker;
	struct snat *snat;
};

static bool
claim_port(struct keeper *keeper, struct mx_session *s, uint32_t index)
{
	struct worker *w = keeper->worker;
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	const int slot = snat_slot(keeper->snat, &ends.local, NULL);

	if (slot < 0 ||
	    !portmap_claim(&w->map[slot], rte_be_to_cpu_16(s->local_port_be),
			   session_ref(index, s->kind)))
		return false;
	s->snat_slot = (uint8_t)slot;
	return true;
}

/* The default of the timer that a session runs on. */
static uint32_t usual_timer_s(enum session_class class)
{
	switch (class) {
	case SESSION_CLASS_HALF:
		return MX_HALF_OPEN_S;
	case SESSION_CLASS_OVER:
		return MX_CLOSING_S;
	case SESSION_CLASS_LIVE:
	case SESSION_CLASS_DOUBTED:
		break;
	}
	return MX_IDLE_S;
}

/* CLOCK_MONOTONIC may differ between two processes, as between two containers.
 * The times of a session are in the future if the clock went back, or if the
 * file is damaged: its timer starts anew. */
static void
correct_times(const struct worker *w, struct mx_session *s,
	      enum session_class class)
{
	const int32_t left_s = (int32_t)(s->deadline_s - w->now_s);

	if (s->opened_s > w->now_s || left_s > (int32_t)TIMER_MAX_S) {
		s->opened_s = RTE_MIN(s->opened_s, w->now_s);
		s->deadline_s = w->now_s + usual_timer_s(class);
	} else if (left_s < (int32_t)SPEAK_S &&
		   (class == SESSION_CLASS_LIVE ||
		    class == SESSION_CLASS_DOUBTED)) {
		s->deadline_s = w->now_s + SPEAK_S;
	}
}

/* Start anew the timers that ran for a session when the earlier process ended.
 */
static void
resume(struct worker *w, struct mx_session *s)
{
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);
	const enum session_class class =
		session_class_of(state, session_is_direct(s));

	correct_times(w, s, class);
	reclaim_enter(w, s);
	if (state == MX_SESSION_REFUSED)
		farewell_resume(w, s);
	if (state == MX_SESSION_JOINING)
		join_resume(w, s);
	switch (class) {
	case SESSION_CLASS_HALF:
	case SESSION_CLASS_OVER:
		return;
	case SESSION_CLASS_DOUBTED:
		doubt_begin(w, s);
		break;
	case SESSION_CLASS_LIVE:
		if (state == MX_SESSION_ENDING)
			ending_resume(w, s);
		break;
	}
	if (mx_session_proxy(s) == MX_SESSION_PROXY_SENT)
		proxy_resume(w, s);
}

/* Is a session of an earlier process fit to go on?  The file may be damaged, so
 * every field that is used as an index is checked. */
static bool
keep_session(void *arg, struct mx_session *s, uint32_t index)
{
	struct keeper *keeper = arg;
	struct worker *w = keeper->worker;

	if (!session_is_fit(s, w->ports) ||
	    ((s->kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT &&
	     !claim_port(keeper, s, index)))
		return false;
	account_recover(w, s);
	resume(w, s);
	return true;
}

int
recovery_timers_make(struct worker *w, uint64_t tsc_hz)
{
	w->ticks = ticks_of(tsc_hz);
	if (proxy_timers_make(&w->proxy, tsc_hz) != 0 ||
	    doubt_make(&w->doubts, tsc_hz) != 0 ||
	    failover_make(&w->failover, tsc_hz) != 0 ||
	    farewell_make(&w->farewells, tsc_hz) != 0 ||
	    watch_make(w, tsc_hz) != 0 || join_make(&w->joins, tsc_hz) != 0 ||
	    greet_make(w, tsc_hz) != 0)
		return -ENOMEM;
	return 0;
}

void
recovery_detach(struct worker *w)
{
	session_table_detach(&w->sessions);
	reclaim_free(&w->reclaim);
	resend_free(&w->proxy);
	resend_free(&w->doubts.wait);
	greet_free(w);
	failover_free(&w->failover);
	farewell_free(&w->farewells);
	watch_free(w);
	join_free(&w->joins);
}

int
recovery_attach(struct worker *w, struct mx_sessions_file *file,
		struct snat *snat)
{
	struct keeper keeper = {.worker = w, .snat = snat};

	rss_owner_make(&w->rss_owner, &file->key, w->id, w->workers);
	if (reclaim_make(&w->reclaim, file->count) != 0 ||
	    failover_attach(&w->failover, file->count) != 0)
		return -ENOMEM;
	w->resets.from_s = w->now_s + RESET_REST_S;
	w->sweep_tsc = rte_rdtsc();
	w->sweep_step_tsc = w->tsc_hz / file->count * SWEEP_S + 1;
	greet_begin(w, &file->key);
	return session_table_attach(&w->sessions, file, keep_session, &keeper);
}
