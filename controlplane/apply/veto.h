/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_VETO_H
#define MX_VETO_H

/* What forbids a configuration, good in itself, to follow the one in force:
 * what a running data plane cannot change, what its network does not reach, and
 * what would break the sessions that there are.
 * Threads    the event loop. */
#include "config.h"
#include "nexthop.h"
#include "publish.h"
#include "state.h"

/* What the file at path would follow. */
struct veto_scene {
	const struct state *state;
	const struct publisher *publisher;
	struct nexthops *hops;
	const char *path;
};

/* leaving: addresses in use that `after` does not have, with their sessions
 * counted.  At the start nothing is forbidden: there is nothing to go on with
 * instead, what is wrong is logged when it is met, and what is right serves.
 * Returns true if `after` may follow; else the errors say why not. */
bool veto_allows(const struct veto_scene *scene, const struct mx_config *after,
		 const struct resting *leaving,
		 struct mx_config_errors *errors);

/* Add a line to the errors. */
void veto_add(struct mx_config_errors *errors, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* MX_VETO_H */
