/* SPDX-License-Identifier: BSD-3-Clause */
#include "borrow.h"

#include "account.h"
#include "admit.h"
#include "fit.h"
#include "limit.h"
#include "reclaim.h"
#include "rewrite.h"
#include "shadows.h"
#include "sweep.h"
#include "tcpstate.h"
#include "wayto.h"

/* The longest timer that a configuration may have. */
#define TIMER_MAX_S (24u * 3600u)

/* So long at least may a session speak that a peer gave back. */
#define SPEAK_S 300u

/* A session on its way into the table. */
struct loan {
	struct shadows_found found;
	struct mx_session fill;
	struct mx_session_wide ends;
	uint8_t state;
};

static const struct shadows *
shadows_of_worker(const struct worker *w)
{
	return atomic_load_explicit(&w->shadows, memory_order_acquire);
}

bool
borrow_is_taught(const struct worker *w)
{
	const struct shadows *shadows = shadows_of_worker(w);

	return unlikely(shadows != NULL) &&
	       (shadows_are_taught(shadows) || w->homing.box != 0);
}

static bool
is_carried_on(uint8_t state)
{
	return state == MX_SESSION_GREETING ||
	       state == MX_SESSION_ESTABLISHED ||
	       state == MX_SESSION_CLIENT_FIN ||
	       state == MX_SESSION_BACKEND_FIN;
}

/* The service of the session's VIP, if it forwards in the session's mode. */
static bool
fill_service(const struct mx_plan *plan, struct loan *loan)
{
	const struct mx_session *s = &loan->found.entry.session;
	const struct mx_owned *row =
		mx_owned_find(&plan->owned, &loan->ends.vip, s->vip_port_be);
	const uint8_t mode = s->kind & MX_SESSION_MODE;

	if (!mx_owned_has_service(row) || mx_forward_is_direct(mode) ||
	    plan->service[row->index].forward != mode)
		return false;
	loan->fill.service = (uint8_t)row->index;
	loan->fill.kind =
		mode |
		(mx_addr_is4(&loan->ends.client) ? 0 : MX_SESSION_CLIENT6) |
		(mx_addr_is4(&loan->ends.server) ? 0 : MX_SESSION_SERVER6);
	return true;
}

static bool
is_backend(const struct mx_plan *plan, const struct loan *loan, uint32_t id)
{
	const struct mx_backend *backend = &plan->backend[id];

	return backend->used &&
	       backend->pool == plan->service[loan->fill.service].pool &&
	       backend->address.port_be == loan->fill.server_port_be &&
	       mx_addr_equal(&backend->address.addr, &loan->ends.server);
}

/* The peer's id first: where the files of both are alike, so are the ids. */
static bool
fill_backend(const struct mx_plan *plan, struct loan *loan)
{
	uint32_t id = loan->found.entry.session.backend;

	if (id > MX_BACKENDS_MAX || !is_backend(plan, loan, id))
		for (id = 1; id <= MX_BACKENDS_MAX; id++)
			if (is_backend(plan, loan, id))
				break;
	loan->fill.backend = (uint16_t)id;
	return id != MX_BACKEND_NONE && id <= MX_BACKENDS_MAX;
}

/* Both addresses of each side are of one family, and in nat the local end is the
 * client's own. */
static bool
has_possible_ends(const struct worker *w, const struct loan *loan)
{
	const struct mx_session_wide *ends = &loan->ends;
	const bool client4 = mx_addr_is4(&ends->client);
	const bool server4 = mx_addr_is4(&ends->server);

	if (client4 != mx_addr_is4(&ends->vip) ||
	    server4 != mx_addr_is4(&ends->local) ||
	    (!(client4 && server4) && !w->sessions.file->wide))
		return false;
	return (loan->fill.kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT ||
	       (mx_addr_equal(&ends->client, &ends->local) &&
		loan->fill.client_port_be == loan->fill.local_port_be);
}

/* Would this worker get the client's packets? */
static bool
is_owner(const struct worker *w, const struct mx_session *s,
	 const struct mx_session_wide *ends)
{
	const struct mx_flow flow = {ends->client, ends->vip, s->client_port_be,
				     s->vip_port_be};

	return mx_client_owner(&w->rss_owner.owners, &w->sessions.file->key,
			       s->kind & MX_SESSION_MODE, &flow) == w->id;
}

/* Would this worker get the packets of both directions? */
static bool
is_both_owner(const struct worker *w, const struct loan *loan)
{
	const uint16_t port = rte_be_to_cpu_16(loan->fill.local_port_be);
	const bool nat = loan->fill.kind & MX_SESSION_MODE;

	return is_owner(w, &loan->fill, &loan->ends) &&
	       (nat || (port >= MX_LOCAL_PORT_FIRST &&
			portmap_owner(port, w->workers) == w->id));
}
static_assert(MX_FORWARD_FULLNAT == 0, "of two modes the other is nat");

/* Fill all that does not depend on the way to the client.  Returns why not. */
static enum mx_borrow
fill_session(const struct worker *w, const struct active_plan *active,
	     struct loan *loan)
{
	const struct mx_session *s = &loan->found.entry.session;

	loan->ends = loan->found.entry.ends;
	loan->state = atomic_load_explicit(&s->state, memory_order_relaxed);
	loan->fill = (struct mx_session){
		.client_port_be = s->client_port_be,
		.vip_port_be = s->vip_port_be,
		.server_port_be = s->server_port_be,
		.local_port_be = s->local_port_be,
		.flags = s->flags & (uint8_t)~MX_SESSION_TRIES,
		.syn = s->syn,
		.shifts = s->shifts,
		.ack_shift = s->ack_shift,
		.client_seq = s->client_seq,
		.server_seq = s->server_seq,
	};
	if (!fill_service(&active->plan, loan))
		return MX_BORROW_NO_SERVICE;
	if (!is_carried_on(loan->state) || !has_possible_ends(w, loan))
		return MX_BORROW_UNFIT;
	if (!fill_backend(&active->plan, loan))
		return MX_BORROW_NO_BACKEND;
	rewrite_fill(&loan->fill, &loan->ends);
	/* A packet of it is here. */
	loan->fill.opened_s = RTE_MIN(s->opened_s, w->now_s);
	loan->fill.deadline_s =
		w->now_s + active->plan.service[loan->fill.service].idle_s;
	const uint8_t proxy = mx_session_proxy(&loan->fill);
	if ((proxy != MX_SESSION_PROXY_NONE &&
	     proxy != MX_SESSION_PROXY_ACKED) ||
	    !session_is_fit(&loan->fill, w->ports))
		return MX_BORROW_UNFIT;
	return is_both_owner(w, loan) ? MX_BORROW_NONE : MX_BORROW_ASTRAY;
}

/* Is there another session with the client's end?  It is one that began here. */
static bool
has_client(const struct worker *w, const struct loan *loan)
{
	const struct session_table *table = &w->sessions;
	const struct mx_hash_key *key = &table->file->key;
	const struct mx_flow flow = {loan->ends.client, loan->ends.vip,
				     loan->fill.client_port_be,
				     loan->fill.vip_port_be};
	const struct mx_flow4 flow4 = {loan->fill.client_be, loan->fill.vip_be,
				       loan->fill.client_port_be,
				       loan->fill.vip_port_be};
	const uint64_t hash = mx_hash_client(key, &flow.src, flow.src_port_be);

	return loan->fill.kind & MX_SESSION_CLIENT6
		       ? session_find_anew(table, hash, session_client_is6,
					   &flow) != NULL
		       : session_find_anew(table, hash, session_client_is4,
					   &flow4) != NULL;
}

/* Did the found session begin after the one that has its local port?  Then that one is
 * over, and this box was not told: its home gives a port to one at a time.  Boxes
 * tell ages in whole seconds. */
static bool
is_later(const struct loan *loan, const struct mx_session *holder)
{
	return loan->fill.opened_s > holder->opened_s + 1;
}

/* Claim the local port of the session that is entered next. */
static bool
claim_port(struct worker *w, const struct active_plan *active,
	   struct loan *loan)
{
	const struct mx_owned *row =
		mx_owned_find(&active->plan.owned, &loan->ends.local, 0);
	const uint8_t slot = active->snat_slot[row->index];
	const uint16_t port = rte_be_to_cpu_16(loan->fill.local_port_be);
	struct portmap *map = &w->map[slot];
	const uint32_t holder = portmap_find(map, port);

	loan->fill.snat_slot = slot;
	if (holder != UINT32_MAX) {
		struct mx_session *held = session_at(&w->sessions, holder);

		if (!loan->found.by_home && !is_later(loan, held))
			return false;
		worker_session_end(w, held);
	}
	return portmap_claim(
		map, port, session_ref(w->sessions.free_head, loan->fill.kind));
}

/* Enter the session into the table. */
static struct mx_session *
enter(struct worker *w, const struct active_plan *active, struct loan *loan,
      enum mx_borrow *why)
{
	const bool wide =
		loan->fill.kind & (MX_SESSION_CLIENT6 | MX_SESSION_SERVER6);
	const bool fullnat =
		(loan->fill.kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT;

	*why = MX_BORROW_FULL;
	if (w->sessions.free_head == SESSION_NONE && !admit_reclaim(w))
		return NULL;
	*why = MX_BORROW_TAKEN;
	if (has_client(w, loan) || (fullnat && !claim_port(w, active, loan)))
		return NULL;
	struct mx_session *s =
		session_insert(&w->sessions, &loan->fill,
			       wide ? &loan->ends : NULL, loan->state);
	*why = s == NULL ? MX_BORROW_FULL : MX_BORROW_NONE;
	if (s == NULL) {
		worker_port_give(w, &loan->fill);
		return NULL;
	}
	account_recover(w, s);
	w->reclaim.began[session_index(&w->sessions, s)] = 0; /* not known */
	reclaim_enter(w, s);
	limit_move(w, active, s, loan->state);
	return s;
}

/* Look for the session of a segment, and fill what is entered. */
static bool
find(struct worker *w, const struct active_plan *active,
     const struct mx_flow *flow, bool reply, struct loan *loan)
{
	const struct shadows_query query = {
		.shadows = shadows_of_worker(w),
		.plan = &active->plan,
		.key = &w->sessions.file->key,
		.flow = *flow,
		.reply = reply,
		.now_s = w->now_s,
	};
	enum mx_borrow why;

	if (!shadows_find(&query, &loan->found, &why))
		return false;
	if (why == MX_BORROW_NONE)
		why = fill_session(w, active, loan);
	/* What is of this box comes by homing.h. */
	if (why == MX_BORROW_NONE &&
	    (loan->fill.kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT &&
	    shadows_home(&active->plan, &loan->ends.local) == 0)
		why = MX_BORROW_NOT_A_PEERS;
	w->count->borrow_refused[why] += why != MX_BORROW_NONE;
	return why == MX_BORROW_NONE;
}

static struct mx_session *
finish(struct worker *w, const struct active_plan *active, struct loan *loan)
{
	enum mx_borrow why;
	struct mx_session *s = enter(w, active, loan, &why);

	w->count->borrow_refused[why] += s == NULL;
	w->count->borrowed += s != NULL;
	return s;
}

struct mx_session *
borrow_inbound(struct worker *w, const struct active_plan *active,
	       struct rte_mbuf *frame, const struct packet_info *info)
{
	struct loan loan;

	if (likely(shadows_of_worker(w) == NULL) ||
	    mx_forward_is_direct(active->plan.service[info->index].forward))
		return NULL;
	const struct mx_flow flow = packet_flow(frame, info);
	if (!find(w, active, &flow, false, &loan))
		return NULL;
	wayto_sender(w, active, &loan.found.entry,
		     packet_headers(frame)->ether.src_addr.addr_bytes,
		     (uint8_t)frame->port, &loan.fill);
	return finish(w, active, &loan);
}

struct mx_session *
borrow_reply(struct worker *w, const struct active_plan *active,
	     struct rte_mbuf *frame, const struct packet_info *info)
{
	struct loan loan;

	if (likely(shadows_of_worker(w) == NULL))
		return NULL;
	const struct mx_flow flow = packet_flow(frame, info);
	if (info->direction == DIRECTION_OUT &&
	    shadows_home(&active->plan, &flow.dst) == 0)
		return NULL;
	if (!find(w, active, &flow, true, &loan))
		return NULL;
	if (!wayto_client(w, active, &loan.found.entry, &loan.fill)) {
		w->count->borrow_refused[MX_BORROW_NO_WAY]++;
		return NULL;
	}
	return finish(w, active, &loan);
}

/* The time that a session has: no packet of it has come.  It may be renewed as
 * after a restart. */
static uint32_t
deadline_home(const struct worker *w, const struct mx_session *s)
{
	const int32_t left_s = (int32_t)(s->deadline_s - w->now_s);

	return left_s > (int32_t)SPEAK_S && left_s <= (int32_t)TIMER_MAX_S
		       ? s->deadline_s
		       : w->now_s + SPEAK_S;
}

void
borrow_home(struct worker *w, const struct active_plan *active,
	    const struct mx_shadow_entry *entry)
{
	struct loan loan = {.found = {.entry = *entry}};
	const struct mx_owned *row =
		mx_owned_find(&active->plan.owned, &entry->ends.local, 0);

	if ((entry->session.kind & MX_SESSION_MODE) != MX_FORWARD_FULLNAT ||
	    row->kind != MX_OWNED_SNAT || active->plan.snat_box[row->index] ||
	    !is_owner(w, &entry->session, &entry->ends))
		return;
	enum mx_borrow why = fill_session(w, active, &loan);
	if (why == MX_BORROW_NONE && has_client(w, &loan))
		return;
	if (why == MX_BORROW_NONE &&
	    !wayto_client(w, active, entry, &loan.fill))
		why = MX_BORROW_NO_WAY;
	if (why == MX_BORROW_NONE) {
		loan.fill.deadline_s = deadline_home(w, &entry->session);
		w->count->homed += enter(w, active, &loan, &why) != NULL;
	}
	w->count->borrow_refused[why] += why != MX_BORROW_NONE;
}
