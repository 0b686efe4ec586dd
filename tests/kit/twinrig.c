/* SPDX-License-Identifier: BSD-3-Clause */
#include "twinrig.h"

#include <string.h>

#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include "asked.h"
#include "rigports.h"

#define TWIN_FRAMES 2048

struct rte_ring *twinrig_to_kernel[RIG_PORTS][RIG_WORKERS_MAX];
struct rte_ring *twinrig_from_kernel[RIG_PORTS][RIG_WORKERS_MAX];
static uint16_t twin_id[RIG_PORTS];
static struct asked asked;

static struct rte_ring *
make_ring(const char *what, unsigned port, unsigned queue)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "%s-%u-%u", what, port, queue);
	struct rte_ring *ring = rte_ring_create(name, TWIN_FRAMES, 0, 0);
	rig_must(ring != NULL);
	return ring;
}

static void
make_twin(uint16_t port)
{
	const struct rte_eth_conf conf = {0};
	char name[32];

	for (unsigned q = 0; q < RIG_WORKERS_MAX; q++) {
		twinrig_to_kernel[port][q] = make_ring("twin-tx", port, q);
		twinrig_from_kernel[port][q] = make_ring("twin-rx", port, q);
	}
	snprintf(name, sizeof(name), "twin%u", port);
	const int id = rte_eth_from_rings(
		name, twinrig_from_kernel[port], RIG_WORKERS_MAX,
		twinrig_to_kernel[port], RIG_WORKERS_MAX, 0);
	rig_must(id >= 0);
	twin_id[port] = (uint16_t)id;
	rig_must(rte_eth_dev_configure(twin_id[port], RIG_WORKERS_MAX,
				       RIG_WORKERS_MAX, &conf) == 0);
	for (uint16_t q = 0; q < RIG_WORKERS_MAX; q++) {
		rig_must(rte_eth_rx_queue_setup(twin_id[port], q, 64, 0, NULL,
						rig_ports.pool) == 0);
		rig_must(rte_eth_tx_queue_setup(twin_id[port], q, 64, 0,
						NULL) == 0);
	}
	rig_must(rte_eth_dev_start(twin_id[port]) == 0);
}

static void
give_twins(struct rig *rig, uint16_t queues)
{
	static rte_spinlock_t lock;

	memset(&asked, 0, sizeof(asked));
	for (uint16_t i = 0; i < rig->workers; i++) {
		struct worker *w = rig->worker[i];

		w->has_twin = true;
		w->asked = &asked;
		w->tsc_hz = rte_get_tsc_hz();
		for (uint16_t port = 0; port < RIG_PORTS; port++)
			w->twin[port] = (struct worker_twin){
				.is_there = true,
				.is_polled = i < queues,
				.port_id = twin_id[port],
				.queue = i % queues,
				.lock = queues < rig->workers ? &lock : NULL,
			};
	}
}

struct rig *
twinrig_make(uint16_t workers, uint16_t queues)
{
	static bool made;

	for (uint16_t port = 0; port < RIG_PORTS && !made; port++)
		make_twin(port);
	made = true;
	struct rig *rig = rig_make(workers);
	give_twins(rig, queues);
	return rig;
}

unsigned
twinrig_empty(struct rte_ring *ring)
{
	struct rte_mbuf *frame;
	unsigned count = 0;

	for (; rte_ring_dequeue(ring, (void **)&frame) == 0; count++)
		rte_pktmbuf_free(frame);
	return count;
}

void
twinrig_free(struct rig *rig)
{
	for (uint16_t port = 0; port < RIG_PORTS; port++)
		for (unsigned q = 0; q < RIG_WORKERS_MAX; q++) {
			twinrig_empty(twinrig_to_kernel[port][q]);
			twinrig_empty(twinrig_from_kernel[port][q]);
		}
	rig_free(rig);
}
