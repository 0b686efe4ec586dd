/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_TAG_H
#define MX_DRIVERS_TAG_H

/* Tags of IEEE 802.1Q.  A tag whose VLAN is 0 has only a priority: the frame
 * counts as untagged (802.1Q 6.9.1).
 *
 * Threads    any. */
#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

/* The part of the tag that names the VLAN. */
#define TAG_VLAN_MASK 0x0fffu

/* Read the VLAN of a tag in the frame.  Returns whether there is a tag. */
bool tag_read(const struct rte_mbuf *frame, uint16_t *vlan);

/* Remove the tag that tag_read() has found. */
void tag_strip(struct rte_mbuf *frame);

/* Remove a tag that names no VLAN.  Returns whether the frame had such a
 * tag. */
bool tag_strip_priority(struct rte_mbuf *frame);

/* Insert a tag behind the MAC addresses.  tci: VLAN and priority.  Returns
 * false, with the frame unchanged, if there is no room in front of it. */
bool tag_insert(struct rte_mbuf *frame, uint16_t tci);

#endif /* MX_DRIVERS_TAG_H */
