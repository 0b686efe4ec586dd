/* SPDX-License-Identifier: BSD-3-Clause */
#include "arrival.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>

#include <rte_errno.h>
#include <rte_ethdev.h>

#include "bounds.h"
#include "partial.h"
#include "tag.h"

/* The counts of one queue.  Each has a cache line of its own, since each queue
 * has another worker. */
struct follower {
	alignas(64) _Atomic uint64_t count;
	const struct rte_eth_rxtx_callback *callback;
};

static struct follower followers[RTE_MAX_ETHPORTS][MX_WORKERS_MAX];

/* DPDK calls this when a worker has polled the queue. */
static uint16_t
mend_burst(uint16_t port_id, uint16_t queue, struct rte_mbuf **frame,
	   uint16_t count, uint16_t count_max, void *arg)
{
	struct follower *follower = arg;
	uint64_t partial = 0;

	(void)port_id, (void)queue, (void)count_max;
	for (uint16_t i = 0; i < count; i++) {
		tag_strip_priority(frame[i]);
		partial += partial_complete(frame[i]);
	}
	if (partial > 0)
		atomic_store_explicit(
			&follower->count,
			atomic_load_explicit(&follower->count,
					     memory_order_relaxed) +
				partial,
			memory_order_relaxed);
	return count;
}

int
arrival_follow(uint16_t port_id, uint16_t queues)
{
	if (queues > MX_WORKERS_MAX)
		return -E2BIG;
	for (uint16_t q = 0; q < queues; q++) {
		struct follower *follower = &followers[port_id][q];

		atomic_store_explicit(&follower->count, 0,
				      memory_order_relaxed);
		follower->callback = rte_eth_add_rx_callback(
			port_id, q, mend_burst, follower);
		if (follower->callback == NULL)
			return -rte_errno;
	}
	return 0;
}

void
arrival_end(uint16_t port_id)
{
	for (uint16_t q = 0; q < MX_WORKERS_MAX; q++) {
		struct follower *follower = &followers[port_id][q];

		if (follower->callback == NULL)
			continue;
		rte_eth_remove_rx_callback(port_id, q, follower->callback);
		follower->callback = NULL;
	}
}

uint64_t
arrival_partial(uint16_t port_id)
{
	uint64_t sum = 0;

	for (uint16_t q = 0; q < MX_WORKERS_MAX; q++)
		sum += atomic_load_explicit(&followers[port_id][q].count,
					    memory_order_relaxed);
	return sum;
}
