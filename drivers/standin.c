/* SPDX-License-Identifier: BSD-3-Clause */
#include "standin.h"

#include <errno.h>
#include <stdio.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "port.h"
#include "sharedqueue.h"
#include "trunk.h"
#include "unplug.h"

static struct rte_ring *
make_ring(const char *kind, unsigned number)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "gone-%s%u", kind, number);
	return rte_ring_create(name, 2, SOCKET_ID_ANY, 0);
}

static int
start(uint16_t port_id, uint16_t workers, struct rte_mempool *pool)
{
	static const struct rte_eth_conf plain;

	int error = rte_eth_dev_configure(port_id, workers, workers, &plain);
	for (uint16_t w = 0; w < workers && error == 0; w++) {
		error = rte_eth_rx_queue_setup(port_id, w, 2, 0, NULL, pool);
		if (error == 0)
			error = rte_eth_tx_queue_setup(port_id, w, 2, 0, NULL);
	}
	return error == 0 ? rte_eth_dev_start(port_id) : error;
}

int
standin_make(uint16_t workers, struct rte_mempool *pool, uint16_t *port_id)
{
	struct rte_ring *in[SHARED_WORKERS_MAX], *out[SHARED_WORKERS_MAX];
	static unsigned made_before; /* a name that was used is not free
				      * again */
	static char filler;
	char name[RTE_ETH_NAME_MAX_LEN];

	if (workers > SHARED_WORKERS_MAX)
		return -E2BIG;
	struct rte_ring *empty = make_ring("rx", made_before);
	struct rte_ring *full = make_ring("tx", made_before);
	if (empty == NULL || full == NULL)
		return -rte_errno;
	rte_ring_enqueue(full, &filler);
	for (uint16_t w = 0; w < workers; w++) {
		in[w] = empty;
		out[w] = full;
	}
	snprintf(name, sizeof(name), "gone%u", made_before++);
	const int made = rte_eth_from_rings(name, in, workers, out, workers, 0);
	if (made < 0)
		return -rte_errno;
	*port_id = (uint16_t)made;
	unplug_note(*port_id);
	return start(*port_id, workers, pool);
}

void
standin_release(uint16_t port_id)
{
	struct rte_eth_dev_info info;
	const uint16_t device_id = trunk_device(port_id);
	const int error = rte_eth_dev_info_get(device_id, &info);

	port_stop(port_id);
	if (error == 0 && !rte_eth_dev_is_valid_port(device_id))
		rte_dev_remove(info.device);
}
