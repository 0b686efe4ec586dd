/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks of ports: each driver has keys of its own. */
#include <string.h>

#include "device.h"
#include "tree.h"

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
	refuse_key(tree, "queues", &port->queues);
	refuse_key(tree, "mtu", &port->mtu);
	refuse_key(tree, "twin", &port->twin);
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

static bool
same_device(const struct mx_config_port *a, const struct mx_config_port *b)
{
	char one[MX_DEVICE_NAME_MAX], other[MX_DEVICE_NAME_MAX];

	return a->device[0] != '\0' && b->device[0] != '\0' &&
	       strcmp(mx_device_name(a->device, one),
		      mx_device_name(b->device, other)) == 0;
}

/* Does a text name that PCI device, itself or as the member of a bond? */
static bool
names_pci(const char *text, const char *name)
{
	char each[MX_DEVICE_NAME_MAX];

	while (mx_device_next_pci(&text, each))
		if (strcmp(each, name) == 0)
			return true;
	return false;
}

/* The first PCI device that both ports name. */
static bool
shared_pci(const struct mx_config_port *a, const struct mx_config_port *b,
	   char name[static MX_DEVICE_NAME_MAX])
{
	const char *at = a->device;

	while (mx_device_next_pci(&at, name))
		if (names_pci(b->device, name))
			return true;
	return false;
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
	if (same_device(first, second))
		mx_device_name(second->device, name);
	else if (!shared_pci(first, second, name))
		return;
	config_error(tree, config_line(tree, second->device),
		     "device: expected one that no other port has, port %s "
		     "has %s",
		     first->name, name);
}

void
config_check_ports(struct config_tree *tree)
{
	const struct mx_config_dataplane *dataplane = &tree->config->dataplane;

	for (uint16_t i = 0; i < dataplane->port_count; i++) {
		const struct mx_config_port *port = &dataplane->port[i];

		if (port->driver == MX_DRIVER_DPDK)
			check_device_port(tree, port);
		else
			check_interface_port(tree, port);
		for (uint16_t j = 0; j < i; j++)
			check_pair(tree, &dataplane->port[j], port);
	}
}
