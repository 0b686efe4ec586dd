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
	const struct mx_config *file; /* the new one, as read: without the
				       * members that DNS names */
	const struct publisher *publisher;
	struct nexthops *hops;
	const char *path;
};

/* after: the file, with the members that DNS names; these veto nothing, see
 * veto_member().  leaving: addresses in use that `after` does not have, with their sessions
 * counted.  At the start everything is allowed, since there is no older
 * configuration to keep: a fault is logged when it shows, and the rest serves.
 * Returns true if `after` may follow; otherwise the errors say why not. */
bool veto_allows(const struct veto_scene *scene, const struct mx_config *after,
		 const struct retired *leaving,
		 struct mx_config_errors *errors);

/* May members that DNS names follow?  The rest of `after` is in force. */
bool veto_allows_members(const struct veto_scene *scene,
			 const struct mx_config *after,
			 const struct retired *leaving,
			 struct mx_config_errors *errors);

/* Why the address cannot be a member of the file's pool as things are now, or NULL:
 *
 *   it was an address of mxsteer, whose sessions may not have ended
 *   it is an address of this host, as the kernel says
 *   forward: dsr does not reach it.  A member that is in force stays one: its
 *   route may be gone for a moment, and no session goes where the route is wrong
 *   (state_is_far())
 *
 * At the start nobody is refused for a gateway, as with files. */
const char *veto_member(const struct veto_scene *scene, uint16_t pool,
			const struct mx_addr *addr);

/* Add a line to the errors. */
void veto_add(struct mx_config_errors *errors, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* MX_VETO_H */
