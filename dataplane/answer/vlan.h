/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_VLAN_H
#define MX_VLAN_H

/* Frames with a VLAN tag, which are not forwarded: a port is one network.
 *
 * Threads    the worker's own. */
#include <stdbool.h>

#include <rte_mbuf.h>

#include "activeplan.h"

/* Is the frame tagged, and is its IP packet or ARP request for an address of
 * ours?  Other tagged frames are the kernel's. */
bool vlan_hides_ours(const struct active_plan *active,
		     const struct rte_mbuf *frame);

#endif /* MX_VLAN_H */
