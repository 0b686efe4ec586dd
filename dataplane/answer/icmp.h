/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ICMP_H
#define MX_ICMP_H

/* ICMP errors about packets of our sessions (RFC 792, 4443, 5508).
 *
 * A router that cannot deliver tells the address in the packet, which is a VIP
 * or a local address of ours: the end that sent it waits behind us.  The packet
 * inside the error names the session.  It is told to the right end as if we had
 * not been there: addresses, ports and sequence number of the inner packet are
 * what that end has sent, in its own family.  In dsr and tunnel the backend has
 * sent from the VIP itself, and gets the error as it is.
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* An ICMP packet that is not an echo request.  Returns VERDICT_FORWARD if it is
 * queued, VERDICT_HANDOFF with the owner in *info, VERDICT_KERNEL if it is not
 * about ours, or VERDICT_DROP with the reason in *info. */
enum verdict icmp_error(struct worker *w, const struct active_plan *active,
			struct rte_mbuf *frame, struct packet_info *info);

#endif /* MX_ICMP_H */
