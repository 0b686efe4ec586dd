/* SPDX-License-Identifier: BSD-3-Clause */
#include "failover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "account.h"
#include "choose.h"
#include "egress.h"
#include "farewell.h"
#include "journal.h"
#include "localport.h"
#include "maker.h"
#include "offer.h"
#include "options.h"
#include "reclaim.h"
#include "rewrite.h"
#include "tcpstate.h"

#define FAILOVER_ENTRIES (1u << 14)

/* How many SYNs are made in a second at most.  A flood of SYNs to backends that
 * do not answer makes no more than these. */
#define FAILOVERS_A_SECOND 10000

/* Of each stage, in each poll. */
#define FAILOVERS_A_POLL 1

/* Stages 0 and 2 end with a repeated SYN, 1 and 3 with another backend. */
static const uint16_t delay_ms[RESEND_STAGES] = {300, 600, 300, 600};

/* The window of a SYN; the client's first ACK tells the real one. */
#define FAILOVER_WINDOW 64240

int
failover_make(struct failover *failover, uint64_t tsc_hz)
{
	return resend_make(&failover->wait, FAILOVER_ENTRIES, delay_ms, tsc_hz);
}

/* Touched now rather than by a packet. */
int
failover_attach(struct failover *failover, uint32_t sessions)
{
	const size_t bytes = sessions * sizeof(*failover->left);

	failover->left = malloc(bytes);
	if (failover->left == NULL)
		return -ENOMEM;
	memset(failover->left, 0, bytes);
	return 0;
}

void
failover_free(struct failover *failover)
{
	resend_free(&failover->wait);
	free(failover->left);
	failover->left = NULL;
}

static uint8_t
state_of(const struct mx_session *s)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed);
}

static void
wait_for(struct worker *w, const struct mx_session *s, int stage,
	 uint64_t now_tsc)
{
	if (resend_put(&w->failover.wait.stage[stage],
		       session_index(&w->sessions, s), s->client_seq, now_tsc))
		w->failover.waiting++;
	else
		w->count->failovers_missed++;
}

void
failover_watch(struct worker *w, const struct mx_session *s)
{
	wait_for(w, s, 0, rte_rdtsc());
}

static bool
may_send(struct worker *w)
{
	struct failover *failover = &w->failover;

	if (failover->second_s != w->now_s) {
		failover->second_s = w->now_s;
		failover->sent = 0;
	}
	if (failover->sent < FAILOVERS_A_SECOND) {
		failover->sent++;
		return true;
	}
	w->count->failovers_missed++;
	return false;
}

void
failover_send_syn(struct worker *w, const struct mx_session *s,
		  const struct mx_backend *backend)
{
	const struct offer offer =
		offer_unpack(s->syn, (s->kind & MX_SESSION_CLIENT6) != 0);
	rte_be32_t options[OPTIONS_OFFER_WORDS];
	const uint32_t bytes =
		options_write_offer(options, &offer) * sizeof(*options);
	const struct maker_bare syn = {
		.flow = session_flow_in(&w->sessions, s),
		.seq = s->client_seq - 1,
		.window = FAILOVER_WINDOW,
		.flags = RTE_TCP_SYN_FLAG,
	};
	struct rte_mbuf *made = worker_make_frame(w);

	if (made == NULL)
		return;
	memcpy(maker_fill(made, &syn, bytes, 0), options, bytes);
	maker_send(w, made, backend->port, backend->mac);
	journal_ask(w, s);
}

static uint16_t *
left_of(const struct worker *w, const struct mx_session *s)
{
	return &w->failover.left[session_index(&w->sessions, s)];
}

/* The next candidate that the session has not had yet, or MX_BACKEND_NONE. */
static uint16_t
next_of(struct worker *w, const struct active_plan *active,
	const struct mx_session *s, const struct mx_session_wide *ends)
{
	const struct mx_flow flow = {ends->client, ends->vip, s->client_port_be,
				     s->vip_port_be};

	const struct mx_service *service = &active->plan.service[s->service];

	/* A session that a process of layout 4 opened knows no offer. */
	if (s->syn == 0 || mx_session_tries(s) == FAILOVERS_MAX)
		return MX_BACKEND_NONE;
	uint16_t id = choose_after(w, active, service, &flow, s->backend);
	if (mx_session_tries(s) > 0 && id != MX_BACKEND_NONE &&
	    id == *left_of(w, s))
		id = choose_after(w, active, service, &flow, id);
	return id == s->backend ? MX_BACKEND_NONE : id;
}

/* The new backend's SYN is repeated by the rules of join.h. */
static void
wait_to_join(struct worker *w, const struct mx_session *s)
{
	if (resend_put(&w->joins.wait.stage[0], session_index(&w->sessions, s),
		       s->client_seq, rte_rdtsc()))
		w->joins.waiting++;
	else
		w->count->joins_missed++;
}

/* Can the client of the session's backend go on with another one?  It was told
 * of the scale of the backend's windows, of the size of its segments and of
 * SACK.  What is not known of either backend fits nothing. */
static bool
fits_client(const struct worker *w, const struct mx_session *s, uint16_t id)
{
	const struct profile *told = &w->profiles.backend[s->backend];
	const struct profile *has = &w->profiles.backend[id];

	return told->known && has->known &&
	       profile_fits(&has->says, &told->says);
}

/* Does the client know of the SYN-ACK of a backend? */
static bool
is_told(const struct mx_session *s)
{
	return state_of(s) == MX_SESSION_GREETING ||
	       (state_of(s) == MX_SESSION_JOINING &&
		s->flags & MX_SESSION_STAYS);
}

/* Leave the session's backend: the client does not hear of it.  What the client
 * heard of the first one, the next must do as well. */
static void
leave(struct worker *w, const struct active_plan *active, struct mx_session *s,
      uint16_t id)
{
	const bool six = (s->kind & MX_SESSION_CLIENT6) != 0;
	const struct offer told = w->profiles.backend[s->backend].says;
	struct offer offer = offer_unpack(s->syn, six);

	farewell_let_go(w, active, s);
	account_hand_over(w, s, id);
	if (told.scale == OFFER_NO_SCALE)
		offer.scale = OFFER_NO_SCALE;
	offer.sack = offer.sack && told.sack;
	s->syn = offer_note(&offer, six);
	s->flags |= MX_SESSION_JOINED | MX_SESSION_STAYS;
	mx_session_set_ack_shift(s, 0);
	if (mx_session_header(s) != 0)
		mx_session_set_proxy(s, MX_SESSION_PROXY_ARMED);
	s->deadline_s = w->now_s + active->plan.service[s->service].half_open_s;
	atomic_store_explicit(&s->state, MX_SESSION_JOINING,
			      memory_order_relaxed);
	reclaim_move(w, s, MX_SESSION_GREETING, MX_SESSION_JOINING);
}

/* The session's segments go to this backend from now on. */
static void
change_to(struct worker *w, const struct active_plan *active,
	  struct mx_session *s, uint16_t id)
{
	const struct mx_backend *backend = &active->plan.backend[id];
	const bool wide = s->kind & (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6);

	s->backend = id;
	journal_assign(w, s);
	session_set_server(&w->sessions, s, &backend->address);
	localport_follow(w, active, s);
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	rewrite_prepare(s, wide ? &ends : NULL);
}

void
failover_assign(struct worker *w, const struct active_plan *active,
		struct mx_session *s, uint16_t id)
{
	account_replace(w, s, id);
	change_to(w, active, s, id);
}

bool
failover_replace(struct worker *w, const struct active_plan *active,
		 struct mx_session *s)
{
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	const uint16_t id = next_of(w, active, s, &ends);

	if (id == MX_BACKEND_NONE || (is_told(s) && !fits_client(w, s, id))) {
		w->count->failovers_none++;
		return false;
	}
	/* Elsewhere the client has proven its address. */
	if (state_of(s) == MX_SESSION_OPENING && !may_send(w))
		return false;
	const bool greets = state_of(s) == MX_SESSION_GREETING;
	if (mx_session_tries(s) == 0)
		*left_of(w, s) = s->backend;
	if (greets)
		leave(w, active, s, id);
	else
		account_replace(w, s, id);
	change_to(w, active, s, id);
	mx_session_set_tries(s, (uint8_t)(mx_session_tries(s) + 1));
	failover_send_syn(w, s, &active->plan.backend[id]);
	if (greets)
		wait_to_join(w, s);
	return true;
}

/* Is the session's first word of its backend one that another may better?  The
 * backend's FIN without a word counts as "421": it has no process left. */
static bool
is_no_greeting(const struct mx_service *service, const struct heard *heard,
	       uint8_t first)
{
	const uint8_t ends = RTE_TCP_FIN_FLAG | RTE_TCP_RST_FLAG;

	if (heard->payload_bytes == 0)
		return heard->flags & ends &&
		       service->fail_over & MX_FAIL_OVER_BUSY;
	return (first == '4' && service->fail_over & MX_FAIL_OVER_BUSY) ||
	       (first == '5' && service->fail_over & MX_FAIL_OVER_REFUSES);
}

enum mx_drop
failover_greeting(struct worker *w, const struct active_plan *active,
		  struct mx_session *s, const struct heard *heard,
		  uint8_t first)
{
	const struct mx_service *service = &active->plan.service[s->service];
	const int32_t ahead = (int32_t)(heard->seq - s->server_seq);

	if (likely(!(service->fail_over & MX_FAIL_OVER_SAID)) || s->syn == 0 ||
	    s->flags & (MX_SESSION_STAYS | MX_SESSION_EARLY))
		return MX_DROP_NONE;
	if (heard->payload_bytes == 0 &&
	    !(heard->flags & (RTE_TCP_FIN_FLAG | RTE_TCP_RST_FLAG)))
		return MX_DROP_NONE;
	/* An RST behind bytes that were lost comes only once. */
	if (ahead > 0 && !(heard->flags & RTE_TCP_RST_FLAG))
		return MX_DROP_WAITING;
	if (ahead != 0 || !is_no_greeting(service, heard, first))
		return MX_DROP_NONE;
	account_unserved(w, s, MX_UNSERVED_BUSY);
	if (failover_replace(w, active, s)) {
		w->count->failovers_busy++;
		return MX_DROP_FAILED_OVER;
	}
	/* The last backend speaks for itself, if it does. */
	if (heard->payload_bytes > 0)
		return MX_DROP_NONE;
	farewell_begin(w, active, s, MX_DROP_NO_BACKEND, s->client_seq);
	return MX_DROP_REFUSED;
}

bool
failover_refused(struct worker *w, const struct active_plan *active,
		 struct mx_session *s)
{
	const struct mx_service *service = &active->plan.service[s->service];

	account_unserved(w, s, MX_UNSERVED_REFUSED);
	if (!(service->fail_over & MX_FAIL_OVER_REFUSED) ||
	    !failover_replace(w, active, s))
		return false;
	w->count->failovers_refused++;
	return true;
}

static void
go_on(struct worker *w, const struct active_plan *active,
      const struct resend_wait *wait, int stage, uint64_t now_tsc)
{
	struct mx_session *s = &w->sessions.file->session[wait->session];
	const struct mx_service *service = &active->plan.service[s->service];
	enum mx_drop why;

	if (s->client_seq != wait->client_seq)
		return;
	if (state_of(s) != MX_SESSION_OPENING ||
	    !(service->fail_over & MX_FAIL_OVER_SILENT))
		return;
	if (stage % 2 == 1) {
		if (journal_silent(w, s, !journal_is_of_anyone(s)))
			account_unserved(w, s, MX_UNSERVED_SILENT);
		if (!failover_replace(w, active, s))
			return;
		w->count->failovers_silent++;
	} else {
		const struct mx_backend *backend =
			egress_backend(w, active, s, &why);

		if (backend != NULL && may_send(w))
			failover_send_syn(w, s, backend);
	}
	if (stage + 1 < RESEND_STAGES)
		wait_for(w, s, stage + 1, now_tsc);
}

bool
failover_tick(struct worker *w, const struct active_plan *active,
	      uint64_t now_tsc)
{
	struct resend_wait wait;
	bool any = false;

	for (int stage = 0; stage < RESEND_STAGES; stage++)
		for (int i = 0; i < FAILOVERS_A_POLL &&
				resend_take(&w->failover.wait.stage[stage],
					    now_tsc, &wait);
		     i++) {
			any = true;
			w->failover.waiting--;
			go_on(w, active, &wait, stage, now_tsc);
		}
	return any;
}
