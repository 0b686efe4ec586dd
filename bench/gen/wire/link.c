/* SPDX-License-Identifier: BSD-3-Clause */
#include "link.h"

void
link_refill(struct link *link)
{
	if (rte_pktmbuf_alloc_bulk(link->pool, link->stash, LINK_BURST) == 0)
		link->stash_count = LINK_BURST;
}

/* Lose each n-th frame, as a bad network does. */
static void
lose(struct link *link)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < link->out_count; i++) {
		if (--link->drop_in > 0) {
			link->out[kept++] = link->out[i];
			continue;
		}
		link->drop_in = link->drop_every;
		link->count->injected++;
		rte_pktmbuf_free(link->out[i]);
	}
	link->out_count = kept;
}

void
link_flush(struct link *link)
{
	if (link->drop_every > 0)
		lose(link);

	const uint16_t count = link->out_count;
	uint64_t bytes = 0;

	if (count == 0)
		return;
	for (uint16_t i = 0; i < count; i++)
		bytes += link->out[i]->pkt_len;
	const uint16_t sent =
		rte_eth_tx_burst(link->port, link->queue, link->out, count);
	for (uint16_t i = sent; i < count; i++) {
		bytes -= link->out[i]->pkt_len;
		rte_pktmbuf_free(link->out[i]);
	}
	link->count->tx += sent;
	link->count->tx_bytes += bytes;
	link->count->tx_full += (uint64_t)(count - sent);
	link->out_count = 0;
}

void
link_empty(struct link *link)
{
	rte_pktmbuf_free_bulk(link->stash, link->stash_count);
	rte_pktmbuf_free_bulk(link->out, link->out_count);
	link->stash_count = 0;
	link->out_count = 0;
}
