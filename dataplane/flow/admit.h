/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ADMIT_H
#define MX_ADMIT_H

/* Who gets one more session, before its backend is chosen.
 *
 * Threads    the worker's own. */
#include <rte_branch_prediction.h>

#include "denied.h"
#include "packet.h"
#include "worker.h"

/* Give up a session in which no mail is under way, so that a flood of SYNs
 * cannot hold all slots or ports.  False if there is none. */
bool admit_reclaim(struct worker *w);

/* Start loading what denies and limits the client of a SYN.  Not a pass ahead:
 * the packets of sessions would pay for it. */
void admit_prefetch(const struct worker *w, const struct active_plan *active,
		    struct rte_mbuf *frame, const struct packet_info *info);

/* The local ports of a range that are this worker's. */
struct port_use {
	uint32_t used;
	uint32_t count;
};

struct port_use port_use_of(const struct worker *w,
			    const struct active_plan *active,
			    const struct mx_snat_range *range);

/* May a client have one more session, of a service that has limits?  first: it is
 * not known yet that the client asks for this session.  Returns MX_DROP_NONE, or
 * why not. */
enum mx_drop admit_limited(struct worker *w, const struct active_plan *active,
			   uint16_t service, const struct mx_addr *client,
			   bool first);

/* The service has limits.  Is a client known, or exempt from the limits, and may
 * it have one more session? */
bool admit_is_known(const struct worker *w, const struct active_plan *active,
		    uint16_t service, const struct mx_addr *client);

/* May a client have one more session?  The deny lists come before the limits,
 * and both before the room that there is. */
static inline enum mx_drop
admit_client(struct worker *w, const struct active_plan *active,
	     uint16_t service, const struct mx_addr *client, bool first)
{
	if (unlikely(denied_is(active, service, client)))
		return MX_DROP_DENIED;
	if (likely(!active->plan.service[service].clients.used))
		return MX_DROP_NONE;
	return admit_limited(w, active, service, client, first);
}

#endif /* MX_ADMIT_H */
