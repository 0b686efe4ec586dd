/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_KERNELBOUND_H
#define MX_KERNELBOUND_H

/* Frames that the passes do not know: they are the kernel's, unless they have a
 * tag of IEEE 802.1Q.
 *
 * Threads    the worker's own. */
#include "worker.h"

/* Handle a frame of VERDICT_KERNEL.  A tag that names no VLAN is removed, and
 * the frame then goes through all passes, alone.  A frame of another VLAN that
 * hides an address of ours is dropped.  Every other frame goes to the kernel. */
void kernelbound_pass(struct worker *w, const struct active_plan *active,
		      struct rte_mbuf *frame);

#endif /* MX_KERNELBOUND_H */
