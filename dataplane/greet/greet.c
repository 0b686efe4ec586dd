/* SPDX-License-Identifier: BSD-3-Clause */
#include "greet.h"

#include <errno.h>
#include <stdlib.h>

#include "denied.h"
#include "greetframe.h"
#include "hold.h"
#include "maker.h"
#include "options.h"
#include "outage.h"
#include "pressure.h"

/* How often entries are looked at: what is due is late by no more. */
#define TICKS_A_SECOND 1000

/* In a tick at most: the burst has room for others' frames too. */
#define REPEATS_A_TICK 8

int
greet_make(struct worker *w, uint64_t tsc_hz)
{
	w->greet = calloc(1, sizeof(*w->greet));
	if (w->greet == NULL)
		return -ENOMEM;
	if (allowance_make(&w->greet->allowance) != 0)
		return -ENOMEM;
	return echo_make(&w->greet->echoes, tsc_hz);
}

void
greet_begin(struct worker *w, const struct mx_hash_key *secret)
{
	cookie_begin(&w->greet->cookies, secret);
	w->greet->allowance.key = *secret;
	for (int i = 0; i < MX_SERVICES_MAX; i++) {
		w->greet->service[i].until_s = w->now_s + COOKIE_LIFE_S;
		/* Why that process gave one is not known. */
		w->greet->service[i].outage.why = MX_DROP_NO_BACKEND;
	}
}

void
greet_free(struct worker *w)
{
	if (w->greet != NULL) {
		echo_free(&w->greet->echoes);
		allowance_free(&w->greet->allowance);
	}
	free(w->greet);
	w->greet = NULL;
}

void
greet_prefetch(const struct worker *w, const struct packet_info *info)
{
	if (info->direction == DIRECTION_IN && greet_is_awaited(w, info->index))
		echo_prefetch(&w->greet->echoes, info->hash);
}

/* Reset a SYN.  Without room that is the answer to all clients, as of a host
 * whose port is closed.  Who is denied or over a limit gets as many as strangers
 * do. */
static enum mx_drop
answer_by_reset(struct worker *w, struct rte_mbuf *frame,
		const struct packet_info *info, enum mx_drop why)
{
	const struct mx_flow flow = packet_flow(frame, info);

	if (!mx_drop_is_for_room(why)) {
		if (!worker_may_reset(w))
			return why;
	} else if (!allowance_take(&w->greet->allowance, &flow.src,
				   ALLOWANCE_RESET, w->now_s)) {
		return MX_DROP_ANSWER_RATE;
	}
	w->count->told[info->index][MX_ANSWER_RESET][why]++;
	greet_send_reset(w, frame, info);
	return MX_DROP_NONE;
}

enum mx_drop
greet_syn(struct worker *w, const struct active_plan *active,
	  struct rte_mbuf *frame, const struct packet_info *info,
	  enum mx_drop why)
{
	const enum mx_answer answer =
		mx_service_answer(&active->plan.service[info->index], why);
	struct greet_service *service = &w->greet->service[info->index];

	if (why == MX_DROP_DENIED) {
		const struct mx_flow flow = packet_flow(frame, info);

		denied_count(w, active, &flow.src);
	}
	if (answer == MX_ANSWER_DROP ||
	    (mx_drop_is_for_room(why) &&
	     !outage_has_lasted(&service->outage, w->now_s, why)))
		return why;
	if (answer == MX_ANSWER_RESET)
		return answer_by_reset(w, frame, info, why);
	greet_cookie(w, active, frame, info, why);
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
	     struct rte_mbuf *frame, const struct packet_info *info,
	     enum mx_drop why)
{
	struct greet_service *service = &w->greet->service[info->index];
	struct echo entry;

	greet_hear(w, frame, info, &entry);
	entry.kind = ECHO_SYNACK;
	entry.reason = (uint8_t)why;
	entry.client_isn =
		rte_be_to_cpu_32(packet_tcp(frame, info->ip_bytes)->sent_seq);
	const struct cookie_about about = {&entry.flow, entry.client_isn};
	entry.cookie = cookie_make(&w->greet->cookies, &about,
				   agree(w, active, frame, info), w->now_s);
	service->until_s = w->now_s + COOKIE_LIFE_S;
	echo_note(&w->greet->echoes, info->hash, &entry, w->greet->now_tsc);
	w->count->synacks++;
	if (why == MX_DROP_NONE)
		pressure_give(w, info->index);
	maker_empty(frame);
	greet_send_synack(w, active, frame, &entry);
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
	w->greet->now_tsc = now_tsc;
	if (hold_tick(w, active))
		return true;
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
