/* SPDX-License-Identifier: BSD-3-Clause */
#include "fakecard.h"

#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>

struct fakecard fakecard;

/* The entries of the table now. */
static uint16_t
entries_now(void)
{
	return fakecard.table_entries != 0 ? fakecard.table_entries
					   : fakecard.entries;
}

int
rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info)
{
	static uint32_t flags;

	(void)port_id;
	flags = fakecard.reports_unplug ? RTE_ETH_DEV_INTR_RMV : 0;
	*info = (struct rte_eth_dev_info){
		.dev_flags = &flags,
		.max_rx_queues = fakecard.queues != 0 ? fakecard.queues : 64,
		.max_tx_queues =
			fakecard.tx_queues != 0 ? fakecard.tx_queues : 64,
		.reta_size = entries_now(),
		.hash_key_size = fakecard.key_bytes,
		.flow_type_rss_offloads = fakecard.types,
		.rx_offload_capa = fakecard.rx_offloads,
		.tx_offload_capa = fakecard.tx_offloads,
	};
	return 0;
}

int
rte_eth_dev_configure(uint16_t port_id, uint16_t rx_queues, uint16_t tx_queues,
		      const struct rte_eth_conf *conf)
{
	const struct rte_eth_rss_conf *rss = &conf->rx_adv_conf.rss_conf;
	const bool wanted = conf->rxmode.mq_mode == RTE_ETH_MQ_RX_RSS;

	(void)port_id, (void)tx_queues;
	/* As in ethdev: a port refuses more than it offers. */
	if (fakecard.fails != 0)
		return fakecard.fails;
	if ((conf->rxmode.offloads & ~fakecard.rx_offloads) ||
	    (conf->txmode.offloads & ~fakecard.tx_offloads))
		return -EINVAL;
	if (wanted && (fakecard.refuses_rss || (rss->rss_hf & ~fakecard.types)))
		return -EINVAL;
	if (conf->intr_conf.rxq && fakecard.refuses_interrupts)
		return -ENOTSUP;
	fakecard.configured++;
	fakecard.interrupts_set = conf->intr_conf.rxq;
	fakecard.rss = wanted;
	fakecard.rx_offloads_set = conf->rxmode.offloads;
	fakecard.tx_offloads_set = conf->txmode.offloads;
	fakecard.queues_set = rx_queues;
	if (fakecard.shrinks)
		fakecard.table_entries = (uint16_t)rte_align32pow2(rx_queues);
	fakecard.unplug_configured = conf->intr_conf.rmv;
	fakecard.mtu_configured = conf->rxmode.mtu;
	fakecard.types_set = rss->rss_hf & ~fakecard.forgets;
	if (wanted && !fakecard.keeps_key)
		memcpy(fakecard.key, rss->rss_key, rss->rss_key_len);
	return 0;
}

int
rte_eth_dev_adjust_nb_rx_tx_desc(uint16_t port_id, uint16_t *rx, uint16_t *tx)
{
	(void)port_id, (void)rx, (void)tx;
	return 0;
}

int
rte_eth_dev_socket_id(uint16_t port_id)
{
	(void)port_id;
	return 0;
}

int
rte_eth_rx_queue_setup(uint16_t port_id, uint16_t queue, uint16_t descriptors,
		       unsigned socket, const struct rte_eth_rxconf *conf,
		       struct rte_mempool *pool)
{
	(void)port_id, (void)queue, (void)descriptors, (void)socket;
	(void)pool;
	if (conf->rx_drop_en)
		fakecard.queues_dropping++;
	return 0;
}

int
rte_eth_tx_queue_setup(uint16_t port_id, uint16_t queue, uint16_t descriptors,
		       unsigned socket, const struct rte_eth_txconf *conf)
{
	(void)port_id, (void)queue, (void)descriptors, (void)socket;
	(void)conf;
	return 0;
}

int
rte_eth_dev_start(uint16_t port_id)
{
	(void)port_id;
	fakecard.started = true;
	return 0;
}

int
rte_eth_dev_set_mtu(uint16_t port_id, uint16_t mtu)
{
	(void)port_id;
	if (fakecard.mtu_error == 0)
		fakecard.mtu_set = mtu;
	return fakecard.mtu_error;
}

int
rte_eth_allmulticast_enable(uint16_t port_id)
{
	(void)port_id;
	return fakecard.filters_multicast ? -ENOTSUP : 0;
}

int
rte_eth_dev_rss_reta_update(uint16_t port_id,
			    struct rte_eth_rss_reta_entry64 *group,
			    uint16_t entries)
{
	(void)port_id;
	if (fakecard.refuses_table || !fakecard.started ||
	    entries > fakecard.entries ||
	    (entries != entries_now() &&
	     (!fakecard.shrinks || fakecard.stays_small)))
		return -EINVAL;
	fakecard.table_entries = entries;
	for (uint16_t i = 0; i < entries && !fakecard.keeps_table; i++)
		if (group[i / 64].mask >> i % 64 & 1)
			fakecard.table[i] = group[i / 64].reta[i % 64];
	return 0;
}

int
rte_eth_dev_rss_reta_query(uint16_t port_id,
			   struct rte_eth_rss_reta_entry64 *group,
			   uint16_t entries)
{
	(void)port_id;
	if (fakecard.hides_table || entries != entries_now())
		return -ENOTSUP;
	for (uint16_t i = 0; i < entries; i++)
		if (group[i / 64].mask >> i % 64 & 1)
			group[i / 64].reta[i % 64] = fakecard.table[i];
	return 0;
}

int
rte_eth_dev_rss_hash_conf_get(uint16_t port_id, struct rte_eth_rss_conf *conf)
{
	(void)port_id;
	if (fakecard.hides_key)
		return -ENOTSUP;
	conf->rss_hf = fakecard.types_set;
	memcpy(conf->rss_key, fakecard.key, fakecard.key_bytes);
	return 0;
}

int
rte_eth_dev_rx_intr_enable(uint16_t port_id, uint16_t queue)
{
	(void)port_id;
	return fakecard.interrupts_set && queue < fakecard.interrupts
		       ? 0
		       : -ENOTSUP;
}

int
rte_eth_dev_rx_intr_disable(uint16_t port_id, uint16_t queue)
{
	return rte_eth_dev_rx_intr_enable(port_id, queue);
}

int
rte_eth_dev_rx_intr_ctl_q_get_fd(uint16_t port_id, uint16_t queue)
{
	(void)port_id, (void)queue;
	return fakecard.hides_interrupts ? -1 : 3;
}
