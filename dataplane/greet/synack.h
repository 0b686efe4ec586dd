/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SYNACK_H
#define MX_SYNACK_H

/* SYN-ACKs that begin here, in the frame of the SYN that they answer.
 *
 * The options come in the order that most hosts use: the maximum segment size,
 * the window scale, selective acknowledgements.
 *
 * Threads    whoever has the frame. */
#include <stdint.h>

#include <rte_mbuf.h>

#include "addr.h"
#include "offer.h"

struct synack {
	const struct mx_flow *flow; /* from the client */
	uint32_t client_isn;
	uint32_t isn;
	uint16_t window;
	/* mss: not 0; the others only for a client that offered them. */
	struct offer says;
};

/* Fill an empty frame, but for its Ethernet header: see egress_send(). */
void synack_fill(struct rte_mbuf *frame, const struct synack *synack);

#endif /* MX_SYNACK_H */
