/* SPDX-License-Identifier: BSD-3-Clause */
/* Any device that DPDK drives by itself: a network card that is bound to
 * vfio-pci, or a virtual device such as memif.
 *
 * The kernel gets no frame of it.  The configuration names the device as
 * DPDK's own programs do, so its arguments pass through unchanged. */
#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>

#include "bonding.h"
#include "device.h"
#include "driver.h"
#include "leftover.h"

static int
dpdk_devargs(const struct mx_config_port *port, uint16_t index, uint16_t queues,
	     char *text)
{
	(void)index, (void)queues;
	int error = leftover_clear(port->device, text, DRIVER_TEXT_MAX);
	for (uint16_t i = 0; i < port->member_count && error == 0; i++)
		error = leftover_clear(port->member[i], text, DRIVER_TEXT_MAX);
	if (error == 0)
		bonding_spell(port->device, text, DRIVER_TEXT_MAX);
	return error;
}

static void
dpdk_name(const struct mx_config_port *port, uint16_t index, char *text)
{
	(void)index;
	mx_device_name(port->device, text);
}

/* Ask the port.  This thread asks a few times a second, which is as good as an
 * interrupt: many drivers cannot have one besides the interrupts of queues. */
static int
dpdk_link(const struct mx_config_port *port, uint16_t port_id,
	  struct link_state *state)
{
	struct rte_ether_addr mac;
	struct rte_eth_link link;
	uint16_t mtu;

	(void)port;
	if (rte_eth_dev_is_removed(port_id) != 0)
		return -ENODEV;
	int error = rte_eth_link_get_nowait(port_id, &link);
	if (error == 0)
		error = rte_eth_macaddr_get(port_id, &mac);
	if (error == 0)
		error = rte_eth_dev_get_mtu(port_id, &mtu);
	if (error != 0)
		return error;
	*state = (struct link_state){
		.index = port_id,
		.up = link.link_status == RTE_ETH_LINK_UP &&
		      bonding_carries(port_id),
		.mtu = (uint16_t)RTE_MIN(mtu, MX_MTU_MAX_DPDK),
	};
	memcpy(state->mac, &mac, sizeof(state->mac));
	return 0;
}

static int
dpdk_started(const struct mx_config_port *port)
{
	(void)port;
	return 0;
}

const struct driver driver_dpdk = {
	.devargs = dpdk_devargs,
	.name = dpdk_name,
	.link = dpdk_link,
	.started = dpdk_started,
};
