/* SPDX-License-Identifier: BSD-3-Clause */
#include "reclaim.h"

#include "journal.h"
#include "tcpstate.h"

/* How long an ended session rests: its last ACKs have passed by then. */
#define OVER_REST_S 1

/* The list of the sessions of a state, or NULL.  The client of a JOINING or HELD
 * session has proven its address, and would wait for a greeting in vain. */
static struct reclaim_list *
list_of(struct reclaim *reclaim, const struct mx_session *s, uint8_t state)
{
	if (state == MX_SESSION_JOINING)
		return NULL;
	if (state == MX_SESSION_HELD)
		return &reclaim->held[s->service];
	if (state == MX_SESSION_GREETING && !session_is_direct(s))
		return &reclaim->greeting[s->service];
	switch (session_class_of(state, session_is_direct(s))) {
	case SESSION_CLASS_HALF:
		return &reclaim->half;
	case SESSION_CLASS_OVER:
		return &reclaim->over;
	case SESSION_CLASS_LIVE:
	case SESSION_CLASS_DOUBTED:
		break;
	}
	return NULL;
}

static uint8_t
state_of(const struct mx_session *s)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed);
}

void
reclaim_enter(struct worker *w, const struct mx_session *s)
{
	struct reclaim_list *list = list_of(&w->reclaim, s, state_of(s));

	if (list != NULL)
		reclaim_list_put(&w->reclaim, list,
				 session_index(&w->sessions, s), w->now_s);
}

void
reclaim_move(struct worker *w, const struct mx_session *s, uint8_t before,
	     uint8_t after)
{
	struct reclaim_list *from = list_of(&w->reclaim, s, before);
	struct reclaim_list *to = list_of(&w->reclaim, s, after);
	const uint32_t index = session_index(&w->sessions, s);

	if (from == to)
		return;
	if (from != NULL)
		reclaim_list_take(&w->reclaim, from, index);
	if (to != NULL)
		reclaim_list_put(&w->reclaim, to, index, w->now_s);
	if (after == MX_SESSION_GREETING)
		journal_wait(w, s);
}

void
reclaim_leave(struct worker *w, const struct mx_session *s)
{
	struct reclaim_list *list = list_of(&w->reclaim, s, state_of(s));

	if (list != NULL)
		reclaim_list_take(&w->reclaim, list,
				  session_index(&w->sessions, s));
}

bool
reclaim_hasten(struct worker *w, const struct mx_session *s)
{
	if (state_of(s) != MX_SESSION_GREETING || session_is_direct(s))
		return false;
	reclaim_list_hasten(&w->reclaim,
			    list_of(&w->reclaim, s, MX_SESSION_GREETING),
			    session_index(&w->sessions, s));
	return true;
}

struct mx_session *
reclaim_next(const struct worker *w)
{
	const struct reclaim *reclaim = &w->reclaim;
	uint32_t index = reclaim->over.oldest;

	/* Those that ended later have rested less. */
	if (index == SESSION_NONE ||
	    w->now_s - reclaim->link[index].since_s < OVER_REST_S)
		index = reclaim->half.oldest;
	return index == SESSION_NONE ? NULL : session_at(&w->sessions, index);
}
