/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SLOW_H
#define MX_SLOW_H

/* What is addressed to us and is not mail: ARP, neighbour discovery, echo and
 * ICMP errors for the addresses we own, which the kernel does not know, and the
 * frames that are the kernel's.
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* Answer an ARP request (RFC 826), a neighbour solicitation (RFC 4861) or an
 * echo request (RFC 792, 4443) in place, or pass an ICMP error on (icmp.h).
 * Returns VERDICT_FORWARD if a frame is queued, VERDICT_HANDOFF with the owner
 * in *info, VERDICT_KERNEL if it is not for us, VERDICT_DROP with the reason in
 * *info. */
enum verdict slow_answer(struct worker *w, const struct active_plan *active,
			 struct rte_mbuf *frame, uint8_t port,
			 struct packet_info *info);

#endif /* MX_SLOW_H */
