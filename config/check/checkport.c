/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of ports: each driver has keys of its own, and each device one port,
 * or a port for each VLAN. */
#include <string.h>

#include "bond.h"
#include "checks.h"

static void
refuse_key(struct config_tree *tree, const char *key, const void *where)
{
	if (config_said(tree, where))
		config_error(tree, config_line(tree, where),
			     "%s: expected only with driver: dpdk", key);
}

/* A port of an interface that the kernel has. */
static void
check_interface_port(struct config_tree *tree,
		     const struct mx_config_port *port)
{
	if (port->interface[0] == '\0')
		config_error(tree, config_line(tree, port),
			     "interface is missing: expected the network "
			     "interface to use, as `ip link` shows it");
	refuse_key(tree, "device", port->device);
	refuse_key(tree, "bond", &port->bond);
	refuse_key(tree, "queues", &port->queues);
	refuse_key(tree, "mtu", &port->mtu);
	refuse_key(tree, "twin", &port->twin);
	if (port->vlan != 0)
		config_error(tree, config_line(tree, &port->vlan),
			     "vlan: expected only with driver: dpdk; of other "
			     "drivers the kernel has an interface for each "
			     "VLAN: `ip link add link %s name %s.%u type vlan "
			     "id %u`, and interface: %s.%u",
			     port->interface, port->interface, port->vlan,
			     port->vlan, port->interface, port->vlan);
}

/* A port of a device that DPDK drives by itself. */
static void
check_device_port(struct config_tree *tree, const struct mx_config_port *port)
{
	const uint16_t workers = tree->config->dataplane.worker_count;

	if (port->device[0] == '\0')
		config_error(tree, config_line(tree, port),
			     "device is missing: expected the PCI address of "
			     "the network card, as `lspci -D` shows it, or a "
			     "virtual device of DPDK");
	if (port->interface[0] == '\0' && port->twin != MX_TWIN_OFF &&
	    config_said(tree, &port->twin))
		config_error(tree, config_line(tree, &port->twin),
			     "interface is missing: expected the name of the "
			     "twin, such as wan0");
	if (port->queues > workers)
		config_error(tree, config_line(tree, &port->queues),
			     "queues: expected at most %u, one for each "
			     "worker, found %u",
			     workers, port->queues);
}

/* Does a text name that device, itself or as the member of a bond? */
static bool
names_device(const char *text, const char *name)
{
	char each[MX_DEVICE_NAME_MAX];

	while (mx_bond_next_device(&text, each))
		if (strcmp(each, name) == 0)
			return true;
	return false;
}

/* A bond that is written as a text.  Nobody makes virtual devices for it. */
static void
check_text(struct config_tree *tree, const struct mx_config_port *port)
{
	const char *at = port->device;
	const char *member;

	while ((member = mx_bond_next(&at)) != NULL)
		if (!mx_device_is_pci(member))
			config_error(
				tree, config_line(tree, port->device),
				"device: expected PCI addresses as members "
				"of a bond; use `bond: {members: [...]}` "
				"for other devices");
}

static void
check_members(struct config_tree *tree, const struct mx_config_port *port)
{
	char name[MX_DEVICE_NAME_MAX], other[MX_DEVICE_NAME_MAX];

	for (uint16_t i = 0; i < port->member_count; i++) {
		const char *member = port->member[i];
		const uint32_t line = config_line(tree, member);

		if (mx_bond_is(member))
			config_error(tree, line,
				     "members: expected a device that is no "
				     "bond");
		mx_device_name(member, name);
		for (uint16_t j = 0; j < i; j++)
			if (strcmp(mx_device_name(port->member[j], other),
				   name) == 0)
				config_error(tree, line,
					     "members: expected each device "
					     "once, found %s again",
					     name);
	}
}

static bool
has_same_members(const struct mx_config_port *a, const struct mx_config_port *b)
{
	bool same = a->bond == b->bond && a->member_count == b->member_count;

	for (uint16_t i = 0; i < a->member_count && same; i++)
		same = strcmp(a->member[i], b->member[i]) == 0;
	return same;
}

/* The port whose index the name of a bond carries: the first port that is a
 * VLAN of the same bond. */
static uint16_t
naming_port(const struct mx_config_dataplane *dataplane, uint16_t index)
{
	const struct mx_config_port *port = &dataplane->port[index];

	for (uint16_t i = 0; i < index; i++)
		if (has_same_members(&dataplane->port[i], port) &&
		    (dataplane->port[i].vlan != 0 || port->vlan != 0))
			return i;
	return index;
}

/* Make the bond of a port its device. */
static void
check_bond(struct config_tree *tree, uint16_t index)
{
	struct mx_config_port *port = &tree->config->dataplane.port[index];
	const uint32_t line = config_line(tree, &port->bond);

	if (!config_said(tree, &port->bond)) {
		if (mx_bond_is(port->device))
			check_text(tree, port);
		return;
	}
	if (config_said(tree, port->device)) {
		config_error(tree, line,
			     "bond: expected instead of device, found both");
		return;
	}
	if (port->member_count < 2)
		config_error(tree, line,
			     "members: expected at least two devices");
	check_members(tree, port);
	if (!mx_bond_write(port, naming_port(&tree->config->dataplane, index)))
		config_error(tree, line,
			     "members: expected shorter names of devices");
}

/* Write the name of the first device that both ports use, themselves or in a
 * bond. */
static bool
shared_device(const struct mx_config_port *a, const struct mx_config_port *b,
	      char name[static MX_DEVICE_NAME_MAX])
{
	const char *at = a->device;

	while (mx_bond_next_device(&at, name))
		if (names_device(b->device, name))
			return true;
	return false;
}

/* Are both ports networks of one device? */
static bool
is_same_trunk(const struct mx_config_port *a, const struct mx_config_port *b)
{
	return (a->vlan != 0 || b->vlan != 0) && a->device[0] != '\0' &&
	       strcmp(a->device, b->device) == 0;
}

/* The VLAN tells the ports of a device apart.  What a device has once is the
 * same for all its ports. */
static void
check_trunk(struct config_tree *tree, const struct mx_config_port *first,
	    const struct mx_config_port *second)
{
	if (first->vlan == second->vlan)
		config_error(tree, config_line(tree, &second->vlan),
			     "vlan: expected one that port %s, with the same "
			     "device, does not have",
			     first->name);
	if (first->queues != second->queues)
		config_error(tree, config_line(tree, second),
			     "queues: expected as port %s has it, with the "
			     "same device",
			     first->name);
	if (first->mtu != second->mtu)
		config_error(tree, config_line(tree, second),
			     "mtu: expected as port %s has it, with the same "
			     "device",
			     first->name);
}

static void
check_pair(struct config_tree *tree, const struct mx_config_port *first,
	   const struct mx_config_port *second)
{
	char name[MX_DEVICE_NAME_MAX];

	if (first->interface[0] != '\0' &&
	    strcmp(first->interface, second->interface) == 0)
		config_error(tree, config_line(tree, second->interface),
			     "interface: expected one that no other port has, "
			     "port %s has %s",
			     first->name, second->interface);
	if (is_same_trunk(first, second)) {
		check_trunk(tree, first, second);
		return;
	}
	if (!shared_device(first, second, name))
		return;
	const bool bond = config_said(tree, &second->bond);
	config_error(tree,
		     config_line(tree, bond ? (const void *)&second->bond
					    : second->device),
		     "%s: expected %s that no other port has, port %s has %s",
		     bond ? "members" : "device", bond ? "devices" : "one",
		     first->name, name);
}

/* mxsteer makes the interface of the routes: no port can stand on it. */
static void
check_announce(struct config_tree *tree)
{
	const struct mx_config_dataplane *dataplane = &tree->config->dataplane;
	const struct mx_config_announce *announce = &tree->config->announce;

	if (announce->interface[0] == '\0' &&
	    (config_said(tree, &announce->metric) ||
	     config_said(tree, &announce->when)))
		config_error(tree, config_line(tree, announce),
			     "interface is missing: expected a name for the "
			     "interface that mxsteer makes, such as mxsteer0");
	for (uint16_t i = 0;
	     announce->interface[0] != '\0' && i < dataplane->port_count; i++)
		if (strcmp(announce->interface, dataplane->port[i].interface) ==
		    0)
			config_error(
				tree, config_line(tree, announce->interface),
				"interface: expected a name that no port has, "
				"port %s has %s",
				dataplane->port[i].name, announce->interface);
}

void
config_check_ports(struct config_tree *tree)
{
	const struct mx_config_dataplane *dataplane = &tree->config->dataplane;

	for (uint16_t i = 0; i < dataplane->port_count; i++) {
		const struct mx_config_port *port = &dataplane->port[i];

		if (port->driver == MX_DRIVER_DPDK) {
			check_bond(tree, i);
			check_device_port(tree, port);
		} else {
			check_interface_port(tree, port);
		}
		for (uint16_t j = 0; j < i; j++)
			check_pair(tree, &dataplane->port[j], port);
	}
	check_announce(tree);
}
