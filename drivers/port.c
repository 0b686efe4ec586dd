/* SPDX-License-Identifier: BSD-3-Clause */
#include "port.h"

#include <rte_ethdev.h>

/* Descriptors of a queue; drivers lower it to what they have. */
#define DESCRIPTORS 1024

static const struct driver *const drivers[MX_PORT_DRIVERS] = {
	[MX_DRIVER_AF_PACKET] = &driver_afpacket,
};

int
port_devargs(const struct mx_config_port *port, uint16_t index, uint16_t queues,
	     char text[static DRIVER_TEXT_MAX])
{
	return drivers[port->driver]->devargs(port, index, queues, text);
}

static int
start_queues(uint16_t port_id, uint16_t queues, struct rte_mempool *pool)
{
	const struct rte_eth_conf conf = {
		.rxmode = {.mq_mode = RTE_ETH_MQ_RX_NONE},
	};
	uint16_t rx = DESCRIPTORS;
	uint16_t tx = DESCRIPTORS;
	const int socket = rte_eth_dev_socket_id(port_id);

	int error = rte_eth_dev_configure(port_id, queues, queues, &conf);
	if (error == 0)
		error = rte_eth_dev_adjust_nb_rx_tx_desc(port_id, &rx, &tx);
	for (uint16_t q = 0; q < queues && error == 0; q++) {
		error = rte_eth_rx_queue_setup(port_id, q, rx, (unsigned)socket,
					       NULL, pool);
		if (error == 0)
			error = rte_eth_tx_queue_setup(port_id, q, tx,
						       (unsigned)socket, NULL);
	}
	return error == 0 ? rte_eth_dev_start(port_id) : error;
}

int
port_start(const struct mx_config_port *port, uint16_t index, uint16_t queues,
	   struct rte_mempool *pool, uint16_t *port_id,
	   struct rte_ether_addr *mac)
{
	char name[DRIVER_TEXT_MAX];

	drivers[port->driver]->name(index, name);
	int error = rte_eth_dev_get_port_by_name(name, port_id);
	if (error == 0)
		error = start_queues(*port_id, queues, pool);
	if (error == 0)
		error = rte_eth_macaddr_get(*port_id, mac);
	return error;
}

void
port_stop(uint16_t port_id)
{
	rte_eth_dev_stop(port_id);
	rte_eth_dev_close(port_id);
}
