/* SPDX-License-Identifier: BSD-3-Clause */
#include "account.h"

#include "journal.h"
#include "tcpstate.h"

static uint8_t
state_of(const struct mx_session *s)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed);
}

static void
count_attempt(struct mx_flow_count *count)
{
	count->attempts++;
}

/* A half-open session that a FIN or an RST ends was opened and closed. */
static void
count_move(struct mx_flow_count *count, enum session_class before,
	   enum session_class after)
{
	count->opened += before == SESSION_CLASS_HALF;
	count->closed += after == SESSION_CLASS_OVER;
	count->closed -= before == SESSION_CLASS_OVER;
	count->doubted += after == SESSION_CLASS_DOUBTED;
	count->doubted -= before == SESSION_CLASS_DOUBTED;
}

static bool is_begun(enum session_class class)
{
	return class == SESSION_CLASS_LIVE || class == SESSION_CLASS_DOUBTED;
}

static void
count_end(struct mx_flow_count *count, enum session_class class)
{
	const bool abandoned = is_begun(class);

	count->lapsed += class == SESSION_CLASS_HALF;
	count->closed += abandoned;
	count->abandoned += abandoned;
	count->doubted -= class == SESSION_CLASS_DOUBTED;
}

/* The gauge of a state, or NULL. */
static uint64_t *
gauge_of(struct mx_flow_count *count, uint8_t state)
{
	switch (state) {
	case MX_SESSION_WATCHED:
		return &count->watched;
	case MX_SESSION_SEALED:
		return &count->sealed;
	case MX_SESSION_ENDING:
		return &count->ending;
	default:
		return NULL;
	}
}

static void
gauge(struct mx_flow_count *count, uint8_t before, uint8_t after)
{
	uint64_t *from = gauge_of(count, before);
	uint64_t *to = gauge_of(count, after);

	if (from != NULL)
		(*from)--;
	if (to != NULL)
		(*to)++;
	count->ended += before == MX_SESSION_ENDING;
}

static uint64_t *
pool_sessions(struct worker *w, const struct mx_session *s)
{
	return &w->pool_sessions[w->pool_of[s->backend]];
}

static void
note_peak(struct worker *w, uint8_t service)
{
	const struct mx_flow_count *count = &w->count->service[service];
	const uint32_t now = (uint32_t)(count->opened - count->closed);

	if (w->count->peak[service] < now)
		w->count->peak[service] = now;
}

void
account_attempt(struct worker *w, const struct mx_session *s)
{
	count_attempt(&w->count->backend[s->backend]);
	count_attempt(&w->count->service[s->service]);
}

void
account_replace(struct worker *w, const struct mx_session *s, uint16_t id)
{
	count_end(&w->count->backend[s->backend], SESSION_CLASS_HALF);
	count_attempt(&w->count->backend[id]);
}

void
account_hand_over(struct worker *w, const struct mx_session *s, uint16_t id)
{
	w->count->backend[s->backend].closed++;
	w->count->service[s->service].opened--;
	count_attempt(&w->count->backend[id]);
	(*pool_sessions(w, s))--;
}

void
account_unserved(struct worker *w, const struct mx_session *s,
		 enum mx_unserved kind)
{
	w->count->backend[s->backend].unserved[kind]++;
	w->count->service[s->service].unserved[kind]++;
}

void
account_move(struct worker *w, const struct mx_session *s, uint8_t before,
	     uint8_t after)
{
	const bool direct = session_is_direct(s);
	const enum session_class from = session_class_of(before, direct);
	const enum session_class to = session_class_of(after, direct);

	gauge(&w->count->backend[s->backend], before, after);
	gauge(&w->count->service[s->service], before, after);
	if (from == to)
		return;
	count_move(&w->count->backend[s->backend], from, to);
	count_move(&w->count->service[s->service], from, to);
	*pool_sessions(w, s) += to == SESSION_CLASS_LIVE;
	*pool_sessions(w, s) -= from == SESSION_CLASS_LIVE;
	if (from == SESSION_CLASS_HALF)
		note_peak(w, s->service);
	if (to == SESSION_CLASS_OVER && is_begun(from))
		journal_move(w, s, after);
}

void
account_end(struct worker *w, const struct mx_session *s)
{
	const enum session_class class =
		session_class_of(state_of(s), session_is_direct(s));

	count_end(&w->count->backend[s->backend], class);
	count_end(&w->count->service[s->service], class);
	gauge(&w->count->backend[s->backend], state_of(s), MX_SESSION_FREE);
	gauge(&w->count->service[s->service], state_of(s), MX_SESSION_FREE);
	*pool_sessions(w, s) -= class == SESSION_CLASS_LIVE;
	if (is_begun(class))
		journal_leave(w, s);
}

void
account_recover(struct worker *w, const struct mx_session *s)
{
	account_attempt(w, s);
	account_move(w, s, MX_SESSION_OPENING, state_of(s));
}
