/* SPDX-License-Identifier: BSD-3-Clause */
#include "join.h"

#include <rte_cycles.h>

#include "account.h"
#include "egress.h"
#include "failover.h"
#include "farewell.h"
#include "journal.h"
#include "maker.h"
#include "proxy.h"
#include "sweep.h"

#define JOIN_ENTRIES (1u << 14)

/* Of each stage, in each poll. */
#define JOINS_A_POLL 2

/* The pauses from one SYN to the next.  The last one comes again. */
static const uint16_t delay_ms[RESEND_STAGES] = {300, 600, 1200, 3000};
#define LAST_STAGE (RESEND_STAGES - 1)
#define LAST_S 3

/* The client's window in the ACK that mxsteer makes: room for a greeting.  The
 * client's next segment tells the real one. */
#define JOIN_WINDOW 4096

int
join_make(struct joins *joins, uint64_t tsc_hz)
{
	return resend_make(&joins->wait, JOIN_ENTRIES, delay_ms, tsc_hz);
}

void
join_free(struct joins *joins)
{
	resend_free(&joins->wait);
}

static void
wait_for(struct worker *w, const struct mx_session *s, int stage,
	 uint64_t now_tsc)
{
	if (resend_put(&w->joins.wait.stage[stage],
		       session_index(&w->sessions, s), s->client_seq, now_tsc))
		w->joins.waiting++;
	else
		w->count->joins_missed++;
}

static void
send_syn(struct worker *w, const struct active_plan *active,
	 const struct mx_session *s)
{
	enum mx_drop why;
	const struct mx_backend *backend = egress_backend(w, active, s, &why);

	if (backend != NULL)
		failover_send_syn(w, s, backend);
}

void
join_begin(struct worker *w, const struct active_plan *active,
	   const struct mx_session *s)
{
	w->count->joins++;
	journal_assign(w, s);
	send_syn(w, active, s);
	wait_for(w, s, 0, rte_rdtsc());
}

void
join_resume(struct worker *w, const struct mx_session *s)
{
	wait_for(w, s, 0, rte_rdtsc());
}

bool
join_fits(const struct worker *w, const struct mx_session *s,
	  const struct offer *says)
{
	const struct offer syn =
		offer_unpack(s->syn, (s->kind & MX_SESSION_CLIENT6) != 0);
	struct offer told = profiles_bound(&w->profiles, s->service, w->now_s);

	/* Each client is told what it offered itself, and no more. */
	if (syn.scale == OFFER_NO_SCALE)
		told.scale = OFFER_NO_SCALE;
	else if (told.scale == OFFER_NO_SCALE)
		told.scale = 0; /* an earlier process told it */
	told.sack = syn.sack;
	return profile_fits(says, &told);
}

void
join_note(struct mx_session *s, const struct heard *heard)
{
	const uint32_t answer = heard->seq + s->ack_shift;

	mx_session_set_ack_shift(s, answer + 1 - s->server_seq);
}

static void
tell_backend(struct worker *w, const struct active_plan *active,
	     const struct mx_session *s, struct maker_bare *bare)
{
	enum mx_drop why;
	const struct mx_backend *backend = egress_backend(w, active, s, &why);

	bare->flow = session_flow_in(&w->sessions, s);
	if (backend != NULL)
		maker_send_bare(w, bare, backend->port, backend->mac);
}

void
join_acknowledge(struct worker *w, const struct active_plan *active,
		 struct mx_session *s)
{
	struct maker_bare bare = {
		.seq = s->client_seq,
		.ack = mx_session_backend_seq(s),
		.window = JOIN_WINDOW,
		.flags = RTE_TCP_ACK_FLAG,
	};
	enum mx_drop why;
	const struct mx_backend *backend = egress_backend(w, active, s, &why);

	if (backend == NULL)
		return;
	if (mx_session_header(s) == 0)
		tell_backend(w, active, s, &bare);
	else
		proxy_send(w, s, backend);
}

void
join_open_window(struct worker *w, const struct mx_session *s, uint16_t window)
{
	const struct offer syn =
		offer_unpack(s->syn, (s->kind & MX_SESSION_CLIENT6) != 0);
	const struct offer told =
		profiles_bound(&w->profiles, s->service, w->now_s);

	if (syn.scale != OFFER_NO_SCALE && told.scale != OFFER_NO_SCALE)
		window = (uint16_t)(window >> told.scale);
	const struct maker_bare bare = {
		.flow = session_flow_back(&w->sessions, s),
		.seq = s->server_seq,
		.ack = s->client_seq,
		.window = window,
		.flags = RTE_TCP_ACK_FLAG,
	};
	maker_send_bare(w, &bare, s->client_port, s->client_mac);
}

/* No backend joins: the client is told so. */
static void
give_up(struct worker *w, const struct active_plan *active,
	struct mx_session *s)
{
	w->count->joins_failed++;
	farewell_begin(w, active, s, MX_DROP_NO_BACKEND, s->client_seq);
}

void
join_refused(struct worker *w, const struct active_plan *active,
	     struct mx_session *s)
{
	if (!failover_refused(w, active, s))
		give_up(w, active, s);
}

void
join_mismatched(struct worker *w, const struct active_plan *active,
		struct mx_session *s, const struct heard *heard)
{
	w->count->joins_mismatched++;
	join_disown(w, active, s, heard);
	if (!failover_replace(w, active, s))
		give_up(w, active, s);
}

void
join_disown(struct worker *w, const struct active_plan *active,
	    const struct mx_session *s, const struct heard *heard)
{
	struct maker_bare bare = {.seq = heard->ack, .flags = RTE_TCP_RST_FLAG};

	tell_backend(w, active, s, &bare);
}

/* The backend is silent: the next one is asked, or this one again. */
static void
ask_again(struct worker *w, const struct active_plan *active,
	  struct mx_session *s, int stage)
{
	const uint8_t fail_over = active->plan.service[s->service].fail_over;

	if (stage > 0 && journal_silent(w, s, true))
		account_unserved(w, s, MX_UNSERVED_SILENT);
	if (stage > 0 && fail_over & MX_FAIL_OVER_SILENT &&
	    mx_session_tries(s) < FAILOVERS_MAX &&
	    failover_replace(w, active, s))
		w->count->failovers_silent++;
	else
		send_syn(w, active, s);
}

static void
go_on(struct worker *w, const struct active_plan *active,
      const struct resend_wait *wait, int stage, uint64_t now_tsc)
{
	struct mx_session *s = &w->sessions.file->session[wait->session];
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);
	const int next = stage == LAST_STAGE ? stage : stage + 1;

	if (state == MX_SESSION_FREE || s->client_seq != wait->client_seq)
		return;
	if (state == MX_SESSION_GREETING && s->flags & MX_SESSION_JOINED &&
	    mx_session_header(s) == 0) {
		join_acknowledge(w, active, s);
		if (stage < LAST_STAGE)
			wait_for(w, s, next, now_tsc);
		return;
	}
	if (state != MX_SESSION_JOINING)
		return;
	if ((int32_t)(s->deadline_s - w->now_s) <= LAST_S) {
		give_up(w, active, s);
		return;
	}
	ask_again(w, active, s, stage);
	wait_for(w, s, next, now_tsc);
}

bool
join_tick(struct worker *w, const struct active_plan *active, uint64_t now_tsc)
{
	struct resend_wait wait;
	bool any = false;

	for (int stage = 0; stage < RESEND_STAGES; stage++)
		for (int i = 0;
		     i < JOINS_A_POLL &&
		     resend_take(&w->joins.wait.stage[stage], now_tsc, &wait);
		     i++) {
			any = true;
			w->joins.waiting--;
			go_on(w, active, &wait, stage, now_tsc);
		}
	return any;
}
