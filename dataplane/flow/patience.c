/* SPDX-License-Identifier: BSD-3-Clause */
#include "patience.h"

#include "account.h"
#include "failover.h"

/* In each poll.  Each may send an RST and a SYN. */
#define LOOKS_A_POLL 2

void
patience_begin(struct worker *w)
{
	w->patience.left = MX_SERVICES_MAX;
}

/* Has the oldest session of a service waited for long enough? */
static bool
is_due(const struct worker *w, const struct mx_service *service, uint32_t index)
{
	return index != SESSION_NONE &&
	       service->fail_over & MX_FAIL_OVER_MUTE &&
	       w->now_s - w->reclaim.link[index].since_s >= service->patience_s;
}

static void
look(struct worker *w, const struct active_plan *active,
     struct reclaim_list *list)
{
	const uint32_t index = list->oldest;
	struct mx_session *s = &w->sessions.file->session[index];

	reclaim_list_take(&w->reclaim, list, index);
	reclaim_list_put(&w->reclaim, list, index, w->now_s);
	if (s->flags & (MX_SESSION_STAYS | MX_SESSION_EARLY))
		return;
	account_unserved(w, s, MX_UNSERVED_MUTE);
	w->count->failovers_mute += failover_replace(w, active, s);
}

bool
patience_tick(struct worker *w, const struct active_plan *active)
{
	struct patience *patience = &w->patience;
	int looks = 0;

	/* A backend that does not answer its SYN must get it again, so no more
	 * sessions are replaced than can wait for that. */
	while (patience->left > 0 && looks < LOOKS_A_POLL &&
	       resend_has_room(&w->joins.wait.stage[0])) {
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
