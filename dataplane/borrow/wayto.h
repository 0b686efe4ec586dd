/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WAYTO_H
#define MX_WAYTO_H

/* The way to the client of a session that a reply took up: no segment of the client
 * has come yet.
 *
 *   the client is a neighbour                its own MAC address
 *   the peer's MAC address is of a way here  the same: both boxes have this router
 *   any gateway of clients                   first one at a port of clients alone
 *   no gateway is known at all               the peer's MAC address, by its port
 *
 * Threads    the worker's own. */
#include "shadow.h"
#include "worker.h"

/* Set the MAC address and the port of fill's client.  Returns false if no way is
 * known. */
bool wayto_client(const struct worker *w, const struct active_plan *active,
		  const struct mx_shadow_entry *entry, struct mx_session *fill);

#endif /* MX_WAYTO_H */
