/* SPDX-License-Identifier: BSD-3-Clause */
#include "ports.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "card.h"
#include "holders.h"
#include "log.h"
#include "port.h"
#include "sharedport.h"
#include "sharedqueue.h"
#include "standin.h"
#include "trunk.h"

/* The limit of ring ports (ringport.h). */
#define TOO_MANY                                                               \
	"expected at most 16 workers, since it has VLANs, or fewer queues "    \
	"than there are workers"
static_assert(RINGPORT_QUEUES_MAX == 16, "the message has the number");

/* Give each worker the port, or a port that stands in for it. */
static int
give_port(struct ports *ports, const struct mx_config_port *port,
	  uint16_t index, struct worker_port made)
{
	const uint16_t workers = ports->workers;
	struct rte_eth_dev_info info;
	uint16_t id[MX_WORKERS_MAX];

	int error = shared_queues_make(made.port_id, workers, ports->frame_pool,
				       id);
	if (error == 0)
		error = rte_eth_dev_info_get(made.port_id, &info);
	if (error != 0)
		return error;
	for (uint16_t w = 0; w < workers; w++) {
		made.port_id = id[w];
		ports->worker[w]->port[index] = made;
	}
	ports->header->port[index].queues = info.nb_rx_queues;
	if (info.nb_rx_queues < workers)
		log_line(LOG_LEVEL_INFO,
			 "port %s: has queues for %u of %u workers, which "
			 "send and receive for all",
			 port->name, info.nb_rx_queues, workers);
	return 0;
}

/* Report what the port does by itself, and what it cannot do. */
static void
say_traits(const struct mx_config_port *port, const struct port_traits *found)
{
	const bool tcp = found->checksums & RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
	char basis[PORT_BASIS_MAX];

	log_line(LOG_LEVEL_INFO, "port %s: checksums of %s are checked by %s",
		 port->name, tcp ? "IPv4 and TCP" : "IPv4",
		 found->checksums != 0 ? "the port" : "software");
	if (port->vlan != 0)
		log_line(LOG_LEVEL_INFO,
			 "port %s: VLAN %u, whose tags are removed by %s and "
			 "inserted by %s",
			 port->name, port->vlan,
			 found->strips_tags ? "the port" : "software",
			 found->inserts_tags ? "the port" : "software");
	if (!found->all_multicast && port_has_card(port))
		log_line(LOG_LEVEL_WARN,
			 "port %s: the card cannot receive all multicast "
			 "frames: neighbours may not find IPv6 addresses of "
			 "mxsteer",
			 port->name);
	if (port->driver != MX_DRIVER_DPDK &&
	    sharedport_is_used(port->interface))
		log_line(LOG_LEVEL_WARN,
			 "port %s: another data plane uses %s too: "
			 "no VIP and no SNAT address may be in both "
			 "configurations",
			 port->name, port_basis(port, basis));
}

/* Log why DPDK made no port of a device. */
static void
say_absence(const struct mx_config *config, const struct mx_config_port *port)
{
	const struct mx_config_dataplane alone = {.port_count = 1,
						  .port = {*port}};
	static struct hazards found;
	char line[HAZARD_LINE_MAX], basis[PORT_BASIS_MAX];

	found = (struct hazards){.count = 0};
	card_check("", &alone, &found);
	holders_check("", config, &found);
	for (uint32_t i = 0; i < found.count; i++)
		log_line(found.list[i].stops_mail ? LOG_LEVEL_ERROR
						  : LOG_LEVEL_WARN,
			 "%s", hazard_line(&found.list[i], line));
	if (!hazards_stop_mail(&found))
		log_line(LOG_LEVEL_ERROR,
			 "port %s: DPDK cannot open %s: see its lines above%s",
			 port->name, port_basis(port, basis),
			 geteuid() == 0
				 ? ""
				 : "; this program does not run as root, "
				   "which may be why: sudo "
				   "mxsteer-dataplane ...");
}

/* Start the device of a port, unless an earlier port has started it.  If the
 * device carries tagged frames, each of its ports becomes a port of DPDK's
 * (trunk.h). */
static int
start_port(struct ports *ports, const struct mx_config_dataplane *dataplane,
	   uint16_t index, struct port_traits *want, uint16_t *port_id)
{
	const struct mx_config_port *port = &dataplane->port[index];
	const uint16_t first = mx_config_first_of_device(dataplane, index);
	struct port_traits *found = &ports->found[index];
	int error = 0;

	want->queues = port->queues;
	want->mtu = port->mtu;
	want->tagged = mx_config_is_trunk(dataplane, index);
	if (first == index)
		error = port_start(*port_id, ports->workers, ports->frame_pool,
				   want, found);
	else
		*found = ports->found[first];
	if (error != 0 || !want->tagged)
		return error;
	return trunk_port_make(
		&(struct trunk_request){
			.device_id = *port_id,
			.vlan = port->vlan,
			.inserts = found->inserts_tags,
			.pool = ports->frame_pool,
		},
		port_id);
}

/* Start the port that DPDK made.  If its RSS cannot be relied on, note why. */
static int
make_port(struct ports *ports, const struct mx_config_dataplane *dataplane,
	  uint16_t index, struct port_traits *want, struct worker_port *made)
{
	const struct mx_config_port *port = &dataplane->port[index];
	const struct port_traits *found = &ports->found[index];
	const uint16_t device_id = made->port_id;
	char basis[PORT_BASIS_MAX];
	struct link_state link = {0};

	int error = start_port(ports, dataplane, index, want, &made->port_id);
	if (error == 0)
		error = port_started(port, made->port_id);
	if (error == 0)
		error = rte_eth_macaddr_get(device_id, &made->mac);
	if (error == 0)
		error = port_link(port, made->port_id, &link);
	made->mtu = link.mtu;
	if (error == 0)
		error = give_port(ports, port, index, *made);
	if (error != 0) {
		log_line(LOG_LEVEL_ERROR, "port %s: cannot start %s: %s",
			 port->name, port_basis(port, basis),
			 error == -E2BIG ? TOO_MANY : strerror(-error));
		return error;
	}
	say_traits(port, found);
	const char *lack = found->rss.lack;
	if (lack == NULL)
		lack = rss_owner_fault(&ports->worker[0]->rss_owner,
				       &found->rss);
	if (lack != NULL && ports->workers > 1)
		snprintf(ports->header->port[index].rss_lack, MX_LACK_MAX, "%s",
			 lack);
	if (lack != NULL && ports->no_rss[0] == '\0')
		snprintf(ports->no_rss, sizeof(ports->no_rss), "port %s %s",
			 port->name, lack);
	/* If one port has none, the worker cannot wait for the interrupts of
	 * the other ports. */
	want->interrupts &= found->interrupts;
	return 0;
}

/* Let a stand-in have the place of a port that is absent. */
static int
make_absent(struct ports *ports, const struct mx_config_port *port,
	    uint16_t index)
{
	struct worker_port made = {
		.mtu = port->mtu != 0 ? port->mtu : RTE_ETHER_MTU,
	};
	char basis[PORT_BASIS_MAX];

	log_line(LOG_LEVEL_ERROR,
		 "port %s: there is no %s on this host: the other ports go on, "
		 "and the data plane ends when it is there, so that a restart "
		 "opens it",
		 port->name, port_basis(port, basis));
	int error =
		standin_make(ports->workers, ports->frame_pool, &made.port_id);
	if (error == 0)
		error = give_port(ports, port, index, made);
	return error;
}

/* Start the port with that index, or what stands in for it. */
static int
take_port(struct ports *ports, const struct mx_config *config, uint16_t index,
	  struct port_traits *want)
{
	const struct mx_config_dataplane *dataplane = &config->dataplane;
	const struct mx_config_port *port = &dataplane->port[index];
	struct worker_port made = {0};

	if (port_is_absent(port))
		return make_absent(ports, port, index);
	const int error = port_open(port, index, &made.port_id);
	if (error != 0) {
		say_absence(config, port);
		return error;
	}
	ports->opened++;
	return make_port(ports, dataplane, index, want, &made);
}

/* Name a port in the region, whose row may be that of an earlier data plane's
 * port. */
static void
name_port(struct mx_region_port *row, const struct mx_config_port *port)
{
	*row = (struct mx_region_port){.vlan = port->vlan};
	snprintf(row->name, MX_NAME_MAX, "%s", port->name);
	snprintf(row->interface, MX_NAME_MAX, "%s", port->interface);
	if (port->device[0] != '\0')
		mx_device_name(port->device, row->device);
}

int
ports_make(struct ports *ports, const struct mx_config *config)
{
	const struct mx_config_dataplane *dataplane = &config->dataplane;
	struct port_traits want = {
		.rss = rss_owner_wanted(&ports->worker[0]->rss_owner,
					ports->key, mx_config_has_ipv6(config)),
		.interrupts = dataplane->idle == MX_IDLE_SLEEP,
	};

	for (uint16_t i = 0; i < dataplane->port_count; i++) {
		struct mx_region_port *row = &ports->header->port[i];

		name_port(row, &dataplane->port[i]);
		const int error = take_port(ports, config, i, &want);
		if (error != 0)
			return error;
		memcpy(row->mac, &ports->worker[0]->port[i].mac,
		       sizeof(row->mac));
	}
	if (ports->opened == 0) {
		log_line(
			LOG_LEVEL_ERROR,
			"cannot start: no port is there: see `mxsteer-dataplane "
			"--list-ports`");
		return -ENODEV;
	}
	for (uint16_t w = 0; w < dataplane->worker_count; w++)
		ports->worker[w]->idle.interrupts = want.interrupts;
	return 0;
}

enum mx_steering
ports_settle(const struct ports *ports)
{
	enum mx_steering steering = MX_STEERING_RSS;

	if (ports->workers == 1)
		steering = MX_STEERING_ALONE;
	else if (ports->no_rss[0] != '\0')
		steering = MX_STEERING_RINGS;
	for (uint16_t i = 0; i < ports->workers; i++)
		ports->worker[i]->rss_owner.predicted =
			steering == MX_STEERING_RSS;
	if (steering == MX_STEERING_RINGS)
		log_line(LOG_LEVEL_INFO, "steering: rings (%s)", ports->no_rss);
	else
		log_line(LOG_LEVEL_INFO, "steering: %s",
			 ports->workers == 1 ? "one worker" : "RSS");
	return steering;
}
