/* SPDX-License-Identifier: BSD-3-Clause */
#include "sweep.h"

#include <rte_byteorder.h>

#include "account.h"
#include "limit.h"
#include "reclaim.h"

void
worker_port_give(struct worker *w, const struct mx_session *s)
{
	if ((s->kind & MX_SESSION_MODE) == MX_FORWARD_FULLNAT)
		portmap_give(&w->map[s->snat_slot],
			     rte_be_to_cpu_16(s->local_port_be));
}

void
worker_session_end(struct worker *w, struct mx_session *s)
{
	account_end(w, s);
	limit_leave(w, s);
	reclaim_leave(w, s);
	worker_port_give(w, s);
	session_remove(&w->sessions, s);
}
