/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SIDE_H
#define MX_SIDE_H

/* The side that a reply comes from, as its port and its MAC address tell.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>

#include <rte_mbuf.h>

#include "worker.h"

/* Did a reply come by a port that leads to a backend? */
static inline bool
side_is_reply_port(const struct active_plan *active,
		   const struct rte_mbuf *frame)
{
	return active->reply_ports >> frame->port & 1;
}

/* Can a reply only be the backend's?  It came by a port that leads to backends. */
bool side_is_apart(const struct active_plan *active, const struct mx_session *s,
		   struct rte_mbuf *frame);

/* Has a reply a backend's address, but came by a port that leads to no backend,
 * or from the client? */
bool side_is_forged(const struct active_plan *active,
		    const struct mx_session *s, struct rte_mbuf *frame);

#endif /* MX_SIDE_H */
