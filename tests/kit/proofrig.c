/* SPDX-License-Identifier: BSD-3-Clause */
#include "proofrig.h"

#include <check.h>
#include <stdlib.h>

void
proofrig_make(struct proofrig *rig, uint16_t workers, uint32_t sessions)
{
	*rig = (struct proofrig){
		.cards = cards_make(workers, sessions),
		.region = calloc(1, sizeof(*rig->region)),
		.config = {.dataplane = {.worker_count = workers,
					 .port_count = CARDS,
					 .port = {{.name = "wan"},
						  {.name = "lan"}}},
			   .pool_count = 1,
			   .pool = {{.backend_count = 1}}},
	};
	ck_assert_ptr_nonnull(rig->region);
	rig->config.pool[0].backend[0].address.addr = cards_addr6(2, 13);
	rig->region->header.steering = MX_STEERING_RSS;
	ck_assert_int_eq(rsswatch_make(&rig->watch, &rig->config, rig->region,
				       rig->cards->worker),
			 0);
}

void
proofrig_free(struct proofrig *rig)
{
	for (uint16_t i = 0; i < CARDS; i++)
		rss_proof_end(rig->cards->worker[0]->port[i].port_id);
	cards_free(rig->cards);
	free(rig->region);
}

void
proofrig_warm_up(struct proofrig *rig)
{
	for (int i = 0; i <= RSS_PROOF_WARM_UP; i++)
		cards_poll(rig->cards);
}

struct rss_evidence
proofrig_evidence(const struct proofrig *rig, uint16_t port)
{
	struct rss_evidence evidence;

	rss_proof_read(rig->cards->worker[0]->port[port].port_id, &evidence);
	return evidence;
}

enum mx_rss
proofrig_state(const struct proofrig *rig, uint16_t port,
	       enum rss_family family)
{
	const struct mx_region_link *link = &rig->region->link[port];

	return family == RSS_IPV4 ? link->rss4 : link->rss6;
}

void
proofrig_swallow(struct proofrig *rig, uint16_t card)
{
	for (struct rte_mbuf *frame;
	     (frame = cards_get(rig->cards, card)) != NULL;)
		rte_pktmbuf_free(frame);
}
