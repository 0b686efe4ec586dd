/* SPDX-License-Identifier: BSD-3-Clause */
#include "tag.h"

#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>

#define VLAN_MASK RTE_BE16(0x0fff)

struct tagged {
	struct rte_ether_hdr ether;
	struct rte_vlan_hdr tag;
};

bool
tag_strip_priority(struct rte_mbuf *frame)
{
	uint8_t macs[2 * RTE_ETHER_ADDR_LEN];
	const struct tagged *head =
		rte_pktmbuf_mtod(frame, const struct tagged *);

	if (rte_pktmbuf_data_len(frame) < sizeof(*head) ||
	    head->ether.ether_type != RTE_BE16(RTE_ETHER_TYPE_VLAN) ||
	    (head->tag.vlan_tci & VLAN_MASK) != 0)
		return false;
	memcpy(macs, &head->ether, sizeof(macs));
	memcpy(rte_pktmbuf_adj(frame, sizeof(head->tag)), macs, sizeof(macs));
	return true;
}
