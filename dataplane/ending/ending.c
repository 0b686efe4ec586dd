/* SPDX-License-Identifier: BSD-3-Clause */
#include "ending.h"

#include <errno.h>

#include <rte_cycles.h>

#include "advance.h"
#include "endframe.h"
#include "endorder.h"
#include "move.h"
#include "offer.h"
#include "segment.h"
#include "side.h"
#include "verify.h"

#define ENDING_ENTRIES (1u << 14)

/* A backend's replies are small: a client lacks no more than so many bytes. */
#define REPLIES_SPAN (1u << 20)

/* Of each stage, in each poll: the burst has room for what else is due. */
#define ENDINGS_A_POLL 4

/* The pauses before each sending of the text. */
static const uint16_t text_ms[RESEND_STAGES] = {0, 400, 800, 1600};

/* The pauses before each repetition of QUIT, and before the resets. */
static const uint16_t quit_ms[RESEND_STAGES] = {400, 800, 1600, 57200};

int
ending_make(struct watch *watch, uint64_t tsc_hz)
{
	const int text =
		resend_make(&watch->text, ENDING_ENTRIES, text_ms, tsc_hz);
	const int quit =
		resend_make(&watch->quit, ENDING_ENTRIES, quit_ms, tsc_hz);

	return text != 0 ? text : quit;
}

/* Let a session wait in a stage.  Returns false if there is no room. */
static bool
wait_in(struct worker *w, struct resend_queue *queue,
	const struct mx_session *s, uint64_t now_tsc)
{
	const bool waits = resend_put(queue, session_index(&w->sessions, s),
				      s->client_seq, now_tsc);

	w->ends_waiting += waits;
	return waits;
}

/* The client's window in bytes.  A backend that does not scale makes it smaller
 * than this: the text that is too long for it is repeated. */
static uint32_t
room_of(const struct mx_session *s, uint16_t window)
{
	const struct offer offer =
		offer_unpack(s->syn, (s->kind & MX_SESSION_CLIENT6) != 0);

	return s->syn == 0 || offer.scale == OFFER_NO_SCALE
		       ? window
		       : (uint32_t)window << offer.scale;
}

/* What the client has acknowledged before the reply.  A stranger may have sent
 * the number. */
static uint32_t
acked_before(uint32_t heard, uint32_t reply_seq)
{
	return reply_seq - heard <= REPLIES_SPAN ? heard : reply_seq;
}

static struct parting
parting_of(const struct active_plan *active, const struct mx_session *s)
{
	return parting_begin(
		s->client_seq, s->server_seq,
		endframe_text_bytes(&active->plan.service[s->service]));
}

/* The numbers of the place are written before the state that gives them their
 * meaning: see sessions.h. */
void
ending_begin(struct worker *w, const struct active_plan *active,
	     struct mx_session *s, struct watch_record *record,
	     const struct transaction_said *reply)
{
	const uint32_t acked =
		acked_before(record->read.client_ack, reply->seq);
	const uint32_t client_seq = s->client_seq;
	const uint32_t server_seq = s->server_seq;

	s->client_seq = reply->ack;
	s->server_seq = reply->seq + reply->bytes;
	if (!wait_in(w, &w->watch->text.stage[0], s, rte_rdtsc())) {
		s->client_seq = client_seq;
		s->server_seq = server_seq;
		return;
	}
	record->client_seq = s->client_seq;
	record->parting = parting_of(active, s);
	record->parting.client_ack = acked;
	record->parting.client_room = room_of(s, record->window);
	atomic_signal_fence(memory_order_release);
	move_to(w, active, s, MX_SESSION_ENDING);
}

/* The record of the session, which an earlier process may have had. */
static struct watch_record *
record_of(struct worker *w, const struct active_plan *active,
	  const struct mx_session *s)
{
	struct watch_record *record = watch_find(w, s);

	if (record != NULL)
		return record;
	record = watch_get(w, s);
	if (record != NULL)
		record->parting = parting_of(active, s);
	return record;
}

void
ending_resume(struct worker *w, const struct mx_session *s)
{
	wait_in(w, &w->watch->text.stage[1], s, rte_rdtsc());
}

/* Do what a segment of one end makes necessary. */
static void
act(struct worker *w, const struct active_plan *active, struct mx_session *s,
    const struct watch_record *record, unsigned todo)
{
	const uint64_t now_tsc = rte_rdtsc();

	if (todo & PARTING_TEXT) {
		endframe_send_text(w, active, s, record);
		wait_in(w, &w->watch->text.stage[1], s, now_tsc);
	}
	if (todo & PARTING_QUIT) {
		endframe_send_quit(w, active, s, record);
		wait_in(w, &w->watch->quit.stage[0], s, now_tsc);
	}
	if (todo & PARTING_ACK_CLIENT)
		endframe_ack_client(w, s, record);
	if (todo & PARTING_ACK_BACKEND)
		endframe_ack_backend(w, active, s, record);
	if (todo & (PARTING_OVER | PARTING_RESET))
		move_to(w, active, s,
			todo & PARTING_OVER ? MX_SESSION_CLOSING
					    : MX_SESSION_RESET);
}

static struct parting_said
said_of(struct rte_mbuf *frame, const struct packet_info *info)
{
	const struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);

	return (struct parting_said){
		.seq = rte_be_to_cpu_32(tcp->sent_seq),
		.ack = rte_be_to_cpu_32(tcp->recv_ack),
		.payload_bytes = info->payload_bytes,
		.flags = info->tcp_flags,
	};
}

void
ending_note_stamps(struct watch_record *record, struct rte_mbuf *frame,
		   const struct packet_info *info)
{
	struct options_stamps stamps;

	if (!options_read_stamps(frame, info->ip_bytes, &stamps))
		return;
	/* An older segment may come later. */
	if (!record->stamped ||
	    (int32_t)(stamps.value - record->stamps.value) >= 0)
		record->stamps = stamps;
	record->stamped = true;
}

/* The client's segment tells the same, if an earlier process has heard the
 * backend. */
static void
note_echo(struct watch_record *record, struct rte_mbuf *frame,
	  const struct packet_info *info)
{
	struct options_stamps stamps;

	record->stamped = options_read_stamps(frame, info->ip_bytes, &stamps);
	if (record->stamped)
		record->stamps = (struct options_stamps){.value = stamps.echo,
							 .echo = stamps.value};
}

enum mx_drop
ending_client(struct worker *w, const struct active_plan *active,
	      struct mx_session *s, struct rte_mbuf *frame,
	      const struct packet_info *info)
{
	struct parting_said said = said_of(frame, info);
	struct watch_record *record = record_of(w, active, s);

	/* The operator ends the session at once: the segment is the reset. */
	if (end_order_has(active, &w->sessions, s)) {
		move_to(w, active, s, MX_SESSION_RESET);
		return MX_DROP_NONE;
	}
	if (checksum_verify(frame, info->ip_bytes) == CHECKSUM_WRONG)
		return MX_DROP_BAD_CHECKSUM;
	if (record == NULL)
		return MX_DROP_ENDING;
	said.room = room_of(
		s, rte_be_to_cpu_16(packet_tcp(frame, info->ip_bytes)->rx_win));
	const unsigned todo = parting_client(&record->parting, &said);
	if (todo != 0 && !record->stamped)
		note_echo(record, frame, info);
	act(w, active, s, record, todo);
	return MX_DROP_ENDING;
}

/* Cut off what is behind the reply that ended the session: the client has the
 * text in its place. */
static void
cut_behind(struct rte_mbuf *frame, const struct packet_info *info,
	   const struct parting_said *said, uint32_t end)
{
	struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);
	const uint32_t keep = end - said->seq;

	if (said->payload_bytes <= keep && !(said->flags & RTE_TCP_FIN_FLAG))
		return;
	tcp->tcp_flags &= (uint8_t)~RTE_TCP_FIN_FLAG;
	segment_cut(frame, info,
		    packet_tcp_bytes(tcp) + RTE_MIN(keep, said->payload_bytes));
}

enum mx_drop
ending_backend(struct worker *w, const struct active_plan *active,
	       struct mx_session *s, struct rte_mbuf *frame,
	       const struct packet_info *info)
{
	struct parting_said said = said_of(frame, info);
	struct watch_record *record = record_of(w, active, s);

	if (side_is_forged(active, s, frame))
		return MX_DROP_NOT_OURS;
	if (checksum_verify(frame, info->ip_bytes) == CHECKSUM_WRONG)
		return MX_DROP_BAD_CHECKSUM;
	if (record == NULL)
		return MX_DROP_ENDING;
	said.seq -= s->ack_shift;
	said.ack -= mx_session_shift(s);
	said.apart = side_is_apart(active, s, frame);
	if (said.apart)
		ending_note_stamps(record, frame, info);
	const unsigned todo = parting_backend(&record->parting, &said);
	act(w, active, s, record, todo);
	if (!(todo & PARTING_PASS))
		return MX_DROP_ENDING;
	if (!(todo & PARTING_RESET)) {
		cut_behind(frame, info, &said, record->parting.end);
		advance_data(w, active, s);
	}
	return MX_DROP_NONE;
}

/* The session of an entry, if it is still ENDING; or NULL. */
static struct mx_session *
session_of(struct worker *w, const struct resend_wait *wait)
{
	struct mx_session *s = session_at(&w->sessions, wait->session);

	return atomic_load_explicit(&s->state, memory_order_relaxed) ==
				       MX_SESSION_ENDING &&
			       s->client_seq == wait->client_seq
		       ? s
		       : NULL;
}

static void
repeat_text(struct worker *w, const struct active_plan *active,
	    struct mx_session *s, int stage, uint64_t now_tsc)
{
	struct watch_record *record = record_of(w, active, s);

	if (record == NULL)
		return;
	if (parting_wants_text(&record->parting)) {
		record->parting.told = true;
		endframe_send_text(w, active, s, record);
	}
	if (stage + 1 < RESEND_STAGES)
		wait_in(w, &w->watch->text.stage[stage + 1], s, now_tsc);
}

static void
repeat_quit(struct worker *w, const struct active_plan *active,
	    struct mx_session *s, int stage, uint64_t now_tsc)
{
	struct watch_record *record = record_of(w, active, s);

	if (record == NULL)
		return;
	/* Not RESET: what an end that missed its reset sends again would make
	 * the session an established one. */
	if (stage + 1 == RESEND_STAGES) {
		endframe_reset(w, active, s, record);
		move_to(w, active, s, MX_SESSION_CLOSING);
		return;
	}
	if (parting_wants_quit(&record->parting))
		endframe_send_quit(w, active, s, record);
	wait_in(w, &w->watch->quit.stage[stage + 1], s, now_tsc);
}

bool
ending_tick(struct worker *w, const struct active_plan *active,
	    uint64_t now_tsc)
{
	struct watch *watch = w->watch;
	struct resend_wait wait;
	bool any = false;

	for (int stage = 0; stage < RESEND_STAGES; stage++) {
		for (int i = 0;
		     i < ENDINGS_A_POLL &&
		     resend_take(&watch->text.stage[stage], now_tsc, &wait);
		     i++) {
			struct mx_session *s = session_of(w, &wait);

			any = true;
			w->ends_waiting--;
			if (s != NULL)
				repeat_text(w, active, s, stage, now_tsc);
		}
		for (int i = 0;
		     i < ENDINGS_A_POLL &&
		     resend_take(&watch->quit.stage[stage], now_tsc, &wait);
		     i++) {
			struct mx_session *s = session_of(w, &wait);

			any = true;
			w->ends_waiting--;
			if (s != NULL)
				repeat_quit(w, active, s, stage, now_tsc);
		}
	}
	return any;
}
