/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SNATROWS_H
#define MX_SNATROWS_H

/* The local (SNAT) addresses of a plan: first those of each service, which new
 * sessions get; then those of the other boxes of the group, and retired ones.
 * Threads    the event loop. */
#include <stdbool.h>

#include "config.h"
#include "plan.h"
#include "retired.h"
#include "state.h"

/* Enter a service's addresses of one family next to each other.  Two services may
 * share addresses.  Returns false if the plan has no room. */
bool snatrows_add(struct mx_plan *plan, const struct mx_config_service *config,
		  bool is4, struct mx_snat_range *range);

/* Enter the number of this box, and the addresses of the others.  Their frames are
 * taken, and nobody is told that the addresses are here.  Returns false if the plan
 * has no room. */
bool snatrows_add_peers(struct mx_plan *plan,
			const struct mx_config_group *group);

/* Enter a retired address, unless the configuration has it in another part, or there
 * is no room. */
void snatrows_add_retired(struct mx_plan *plan,
			  const struct retired_address *row);

/* Boxes of one Ethernet: for which addresses this box answers ARP and ND.
 *
 *   VIP            while it has the role, if the file has `neighbours: role`
 *   SNAT           always: the MTAs reply to its sessions
 *   SNAT of peers  while it has the role, and the stream of that peer is lost; but
 *                  where routes tell of them, routers decide
 *
 * Make the others quiet in a plan that has its owned addresses. */
void snatrows_quieten(struct mx_plan *plan, const struct state *state);

/* Does it answer for the SNAT addresses of a peer? */
bool snatrows_answers_for(const struct state *state, uint16_t box);

#endif /* MX_SNATROWS_H */
