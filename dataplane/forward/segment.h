/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SEGMENT_H
#define MX_SEGMENT_H

/* A client's segment that is cut short: a SYN loses its data, and a segment of
 * a session that the operator ended becomes a reset.
 *
 * Threads    the worker's own. */
#include "packet.h"

/* Cut a checked segment down to `bytes` of TCP. */
void segment_cut(struct rte_mbuf *frame, const struct packet_info *info,
		 uint32_t bytes);

#endif /* MX_SEGMENT_H */
