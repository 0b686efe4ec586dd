/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOCALPORT_H
#define MX_LOCALPORT_H

/* The local (SNAT) address that a backend sees, in services with snat_stays: one
 * for each backend (mx_plan.snat_at), since a backend may judge its clients by
 * their addresses.  If that address has no port left for this worker, the session
 * gets one of another address of the service: mail goes on.  portmap.spilled
 * counts that.
 *
 * Threads    the worker that owns the sessions. */
#include <stdbool.h>

#include "worker.h"

/* Take a port of that address for the session that is entered next; fill: its
 * service, backend and kind are known.  First a port that brings its replies to
 * this worker, then any.
 * Returns true, with port and slot in *fill, or false: there is none. */
bool localport_take(struct worker *w, const struct active_plan *active,
		    struct mx_session *fill);

/* The session has gone to another backend: give it a port of the address that
 * this one sees.  It keeps the port it has if there is none.
 * The caller then calls rewrite_prepare(). */
void localport_follow(struct worker *w, const struct active_plan *active,
		      struct mx_session *s);

#endif /* MX_LOCALPORT_H */
