/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RSSOWNER_H
#define MX_RSSOWNER_H

/* How segments reach the worker that owns them (flowowner.h).
 *
 * Where the ports have RSS, with our key and the classes' owners for a table,
 * segments come to the worker that owns them.  Where they have not, software
 * computes the same and workers hand over.  Who owns a flow is the same in both
 * cases.
 *
 *   client to VIP     the class of the flow
 *   reply (fullnat)   the local port: each worker has a share (portmap.h), and
 *                     chooses in it one whose reply has a class of its own
 *   nat, both ways    the keyed hash of the client's end; handed over
 *
 * The hash is linear, so the class of a reply is that of the rest of it XOR
 * that of its local port.  What a card computed is not read from the frame: a
 * wrong guess of where a segment arrives costs a hand-over, a wrong owner a
 * session.
 *
 * Threads    make: main, before the worker runs.  predicted: main.  The rest:
 *            the worker's own.
 */
#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "flowowner.h"
#include "hash.h"
#include "rss.h"

/* Every class, in a set of classes: bit number c. */
#define RSS_OWNER_ANY UINT64_MAX
static_assert(RSS_CLASSES == 64, "a set of classes is one word");
static_assert(RSS_CLASSES == MX_FLOW_CLASSES, "the ports' table has them all");
static_assert(RSS_KEY_BYTES == MX_FLOW_KEY_BYTES, "the ports take the key");

struct rss_owner {
	struct mx_flow_owners owners;
	/* The ports do as we say: choose local ports by it.  main may clear it
	 * while the worker runs: then any local port suits. */
	_Atomic bool predicted;
	/* By the class of a reply without its local port: those of local ports
	 * that bring it here. */
	uint64_t here[RSS_CLASSES];
};

/* The tables of worker `worker`; nothing is predicted yet.  key: that of the
 * sessions. */
void rss_owner_make(struct rss_owner *owner, const struct mx_hash_key *key,
		    uint16_t worker, uint16_t workers);

/* What the ports are to be told. */
struct rss rss_owner_wanted(const struct rss_owner *owner,
			    const struct mx_hash_key *key, bool ipv6);

/* Does a port that says it has `found` put segments where we think?  By a
 * plain computation over sample segments, beside the tables.
 * Returns NULL, or what is wrong, to be said after the port's name. */
const char *rss_owner_fault(const struct rss_owner *owner,
			    const struct rss *found);

static inline bool
rss_owner_is_predicted(const struct rss_owner *owner)
{
	return atomic_load_explicit(&owner->predicted, memory_order_relaxed);
}

/* The classes of local ports that bring the replies of `server` to `local`
 * here: all, if nothing is predicted. */
uint64_t rss_owner_here(const struct rss_owner *owner,
			const struct mx_addr *server, uint16_t server_port_be,
			const struct mx_addr *local);

/* What the two bytes of a local port, high and low, add; by the family of the
 * local address.  If nothing is predicted, all ports are of one class. */
const struct mx_class_byte *rss_owner_port_bytes(const struct rss_owner *owner,
						 const struct mx_addr *local);

#endif /* MX_RSSOWNER_H */
