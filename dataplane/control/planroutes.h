/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PLANROUTES_H
#define MX_PLANROUTES_H

/* The routes of the addresses that the plan in force announces.
 *
 * Each such address has a route on the TUN of this process (tun.h).  The routing
 * daemon of the host (BIRD, FRR) tells the site's routers.  A route is set when a
 * plan names its address, and deleted when a plan does not.  All routes go with
 * the process.
 *
 * A box of a group (mx_plan.box) deletes all routes while a worker is late
 * (watchdog.h): its peers carry the sessions meanwhile.  A box without peers keeps
 * them: the other workers still serve, and the watchdog ends the process later.
 *
 * A box of a group has no route while sessions come back to it from its peers after
 * a start with an empty table (borrow/homing.h): it opens none meanwhile.
 *
 * SNAT addresses come first, and VIPs PLANROUTES_VIP_MS later.  Else the router of
 * the clients may know this box before that of the MTAs does, and the MTAs' answers
 * to the first SYNs are lost.
 *
 * If somebody else deletes a route, it is set again within PLANROUTES_LOOK_MS.  An
 * interface that an administrator has taken down stays down, and its routes
 * count as failed.
 *
 * Threads    main. */
#include "hostroute.h"
#include "region.h"

#define PLANROUTES_LOOK_MS 5000

/* The time that routers get to know the SNAT addresses. */
#define PLANROUTES_VIP_MS 1000

/* The time that routers get to take other ways before the workers end. */
#define PLANROUTES_PART_MS 200

struct planroutes {
	int tun; /* -1: nothing is announced */
	struct hostroute hostroute;
	struct mx_region_ack *ack;
	uint64_t generation; /* of the plan that the routes are of; 0: none */
	enum mx_announce_hold hold; /* why there are no routes */
	bool grouped;               /* this box has peers */
	bool waits;                 /* VIPs wait for SNAT addresses */
	uint64_t snat_ms;           /* the last SNAT address was set */
	uint64_t looked_ms;
	uint16_t rows; /* routes that are set */
	struct mx_announced row[MX_ANNOUNCES_MAX];
};

/* Make the interface; an empty name makes none.  Logs what fails.  Returns 0 or
 * -errno. */
int planroutes_make(struct planroutes *routes, struct mx_region *region,
		    const char *interface);

/* Bring the routes in line with the plan in force.  hold: what hinders, if it is a
 * box of a group. */
void planroutes_poll(struct planroutes *routes, const struct mx_plan *plan,
		     enum mx_announce_hold hold, uint64_t now_ms);

/* A worker is late, and the main thread waits for it.  arg: the routes. */
void planroutes_hold(void *arg);

/* Remove the interface and with it the routes.  If this box has peers, give the
 * routers time to take other ways, while the workers go on. */
void planroutes_end(struct planroutes *routes);

#endif /* MX_PLANROUTES_H */
