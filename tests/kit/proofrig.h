/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_PROOFRIG_H
#define MX_TESTS_PROOFRIG_H

/* Cards (cards.h) whose RSS is being proven, and the watch of a data plane. */
#include "cards.h"
#include "rsswatch.h"

struct proofrig {
	struct cards *cards;
	struct mx_region *region;
	struct rsswatch watch;
	struct mx_config config;
};

/* Workers with room for that many sessions each.  Steering is RSS, and IPv6 is
 * configured. */
void proofrig_make(struct proofrig *rig, uint16_t workers, uint32_t sessions);
void proofrig_free(struct proofrig *rig);

/* Poll until received frames are compared. */
void proofrig_warm_up(struct proofrig *rig);

struct rss_evidence proofrig_evidence(const struct proofrig *rig,
				      uint16_t port);

/* What show ports says of a port. */
enum mx_rss proofrig_state(const struct proofrig *rig, uint16_t port,
			   enum rss_family family);

/* Take what has left by a card. */
void proofrig_swallow(struct proofrig *rig, uint16_t card);

#endif /* MX_TESTS_PROOFRIG_H */
