/* SPDX-License-Identifier: BSD-3-Clause */
#include "portcheck.h"

#include <string.h>

#include "eventlog.h"

static bool
has_ports(const struct mx_region_header *header,
	  const struct mx_config_dataplane *config)
{
	char name[MX_DEVICE_NAME_MAX];

	if (header->ports != config->port_count)
		return false;
	for (uint16_t i = 0; i < config->port_count; i++)
		if (header->port[i].vlan != config->port[i].vlan ||
		    strncmp(header->port[i].interface,
			    config->port[i].interface, IF_NAMESIZE) != 0 ||
		    strncmp(header->port[i].device,
			    mx_device_name(config->port[i].device, name),
			    MX_DEVICE_NAME_MAX) != 0)
			return false;
	return true;
}

void
portcheck_look(struct portcheck *check, const struct publisher *publisher,
	       const struct state *state, const char *path)
{
	const struct mx_region *region = publisher_region(publisher);
	const bool other =
		region != NULL && publisher_outcome(publisher).running &&
		!has_ports(&region->header, &state->config->dataplane);

	if (other && !check->other_ports)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "dataplane",
			      "runs with other ports than %s: restart "
			      "mxsteer-dataplane with this file",
			      path);
	check->other_ports = other;
}
