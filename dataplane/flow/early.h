/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_EARLY_H
#define MX_EARLY_H

/* Clients that speak before their greeting.  A client of SMTP waits for the
 * greeting of its server (RFC 5321 3.1).  Many that send unwanted mail do not.
 *
 * A client speaks early if a segment of it has data, and acknowledges nothing of
 * its MTA but the SYN-ACK, while no byte of the MTA has come by here.  So nothing
 * that is lost, repeated or out of order makes an honest client look like one:
 *
 *   the greeting is lost behind mxsteer   the session has left GREETING
 *   a greeting crosses the client's data  the same: who sent first is not asked
 *   data in a SYN                         TCP Fast Open allows it: not looked at
 *   a FIN without data                    says nothing
 *   a keepalive's byte                    lies before the client's first one
 *   the data comes again                  the session is marked: counted once
 *
 * No stranger can make a client look like one: it does not know the number of the
 * SYN-ACK.
 *
 * `early-talkers` of the service says what becomes of such a client.  count: it
 * is counted.  delay: the same; but all clients wait (greet/hold.h), so that more
 * are found.  mark: as delay, and the PROXY header says so to the MTA, if it has
 * not been sent (proxyheader.h).  refuse: its MTA is reset, and it gets 554
 * (farewell.h).  `show clients` has the addresses (turnaway.h).  Clients
 * without limits (denied.h) are passed over.  Whatever the service says, the
 * session stays with its MTA (failover.h), since that has got data of it.
 *
 * Not with direct return, where no greeting passes here, and not on port 465,
 * where clients speak first.
 *
 * Threads    early_is: a pure function, any.  early_note: the worker's own. */
#include <stdbool.h>

#include "belief.h"
#include "worker.h"

/* Does the client of a session speak before its greeting, in this segment?  The
 * checksum is not looked at.  The session is not of a direct mode. */
bool early_is(const struct mx_session *s, const struct heard *heard);

/* The client does: mark the session, and do what its service says.
 * Returns true if the client is refused: its segment is to be dropped, and the
 * session is in REFUSED. */
bool early_note(struct worker *w, const struct active_plan *active,
		struct mx_session *s, const struct heard *heard);

#endif /* MX_EARLY_H */
