/* SPDX-License-Identifier: BSD-3-Clause */
#include "farewell.h"

#include <rte_cycles.h>

#include "account.h"
#include "egress.h"
#include "limit.h"
#include "maker.h"
#include "reclaim.h"
#include "smtpline.h"
#include "sweep.h"
#include "verify.h"

#define FAREWELL_ENTRIES (1u << 14)

/* Of each stage, in each poll. */
#define FAREWELLS_A_POLL 1

/* A client that is refused has nothing to send. */
#define FAREWELL_WINDOW 8192

/* How far from its next byte a client's segment is still looked at. */
#define SPAN 65535

/* The pauses from one sending to the next. */
static const uint16_t delay_ms[RESEND_STAGES] = {400, 800, 1600, 3200};

int
farewell_make(struct farewells *farewells, uint64_t tsc_hz)
{
	return resend_make(&farewells->wait, FAREWELL_ENTRIES, delay_ms,
			   tsc_hz);
}

void
farewell_free(struct farewells *farewells)
{
	resend_free(&farewells->wait);
}

/* server_seq tells a new session in the same slot: client_seq moves on with what
 * the client says. */
static void
wait_for_ack(struct worker *w, const struct mx_session *s, int stage,
	     uint64_t now_tsc)
{
	if (resend_put(&w->farewells.wait.stage[stage],
		       session_index(&w->sessions, s), s->server_seq, now_tsc))
		w->farewells.waiting++;
	else
		w->count->texts_missed++;
}

static uint32_t
text_bytes(const struct active_plan *active, const struct mx_session *s)
{
	return smtp_line_bytes(&active->plan.service[s->service]);
}

static struct maker_bare
bare_of(const struct worker *w, const struct mx_session *s, uint32_t seq,
	uint8_t flags)
{
	return (struct maker_bare){
		.flow = session_flow_back(&w->sessions, s),
		.seq = seq,
		.ack = s->client_seq,
		.window = flags & RTE_TCP_RST_FLAG ? 0 : FAREWELL_WINDOW,
		.flags = flags | RTE_TCP_ACK_FLAG,
	};
}

static void
say_text(struct worker *w, const struct active_plan *active,
	 const struct mx_session *s)
{
	const struct maker_bare bare = bare_of(
		w, s, s->server_seq, RTE_TCP_PSH_FLAG | RTE_TCP_FIN_FLAG);
	struct rte_mbuf *made = worker_make_frame(w);

	if (made == NULL)
		return;
	uint8_t *text = maker_fill(made, &bare, 0, text_bytes(active, s));
	smtp_line_write(&active->plan.service[s->service], (enum mx_drop)s->syn,
			(char *)text);
	maker_send(w, made, s->client_port, s->client_mac);
}

static void
say_bare(struct worker *w, const struct mx_session *s, uint32_t seq,
	 uint8_t flags)
{
	const struct maker_bare bare = bare_of(w, s, seq, flags);

	maker_send_bare(w, &bare, s->client_port, s->client_mac);
}

/* Without an ACK, which a backend that has not answered would not take. */
void
farewell_let_go(struct worker *w, const struct active_plan *active,
		const struct mx_session *s)
{
	enum mx_drop why;
	const struct mx_backend *backend = egress_backend(w, active, s, &why);
	const struct maker_bare reset = {
		.flow = session_flow_in(&w->sessions, s),
		.seq = s->client_seq + mx_session_shift(s),
		.flags = RTE_TCP_RST_FLAG,
	};

	if (backend != NULL)
		maker_send_bare(w, &reset, backend->port, backend->mac);
}

bool
farewell_begin(struct worker *w, const struct active_plan *active,
	       struct mx_session *s, enum mx_drop why, uint32_t heard)
{
	const uint8_t before =
		atomic_load_explicit(&s->state, memory_order_relaxed);
	const uint8_t after = MX_SESSION_REFUSED;
	const enum mx_answer answer = mx_service_answer_waiting(
		&active->plan.service[s->service], why);

	if (before != MX_SESSION_HELD)
		farewell_let_go(w, active, s);
	s->client_seq = heard;
	if (answer != MX_ANSWER_DROP)
		w->count->told[s->service][answer][why]++;
	if (answer == MX_ANSWER_RESET)
		say_bare(w, s, s->server_seq, RTE_TCP_RST_FLAG);
	if (answer == MX_ANSWER_RESET || answer == MX_ANSWER_DROP) {
		worker_session_end(w, s);
		return answer == MX_ANSWER_RESET;
	}
	s->syn = (uint8_t)why;
	s->flags &= (uint8_t)~MX_SESSION_HEARD;
	s->deadline_s = w->now_s + FAREWELL_S;
	atomic_store_explicit(&s->state, after, memory_order_relaxed);
	account_move(w, s, before, after);
	reclaim_move(w, s, before, after);
	limit_move(w, active, s, after);
	say_text(w, active, s);
	wait_for_ack(w, s, 0, rte_rdtsc());
	return true;
}

/* The number behind the last byte in order, once a segment has come. */
static uint32_t
hear(uint32_t next, uint32_t seq, uint32_t end)
{
	return (int32_t)(seq - next) <= 0 && (int32_t)(end - next) > 0 ? end
								       : next;
}

/* The client has got the text and the FIN. */
static enum mx_drop
hear_all(struct worker *w, const struct active_plan *active,
	 struct mx_session *s, const struct packet_info *info, bool ended)
{
	const uint32_t behind = s->server_seq + text_bytes(active, s) + 1;

	s->flags |= MX_SESSION_HEARD;
	s->deadline_s = w->now_s + active->plan.service[s->service].closing_s;
	if (info->payload_bytes > 0 || info->tcp_flags & RTE_TCP_FIN_FLAG)
		say_bare(w, s, behind, 0);
	if (ended)
		worker_session_end(w, s);
	return MX_DROP_REFUSED;
}

enum mx_drop
farewell_client(struct worker *w, const struct active_plan *active,
		struct mx_session *s, struct rte_mbuf *frame,
		const struct packet_info *info)
{
	const struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);
	const uint32_t seq = rte_be_to_cpu_32(tcp->sent_seq);
	const uint32_t text = text_bytes(active, s);
	const uint32_t acked = rte_be_to_cpu_32(tcp->recv_ack) - s->server_seq;
	const bool fin = info->tcp_flags & RTE_TCP_FIN_FLAG;
	const uint32_t end = seq + info->payload_bytes + fin;
	const int32_t ahead = (int32_t)(seq - s->client_seq);

	if (checksum_verify(frame, info->ip_bytes) == CHECKSUM_WRONG)
		return MX_DROP_BAD_CHECKSUM;
	if (info->tcp_flags & RTE_TCP_RST_FLAG) {
		if (ahead == 0)
			worker_session_end(w, s);
		return MX_DROP_REFUSED;
	}
	if ((info->tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG)) !=
		    RTE_TCP_ACK_FLAG ||
	    acked > text + 1 || ahead > SPAN || ahead < -SPAN)
		return MX_DROP_NO_SESSION;
	s->client_seq = hear(s->client_seq, seq, end);
	if (acked == text + 1)
		return hear_all(w, active, s, info,
				fin && s->client_seq == end);
	/* What has a part of the text is repeated by the clock. */
	if (acked == 0)
		say_text(w, active, s);
	return MX_DROP_REFUSED;
}

/* The backend has not got the reset, or sent this before.  Its own number makes
 * the next reset exact. */
enum mx_drop
farewell_backend(struct worker *w, const struct mx_session *s,
		 struct rte_mbuf *frame, const struct packet_info *info)
{
	const struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);
	const struct rte_ether_addr to = packet_headers(frame)->ether.src_addr;
	const struct maker_bare reset = {
		.flow = session_flow_in(&w->sessions, s),
		.seq = rte_be_to_cpu_32(tcp->recv_ack),
		.flags = RTE_TCP_RST_FLAG,
	};

	if (info->tcp_flags & RTE_TCP_ACK_FLAG &&
	    !(info->tcp_flags & RTE_TCP_RST_FLAG) && worker_may_reset(w))
		maker_send_bare(w, &reset, (uint8_t)frame->port, to.addr_bytes);
	return MX_DROP_REFUSED;
}

void
farewell_resume(struct worker *w, const struct mx_session *s)
{
	if (!(s->flags & MX_SESSION_HEARD))
		wait_for_ack(w, s, 0, rte_rdtsc());
}

static void
go_on(struct worker *w, const struct active_plan *active,
      const struct resend_wait *wait, int stage, uint64_t now_tsc)
{
	const struct mx_session *s = &w->sessions.file->session[wait->session];

	if (atomic_load_explicit(&s->state, memory_order_relaxed) !=
		    MX_SESSION_REFUSED ||
	    s->server_seq != wait->client_seq || s->flags & MX_SESSION_HEARD ||
	    !active->plan.service[s->service].used)
		return;
	w->count->texts_again++;
	say_text(w, active, s);
	if (stage + 1 < RESEND_STAGES)
		wait_for_ack(w, s, stage + 1, now_tsc);
}

bool
farewell_tick(struct worker *w, const struct active_plan *active,
	      uint64_t now_tsc)
{
	struct resend_wait wait;
	bool any = false;

	for (int stage = 0; stage < RESEND_STAGES; stage++)
		for (int i = 0; i < FAREWELLS_A_POLL &&
				resend_take(&w->farewells.wait.stage[stage],
					    now_tsc, &wait);
		     i++) {
			any = true;
			w->farewells.waiting--;
			go_on(w, active, &wait, stage, now_tsc);
		}
	return any;
}
