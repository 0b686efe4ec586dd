/* SPDX-License-Identifier: BSD-3-Clause */
#include "greet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "choose.h"
#include "greetframe.h"
#include "maker.h"
#include "open.h"
#include "options.h"
#include "smtpline.h"
#include "verify.h"

/* How far behind its first byte a client's segment is still looked at. */
#define SPAN 65535

/* How often entries are looked at: what is due is late by no more. */
#define TICKS_A_SECOND 1000

/* In a tick at most: the burst has room for others' frames too. */
#define REPEATS_A_TICK 8

int
greet_make(struct worker *w, uint64_t tsc_hz)
{
	w->greet = calloc(1, sizeof(*w->greet));
	return w->greet == NULL ? -ENOMEM
				: echo_make(&w->greet->echoes, tsc_hz);
}

void
greet_begin(struct worker *w, const struct mx_hash_key *secret)
{
	cookie_begin(&w->greet->cookies, secret);
	for (int i = 0; i < MX_SERVICES_MAX; i++) {
		w->greet->service[i].until_s = w->now_s + COOKIE_LIFE_S;
		/* Why that process gave one is not known. */
		w->greet->service[i].why = MX_DROP_NO_BACKEND;
	}
}

void
greet_free(struct worker *w)
{
	if (w->greet != NULL)
		echo_free(&w->greet->echoes);
	free(w->greet);
	w->greet = NULL;
}

/* Is the SYN dropped for want of a place for its session? */
static bool
is_for_want_of_room(enum mx_drop why)
{
	return why == MX_DROP_NO_BACKEND || why == MX_DROP_ALL_FULL ||
	       why == MX_DROP_NO_PORT || why == MX_DROP_TABLE_FULL;
}

/* Note that a SYN of a service cannot be served.  Returns whether that has
 * lasted. */
static bool
has_lasted(struct greet_service *service, uint32_t now_s, enum mx_drop why)
{
	if (service->last_s == 0 || now_s - service->last_s > GREET_LULL_S)
		service->since_s = now_s;
	service->last_s = now_s;
	service->why = (uint8_t)why;
	return now_s - service->since_s >= GREET_PATIENCE_S;
}

/* What a frame tells of its client, as an entry of no kind yet. */
static struct echo
hear(const struct worker *w, struct rte_mbuf *frame,
     const struct packet_info *info)
{
	struct echo entry = {
		.flow = packet_flow(frame, info),
		.since_s = w->now_s,
		.port = (uint8_t)frame->port,
		.service = (uint8_t)info->index,
	};

	memcpy(entry.mac, packet_headers(frame)->ether.src_addr.addr_bytes,
	       sizeof(entry.mac));
	return entry;
}

enum mx_drop
greet_syn(struct worker *w, const struct active_plan *active,
	  struct rte_mbuf *frame, const struct packet_info *info,
	  enum mx_drop why)
{
	const uint8_t answer = active->plan.service[info->index].answer;
	struct greet_service *service = &w->greet->service[info->index];

	if (answer == MX_ANSWER_DROP || !is_for_want_of_room(why) ||
	    !has_lasted(service, w->now_s, why))
		return why;
	if (answer == MX_ANSWER_RESET) {
		w->count->told[info->index][answer][why]++;
		greet_send_reset(w, frame, info);
		return MX_DROP_NONE;
	}
	greet_cookie(w, active, frame, info);
	return MX_DROP_NONE;
}

/* What a SYN-ACK agrees to with a client, in the byte of a cookie. */
static uint8_t
agree(struct worker *w, const struct active_plan *active,
      struct rte_mbuf *frame, const struct packet_info *info)
{
	const struct profile *told = profiles_told(&w->profiles, &active->plan,
						   info->index, w->now_s);
	struct offer agreed = options_read_offer(frame, info->ip_bytes);

	if (told->says.scale == OFFER_NO_SCALE)
		agreed.scale = OFFER_NO_SCALE;
	agreed.sack = agreed.sack && told->says.sack;
	return offer_note(&agreed,
			  info->ip_bytes == sizeof(struct rte_ipv6_hdr));
}

void
greet_cookie(struct worker *w, const struct active_plan *active,
	     struct rte_mbuf *frame, const struct packet_info *info)
{
	struct greet_service *service = &w->greet->service[info->index];
	struct echo entry = hear(w, frame, info);

	entry.kind = ECHO_SYNACK;
	entry.client_isn =
		rte_be_to_cpu_32(packet_tcp(frame, info->ip_bytes)->sent_seq);
	const struct cookie_about about = {&entry.flow, entry.client_isn};
	entry.cookie = cookie_make(&w->greet->cookies, &about,
				   agree(w, active, frame, info), w->now_s);
	service->until_s = w->now_s + COOKIE_LIFE_S;
	echo_note(&w->greet->echoes, info->hash, &entry, rte_rdtsc());
	w->count->synacks++;
	maker_empty(frame);
	greet_send_synack(w, active, frame, &entry);
}

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

/* Why the client of a direct mode gets no backend now.  Room that has come back
 * since its SYN does not help it: its number is none of a backend's. */
static enum mx_drop
judge_direct(struct worker *w, const struct active_plan *active,
	     const struct echo *entry)
{
	const struct mx_service *service =
		&active->plan.service[entry->service];
	enum mx_drop why = MX_DROP_NONE;

	choose_backend(w, active, service, &entry->flow, &why);
	return is_for_want_of_room(why) ? why
					: w->greet->service[entry->service].why;
}

static bool
may_say(struct greet *greet, uint32_t now_s)
{
	if (greet->second_s != now_s) {
		greet->second_s = now_s;
		greet->texts = 0;
	}
	return greet->texts++ < GREET_TEXTS_A_SECOND;
}

/* A client that is proven has not got all of the text. */
static enum mx_drop
say_text(struct worker *w, const struct active_plan *active,
	 struct rte_mbuf *frame, const struct echo *entry)
{
	if (!may_say(w->greet, w->now_s))
		return MX_DROP_ANSWER_RATE;
	maker_empty(frame);
	greet_send_text(w, active, frame, entry);
	return MX_DROP_NONE;
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

/* A client has brought its cookie back, and gets no session. */
static void
refuse(struct worker *w, const struct active_plan *active, struct echo *entry,
       uint64_t hash, enum mx_drop why)
{
	const uint8_t answer =
		active->plan.service[entry->service].answer == MX_ANSWER_554
			? MX_ANSWER_554
			: MX_ANSWER_421;

	entry->kind = ECHO_TEXT;
	entry->reason = (uint8_t)why;
	w->count->told[entry->service][answer][why]++;
	echo_note(&w->greet->echoes, hash, entry, rte_rdtsc());
}

/* Open a session for a client that has brought its cookie back.  Returns
 * MX_DROP_NONE, or why it gets none. */
static enum mx_drop
open_for(struct worker *w, const struct active_plan *active,
	 struct rte_mbuf *frame, const struct packet_info *info,
	 const struct echo *entry)
{
	const struct mx_service *service = &active->plan.service[info->index];
	const struct open_numbers numbers = {
		.client_seq = entry->client_isn + 1,
		.server_seq = entry->cookie + 1,
		.syn = cookie_offer(entry->cookie),
		.state = MX_SESSION_JOINING,
	};

	if (mx_forward_is_direct(service->forward))
		return judge_direct(w, active, entry);
	return open_proven(w, active, frame, info, &numbers);
}

/* A client that gets no session waits for a greeting: it gets the text, or a
 * reset where it could not read it. */
static enum mx_drop
turn_away(struct worker *w, const struct active_plan *active,
	  struct rte_mbuf *frame, const struct packet_info *info,
	  struct echo *entry, enum mx_drop why)
{
	const struct mx_service *service = &active->plan.service[info->index];
	const bool room = is_for_want_of_room(why);

	if (room && !service->implicit_tls &&
	    service->answer != MX_ANSWER_RESET) {
		refuse(w, active, entry, info->hash, why);
		return say_text(w, active, frame, entry);
	}
	if (!room && why != MX_DROP_DENIED)
		return why;
	if (room)
		w->count->told[info->index][MX_ANSWER_RESET][why]++;
	else if (service->deny.answer != MX_DENY_RESET)
		return why;
	greet_send_reset(w, frame, info);
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
	const enum mx_drop why = open_for(w, active, frame, info, entry);

	w->count->synacks_proven++;
	/* The SYN-ACK will be said again: the client comes back by itself. */
	if (is_for_want_of_room(why) &&
	    !has_lasted(&w->greet->service[info->index], w->now_s, why) &&
	    known != NULL && known->kind == ECHO_SYNACK &&
	    w->now_s - known->since_s < GREET_PATIENCE_S)
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
	const uint32_t text =
		smtp_line_bytes(&active->plan.service[info->index]);
	struct echo entry = hear(w, frame, info);
	struct echo *known =
		echo_find(&w->greet->echoes, info->hash, &entry.flow);

	if (info->tcp_flags & RTE_TCP_RST_FLAG && known != NULL)
		hear_reset(known, said.seq);
	if (info->tcp_flags & RTE_TCP_RST_FLAG ||
	    !(info->tcp_flags & RTE_TCP_ACK_FLAG))
		return MX_DROP_NO_SESSION;
	const bool again = known != NULL && is_known(known, &said, text);
	if (!again && !brings_cookie(w->greet, &entry, &said, text, w->now_s)) {
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
	return say_text(w, active, frame, &entry);
}

/* Say an entry again, in a frame of its own. */
static void
say_again(struct worker *w, const struct active_plan *active,
	  const struct echo *entry)
{
	struct rte_mbuf *made;

	if (!active->plan.service[entry->service].used ||
	    (made = worker_make_frame(w)) == NULL)
		return;
	if (entry->kind == ECHO_SYNACK) {
		w->count->synacks_again++;
		greet_send_synack(w, active, made, entry);
	} else {
		w->count->texts_again++;
		greet_send_text(w, active, made, entry);
	}
}

bool
greet_tick(struct worker *w, const struct active_plan *active, uint64_t now_tsc)
{
	for (int i = 0; i < REPEATS_A_TICK; i++) {
		const struct echo *entry =
			echo_due(&w->greet->echoes, w->now_s, now_tsc);

		if (entry == NULL) {
			w->greet_tsc = now_tsc + w->tsc_hz / TICKS_A_SECOND;
			return i > 0;
		}
		say_again(w, active, entry);
	}
	return true;
}
