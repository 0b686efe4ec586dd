/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MAKER_H
#define MX_MAKER_H

/* The frames that begin here: TCP segments and ICMP messages, of either family.
 *
 *   maker_segment()   writes the headers into an empty frame,
 *   maker_icmp()
 *                     the caller fills in what they are for,
 *   maker_send()      computes the checksum, and queues the frame.
 *
 * The maker is in forward/, since PROXY headers and the answer to a packet that
 * is too big begin there.  The rooms above, where questions, resets and answers
 * begin, see it too.  An answer to ARP or an echo is no such frame: it is the
 * question's own, with a few fields changed.
 *
 * Threads    maker_send(): the worker's own.  The others: whoever has the
 *            frame. */
#include <rte_tcp.h>

#include "packet.h"
#include "worker.h"

/* Empty a frame that came in, so that its answer can be made in it. */
void maker_empty(struct rte_mbuf *frame);

/* Fill an empty frame with a segment of no options, in the family of *flow.
 * Returns its TCP header.  Numbers, flags and window are the caller's to set,
 * and payload_bytes behind the header to fill. */
struct rte_tcp_hdr *maker_segment(struct rte_mbuf *frame,
				  const struct mx_flow *flow,
				  uint32_t payload_bytes);

/* Fill an empty frame with the IP header of a segment, in the family of its ends.
 * Returns the segment: all its bytes are the caller's to fill, with the checksum.
 */
void *maker_tcp(struct rte_mbuf *frame, const struct mx_addr *from,
		const struct mx_addr *to, uint32_t bytes);

/* Fill an empty frame with the IP header of an ICMP message, in the family of
 * its ends.  Returns the message: all its bytes are the caller's to fill, but
 * for the checksum. */
void *maker_icmp(struct rte_mbuf *frame, const struct mx_addr *from,
		 const struct mx_addr *to, uint32_t bytes);

/* Compute the checksum of the segment or message, when the rest is there. */
void maker_sum(struct rte_mbuf *frame);

/* The same, and queue the frame for a port with its Ethernet header. */
void maker_send(struct worker *w, struct rte_mbuf *frame, uint8_t port,
		const uint8_t mac[6]);

/* A segment without data and options. */
struct maker_bare {
	struct mx_flow flow;
	uint32_t seq;
	uint32_t ack;
	uint16_t window;
	uint8_t flags;
};

/* Fill an empty frame with such a segment, with options of so many bytes, a
 * multiple of 4, and then payload.  Returns where they are to be: all are the
 * caller's to fill. */
uint8_t *maker_fill(struct rte_mbuf *frame, const struct maker_bare *bare,
		    uint32_t option_bytes, uint32_t payload_bytes);

/* Make and send it, if there is a frame left. */
void maker_send_bare(struct worker *w, const struct maker_bare *bare,
		     uint8_t port, const uint8_t mac[6]);

#endif /* MX_MAKER_H */
