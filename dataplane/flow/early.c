/* SPDX-License-Identifier: BSD-3-Clause */
#include "early.h"

#include <rte_tcp.h>

#include "denied.h"
#include "farewell.h"
#include "proxy.h"
#include "turnaway.h"

/* How far behind the client's first byte its segment may lie: before scaling no
 * window is larger. */
#define SPAN 65535

/* Has the client a SYN-ACK, and no byte of its MTA has come by? */
static bool
awaits_greeting(const struct mx_session *s)
{
	const uint8_t state =
		atomic_load_explicit(&s->state, memory_order_relaxed);

	return state == MX_SESSION_ANSWERED || state == MX_SESSION_GREETING ||
	       state == MX_SESSION_JOINING || state == MX_SESSION_HELD;
}

bool
early_is(const struct mx_session *s, const struct heard *heard)
{
	const uint8_t looked =
		RTE_TCP_ACK_FLAG | RTE_TCP_SYN_FLAG | RTE_TCP_RST_FLAG;

	return heard->payload_bytes > 0 &&
	       (heard->flags & looked) == RTE_TCP_ACK_FLAG &&
	       awaits_greeting(s) && heard->ack == s->server_seq &&
	       heard->seq - s->client_seq <= SPAN;
}

/* The number behind what the client has said in order. */
static uint32_t
end_of(const struct mx_session *s, const struct heard *heard)
{
	return heard->seq == s->client_seq
		       ? heard->seq + heard->payload_bytes +
				 ((heard->flags & RTE_TCP_FIN_FLAG) != 0)
		       : s->client_seq;
}

bool
early_note(struct worker *w, const struct active_plan *active,
	   struct mx_session *s, const struct heard *heard)
{
	const uint8_t wish = active->plan.service[s->service].early;
	const bool again = s->flags & MX_SESSION_EARLY;

	s->flags |= MX_SESSION_EARLY;
	if (again || wish == MX_EARLY_OFF)
		return false;
	const struct mx_addr client = session_ends(&w->sessions, s).client;
	if (allowed_is(active, s->service, &client))
		return false;
	w->count->early[s->service]++;
	turnaway_note_early(w, s->service, &client, wish == MX_EARLY_REFUSE);
	if (wish == MX_EARLY_MARK)
		proxy_mark(s);
	if (wish != MX_EARLY_REFUSE)
		return false;
	farewell_begin(w, active, s, MX_DROP_EARLY, end_of(s, heard));
	return true;
}
