/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SLOW_H
#define MX_SLOW_H

/* What is addressed to us and is not mail: ARP and echo for the addresses we
 * own, which the kernel does not know, and the frames that are the kernel's.
 *
 * Threads    the worker's own. */
#include "packet.h"
#include "worker.h"

/* Answer an ARP request (RFC 826) or an echo request (RFC 792) in place.
 * Returns FATE_FORWARD if the frame is now an answer to go out where it came
 * in, FATE_KERNEL if it is not for us, FATE_DROP with *why otherwise. */
enum fate slow_answer(struct worker *w, const struct view *view,
		      struct rte_mbuf *frame, uint8_t port, enum mx_drop *why);

/* Leave a frame to the kernel.  A packet socket only ever had a copy of it, so
 * the kernel has it already; ours goes. */
void slow_to_kernel(struct worker *w, struct rte_mbuf *frame);

#endif /* MX_SLOW_H */
