/* SPDX-License-Identifier: BSD-3-Clause */
#include "patience.h"

#include "account.h"
#include "failover.h"
#include "farewell.h"
#include "journal.h"
#include "sweep.h"

/* In each poll.  Each may send an RST and a SYN. */
#define LOOKS_A_POLL 2

void
patience_begin(struct worker *w)
{
	w->patience.left = MX_SERVICES_MAX;
}

static bool
is_over(const struct worker *w, const struct mx_session *s)
{
	return s->deadline_s <= w->now_s;
}

/* Has the oldest session of a service waited for long enough? */
static bool
is_due(const struct worker *w, const struct mx_service *service, uint32_t index)
{
	if (index == SESSION_NONE)
		return false;
	return is_over(w, &w->sessions.file->session[index]) ||
	       (service->fail_over & MX_FAIL_OVER_MUTE &&
		w->now_s - w->reclaim.link[index].since_s >=
			service->patience_s);
}

/* The time for a greeting is over.  With implicit TLS it may be the client that
 * has sent nothing. */
static void
give_up(struct worker *w, const struct active_plan *active,
	struct mx_session *s)
{
	const struct mx_service *service = &active->plan.service[s->service];

	if (!service->used) {
		worker_session_end(w, s);
		return;
	}
	if (!service->implicit_tls) {
		account_unserved(w, s, MX_UNSERVED_MUTE);
		journal_unserved(w, s, MX_UNSERVED_MUTE,
				 !(s->flags & MX_SESSION_EARLY));
	}
	farewell_begin(w, active, s, MX_DROP_NO_BACKEND, s->client_seq);
}

static void
look(struct worker *w, const struct active_plan *active,
     struct reclaim_list *list)
{
	const uint32_t index = list->oldest;
	struct mx_session *s = &w->sessions.file->session[index];

	if (is_over(w, s)) {
		give_up(w, active, s);
		return;
	}
	reclaim_list_renew(&w->reclaim, list, index, w->now_s);
	if (s->flags & (MX_SESSION_STAYS | MX_SESSION_EARLY))
		return;
	account_unserved(w, s, MX_UNSERVED_MUTE);
	journal_unserved(w, s, MX_UNSERVED_MUTE, true);
	w->count->failovers_mute += failover_replace(w, active, s);
}

/* A backend that does not answer its SYN must get it again, and so must a client
 * its text: no more sessions are looked at than can wait for that. */
static bool
has_room(const struct worker *w)
{
	return resend_has_room(&w->joins.wait.stage[0]) &&
	       resend_has_room(&w->farewells.wait.stage[0]);
}

bool
patience_tick(struct worker *w, const struct active_plan *active)
{
	struct patience *patience = &w->patience;
	int looks = 0;

	while (patience->left > 0 && looks < LOOKS_A_POLL && has_room(w)) {
		struct reclaim_list *list =
			&w->reclaim.greeting[patience->service];

		if (is_due(w, &active->plan.service[patience->service],
			   list->oldest)) {
			look(w, active, list);
			looks++;
		} else {
			if (++patience->service == MX_SERVICES_MAX)
				patience->service = 0;
			patience->left--;
		}
	}
	return looks > 0;
}
