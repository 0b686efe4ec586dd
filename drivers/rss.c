/* SPDX-License-Identifier: BSD-3-Clause */
#include "rss.h"

#include <string.h>

/* Entries of the largest table of any driver. */
#define ENTRIES_MAX 2048u
#define GROUPS_MAX (ENTRIES_MAX / RTE_ETH_RETA_GROUP_SIZE)

/* The TCP hash types that a port offers.  A port refuses types that it does not
 * offer. */
static uint64_t
tcp_types(const struct rte_eth_dev_info *info)
{
	return info->flow_type_rss_offloads &
	       (RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP);
}

const char *
rss_lack(const struct rte_eth_dev_info *info, bool ipv6)
{
	const uint64_t types = tcp_types(info);
	const uint32_t entries = info->reta_size;

	if (entries == 0)
		return "has no RSS";
	if (!(types & RTE_ETH_RSS_NONFRAG_IPV4_TCP))
		return "has no RSS of TCP over IPv4";
	if (ipv6 && !(types & RTE_ETH_RSS_NONFRAG_IPV6_TCP))
		return "has no RSS of TCP over IPv6";
	if (info->hash_key_size < RSS_KEY_BYTES ||
	    info->hash_key_size > RSS_KEY_BYTES_MAX)
		return "has no RSS key that can be set";
	if (entries % RSS_CLASSES != 0 || entries > ENTRIES_MAX ||
	    (entries & (entries - 1)) != 0)
		return "has an RSS table of an odd size";
	return NULL;
}

struct rte_eth_rss_conf
rss_conf(const struct rte_eth_dev_info *info, const struct rss *want,
	 uint8_t key[static RSS_KEY_BYTES_MAX])
{
	/* No TCP segment uses the bytes of a longer key behind the first 40. */
	memset(key, 0, RSS_KEY_BYTES_MAX);
	memcpy(key, want->key, RSS_KEY_BYTES);
	return (struct rte_eth_rss_conf){
		.rss_key = key,
		.rss_key_len = info->hash_key_size,
		.rss_hf = tcp_types(info),
	};
}

static int
set_table(uint16_t port_id, uint16_t entries, const struct rss *want)
{
	struct rte_eth_rss_reta_entry64 group[GROUPS_MAX];

	for (uint32_t i = 0; i < entries; i++) {
		struct rte_eth_rss_reta_entry64 *to =
			&group[i / RTE_ETH_RETA_GROUP_SIZE];

		to->mask = UINT64_MAX;
		to->reta[i % RTE_ETH_RETA_GROUP_SIZE] =
			want->queue[i % RSS_CLASSES];
	}
	return rte_eth_dev_rss_reta_update(port_id, group, entries);
}

static const char *
read_key(uint16_t port_id, const struct rte_eth_dev_info *info,
	 struct rss *found)
{
	uint8_t key[RSS_KEY_BYTES_MAX] = {0};
	struct rte_eth_rss_conf conf = {
		.rss_key = key,
		.rss_key_len = info->hash_key_size,
	};

	if (rte_eth_dev_rss_hash_conf_get(port_id, &conf) != 0)
		return "does not say its RSS key";
	memcpy(found->key, key, RSS_KEY_BYTES);
	if (!(conf.rss_hf & RTE_ETH_RSS_NONFRAG_IPV4_TCP) ||
	    (found->ipv6 && !(conf.rss_hf & RTE_ETH_RSS_NONFRAG_IPV6_TCP)))
		return "does not hash TCP as configured";
	return NULL;
}

static const char *
read_table(uint16_t port_id, uint16_t entries, struct rss *found)
{
	struct rte_eth_rss_reta_entry64 group[GROUPS_MAX] = {0};

	for (uint32_t i = 0; i < entries / RTE_ETH_RETA_GROUP_SIZE; i++)
		group[i].mask = UINT64_MAX;
	if (rte_eth_dev_rss_reta_query(port_id, group, entries) != 0)
		return "does not say its RSS table";
	for (uint32_t i = 0; i < entries; i++) {
		const uint16_t queue =
			group[i / RTE_ETH_RETA_GROUP_SIZE]
				.reta[i % RTE_ETH_RETA_GROUP_SIZE];

		if (i < RSS_CLASSES)
			found->queue[i] = (uint8_t)queue;
		if (queue != found->queue[i % RSS_CLASSES])
			return "has another RSS table than it was given";
	}
	return NULL;
}

void
rss_settle(uint16_t port_id, const struct rte_eth_dev_info *info,
	   const struct rss *want, struct rss *found)
{
	*found = (struct rss){.ipv6 = want->ipv6};
	if (set_table(port_id, info->reta_size, want) != 0)
		found->lack = "refuses its RSS table";
	else
		found->lack = read_key(port_id, info, found);
	if (found->lack == NULL)
		found->lack = read_table(port_id, info->reta_size, found);
}
