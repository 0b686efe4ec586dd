/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_TAG_H
#define MX_DRIVERS_TAG_H

/* Tags of IEEE 802.1Q.  One whose VLAN is 0 carries a priority and nothing
 * else: the frame is untagged in all but form (802.1Q 6.9.1).
 *
 * Threads    any. */
#include <stdbool.h>

#include <rte_mbuf.h>

/* Take the tag off a frame whose tag names no VLAN.  Returns whether it had
 * such a tag. */
bool tag_strip_priority(struct rte_mbuf *frame);

#endif /* MX_DRIVERS_TAG_H */
