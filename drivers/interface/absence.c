/* SPDX-License-Identifier: BSD-3-Clause */
#include "absence.h"

#include "bond.h"
#include "card.h"
#include "device.h"
#include "interface.h"
#include "link.h"

bool
absence_of_device(const char *device)
{
	char name[MX_DEVICE_NAME_MAX];
	struct pci_device found;

	return mx_device_is_pci(device) &&
	       !pci_read("", mx_device_name(device, name), &found);
}

uint32_t
absence_of_port(const struct mx_config_port *port)
{
	const char *at = port->device;
	char name[MX_DEVICE_NAME_MAX];
	uint32_t absent = 0;
	unsigned part = 0;

	if (port->driver != MX_DRIVER_DPDK)
		return interface_state(port->interface).exists ? 0 : 1;
	for (; mx_bond_next_device(&at, name) && part < 32; part++)
		if (absence_of_device(name))
			absent |= 1u << part;
	/* A bond is a virtual device, and nothing without its members. */
	const uint32_t members = (uint32_t)((UINT64_C(1) << part) - 2);
	return part > 1 && absent == members ? absent | 1 : absent;
}

/* Can DPDK open a card? */
static bool
is_fit(const char *name)
{
	static struct hazards found;
	struct pci_device device;

	if (!mx_device_is_pci(name) || !pci_read("", name, &device))
		return false;
	struct pmds *pmds = pmds_read("");
	found.count = 0;
	card_judge("", pmds, &device, "", &found);
	pmds_free(pmds);
	return !hazards_stop_mail(&found);
}

bool
absence_ended(const struct mx_config_port *port, uint32_t absent,
	      uint16_t workers)
{
	char name[MX_DEVICE_NAME_MAX], reason[HAZARD_LINE_MAX];
	const char *at = port->device;

	if (port->driver != MX_DRIVER_DPDK)
		return absent != 0 &&
		       link_judge(port, workers, reason, sizeof(reason)) == 0;
	for (unsigned part = 0; mx_bond_next_device(&at, name) && part < 32;
	     part++)
		if ((absent & 1u << part) != 0 && is_fit(name))
			return true;
	return false;
}
