/* SPDX-License-Identifier: BSD-3-Clause */
#include "vlan.h"

#include <rte_arp.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>

#include "owned.h"

struct tagged {
	struct rte_ether_hdr ether;
	struct rte_vlan_hdr tag;
};

/* The place, behind the tag, of the address that the frame is for. */
static bool
find_target(const struct rte_mbuf *frame, struct mx_addr *target)
{
	const struct tagged *head =
		rte_pktmbuf_mtod(frame, const struct tagged *);
	const struct rte_ipv4_hdr *four = (const void *)(head + 1);
	const struct rte_ipv6_hdr *six = (const void *)(head + 1);
	const struct rte_arp_hdr *arp = (const void *)(head + 1);
	const uint32_t there =
		rte_pktmbuf_data_len(frame) - (uint32_t)sizeof(*head);

	switch (head->tag.eth_proto) {
	case RTE_BE16(RTE_ETHER_TYPE_IPV4):
		if (there < sizeof(*four))
			return false;
		*target = mx_addr_from4(four->dst_addr);
		return true;
	case RTE_BE16(RTE_ETHER_TYPE_IPV6):
		if (there < sizeof(*six))
			return false;
		memcpy(target, &six->dst_addr, sizeof(*target));
		return true;
	case RTE_BE16(RTE_ETHER_TYPE_ARP):
		if (there < sizeof(*arp))
			return false;
		*target = mx_addr_from4(arp->arp_data.arp_tip);
		return true;
	default:
		return false;
	}
}

bool
vlan_hides_ours(const struct active_plan *active, const struct rte_mbuf *frame)
{
	const struct tagged *head =
		rte_pktmbuf_mtod(frame, const struct tagged *);
	struct mx_addr target;

	return rte_pktmbuf_data_len(frame) >= sizeof(*head) &&
	       (head->ether.ether_type == RTE_BE16(RTE_ETHER_TYPE_VLAN) ||
		head->ether.ether_type == RTE_BE16(RTE_ETHER_TYPE_QINQ)) &&
	       find_target(frame, &target) &&
	       mx_owned_find(&active->plan.owned, &target, 0)->kind !=
		       MX_OWNED_NOT;
}
