/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TOOBIG_H
#define MX_TOOBIG_H

/* Packets that are too large for the way they would go.
 *
 * The sender of a segment is told how large a packet may be (RFC 1191: type 3
 * code 4; RFC 8201: packet too big).  The sender of an ICMP error is not told:
 * no error is sent about an error (RFC 1122 3.2.2).
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* Refuse a checked packet, of which no more than mtu bytes would pass, and tell
 * its sender if it is a segment.  The frame stays the caller's.
 * Returns MX_DROP_TOO_BIG. */
enum mx_drop toobig_refuse(struct worker *w, struct rte_mbuf *frame,
			   const struct packet_info *info, uint32_t mtu);

#endif /* MX_TOOBIG_H */
