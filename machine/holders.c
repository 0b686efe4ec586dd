/* SPDX-License-Identifier: BSD-3-Clause */
#include "holders.h"

#include <stdio.h>
#include <unistd.h>

#include "device.h"
#include "pci.h"
#include "process.h"
#include "sysfile.h"

struct search {
	const char *root;
	const struct mx_config *config;
	struct hazards *found;
	const char *port;
	const struct pci_device *device;
	char group[2 * PCI_DRIVER_MAX]; /* the file that a holder has open */
};

/* Without an IOMMU the file of a group has another name. */
static void
find_group(struct search *search)
{
	char *group = search->group;

	snprintf(group, sizeof(search->group), "/dev/vfio/noiommu-%.*s",
		 PCI_DRIVER_MAX, search->device->group);
	if (!sysfile_exists(search->root, "%s", group))
		snprintf(group, sizeof(search->group), "/dev/vfio/%.*s",
			 PCI_DRIVER_MAX, search->device->group);
}

static void
look_at_process(const struct process *process, void *arg)
{
	const struct search *search = arg;

	if (process->number == (unsigned)getpid() ||
	    process_has_open(search->root, process, search->group) !=
		    PROCESS_HAS_OPEN ||
	    process_is_dataplane(search->root, process,
				 search->config->instance))
		return;
	hazard_mend(hazards_add(search->found, true,
				"port %s: device %s is in use by %s (process "
				"%u)",
				search->port, search->device->address,
				process->name, process->number),
		    "end that program, or write another device");
}

void
holders_check(const char *root, const struct mx_config *config,
	      struct hazards *found)
{
	const struct mx_config_dataplane *dataplane = &config->dataplane;
	struct pci_device device;
	char name[MX_DEVICE_NAME_MAX];
	struct search search = {.root = root, .config = config, .found = found};

	for (uint16_t i = 0; i < dataplane->port_count; i++) {
		const char *at = dataplane->port[i].device;

		while (mx_device_next_pci(&at, name)) {
			if (!pci_read(root, name, &device) ||
			    device.group[0] == '\0')
				continue;
			search.port = dataplane->port[i].name;
			search.device = &device;
			find_group(&search);
			process_each(root, look_at_process, &search);
		}
	}
}
