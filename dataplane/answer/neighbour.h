/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_NEIGHBOUR_H
#define MX_NEIGHBOUR_H

/* ARP (RFC 826, 5227) and neighbour discovery (RFC 4861) for the addresses that
 * mxsteer owns: requests are answered, announcements are made, and others who
 * claim one of our addresses are noted.
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* An ARP frame.  Answers a request for an address of ours that was sent to all
 * or to this port.
 * Returns VERDICT_FORWARD if the answer is queued, VERDICT_KERNEL if it is not
 * for us, VERDICT_DROP with the reason in *info. */
enum verdict neighbour_arp(struct worker *w, const struct active_plan *active,
			   struct rte_mbuf *frame, uint8_t port,
			   struct packet_info *info);

/* An ICMPv6 frame of at least an echo's length.  Answers a valid solicitation
 * (RFC 4861 7.1.1) for an address of ours.
 * Returns VERDICT_FORWARD if the answer is queued, VERDICT_KERNEL if the frame
 * is another one. */
enum verdict neighbour_nd(struct worker *w, const struct active_plan *active,
			  struct rte_mbuf *frame, uint8_t port);

/* Fill an empty frame with the announcement of an address: an ARP request for
 * itself (RFC 5227 2.3) or an unsolicited advertisement (RFC 4861 7.2.6). */
void neighbour_announce(struct rte_mbuf *frame, const struct mx_addr *addr,
			const struct rte_ether_addr *mac);

#endif /* MX_NEIGHBOUR_H */
