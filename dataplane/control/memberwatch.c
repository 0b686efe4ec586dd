/* SPDX-License-Identifier: BSD-3-Clause */
#include "memberwatch.h"

#include <string.h>

#include <rte_ethdev.h>

#include "device.h"
#include "log.h"

void
memberwatch_make(struct memberwatch *watch, const struct mx_config_port *port)
{
	/* The device itself is no member. */
	const char *at = port->device + strcspn(port->device, ",");

	*watch = (struct memberwatch){.port = port->name};
	while (watch->members < MEMBERS_MAX) {
		struct member *member = &watch->member[watch->members];

		if (!mx_device_next_pci(&at, member->name))
			return;
		member->up = true;
		if (rte_eth_dev_get_port_by_name(member->name,
						 &member->port_id) == 0)
			watch->members++;
	}
}

void
memberwatch_poll(struct memberwatch *watch)
{
	for (uint16_t i = 0; i < watch->members; i++) {
		struct member *member = &watch->member[i];
		struct rte_eth_link link = {0};

		rte_eth_link_get_nowait(member->port_id, &link);
		const bool up = link.link_status == RTE_ETH_LINK_UP;
		if (up == member->up)
			continue;
		member->up = up;
		log_line(up ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
			 "port %s: card %s of the bond has %s link",
			 watch->port, member->name, up ? "its" : "no");
	}
}
