/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_TAG_H
#define MX_DRIVERS_TAG_H

/* Tags of IEEE 802.1Q.  A tag whose VLAN is 0 has only a priority: the frame
 * counts as untagged (802.1Q 6.9.1).
 *
 * Threads    any. */
#include <stdbool.h>

#include <rte_mbuf.h>

/* Remove a tag that names no VLAN.  Returns whether the frame had such a
 * tag. */
bool tag_strip_priority(struct rte_mbuf *frame);

#endif /* MX_DRIVERS_TAG_H */
