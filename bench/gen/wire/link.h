/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_LINK_H
#define MX_GEN_LINK_H

/* Frames in and out of one queue of a port, in bursts.
 * Invariant  each frame that is taken is put or freed; counts: see gencounts.h. */
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "gencounts.h"

#define LINK_BURST 32u

struct link {
	uint16_t port;
	uint16_t queue;
	uint16_t stash_count;
	uint16_t out_count;
	uint32_t drop_every;
	uint32_t drop_in; /* frames until the next drop */
	struct rte_mempool *pool;
	struct gen_wire *count;
	struct rte_mbuf *stash[LINK_BURST]; /* empty ones */
	struct rte_mbuf *out[LINK_BURST];
};

/* Send the frames that were put. */
void link_flush(struct link *link);

void link_refill(struct link *link);

/* An empty frame, or NULL (which is counted). */
static inline struct rte_mbuf *
link_take(struct link *link)
{
	if (link->stash_count == 0)
		link_refill(link);
	if (unlikely(link->stash_count == 0)) {
		link->count->no_mbuf++;
		return NULL;
	}
	return link->stash[--link->stash_count];
}

/* Send a frame of so many bytes, now or with the next flush. */
static inline void
link_put(struct link *link, struct rte_mbuf *frame, uint16_t bytes)
{
	frame->data_len = bytes;
	frame->pkt_len = bytes;
	link->out[link->out_count++] = frame;
	if (link->out_count == LINK_BURST)
		link_flush(link);
}

/* Free all frames that the link holds. */
void link_empty(struct link *link);

#endif /* MX_GEN_LINK_H */
