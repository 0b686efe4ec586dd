/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SEGMENT_H
#define MX_SEGMENT_H

/* Bare TCP segments: those that begin here, as resets and questions to either
 * end do, and those that are cut down.
 *
 * Threads    the worker's own. */
#include <rte_tcp.h>

#include "packet.h"
#include "worker.h"

/* Fill an empty frame with the segment of a flow.  Returns its TCP header, of
 * which numbers, flags and window are the caller's to set. */
struct rte_tcp_hdr *segment_make(struct rte_mbuf *frame,
				 const struct mx_flow *flow);

/* Sum it up and queue it; six: it is IPv6. */
void segment_send(struct worker *w, struct rte_mbuf *frame, uint8_t port,
		  const uint8_t mac[6], bool six);

/* Cut a checked segment down to `bytes` of TCP. */
void segment_cut(struct rte_mbuf *frame, const struct packet_info *info,
		 uint32_t bytes);

#endif /* MX_SEGMENT_H */
