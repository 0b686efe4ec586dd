/* SPDX-License-Identifier: BSD-3-Clause */
#include "choose.h"
#include "denied.h"
#include "greet.h"
#include "greetframe.h"
#include "hold.h"
#include "limit.h"
#include "maker.h"
#include "open.h"
#include "outage.h"
#include "pressure.h"
#include "smtpline.h"
#include "verify.h"

/* How far behind its first byte a client's segment is still looked at. */
#define SPAN 65535

/* What a client's segment says beyond its flow. */
struct said {
	uint32_t seq;
	uint32_t ack;
	uint32_t next; /* behind its data and FIN */
	bool silent;   /* it has neither */
};

static struct said
read_said(struct rte_mbuf *frame, const struct packet_info *info)
{
	const struct rte_tcp_hdr *tcp = packet_tcp(frame, info->ip_bytes);
	const bool fin = info->tcp_flags & RTE_TCP_FIN_FLAG;
	const uint32_t seq = rte_be_to_cpu_32(tcp->sent_seq);

	return (struct said){
		.seq = seq,
		.ack = rte_be_to_cpu_32(tcp->recv_ack),
		.next = seq + info->payload_bytes + fin,
		.silent = info->payload_bytes == 0 && !fin,
	};
}

/* Does a segment continue what is known of its client?  Then the entry hears
 * it. */
static bool
is_known(struct echo *known, const struct said *said, uint32_t text)
{
	const uint32_t behind = said->seq - (known->client_isn + 1);
	const uint32_t acked = said->ack - (known->cookie + 1);

	if (known->kind != ECHO_TEXT && known->kind != ECHO_HEARD)
		return false;
	if (behind > SPAN || acked > text + 1)
		return false;
	if ((int32_t)(said->seq - known->heard) <= 0 &&
	    (int32_t)(said->next - known->heard) > 0)
		known->heard = said->next;
	return true;
}

/* Does a segment bring a cookie back, with or behind the text?  Only the first
 * one of a client can. */
static bool
brings_cookie(struct greet *greet, struct echo *entry, const struct said *said,
	      uint32_t text, uint32_t now_s)
{
	const struct cookie_about about = {&entry->flow, said->seq - 1};
	const uint32_t with = said->ack - 1;
	const uint32_t behind = with - text - 1;

	entry->client_isn = about.client_isn;
	entry->heard = said->next;
	entry->cookie = with;
	if (cookie_is_good(&greet->cookies, &about, with, now_s))
		return true;
	entry->cookie = behind;
	return cookie_is_good(&greet->cookies, &about, behind, now_s);
}

/* A client whose window is shut asks for a new one: an ACK of the number before
 * its next one, as Linux sends it (RFC 9293 3.8.6.1).  If its first ACK was lost,
 * this is what brings the cookie back. */
static bool
brings_cookie_by_probe(struct greet *greet, struct echo *entry,
		       const struct said *said, uint32_t text, uint32_t now_s)
{
	const struct said next = {said->seq + 1, said->ack, said->seq + 1,
				  true};

	return said->silent && brings_cookie(greet, entry, &next, text, now_s);
}

/* Why the client of a direct mode gets no backend now, in the order in which a
 * SYN is judged.  What has changed for the better since its SYN does not help
 * it: its number is none of a backend's.  Then the reason is that of its SYN.  If
 * that is forgotten, it is what the service last had no room for: no client hears
 * what another one is denied for. */
static enum mx_drop
judge(struct worker *w, const struct active_plan *active,
      const struct echo *entry, const struct echo *known)
{
	const struct mx_service *service =
		&active->plan.service[entry->service];
	enum mx_drop why = MX_DROP_NONE;

	if (denied_is(active, entry->service, &entry->flow.src))
		return MX_DROP_DENIED;
	why = limit_view_of(w, active, entry->service, &entry->flow.src).why;
	if (why != MX_DROP_NONE)
		return why;
	choose_backend(w, active, service, &entry->flow, &why);
	if (mx_drop_is_for_room(why))
		return why;
	return known != NULL && known->kind == ECHO_SYNACK &&
			       known->reason != MX_DROP_NONE
		       ? known->reason
		       : w->greet->service[entry->service].outage.why;
}

/* A client has got the text and the FIN.  What it sends is acknowledged. */
static enum mx_drop
say_goodbye(struct worker *w, struct rte_mbuf *frame, const struct echo *entry,
	    const struct said *said)
{
	if (said->silent)
		return MX_DROP_REFUSED;
	maker_empty(frame);
	greet_send_ack(w, frame, entry, said->ack);
	return MX_DROP_NONE;
}

/* The frame becomes the text. */
static void
say_text(struct worker *w, const struct active_plan *active,
	 struct rte_mbuf *frame, const struct echo *entry)
{
	maker_empty(frame);
	greet_send_text(w, active, frame, entry);
}

/* A client has brought its cookie back, and gets no session. */
static void
refuse(struct worker *w, const struct active_plan *active, struct echo *entry,
       uint64_t hash, enum mx_drop why)
{
	const enum mx_answer answer =
		smtp_line_answer(&active->plan.service[entry->service], why);

	entry->kind = ECHO_TEXT;
	entry->reason = (uint8_t)why;
	w->count->told[entry->service][answer][why]++;
	echo_note(&w->greet->echoes, hash, entry, w->greet->now_tsc);
}

/* Open a session for a client that has brought its cookie back.  Not in direct
 * modes.  Returns MX_DROP_NONE, or why it gets none. */
static enum mx_drop
open_for(struct worker *w, const struct active_plan *active,
	 struct rte_mbuf *frame, const struct packet_info *info,
	 const struct echo *entry)
{
	const struct open_numbers numbers = {
		.client_seq = entry->client_isn + 1,
		.server_seq = entry->cookie + 1,
		.syn = cookie_offer(entry->cookie),
		.state = hold_is_due(w, active, info->index, &entry->flow.src)
				 ? MX_SESSION_HELD
				 : MX_SESSION_JOINING,
	};

	const enum mx_drop why = open_proven(w, active, frame, info, &numbers);

	if (why == MX_DROP_NONE)
		pressure_take(w, info->index);
	return why;
}

/* A client that gets no session waits for a greeting: it gets the text, or a
 * reset where it could not read it.  Only a client that is denied or over its
 * limit may get nothing. */
static enum mx_drop
turn_away(struct worker *w, const struct active_plan *active,
	  struct rte_mbuf *frame, const struct packet_info *info,
	  struct echo *entry, enum mx_drop why)
{
	const enum mx_answer answer = mx_service_answer_waiting(
		&active->plan.service[info->index], why);

	if (answer == MX_ANSWER_DROP)
		return why;
	/* Beyond the rate it gets nothing, now or later. */
	if (!allowance_take(&w->greet->allowance, &entry->flow.src,
			    answer == MX_ANSWER_RESET ? ALLOWANCE_RESET
						      : ALLOWANCE_TEXT,
			    w->now_s))
		return MX_DROP_ANSWER_RATE;
	if (answer == MX_ANSWER_RESET) {
		w->count->told[info->index][answer][why]++;
		greet_send_reset(w, frame, info);
		return MX_DROP_NONE;
	}
	refuse(w, active, entry, info->hash, why);
	say_text(w, active, frame, entry);
	return MX_DROP_NONE;
}

/* A client brings its cookie back for the first time, as far as is known. */
static enum mx_drop
prove(struct worker *w, const struct active_plan *active,
      struct rte_mbuf *frame, const struct packet_info *info,
      struct echo *entry)
{
	struct echo *known =
		echo_find(&w->greet->echoes, info->hash, &entry->flow);
	const enum mx_drop why =
		mx_forward_is_direct(active->plan.service[info->index].forward)
			? judge(w, active, entry, known)
			: open_for(w, active, frame, info, entry);

	w->count->synacks_proven++;
	/* The SYN-ACK will be said again: the client comes back by itself. */
	if (mx_drop_is_for_room(why) &&
	    !outage_has_lasted(&w->greet->service[info->index].outage, w->now_s,
			       why) &&
	    known != NULL && known->kind == ECHO_SYNACK &&
	    w->now_s - known->since_s < OUTAGE_PATIENCE_S)
		return why;
	if (why != MX_DROP_NONE)
		return turn_away(w, active, frame, info, entry, why);
	if (known != NULL)
		known->kind = ECHO_EMPTY;
	return MX_DROP_JOINED;
}

/* A client gives up what it opened, or a host resets what somebody else has
 * opened in its name.  Nothing more is said to either. */
static void
hear_reset(struct echo *known, uint32_t seq)
{
	if (known->kind == ECHO_SYNACK && seq == known->client_isn + 1)
		known->kind = ECHO_EMPTY;
	else if (known->kind == ECHO_TEXT && seq == known->heard)
		known->kind = ECHO_HEARD;
}

enum mx_drop
greet_segment(struct worker *w, const struct active_plan *active,
	      struct rte_mbuf *frame, const struct packet_info *info)
{
	if (!greet_is_awaited(w, info->index) ||
	    info->tcp_flags & RTE_TCP_SYN_FLAG)
		return MX_DROP_NO_SESSION;
	const struct said said = read_said(frame, info);
	const struct mx_service *service = &active->plan.service[info->index];
	const uint32_t text = smtp_line_bytes(service);
	struct echo entry;

	greet_hear(w, frame, info, &entry);
	struct echo *known =
		echo_find(&w->greet->echoes, info->hash, &entry.flow);

	if (info->tcp_flags & RTE_TCP_RST_FLAG && known != NULL)
		hear_reset(known, said.seq);
	if (info->tcp_flags & RTE_TCP_RST_FLAG ||
	    !(info->tcp_flags & RTE_TCP_ACK_FLAG))
		return MX_DROP_NO_SESSION;
	const bool again = known != NULL && is_known(known, &said, text);
	if (!again && !brings_cookie(w->greet, &entry, &said, text, w->now_s) &&
	    !(service->implicit_tls &&
	      brings_cookie_by_probe(w->greet, &entry, &said, text,
				     w->now_s))) {
		w->count->synacks_unproven++;
		return MX_DROP_NO_SESSION;
	}
	if (checksum_verify(frame, info->ip_bytes) == CHECKSUM_WRONG)
		return MX_DROP_BAD_CHECKSUM;
	if (again)
		entry = *known;
	if (said.ack == entry.cookie + text + 2) {
		if (again)
			known->kind = ECHO_HEARD;
		return say_goodbye(w, frame, &entry, &said);
	}
	if (said.ack != entry.cookie + 1)
		return MX_DROP_REFUSED; /* it has a part of the text */
	if (!again)
		return prove(w, active, frame, info, &entry);
	if (!allowance_take(&w->greet->allowance, &entry.flow.src,
			    ALLOWANCE_TEXT, w->now_s))
		return MX_DROP_ANSWER_RATE;
	say_text(w, active, frame, &entry);
	return MX_DROP_NONE;
}
