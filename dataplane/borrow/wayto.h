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

/* Set the same, for a session that a segment of the client took up, which came from
 * this MAC address by this port.  A stranger of the same network can send it.  So
 * the address counts if the peer used it, or if it is of a way here, or if no way
 * at this port is known.  Else the way counts: a client that does come by another
 * one is believed as soon as its backend says so (advance.h). */
void wayto_sender(const struct worker *w, const struct active_plan *active,
		  const struct mx_shadow_entry *entry, const uint8_t mac[6],
		  uint8_t port, struct mx_session *fill);

#endif /* MX_WAYTO_H */
