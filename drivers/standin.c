/* SPDX-License-Identifier: BSD-3-Clause */
#include "standin.h"

#include <errno.h>
#include <stdio.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ring.h>

#include "port.h"
#include "ringport.h"
#include "trunk.h"
#include "unplug.h"

static struct rte_ring *
make_ring(const char *kind, unsigned number)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "gone-%s%u", kind, number);
	return rte_ring_create(name, 2, SOCKET_ID_ANY, 0);
}

int
standin_make(uint16_t workers, struct rte_mempool *pool, uint16_t *port_id)
{
	struct ringport wanted = {.kind = "gone", .queues = workers};
	static unsigned made_before;
	static char filler;

	if (workers > RINGPORT_QUEUES_MAX)
		return -E2BIG;
	struct rte_ring *empty = make_ring("rx", made_before);
	struct rte_ring *full = make_ring("tx", made_before++);
	if (empty == NULL || full == NULL)
		return -rte_errno;
	rte_ring_enqueue(full, &filler);
	for (uint16_t w = 0; w < workers; w++) {
		wanted.in[w] = empty;
		wanted.out[w] = full;
	}
	const int error = ringport_make(&wanted, pool, port_id);
	if (error == 0)
		unplug_note(*port_id);
	return error;
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
