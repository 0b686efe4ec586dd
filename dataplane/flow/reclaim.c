/* SPDX-License-Identifier: BSD-3-Clause */
#include "reclaim.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "tcpstate.h"
#include "worker.h"

/* How long an ended session rests: its last ACKs have passed by then. */
#define OVER_REST_S 1

int
reclaim_make(struct reclaim *reclaim, uint32_t sessions)
{
	static const struct reclaim_list empty = {SESSION_NONE, SESSION_NONE};
	const size_t bytes = sessions * sizeof(struct reclaim_link);

	*reclaim = (struct reclaim){.half = empty, .over = empty};
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -ENOMEM;
	/* Touched now rather than by a packet, in huge pages if there are. */
	madvise(at, bytes, MADV_HUGEPAGE);
	memset(at, 0, bytes);
	reclaim->link = at;
	reclaim->bytes = bytes;
	return 0;
}

void
reclaim_free(struct reclaim *reclaim)
{
	if (reclaim->link != NULL)
		munmap(reclaim->link, reclaim->bytes);
	reclaim->link = NULL;
}

/* The list of the sessions of a state, or NULL. */
static struct reclaim_list *
list_of(struct reclaim *reclaim, const struct mx_session *s, uint8_t state)
{
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

static void
list_put(struct worker *w, struct reclaim_list *list, uint32_t index)
{
	struct reclaim_link *link = w->reclaim.link;

	link[index] = (struct reclaim_link){
		.older = list->newest,
		.newer = SESSION_NONE,
		.since_s = w->now_s,
	};
	if (list->newest == SESSION_NONE)
		list->oldest = index;
	else
		link[list->newest].newer = index;
	list->newest = index;
}

static void
list_take(struct worker *w, struct reclaim_list *list, uint32_t index)
{
	struct reclaim_link *link = w->reclaim.link;
	const struct reclaim_link its = link[index];

	if (its.older == SESSION_NONE)
		list->oldest = its.newer;
	else
		link[its.older].newer = its.newer;
	if (its.newer == SESSION_NONE)
		list->newest = its.older;
	else
		link[its.newer].older = its.older;
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
		list_put(w, list, session_index(&w->sessions, s));
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
		list_take(w, from, index);
	if (to != NULL)
		list_put(w, to, index);
}

void
reclaim_leave(struct worker *w, const struct mx_session *s)
{
	struct reclaim_list *list = list_of(&w->reclaim, s, state_of(s));

	if (list != NULL)
		list_take(w, list, session_index(&w->sessions, s));
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
