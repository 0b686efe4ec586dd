/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_FORWARD_VERIFY_H
#define MX_FORWARD_VERIFY_H

/* Would the end that a segment goes to take its TCP checksum?
 *
 * The end drops a segment whose checksum is wrong, so such a segment must not
 * move a session here either.  A sender on the same host leaves the checksum to
 * a network card that never comes: the field then holds the folded sum of the
 * pseudo-header, not complemented, and the segment is as good as any other once
 * the sum is completed.
 *
 * Threads    any: only reads. */
#include <rte_mbuf.h>

#include "checksum.h"
#include "packet.h"

enum checksum_verdict {
	CHECKSUM_GOOD,    /* the end takes it */
	CHECKSUM_PARTIAL, /* only begun: to be computed in full before it goes
			   */
	CHECKSUM_WRONG,   /* the end drops it */
};

/* The folded sum of the pseudo-header of a TCP packet: what a sender that
 * leaves the rest to its card writes into the checksum's field. */
static inline uint16_t
checksum_pseudo(const struct rte_mbuf *frame, uint32_t ip_bytes)
{
	const void *ip =
		rte_pktmbuf_mtod_offset(frame, const void *, RTE_ETHER_HDR_LEN);

	return ip_bytes == sizeof(struct rte_ipv4_hdr)
		       ? rte_ipv4_phdr_cksum(ip, 0)
		       : rte_ipv6_phdr_cksum(ip, 0);
}

/* Judge the TCP checksum of a frame.  The frame holds the whole packet that its
 * IP header of ip_bytes tells of, as read_packet() makes sure.
 *
 * The port's word on the checksum is believed.  If the port says nothing, the
 * whole segment is summed up.  So call this for segments that would move a
 * session's state, not for plain data. */
static inline enum checksum_verdict
checksum_verify(const struct rte_mbuf *frame, uint32_t ip_bytes)
{
	const struct headers *four =
		rte_pktmbuf_mtod(frame, const struct headers *);
	const struct headers6 *six =
		rte_pktmbuf_mtod(frame, const struct headers6 *);
	const bool is4 = ip_bytes == sizeof(four->ip);
	const struct rte_tcp_hdr *tcp = is4 ? &four->tcp : &six->tcp;
	const uint32_t bytes =
		is4 ? rte_be_to_cpu_16(four->ip.total_length) - ip_bytes
		    : rte_be_to_cpu_16(six->ip.payload_len);

	switch (frame->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) {
	case RTE_MBUF_F_RX_L4_CKSUM_GOOD:
		return CHECKSUM_GOOD;
	case RTE_MBUF_F_RX_L4_CKSUM_BAD:
		return CHECKSUM_WRONG;
	case RTE_MBUF_F_RX_L4_CKSUM_NONE:
		return CHECKSUM_PARTIAL;
	default:
		break;
	}
	const uint16_t pseudo = checksum_pseudo(frame, ip_bytes);
	if (checksum_fold((uint32_t)pseudo + rte_raw_cksum(tcp, bytes)) ==
	    0xffff)
		return CHECKSUM_GOOD;
	return tcp->cksum == pseudo ? CHECKSUM_PARTIAL : CHECKSUM_WRONG;
}

#endif /* MX_FORWARD_VERIFY_H */
