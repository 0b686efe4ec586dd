/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BORROW_H
#define MX_BORROW_H

/* A packet has no session here, but a peer of the group has one for it: the
 * session is taken up, and is one of this worker's from then on.
 *
 * Nothing of a shadow is believed that the plan does not say too.  The service is
 * that of the VIP, the backend one of the service's pool at the server's address;
 * the local address is a peer's, and its port of this worker's share.  Checksum
 * deltas and digests are made anew.  The client's segment tells the way back to
 * the client if it came by a known one; for a reply it is that of a gateway of
 * clients, or the one that the peer used if it leads there from here too
 * (wayto.h).
 *
 * A session that has the local port gives way if the home of the found one is the
 * owner of the address, and is there: what it says is newer.  It also gives way to
 * one that began later.
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "shadow.h"
#include "worker.h"

/* Take up the session of a segment of a client, or of a reply.  Returns it, or NULL:
 * no peer has it, or it is refused, which is counted. */
struct mx_session *borrow_inbound(struct worker *w,
				  const struct active_plan *active,
				  struct rte_mbuf *frame,
				  const struct packet_info *info);
struct mx_session *borrow_reply(struct worker *w,
				const struct active_plan *active,
				struct rte_mbuf *frame,
				const struct packet_info *info);

/* Take up a session of this box as a peer has it.  Nothing is done if the flow is
 * another worker's, or has a session; a refusal is counted. */
void borrow_home(struct worker *w, const struct active_plan *active,
		 const struct mx_shadow_entry *entry);

/* May a peer be about to tell of a session that is missing here? */
bool borrow_is_taught(const struct worker *w);

#endif /* MX_BORROW_H */
