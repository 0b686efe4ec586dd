/* SPDX-License-Identifier: BSD-3-Clause */
#include "journal.h"

#include <rte_tcp.h>

#include "endorder.h"

static struct reclaim_link *
link_of(struct worker *w, const struct mx_session *s)
{
	return &w->reclaim.link[session_index(&w->sessions, s)];
}

void
journal_assign(struct worker *w, const struct mx_session *s)
{
	link_of(w, s)->wait = 0;
}

void
journal_ask(struct worker *w, const struct mx_session *s)
{
	struct reclaim_link *link = link_of(w, s);

	if (link->wait == 0)
		link->wait = JOURNAL_ASKED;
}

bool
journal_silent(struct worker *w, const struct mx_session *s, bool own)
{
	struct reclaim_link *link = link_of(w, s);

	if (link->wait != JOURNAL_ASKED)
		return false;
	link->wait = JOURNAL_TOLD;
	journal_unserved(w, s, MX_UNSERVED_SILENT, own);
	return true;
}

void
journal_wait(struct worker *w, const struct mx_session *s)
{
	link_of(w, s)->wait = ticks_now(&w->ticks);
}

static void
put(struct worker *w, const struct mx_session *s, struct mx_event *event)
{
	const struct mx_session_wide ends = session_ends(&w->sessions, s);

	event->at_tsc = rte_rdtsc();
	event->at_s = w->now_s;
	event->opened_s = s->opened_s;
	event->client = ends.client;
	event->client_port_be = s->client_port_be;
	event->backend = s->backend;
	event->service = s->service;
	mx_event_put(&w->count->events, event);
}

/* What the first word is; MX_GREETINGS: it is none. */
static enum mx_greeting
greeting_of(const struct heard *heard, uint8_t first)
{
	if (heard->payload_bytes > 0)
		return first == '4'   ? MX_GREETING_4XX
		       : first == '5' ? MX_GREETING_5XX
				      : MX_GREETING_SERVES;
	if (heard->flags & RTE_TCP_RST_FLAG)
		return MX_GREETING_RST;
	return heard->flags & RTE_TCP_FIN_FLAG ? MX_GREETING_FIN : MX_GREETINGS;
}

/* How long the session has waited for its greeting, in microseconds; 0: that is
 * not known, or it has its greeting. */
static uint32_t
wait_of(struct worker *w, const struct mx_session *s)
{
	const uint32_t wait = link_of(w, s)->wait;

	if (wait == 0 || wait & JOURNAL_WAITED)
		return 0;
	return ticks_us(&w->ticks, wait, ticks_now(&w->ticks)) &
	       ~JOURNAL_WAITED;
}

static uint32_t
end_wait(struct worker *w, const struct mx_session *s)
{
	const uint32_t us = wait_of(w, s);

	if (us != 0)
		link_of(w, s)->wait = JOURNAL_WAITED | us;
	return us;
}

static void
count_wait(struct mx_timing *timing, uint32_t us)
{
	timing->waits++;
	timing->wait_us += us;
	timing->wait[mx_time_bucket(us >> MX_WAIT_SHIFT)]++;
}

/* Has the client said a word, or ended its side, before the backend's first word?
 * A crafted segment may not look early (flow/early.h), but the backend acknowledges
 * what it has taken. */
static bool
has_client_spoken(const struct mx_session *s, const struct heard *heard)
{
	const uint32_t taken = heard->ack - s->client_seq - mx_session_shift(s);

	return s->flags & MX_SESSION_EARLY ||
	       (heard->flags & RTE_TCP_ACK_FLAG && (int32_t)taken > 0);
}

void
journal_hear(struct worker *w, const struct mx_session *s,
	     const struct heard *heard, uint8_t first, bool own)
{
	const enum mx_greeting what = greeting_of(heard, first);
	const bool asked = has_client_spoken(s, heard);
	struct mx_timing *timing = &w->count->timing[s->backend];

	if (what == MX_GREETINGS || heard->seq != s->server_seq ||
	    (what == MX_GREETING_RST && !own))
		return; /* an RST of a stranger ends nothing */
	struct mx_event event = {
		.kind = MX_EVENT_GREETED,
		.what = (uint8_t)what,
		.flags = own && !asked ? MX_EVENT_OWN : 0,
		.wait_us = end_wait(w, s),
	};
	timing->greeting[what]++;
	/* A client that spoke first made the backend wait. */
	if (what == MX_GREETING_SERVES && event.wait_us != 0 && !asked)
		count_wait(timing, event.wait_us);
	put(w, s, &event);
}

void
journal_unserved(struct worker *w, const struct mx_session *s,
		 enum mx_unserved kind, bool own)
{
	struct mx_event event = {
		.kind = MX_EVENT_UNSERVED,
		.what = (uint8_t)kind,
		.flags = own ? MX_EVENT_OWN : 0,
		.wait_us = kind == MX_UNSERVED_MUTE ? wait_of(w, s) : 0,
	};

	put(w, s, &event);
}

/* What an end has sent, by a segment of its own. */
static uint32_t
sent_by(const struct mx_session *s, const struct heard *heard, bool of_client)
{
	return heard->seq + heard->payload_bytes -
	       (of_client ? s->client_seq : s->server_seq);
}

void
journal_closed(struct worker *w, const struct mx_session *s,
	       const struct heard *heard, bool of_client)
{
	link_of(w, s)->sent = sent_by(s, heard, of_client) + 1;
}

/* A header is in the numbers that the backend acknowledges.  The answer to the
 * question of doubt.h tells nothing.  A number that acknowledges a FIN counts
 * the FIN, so an end that has sent one is asked what it had sent by then. */
void
journal_last_words(struct worker *w, const struct mx_session *s,
		   const struct heard *heard, uint8_t before, bool of_client)
{
	const bool has_closed = before == MX_SESSION_CLIENT_FIN ||
				before == MX_SESSION_BACKEND_FIN;
	const uint32_t closed = has_closed ? link_of(w, s)->sent : 0;
	struct last_words words = {
		.known = true,
		.of_client = of_client || mx_session_is_doubted(before),
		.bytes_known = heard->flags & RTE_TCP_ACK_FLAG &&
			       !mx_session_is_doubted(before),
	};

	if (of_client) {
		words.bytes_in = sent_by(s, heard, true);
		words.bytes_out = heard->ack - s->server_seq;
	} else {
		words.bytes_in =
			heard->ack - s->client_seq - mx_session_shift(s);
		words.bytes_out = sent_by(s, heard, false);
	}
	if (closed != 0 && before == MX_SESSION_CLIENT_FIN)
		words.bytes_in = closed - 1;
	if (closed != 0 && before == MX_SESSION_BACKEND_FIN)
		words.bytes_out = closed - 1;
	w->last_words = words;
}

static void
put_end(struct worker *w, const struct mx_session *s, enum mx_end how)
{
	const uint32_t wait = link_of(w, s)->wait;
	const struct last_words *words = &w->last_words;
	const struct mx_session_wide ends = session_ends(&w->sessions, s);
	struct mx_ended ended = {
		.at_tsc = rte_rdtsc(),
		.at_s = w->now_s,
		.opened_s = s->opened_s,
		.client = ends.client,
		.vip = ends.vip,
		.wait_us = wait & JOURNAL_WAITED ? wait & ~JOURNAL_WAITED : 0,
		.client_port_be = s->client_port_be,
		.vip_port_be = s->vip_port_be,
		.backend = s->backend,
		.began = w->reclaim.began[session_index(&w->sessions, s)],
		.service = s->service,
		.how = (uint8_t)how,
	};

	if (words->known && words->bytes_known) {
		ended.flags = MX_ENDED_BYTES;
		ended.bytes_in = words->bytes_in;
		ended.bytes_out = words->bytes_out;
	}
	w->count->timing[s->backend]
		.length[mx_time_bucket(w->now_s - s->opened_s)]++;
	mx_ring_put(w->ended, &ended, MX_ENDED_WORDS);
}

/* An RST of the client's may be ours: the operator ended the session. */
static bool
is_ended(const struct worker *w, const struct mx_session *s, uint8_t after)
{
	return after == MX_SESSION_RESET && w->counted != NULL &&
	       end_order_had(&w->counted->plan, &w->sessions, s);
}

static enum mx_end
end_of(const struct last_words *words, uint8_t after)
{
	if (after == MX_SESSION_CLOSING)
		return MX_END_CLOSED;
	if (after == MX_SESSION_REFUSED)
		return MX_END_REFUSED;
	if (!words->known)
		return MX_END_GIVEN_UP;
	return words->of_client ? MX_END_CLIENT_RESET : MX_END_BACKEND_RESET;
}

void
journal_move(struct worker *w, const struct mx_session *s, uint8_t after)
{
	put_end(w, s,
		is_ended(w, s, after) ? MX_END_GIVEN_UP
				      : end_of(&w->last_words, after));
	w->last_words.known = false;
}

void
journal_leave(struct worker *w, const struct mx_session *s)
{
	w->last_words.known = false;
	put_end(w, s,
		s->deadline_s <= w->now_s ? MX_END_SILENT : MX_END_GIVEN_UP);
}
