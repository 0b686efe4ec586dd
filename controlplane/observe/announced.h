/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ANNOUNCED_H
#define MX_ANNOUNCED_H

/* Which addresses this box announces: the data plane sets a route to each, and the
 * routing daemon of the host tells the site's routers.
 *
 *   VIP            while some MTA serves it, or always (`while:`)
 *   SNAT           always
 *   SNAT of peers  with a worse metric, while this box has all sessions of that peer
 *
 * A VIP without MTAs is withdrawn after ANNOUNCED_PATIENCE_S, since checks of MTAs
 * may fail for a moment, and announced at once when one serves.
 *
 * Floor: it is withdrawn only if another box has MTAs for it now.  A box that has lost
 * its MTAs says so at once, and withdraws later, so two boxes that lose them at the
 * same time both stay.  Where no box announces
 * a VIP, clients get "unreachable" from a router, and some take that for final.  A
 * box without MTAs answers 421, and the client comes again.
 *
 * Drain: the operator drains this box.  VIPs and the SNAT addresses of peers are
 * withdrawn at once.  The own SNAT addresses stay while there are sessions, since
 * the MTAs' replies come to them.
 *
 * Threads    the event loop. */
#include "region.h"
#include "state.h"

#define ANNOUNCED_PATIENCE_S 3
#define ANNOUNCED_PEER_METRIC 1000

/* What decides beside the state. */
struct announced_scene {
	int64_t now_s;     /* CLOCK_MONOTONIC */
	int64_t wall_s;    /* CLOCK_REALTIME */
	uint64_t sessions; /* of this box */
	uint32_t taught;   /* peers whose sessions this box has, a bit each */
	/* The VIPs that another box serves: see announcement_bit(). */
	uint8_t others[ANNOUNCEMENTS_BYTES];
};

/* Decide anew, once the state is weighed.  The same scene gives the same rows.
 * Returns true if an address is announced now that was not, or the other way
 * round, or with another metric. */
bool announced_decide(struct state *state, const struct announced_scene *scene);

/* The same with what the region says, and with an event for each change.  region:
 * may be NULL.  taught, others: as in the
 * scene. */
bool announced_look(struct state *state, const struct mx_region *region,
		    uint32_t taught,
		    const uint8_t others[static ANNOUNCEMENTS_BYTES]);

#endif /* MX_ANNOUNCED_H */
