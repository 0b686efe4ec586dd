/* SPDX-License-Identifier: BSD-3-Clause */
#include "tag.h"

#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>

#define MACS_BYTES (2 * RTE_ETHER_ADDR_LEN)

struct tagged {
	struct rte_ether_hdr ether;
	struct rte_vlan_hdr tag;
};

bool
tag_read(const struct rte_mbuf *frame, uint16_t *vlan)
{
	const struct tagged *head =
		rte_pktmbuf_mtod(frame, const struct tagged *);

	if (rte_pktmbuf_data_len(frame) < sizeof(*head) ||
	    head->ether.ether_type != RTE_BE16(RTE_ETHER_TYPE_VLAN))
		return false;
	*vlan = rte_be_to_cpu_16(head->tag.vlan_tci) & TAG_VLAN_MASK;
	return true;
}

void
tag_strip(struct rte_mbuf *frame)
{
	uint8_t macs[MACS_BYTES];

	memcpy(macs, rte_pktmbuf_mtod(frame, void *), sizeof(macs));
	memcpy(rte_pktmbuf_adj(frame, sizeof(struct rte_vlan_hdr)), macs,
	       sizeof(macs));
}

bool
tag_strip_priority(struct rte_mbuf *frame)
{
	uint16_t vlan;

	if (!tag_read(frame, &vlan) || vlan != 0)
		return false;
	tag_strip(frame);
	return true;
}

bool
tag_insert(struct rte_mbuf *frame, uint16_t tci)
{
	const rte_be16_t tag[] = {RTE_BE16(RTE_ETHER_TYPE_VLAN),
				  rte_cpu_to_be_16(tci)};
	uint8_t macs[MACS_BYTES];

	if (rte_pktmbuf_data_len(frame) < RTE_ETHER_HDR_LEN ||
	    rte_pktmbuf_headroom(frame) < sizeof(tag))
		return false;
	memcpy(macs, rte_pktmbuf_mtod(frame, void *), sizeof(macs));
	char *start = rte_pktmbuf_prepend(frame, sizeof(tag));
	memcpy(start, macs, sizeof(macs));
	memcpy(start + sizeof(macs), tag, sizeof(tag));
	return true;
}
