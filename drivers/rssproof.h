/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_RSSPROOF_H
#define MX_DRIVERS_RSSPROOF_H

/* The proof that a port with RSS (rss.h) delivers segments by the queues that
 * its key and table say.
 *
 * A card may read back the key and the table that it was given, and hash other
 * fields: no ports in IPv6, for example.  No card sends a frame to itself when
 * it starts.  So segments of real traffic are compared: the queue that a
 * segment came by, and the queue that was computed for it.
 *
 * A class of flows (flowowner.h) is seen right when a segment of it came by its
 * queue, and seen wrong when one came by another queue.  Both are noted for each
 * family by itself.  A family of a port is
 *
 *   proven    when half the classes of every queue were seen right, and none
 *             was seen wrong: by chance a card that hashes otherwise gets there
 *             once in 2^32 times
 *   doubted   when RSS_PROOF_WRONG classes were seen wrong
 *
 * One flow is one class, and so neither proves nor refutes anything.
 *
 * Nothing that an outsider sends makes a card doubted that keeps its word.
 * Only those segments count that every card hashes alike: to the MAC address of
 * the port, without a tag, no fragment, no IPv4 options, no IPv6 extension
 * headers, whole, with ACK and without SYN, FIN, RST and URG (some cards have a
 * flow type for SYNs).  A segment that came by the wrong queue only counts if
 * its checksums are right.
 *
 * Frames that came before the port had its table do not count: they are taken
 * by the first RSS_PROOF_WARM_UP polls of each queue.  Each poll empties the
 * queue or takes a burst of 32 frames, and no queue has more than 8192
 * descriptors.  The ports of a trunk take turns at the device: twice as many.
 *
 * One frame of each burst is compared until both families are proven, or IPv4
 * where no IPv6 is configured.  A port that gets no IPv6 goes on comparing.  A
 * port without a proof, or whose proof has ended, costs its worker nothing.
 *
 * Threads    begin: main, before the workers start.  end, read: main, at any
 *            time.  A worker compares the frames of its queue when it polls. */
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "flowowner.h"

enum rss_family {
	RSS_IPV4,
	RSS_IPV6,
	RSS_FAMILIES,
};

#define RSS_PROOF_WARM_UP 512

/* Classes that are seen wrong when a port is doubted. */
#define RSS_PROOF_WRONG 4

struct rss_evidence {
	uint64_t right[RSS_FAMILIES]; /* sets of classes: bit number c */
	uint64_t wrong[RSS_FAMILIES];
	uint64_t segments; /* that were compared */
	uint64_t astray;   /* of those, by the wrong queue */
};

enum rss_verdict {
	RSS_UNPROVEN,
	RSS_PROVEN,
	RSS_DOUBTED,
};

/* Compare what the queues of a port receive from now on.  mac: of the port.
 * owners: the owner of a class is its queue; it lasts until rss_proof_end().
 * Returns 0 or -errno. */
int rss_proof_begin(uint16_t port_id, const struct rte_ether_addr *mac,
		    const struct mx_flow_owners *owners);

/* End the comparison, if there is one.  The evidence stays. */
void rss_proof_end(uint16_t port_id);

void rss_proof_read(uint16_t port_id, struct rss_evidence *evidence);

enum rss_verdict rss_proof_verdict(const struct rss_evidence *evidence,
				   enum rss_family family,
				   const struct mx_flow_owners *owners);

/* The class of a segment that every card hashes alike, with its family in
 * *family; or -1. */
int rss_proof_class(const struct rte_mbuf *frame,
		    const struct rte_ether_addr *mac,
		    const struct mx_flow_owners *owners,
		    enum rss_family *family);

#endif /* MX_DRIVERS_RSSPROOF_H */
