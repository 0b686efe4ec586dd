/* SPDX-License-Identifier: BSD-3-Clause */
#include "port.h"

#include <errno.h>
#include <stdio.h>

#include <rte_ethdev.h>

#include "absence.h"
#include "arrival.h"
#include "capabilities.h"
#include "memory.h"
#include "rssproof.h"
#include "sharedqueue.h"
#include "trunk.h"
#include "unplug.h"

static const struct driver *const drivers[MX_PORT_DRIVERS] = {
	[MX_DRIVER_AF_PACKET] = &driver_afpacket,
	[MX_DRIVER_AF_XDP] = &driver_afxdp,
	[MX_DRIVER_DPDK] = &driver_dpdk,
};

int
port_devargs(const struct mx_config_port *port, uint16_t index, uint16_t queues,
	     char text[static DRIVER_TEXT_MAX])
{
	return drivers[port->driver]->devargs(port, index, queues, text);
}

/* If there are several queues, a full one drops its own frames: some cards would
 * stop all queues until its worker comes back.  Cards with one queue may refuse
 * that setting. */
static int
start_queues(uint16_t port_id, uint16_t queues,
	     const struct rte_eth_dev_info *info, struct rte_mempool *pool)
{
	struct rte_eth_rxconf conf = info->default_rxconf;
	uint16_t rx = MEMORY_DESCRIPTORS;
	uint16_t tx = MEMORY_DESCRIPTORS;
	const int socket = rte_eth_dev_socket_id(port_id);

	conf.rx_drop_en |= queues > 1;
	int error = rte_eth_dev_adjust_nb_rx_tx_desc(port_id, &rx, &tx);
	for (uint16_t q = 0; q < queues && error == 0; q++) {
		error = rte_eth_rx_queue_setup(port_id, q, rx, (unsigned)socket,
					       &conf, pool);
		if (error == 0)
			error = rte_eth_tx_queue_setup(port_id, q, tx,
						       (unsigned)socket, NULL);
	}
	return error == 0 ? rte_eth_dev_start(port_id) : error;
}

/* The received checksums that the port should check.  A check of the IPv4
 * header saves the worker the sum.  A segment whose TCP checksum is wrong need
 * not travel on.
 *
 * Ports that check only TCP are those of virtual machines.  If asked for it,
 * they deliver segments of the same host whose checksum was never computed.
 *
 * No offload for sending: workers update checksums and do not compute them, and
 * many drivers send every frame by a slower path with that offload. */
static uint64_t
checksums(const struct rte_eth_dev_info *info)
{
	const uint64_t has =
		info->rx_offload_capa &
		(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM);

	return has & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM ? has : 0;
}

/* The offloads of sending and receiving that a port with tags should have. */
static void
choose_tag_offloads(const struct rte_eth_dev_info *info,
		    const struct port_traits *want, struct port_traits *found)
{
	found->strips_tags = want->tagged && (info->rx_offload_capa &
					      RTE_ETH_RX_OFFLOAD_VLAN_STRIP);
	found->inserts_tags = want->tagged && (info->tx_offload_capa &
					       RTE_ETH_TX_OFFLOAD_VLAN_INSERT);
}

/* Does the port's driver report that its device was unplugged? */
static bool
reports_unplug(const struct rte_eth_dev_info *info)
{
	return (*info->dev_flags & RTE_ETH_DEV_INTR_RMV) != 0;
}

/* Configure as asked, or without rx interrupts if the port refuses them: no
 * capability flag says so. */
static int
configure_as(uint16_t port_id, uint16_t queues, struct rte_eth_conf *conf,
	     bool interrupts)
{
	conf->intr_conf.rxq = interrupts;
	const int error = rte_eth_dev_configure(port_id, queues, queues, conf);
	if (error == 0 || !interrupts)
		return error;
	conf->intr_conf.rxq = 0;
	return rte_eth_dev_configure(port_id, queues, queues, conf);
}

/* Configure with RSS, unless something is lacking or the port refuses it. */
static int
configure(uint16_t port_id, uint16_t queues,
	  const struct rte_eth_dev_info *info, const struct port_traits *want,
	  struct port_traits *found)
{
	const char **lack = &found->rss.lack;
	const uint64_t rx =
		checksums(info) |
		(found->strips_tags ? RTE_ETH_RX_OFFLOAD_VLAN_STRIP : 0);
	const uint64_t tx =
		found->inserts_tags ? RTE_ETH_TX_OFFLOAD_VLAN_INSERT : 0;
	struct rte_eth_conf plain = {
		.rxmode = {.mq_mode = RTE_ETH_MQ_RX_NONE,
			   .mtu = want->mtu,
			   .offloads = rx},
		.txmode = {.offloads = tx},
		.intr_conf = {.rmv = reports_unplug(info)},
	};
	uint8_t key[RSS_KEY_BYTES_MAX];

	if (*lack == NULL) {
		struct rte_eth_conf spread = {
			.rxmode = {.mq_mode = RTE_ETH_MQ_RX_RSS,
				   .mtu = want->mtu,
				   .offloads = rx},
			.txmode = {.offloads = tx},
			.intr_conf = {.rmv = reports_unplug(info)},
			.rx_adv_conf = {.rss_conf = rss_conf(info, &want->rss,
							     key)},
		};

		if (configure_as(port_id, queues, &spread, want->interrupts) ==
		    0)
			return 0;
		*lack = "refuses RSS";
	}
	return configure_as(port_id, queues, &plain, want->interrupts);
}

/* Has every rx queue an interrupt that can be waited for? */
static bool
has_interrupts(uint16_t port_id, uint16_t queues)
{
	for (uint16_t q = 0; q < queues; q++)
		if (rte_eth_dev_rx_intr_enable(port_id, q) != 0 ||
		    rte_eth_dev_rx_intr_disable(port_id, q) != 0 ||
		    rte_eth_dev_rx_intr_ctl_q_get_fd(port_id, q) < 0)
			return false;
	return true;
}

bool
port_is_absent(const struct mx_config_port *port)
{
	return (absence_of_port(port) & 1) != 0;
}

int
port_open(const struct mx_config_port *port, uint16_t index, uint16_t *port_id)
{
	char name[DRIVER_TEXT_MAX];

	drivers[port->driver]->name(port, index, name);
	const int error = rte_eth_dev_get_port_by_name(name, port_id);
	return error == 0 ? bonding_attach(*port_id, port->device) : error;
}

int
port_link(const struct mx_config_port *port, uint16_t port_id,
	  struct link_state *state)
{
	const struct driver *driver = drivers[port->driver];

	port_id = trunk_device(port_id);
	if (unplug_is_noted(port_id))
		return -ENODEV;
	return driver->link != NULL ? driver->link(port, port_id, state)
				    : link_read(port->interface, state);
}

const char *
port_basis(const struct mx_config_port *port, char text[static PORT_BASIS_MAX])
{
	char name[MX_DEVICE_NAME_MAX];

	if (port->driver == MX_DRIVER_DPDK)
		snprintf(text, PORT_BASIS_MAX, "device %s",
			 mx_device_name(port->device, name));
	else
		snprintf(text, PORT_BASIS_MAX, "interface %s", port->interface);
	return text;
}

bool
port_has_card(const struct mx_config_port *port)
{
	char name[MX_DEVICE_NAME_MAX];
	const char *at = port->device;

	return mx_device_next_pci(&at, name);
}

uint64_t
port_keeps(const struct mx_config_port *port)
{
	uint64_t keeps = drivers[port->driver]->keeps;

	/* The kernel is told of the link of the twin's port. */
	if (mx_config_has_twin(port))
		keeps |= CAPABILITY(CAP_NET_ADMIN);
	/* A card may be given memory and flows at any time. */
	if (port_has_card(port))
		keeps |= CAPABILITY(CAP_NET_ADMIN) | CAPABILITY(CAP_NET_RAW) |
			 CAPABILITY(CAP_IPC_LOCK);
	return keeps;
}

/* The number of queue pairs: `asked`, or one for each worker; and no more than
 * the port has. */
static uint16_t
count_queues(const struct rte_eth_dev_info *info, uint16_t workers,
	     uint16_t asked)
{
	uint16_t queues = workers;

	if (asked != 0 && asked < queues)
		queues = asked;
	if (info->max_rx_queues < queues)
		queues = info->max_rx_queues;
	return info->max_tx_queues < queues ? info->max_tx_queues : queues;
}

/* Drivers without this call took the MTU from the configuration. */
static int
set_mtu(uint16_t port_id, uint16_t mtu)
{
	const int error = rte_eth_dev_set_mtu(port_id, mtu);

	return error == -ENOTSUP ? 0 : error;
}

int
port_start(uint16_t port_id, uint16_t workers, struct rte_mempool *pool,
	   const struct port_traits *want, struct port_traits *found)
{
	struct rte_eth_dev_info info;

	int error = rte_eth_dev_info_get(port_id, &info);
	if (error != 0)
		return error;
	const uint16_t queues = count_queues(&info, workers, want->queues);
	*found = (struct port_traits){.queues = queues,
				      .checksums = checksums(&info)};
	found->rss.lack =
		queues > 1 ? rss_lack(&info, want->rss.ipv6) : "has one queue";
	choose_tag_offloads(&info, want, found);
	error = configure(port_id, queues, &info, want, found);
	if (error == 0 && want->mtu != 0)
		error = set_mtu(port_id, want->mtu);
	if (error == 0)
		error = start_queues(port_id, queues, &info, pool);
	if (error == 0 && found->rss.lack == NULL)
		rss_settle(port_id, &info, &want->rss, &found->rss);
	/* Neighbour discovery uses a group for each address. */
	found->all_multicast =
		error == 0 && rte_eth_allmulticast_enable(port_id) == 0;
	/* A worker that shares another's queue is not woken by it. */
	found->interrupts = error == 0 && want->interrupts &&
			    queues == workers &&
			    has_interrupts(port_id, queues);
	return error;
}

int
port_started(const struct mx_config_port *port, uint16_t port_id)
{
	const struct driver *driver = drivers[port->driver];
	struct rte_eth_dev_info info;

	if (!port_has_card(port)) {
		int error = rte_eth_dev_info_get(port_id, &info);
		if (error == 0)
			error = arrival_follow(port_id, info.nb_rx_queues);
		if (error != 0)
			return error;
	}
	if (port->driver == MX_DRIVER_DPDK && trunk_is_first(port_id)) {
		const uint16_t device_id = trunk_device(port_id);
		int error = unplug_watch(device_id);
		if (error == 0)
			error = bonding_started(device_id);
		if (error != 0)
			return error;
	}
	return driver->started(port);
}

int
port_own(const struct mx_owned_table *owned)
{
	int first = 0;

	for (int i = 0; i < MX_PORT_DRIVERS; i++) {
		const int error =
			drivers[i]->own != NULL ? drivers[i]->own(owned) : 0;
		if (first == 0)
			first = error;
	}
	return first;
}

int
port_disown(void)
{
	int first = 0;

	for (int i = 0; i < MX_PORT_DRIVERS; i++) {
		const int error =
			drivers[i]->disown != NULL ? drivers[i]->disown() : 0;
		if (first == 0)
			first = error;
	}
	return first;
}

void
port_count(uint16_t port_id, struct port_counts *counts)
{
	struct rte_eth_stats stats = {0};
	struct trunk_counts vlan;

	*counts = (struct port_counts){.partial = arrival_partial(port_id)};
	rte_eth_stats_get(trunk_device(port_id), &stats);
	if (trunk_is_first(port_id)) {
		counts->missed = stats.imissed;
		counts->no_memory = stats.rx_nombuf;
		counts->errors = stats.ierrors + stats.oerrors;
	}
	if (!trunk_has(port_id)) {
		counts->rx = stats.ipackets;
		counts->tx = stats.opackets;
		return;
	}
	trunk_count(port_id, &vlan);
	counts->rx = vlan.rx;
	counts->tx = vlan.tx;
	counts->other_vlan = vlan.other_vlan;
}

void
port_stop(uint16_t port_id)
{
	const uint16_t device_id = trunk_device(port_id);

	shared_queues_end(port_id);
	rss_proof_end(port_id);
	arrival_end(port_id);
	if (trunk_has(port_id) && !trunk_port_end(port_id))
		return;
	unplug_end(device_id);
	bonding_close(device_id);
}
