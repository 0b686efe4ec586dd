/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RESTING_H
#define MX_RESTING_H

/* Addresses of ours that left the configuration: VIPs and SNAT addresses.
 *
 *   configured -> left the file -> rests -> nobody uses it -> let go
 *                                    `---> in the file again -> configured
 *
 * While an address rests it is in every plan, so that it answers ARP and its
 * sessions go on, and it takes no new ones.  A look through all sessions tells
 * when nobody uses it any more (census.h).
 *
 * The plan in the region remembers these addresses for a control plane that
 * starts anew: an address that the plan owns and the configuration does not,
 * rests.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "config.h"
#include "endpoint.h"
#include "plan.h"

struct state;

#define RESTING_MAX (MX_VIPS_MAX + MX_SNATS_MAX)

struct resting_address {
	struct mx_endpoint at; /* port 0: a SNAT address */
	uint16_t service;      /* VIP: the id that its sessions have */
	int64_t since_s;       /* CLOCK_REALTIME */
	uint64_t sessions;     /* that can carry mail, when last looked at */
	uint64_t places;       /* that are in a table still, over or not */
};

struct resting {
	uint16_t count;
	struct resting_address row[RESTING_MAX];
};

/* Configuration `before` gives way to `after`.  An address that only `before`
 * has rests; an address that `after` has, in whatever part, rests no more.
 * state: knows the ids of before's services.  before: NULL if there was none.
 * Returns 0, or -ENOBUFS if configured and resting ones together are more than
 * a plan holds, with *resting half-changed. */
int resting_follow(struct resting *resting, const struct state *state,
		   const struct mx_config *before,
		   const struct mx_config *after, int64_t now_s);

/* Add the addresses that leave, and let none go.  Then *resting has all
 * addresses that may have sessions and that `after` does not provide for. */
void resting_leave(struct resting *resting, const struct state *state,
		   const struct mx_config *after);

/* The part that an address, whatever the port, has in a configuration and that
 * it cannot have while it rests in another one; NULL if it has none. */
const char *resting_clash(const struct resting_address *row,
			  const struct mx_config *config);

/* Let the addresses of a plan rest that the state does not know, and take up
 * the rows of services that rest.  Returns true if the state changed. */
bool resting_recover(struct state *state, const struct mx_plan *plan,
		     int64_t now_s);

/* The row of a VIP or (port 0) a SNAT address, or NULL. */
struct resting_address *resting_find(struct resting *resting,
				     const struct mx_endpoint *at);

/* Does a VIP that rests have sessions of this service? */
bool resting_names(const struct resting *resting, uint16_t service);

/* Let go of IPv6 addresses: a data plane without room for IPv6 has no sessions
 * of them.  Returns how many. */
uint16_t resting_drop_ipv6(struct resting *resting);

/* Let go of those that have no place in any table.  Returns how many. */
uint16_t resting_release(struct resting *resting);

#endif /* MX_RESTING_H */
