/* SPDX-License-Identifier: BSD-3-Clause */
#include "limit.h"

#include <string.h>

#include <rte_prefetch.h>

#include "denied.h"
#include "tcpstate.h"

/* How many sessions are looked at in each poll.  They are side by side in
 * memory. */
#define SWEEP_STEPS 16

/* "QUIT\r\n", the shortest command that ends a session. */
#define COMMAND_BYTES 6

static const struct mx_client_limits *
limits_of(const struct active_plan *active, uint8_t service)
{
	return &active->plan.service[service].clients;
}

static bool
has_prefix_limit(const struct mx_client_limits *limits)
{
	return limits->prefix_sessions != 0 || limits->prefix_per_10s != 0;
}

/* The keys of a client of a service. */
struct keys {
	uint64_t address;
	uint64_t prefix;
};

static struct keys
keys_of(const struct clients *clients, const struct mx_client_limits *limits,
	uint8_t service, const struct mx_addr *client)
{
	const uint8_t bits = limit_prefix_bits(limits, client);
	const struct mx_addr first = mx_addr_first(client, bits);

	return (struct keys){
		clients_key(clients, service, client, CLIENTS_ADDRESS_BITS),
		clients_key(clients, service, &first, bits),
	};
}

static void
prefetch(const struct clients *clients, const struct mx_client_limits *limits,
	 const struct keys *keys)
{
	clients_prefetch(clients, keys->address);
	if (has_prefix_limit(limits))
		clients_prefetch(clients, keys->prefix);
}

static bool
is_over(const struct clients_seen *seen, uint32_t sessions, uint32_t per_10s)
{
	return (sessions != 0 && seen->sessions >= sessions) ||
	       (per_10s != 0 && seen->recent >= per_10s);
}

void
limit_prefetch(const struct worker *w, const struct active_plan *active,
	       uint8_t service, const struct mx_addr *client)
{
	const struct mx_client_limits *limits = limits_of(active, service);
	const struct limiter *limiter = limiter_of(w);

	if (limiter == NULL)
		return;
	const struct keys keys =
		keys_of(limiter->clients, limits, service, client);
	prefetch(limiter->clients, limits, &keys);
}

struct limit_view
limit_view_of(const struct worker *w, const struct active_plan *active,
	      uint8_t service, const struct mx_addr *client)
{
	const struct mx_client_limits *limits = limits_of(active, service);
	const struct limiter *limiter = limiter_of(w);
	struct limit_view view = {.reserve = true};

	if (limiter == NULL || allowed_is(active, service, client))
		return view;
	const struct clients *clients = limiter->clients;
	const struct keys keys = keys_of(clients, limits, service, client);
	prefetch(clients, limits, &keys);
	const struct clients_seen seen =
		clients_look(clients, keys.address, w->now_s);
	view.reserve = seen.known;
	if (is_over(&seen, limits->sessions, limits->per_10s)) {
		view.why = MX_DROP_CLIENT_LIMIT;
	} else if (has_prefix_limit(limits)) {
		const struct clients_seen all =
			clients_look(clients, keys.prefix, w->now_s);
		if (is_over(&all, limits->prefix_sessions,
			    limits->prefix_per_10s))
			view.why = MX_DROP_PREFIX_LIMIT;
	}
	return view;
}

bool
limit_trusts(const struct worker *w, const struct active_plan *active,
	     uint8_t service, const struct mx_addr *client)
{
	const struct limiter *limiter = limiter_of(w);

	if (allowed_is(active, service, client))
		return true;
	if (limiter == NULL)
		return false;
	const struct keys keys = keys_of(
		limiter->clients, limits_of(active, service), service, client);
	return clients_look(limiter->clients, keys.address, w->now_s).known;
}

static struct limit_place *
place_of(const struct worker *w, const struct limiter *limiter,
	 const struct mx_session *s)
{
	return &limiter->place[session_index(&w->sessions, s)];
}

static void
forget(struct clients *clients, uint32_t *place)
{
	if (*place != CLIENTS_NONE)
		clients_remove(clients, *place);
	*place = CLIENTS_NONE;
}

static void
uncount(const struct limiter *limiter, struct limit_place *place)
{
	forget(limiter->clients, &place->address);
	forget(limiter->clients, &place->prefix);
}

/* Count a session now, at the places of *place.  Nothing is counted where the
 * client is over a limit. */
static enum mx_drop
count_at_once(struct worker *w, const struct limiter *limiter,
	      const struct mx_client_limits *limits, const struct keys *keys,
	      struct limit_place *place)
{
	struct clients *clients = limiter->clients;
	enum clients_verdict verdict = clients_add(
		clients, keys->address, limits->sessions, &place->address);

	if (verdict == CLIENTS_OVER)
		return MX_DROP_CLIENT_LIMIT;
	if (has_prefix_limit(limits) && verdict == CLIENTS_COUNTED)
		verdict = clients_add(clients, keys->prefix,
				      limits->prefix_sessions, &place->prefix);
	if (verdict == CLIENTS_OVER)
		return MX_DROP_PREFIX_LIMIT;
	if (verdict == CLIENTS_FULL)
		return MX_DROP_TABLE_FULL;
	if (limits->per_10s != 0 &&
	    !clients_begin(clients, place->address, keys->address,
			   limits->per_10s, w->now_s))
		return MX_DROP_CLIENT_LIMIT;
	if (limits->prefix_per_10s == 0 ||
	    clients_begin(clients, place->prefix, keys->prefix,
			  limits->prefix_per_10s, w->now_s))
		return MX_DROP_NONE;
	if (limits->per_10s != 0)
		clients_unbegin(clients, place->address, keys->address,
				w->now_s);
	return MX_DROP_PREFIX_LIMIT;
}

static bool
counts(const struct mx_session *s, uint8_t state)
{
	switch (session_class_of(state, session_is_direct(s))) {
	case SESSION_CLASS_LIVE:
	case SESSION_CLASS_DOUBTED:
		return true;
	case SESSION_CLASS_HALF:
		/* Else a client would hold any number of them. */
		return state == MX_SESSION_HELD;
	case SESSION_CLASS_OVER:
		break;
	}
	return false;
}

/* A session that is revived, or has left its MTA for another one, was let in
 * before.  The second one is still counted. */
static bool
was_let_in(const struct mx_session *s, uint8_t before)
{
	return mx_session_is_over(before) ||
	       (before == MX_SESSION_JOINING && s->flags & MX_SESSION_STAYS);
}

enum mx_drop
limit_admit(struct worker *w, const struct active_plan *active,
	    const struct mx_session *s, uint8_t before, uint8_t after)
{
	const struct limiter *limiter = limiter_of(w);
	const struct mx_client_limits *limits = limits_of(active, s->service);

	if (likely(limiter == NULL || !limits->used) || !counts(s, after) ||
	    counts(s, before) || was_let_in(s, before))
		return MX_DROP_NONE;
	const struct mx_addr client = session_ends(&w->sessions, s).client;
	struct limit_place *place = place_of(w, limiter, s);
	if (place->address != CLIENTS_NONE)
		return MX_DROP_NONE; /* it was held before */
	const struct keys keys =
		keys_of(limiter->clients, limits, s->service, &client);
	/* All lines at once: they have left the cache since the SYN. */
	prefetch(limiter->clients, limits, &keys);
	rte_prefetch0(place);
	if (allowed_is(active, s->service, &client))
		return MX_DROP_NONE;
	const enum mx_drop why =
		count_at_once(w, limiter, limits, &keys, place);
	if (why == MX_DROP_NONE)
		return why;
	uncount(limiter, place);
	if (why != MX_DROP_TABLE_FULL)
		return why;
	w->count->limits_full[s->service]++;
	return MX_DROP_NONE;
}

/* Let an entry count a session, or let none: the session is there, whatever the
 * limit. */
static void
settle(struct clients *clients, uint32_t *place, uint64_t key, bool wanted)
{
	if (*place != CLIENTS_NONE &&
	    (!wanted || !clients_is_at(clients, *place, key)))
		forget(clients, place);
	if (wanted && *place == CLIENTS_NONE)
		clients_add(clients, key, 0, place);
}

/* Count a session by the limits of the plan. */
static void
recount(struct worker *w, const struct limiter *limiter,
	const struct active_plan *active, const struct mx_session *s)
{
	const struct mx_client_limits *limits = limits_of(active, s->service);
	const struct mx_addr client = session_ends(&w->sessions, s).client;
	struct limit_place *place = place_of(w, limiter, s);
	const struct keys keys =
		keys_of(limiter->clients, limits, s->service, &client);
	const bool wanted =
		limits->used && !allowed_is(active, s->service, &client);

	settle(limiter->clients, &place->address, keys.address, wanted);
	settle(limiter->clients, &place->prefix, keys.prefix,
	       wanted && has_prefix_limit(limits) &&
		       place->address != CLIENTS_NONE);
}

/* A session that is over tells that its client is known: so a restart does not
 * forget who talked to an MTA a moment before it. */
static void
recall(const struct worker *w, const struct limiter *limiter,
       const struct active_plan *active, const struct mx_session *s)
{
	const struct mx_client_limits *limits = limits_of(active, s->service);
	const struct mx_addr client = session_ends(&w->sessions, s).client;
	uint32_t place = CLIENTS_NONE;

	if (!limits->used)
		return;
	clients_add(limiter->clients,
		    clients_key(limiter->clients, s->service, &client,
				CLIENTS_ADDRESS_BITS),
		    0, &place);
	if (place == CLIENTS_NONE)
		return;
	clients_know(limiter->clients, place);
	clients_remove(limiter->clients, place);
}

void
limit_move(struct worker *w, const struct active_plan *active,
	   const struct mx_session *s, uint8_t after)
{
	const struct limiter *limiter = limiter_of(w);

	if (likely(limiter == NULL))
		return;
	if (!counts(s, after))
		uncount(limiter, place_of(w, limiter, s));
	else if (place_of(w, limiter, s)->address == CLIENTS_NONE)
		recount(w, limiter, active, s);
}

void
limit_know(struct worker *w, const struct active_plan *active,
	   struct mx_session *s, const struct heard *heard, bool from_client)
{
	const struct limiter *limiter = limiter_of(w);
	const uint32_t end = from_client ? heard->seq + heard->payload_bytes
					 : heard->ack - mx_session_shift(s);

	if (likely(limiter == NULL))
		return;
	const bool early =
		s->flags & MX_SESSION_EARLY &&
		active->plan.service[s->service].early != MX_EARLY_OFF;
	s->syn = early || (int32_t)(end - s->client_seq) < COMMAND_BYTES
			 ? 0
			 : MX_SESSION_TALKED;
	if (s->syn == 0)
		return;
	const struct limit_place *place = place_of(w, limiter, s);
	if (place->address != CLIENTS_NONE)
		clients_know(limiter->clients, place->address);
}

void
limit_leave(struct worker *w, const struct mx_session *s)
{
	const struct limiter *limiter = limiter_of(w);

	if (unlikely(limiter != NULL))
		uncount(limiter, place_of(w, limiter, s));
}

static bool
same_limits(const struct mx_plan *a, const struct mx_plan *b)
{
	for (uint32_t i = 0; i < MX_SERVICES_MAX; i++)
		if (memcmp(&a->service[i].clients, &b->service[i].clients,
			   sizeof(a->service[i].clients)) != 0 ||
		    a->service[i].allow.serial != b->service[i].allow.serial)
			return false;
	return a->allows == b->allows &&
	       memcmp(a->allow, b->allow, a->allows * sizeof(a->allow[0])) ==
		       0 &&
	       a->deny_rules == b->deny_rules &&
	       memcmp(a->deny_rule, b->deny_rule,
		      a->deny_rules * sizeof(a->deny_rule[0])) == 0;
}

void
limit_prepare(struct active_plan *active, const struct active_plan *before)
{
	active->limits_round = before->limits_round +
			       !same_limits(&active->plan, &before->plan);
}

void
limit_begin(struct worker *w, const struct active_plan *active)
{
	if (w->limits_round == active->limits_round)
		return;
	w->limits_round = active->limits_round;
	w->limits_left = limiter_of(w) == NULL ? 0 : w->sessions.count;
}

void
limit_sweep(struct worker *w, const struct active_plan *active)
{
	const struct limiter *limiter = limiter_of(w);

	for (int i = 0; i < SWEEP_STEPS && w->limits_left > 0; i++) {
		const struct mx_session *s =
			&w->sessions.file->session[--w->limits_left];
		const uint8_t state =
			atomic_load_explicit(&s->state, memory_order_relaxed);

		if (state != MX_SESSION_FREE && counts(s, state))
			recount(w, limiter, active, s);
		else if (state == MX_SESSION_CLOSING &&
			 s->syn == MX_SESSION_TALKED)
			recall(w, limiter, active, s);
	}
}

void
limit_recount(struct worker *w, const struct active_plan *active)
{
	limit_begin(w, active);
	while (w->limits_left > 0)
		limit_sweep(w, active);
}
