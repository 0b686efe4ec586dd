/* SPDX-License-Identifier: BSD-3-Clause */
#include "doubt.h"

#include <string.h>

#include <rte_cycles.h>

#include "egress.h"
#include "maker.h"

#define DOUBT_ENTRIES (1u << 12)

/* How many questions are asked in a second at most: a flood of RSTs costs the
 * backends no more than these. */
#define DOUBTS_A_SECOND 5000

#define DOUBTS_A_POLL 16

/* How far before the client's first byte the question lies. */
#define DOUBT_BEFORE 100

/* How long a noted way waits for the backend's answer. */
#define WAY_WAIT_S 4

/* How far a client's numbers may lie from those that the backend tells.  A
 * blind guess meets both bounds once in 2^26. */
#define WAY_BEHIND 65535
#define WAY_AHEAD (1 << 20)
#define WAY_UNACKED (1 << 18)

/* The pauses from one stage to the next.  The first lets the RST itself arrive.
 * The second outlasts Linux' limit of one duplicate ACK in 500 ms. */
static const uint16_t delay_ms[DOUBT_STAGES] = {50, 650, 1400, 1000};

int
doubt_make(struct doubts *doubts, uint64_t tsc_hz)
{
	return resend_make(&doubts->wait, DOUBT_ENTRIES, delay_ms, tsc_hz);
}

bool
doubt_begin(struct worker *w, const struct mx_session *s)
{
	struct doubts *doubts = &w->doubts;

	if (doubts->second_s != w->now_s) {
		doubts->second_s = w->now_s;
		doubts->asked = 0;
	}
	if (doubts->asked < DOUBTS_A_SECOND &&
	    resend_put(&doubts->wait.stage[0], session_index(&w->sessions, s),
		       s->client_seq, rte_rdtsc())) {
		doubts->asked++;
		return true;
	}
	w->count->doubts_refused++;
	return false;
}

static struct doubt_way *
way_of(struct worker *w, const struct mx_session *s)
{
	return &w->doubts.way[session_index(&w->sessions, s) % DOUBT_WAYS];
}

void
doubt_note_way(struct worker *w, const struct mx_session *s,
	       struct rte_mbuf *frame, uint8_t port, const struct heard *heard)
{
	struct doubt_way *way = way_of(w, s);

	/* The first noted way is judged first: a stranger's segment must not
	 * displace it. */
	if (way->since_s != 0 && w->now_s - way->since_s < WAY_WAIT_S)
		return;
	*way = (struct doubt_way){
		.session = session_index(&w->sessions, s),
		.client_seq = s->client_seq,
		.since_s = w->now_s,
		.seq = heard->seq,
		.end = heard->seq + heard->payload_bytes,
		.ack = heard->ack,
		.port = port,
	};
	memcpy(way->mac, packet_headers(frame)->ether.src_addr.addr_bytes,
	       sizeof(way->mac));
}

/* Are the numbers of a segment the client's?  The backend waits for the
 * client's number `expects` next, and has sent up to `sent`. */
static bool
way_is_true(const struct doubt_way *way, uint32_t expects, uint32_t sent)
{
	return (int32_t)(way->end - (expects - WAY_BEHIND)) >= 0 &&
	       (int32_t)(expects + WAY_AHEAD - way->seq) >= 0 &&
	       (int32_t)(way->ack - (sent - WAY_UNACKED)) >= 0 &&
	       (int32_t)(sent - way->ack) >= 0;
}

void
doubt_answered(struct worker *w, struct mx_session *s,
	       const struct heard *heard)
{
	struct doubt_way *way = way_of(w, s);
	const uint32_t shift = mx_session_shift(s);

	w->count->doubts_alive++;
	if (way->since_s == 0 ||
	    way->session != session_index(&w->sessions, s) ||
	    way->client_seq != s->client_seq)
		return;
	if (way_is_true(way, heard->ack - shift, heard->seq)) {
		memcpy(s->client_mac, way->mac, sizeof(s->client_mac));
		s->client_port = way->port;
		w->count->ways_moved++;
	}
	way->since_s = 0;
}

uint32_t
doubt_age_s(const struct worker *w, const struct active_plan *active,
	    const struct mx_session *s)
{
	const uint32_t idle_s = active->plan.service[s->service].idle_s;
	const int32_t left_s = (int32_t)(s->deadline_s - w->now_s);

	/* Another plan may have shortened the timer since. */
	return left_s > 0 && (uint32_t)left_s < idle_s
		       ? idle_s - (uint32_t)left_s
		       : 0;
}

static void
ask(struct worker *w, const struct mx_session *s,
    const struct mx_backend *backend)
{
	const struct maker_bare question = {
		.flow = session_flow_in(&w->sessions, s),
		.seq = s->client_seq - DOUBT_BEFORE,
		.ack = mx_session_backend_seq(s),
		.window = UINT16_MAX,
		.flags = RTE_TCP_ACK_FLAG,
	};

	maker_send_bare(w, &question, backend->port, backend->mac);
	w->count->doubts_asked++;
}

/* The end of a session's wait.  The first question is asked even if the backend
 * has sent something since: that may have been under way already. */
static void
go_on(struct worker *w, const struct active_plan *active,
      const struct resend_wait *wait, int stage, uint64_t now_tsc)
{
	const struct mx_session *s = &w->sessions.file->session[wait->session];
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);
	enum mx_drop why;

	if (state == MX_SESSION_FREE || mx_session_is_over(state) ||
	    s->client_seq != wait->client_seq ||
	    (stage > 0 && !mx_session_is_doubted(state)))
		return;
	if (stage == DOUBT_SENDS) {
		w->count->doubts_unanswered++;
		return;
	}
	const struct mx_backend *backend = egress_backend(w, active, s, &why);
	if (backend != NULL)
		ask(w, s, backend);
	if (!resend_put(&w->doubts.wait.stage[stage + 1], wait->session,
			wait->client_seq, now_tsc))
		w->count->doubts_unanswered++;
}

bool
doubt_tick(struct worker *w, const struct active_plan *active, uint64_t now_tsc)
{
	struct resend_wait wait;
	bool any = false;

	/* Ask a few only: the headers that are due again want room in the burst
	 * too.  The next poll does the rest. */
	for (int stage = 0; stage < DOUBT_STAGES; stage++)
		for (int i = 0;
		     i < DOUBTS_A_POLL / DOUBT_STAGES &&
		     resend_take(&w->doubts.wait.stage[stage], now_tsc, &wait);
		     i++) {
			any = true;
			go_on(w, active, &wait, stage, now_tsc);
		}
	return any;
}
