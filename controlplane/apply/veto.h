/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_VETO_H
#define MX_VETO_H

/* Reasons why a valid configuration may not replace the one in force: a running
 * data plane cannot make the change, the network does not reach an MTA, or the
 * change would break existing sessions.
 * Threads    the event loop. */
#include "config.h"
#include "nexthop.h"
#include "publish.h"
#include "state.h"

/* The configuration that the file at path would replace. */
struct veto_scene {
	const struct state *state;
	const struct publisher *publisher;
	struct nexthops *hops;
	const char *path;
};

/* leaving: addresses in use that `after` does not have, with their sessions
 * counted.  At the start everything is allowed, since there is no older
 * configuration to keep: a fault is logged when it shows, and the rest serves.
 * Returns true if `after` may follow; otherwise the errors say why not. */
bool veto_allows(const struct veto_scene *scene, const struct mx_config *after,
		 const struct retired *leaving,
		 struct mx_config_errors *errors);

/* Add a line to the errors. */
void veto_add(struct mx_config_errors *errors, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* MX_VETO_H */
