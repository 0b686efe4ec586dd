/* SPDX-License-Identifier: BSD-3-Clause */
#include "card.h"

#include <stdio.h>
#include <string.h>

#include "device.h"
#include "interface.h"
#include "iommu.h"
#include "sysfile.h"

#define ICE_PACKAGE "intel/ice/ddp/ice.pkg"
#define LIST_MAX 160

static void
mend_binding(struct hazard *hazard, const char *address)
{
	hazard_mend(hazard, "`driverctl set-override %s vfio-pci`", address);
}

/* Binding takes the interface away from the kernel. */
static void
judge_kernel_driver(const struct pci_device *device, const char *port,
		    struct hazards *found)
{
	const char *interface = device->interface;
	char taken[96] = "";

	if (interface[0] != '\0' && interface_state(interface).addressed)
		snprintf(taken, sizeof(taken),
			 ", whose interface %s has addresses that this host "
			 "would lose",
			 interface);
	if (device->driver[0] == '\0')
		mend_binding(hazards_add(found, true,
					 "%sdevice %s is bound to no driver",
					 port, device->address),
			     device->address);
	else
		mend_binding(
			hazards_add(
				found, true,
				"%sdevice %s is bound to %s, a driver of the "
				"kernel%s",
				port, device->address, device->driver, taken),
			device->address);
}

static bool
is_uio(const char *driver)
{
	return strcmp(driver, "uio_pci_generic") == 0 ||
	       strcmp(driver, "igb_uio") == 0;
}

static bool
is_for_programs(const char *driver)
{
	return strcmp(driver, "vfio-pci") == 0 || is_uio(driver);
}

/* The card stays bound to a driver of the kernel.  Its interface stays there, and
 * gets no frames while DPDK has them. */
static void
judge_shared(const struct pmd *pmd, const struct pci_device *device,
	     const char *port, struct hazards *found)
{
	if (device->driver[0] == '\0' || is_for_programs(device->driver))
		hazard_mend(hazards_add(found, true,
					"%sdevice %s is not bound to its own "
					"driver of the kernel, which DPDK's %s "
					"needs",
					port, device->address, pmd->name),
			    "`driverctl unset-override %s`", device->address);
	else if (device->interface[0] != '\0' &&
		 interface_state(device->interface).addressed)
		hazard_mend(hazards_add(found, false,
					"%sdevice %s takes all frames, and its "
					"interface %s has addresses that this "
					"host would lose",
					port, device->address,
					device->interface),
			    "give them to the twin, which `interface` of the "
			    "port names");
}

/* The driver that the device is bound to. */
static void
judge_binding(const char *root, const struct pmd *pmd,
	      const struct pci_device *device, const char *port,
	      struct hazards *found)
{
	const bool uio = is_uio(device->driver);

	if (pmd->shares_kernel) {
		judge_shared(pmd, device, port, found);
		return;
	}
	if (uio)
		mend_binding(
			hazards_add(
				found, false,
				"%sdevice %s is bound to %s: it can write to "
				"all memory, and workers cannot sleep",
				port, device->address, device->driver),
			device->address);
	else if (!is_for_programs(device->driver))
		judge_kernel_driver(device, port, found);
	if (!uio)
		iommu_judge(root, device, port, found);
}

/* Cards of the E810 family get their packet parser from a file. */
static void
judge_firmware(const char *root, const struct pmd *pmd,
	       const struct pci_device *device, const char *port,
	       struct hazards *found)
{
	if (strcmp(pmd->name, "net_ice") != 0 ||
	    sysfile_exists(root, "/lib/firmware/" ICE_PACKAGE) ||
	    sysfile_exists(root, "/lib/firmware/updates/" ICE_PACKAGE))
		return;
	hazard_mend(hazards_add(found, true,
				"%sdevice %s does not start without the file "
				"/lib/firmware/" ICE_PACKAGE,
				port, device->address),
		    "`apt install firmware-misc-nonfree`");
}

static void
judge_without_pmd(const struct pci_device *device, const char *port,
		  struct hazards *found)
{
	hazard_mend(hazards_add(found, true,
				"%sno driver of DPDK is installed for device "
				"%s (%04x:%04x)",
				port, device->address, device->vendor,
				device->device),
		    "`apt install librte-meta-net`");
}

void
card_judge(const char *root, const struct pmds *pmds,
	   const struct pci_device *device, const char *port,
	   struct hazards *found)
{
	struct pmd pmd = {.name = ""};

	if (pmds != NULL && !pmds_find_pci(pmds, device, &pmd)) {
		judge_without_pmd(device, port, found);
		return;
	}
	judge_binding(root, &pmd, device, port, found);
	judge_firmware(root, &pmd, device, port, found);
}

/* Add that workers are on other NUMA nodes than the card. */
static void
check_distance(const char *root, const struct mx_config_dataplane *dataplane,
	       const struct pci_device *device, const char *port,
	       struct hazards *found)
{
	char far[LIST_MAX] = "", near[LIST_MAX];
	size_t at = 0;

	if (device->node < 0)
		return;
	for (uint16_t i = 0; i < dataplane->worker_count; i++) {
		const unsigned core = dataplane->worker_core[i];

		if (!sysfile_exists(root,
				    "/sys/devices/system/cpu/cpu%u/node%d",
				    core, device->node) &&
		    at < sizeof(far) - 8)
			at += (size_t)snprintf(far + at, sizeof(far) - at,
					       "%s%u", at == 0 ? "" : ",",
					       core);
	}
	if (at == 0)
		return;
	sysfile_line(root, (struct sysfile_text){near, sizeof(near)},
		     "/sys/devices/system/node/node%d/cpulist", device->node);
	hazard_mend(hazards_add(found, false,
				"%sdevice %s is on NUMA node %d, and worker "
				"cores %s are not",
				port, device->address, device->node, far),
		    "dataplane.workers: write some of %s", near);
}

static void
check_device(const char *root, const struct mx_config_dataplane *dataplane,
	     const struct pmds *pmds, const char *address, const char *port,
	     struct hazards *found)
{
	struct pci_device device;

	if (!pci_read(root, address, &device)) {
		hazard_mend(hazards_add(found, true,
					"%sthere is no device %s on this host",
					port, address),
			    "see `mxsteer-dataplane --list-ports`");
		return;
	}
	if (!pci_is_network(&device)) {
		hazard_mend(hazards_add(found, true,
					"%sdevice %s is no network card", port,
					address),
			    "see `mxsteer-dataplane --list-ports`");
		return;
	}
	card_judge(root, pmds, &device, port, found);
	check_distance(root, dataplane, &device, port, found);
}

/* A virtual device is made by its driver, which must be installed. */
static void
check_virtual(const struct pmds *pmds, const char *device, const char *port,
	      struct hazards *found)
{
	char name[MX_DEVICE_NAME_MAX];
	struct pmd pmd;

	mx_device_name(device, name);
	if (pmds == NULL || pmds_find_virtual(pmds, name, &pmd))
		return;
	hazard_mend(hazards_add(found, true,
				"%sno driver of DPDK is installed for device "
				"%s",
				port, name),
		    "`apt install librte-meta-net`");
}

/* The twin is a virtual device too. */
static const char *
twin_device(const char *root, const struct mx_config_port *port)
{
	return port->twin == MX_TWIN_TAP ||
			       !sysfile_exists(root, "/dev/vhost-net")
		       ? "net_tap0"
		       : "net_virtio_user0";
}

void
card_check(const char *root, const struct mx_config_dataplane *dataplane,
	   struct hazards *found)
{
	char name[MX_DEVICE_NAME_MAX], prefix[MX_NAME_MAX + 8];
	struct pmds *pmds = NULL;

	for (uint16_t i = 0; i < dataplane->port_count; i++) {
		const struct mx_config_port *port = &dataplane->port[i];
		const char *at = port->device;

		if (port->driver != MX_DRIVER_DPDK)
			continue;
		if (pmds == NULL)
			pmds = pmds_read(root);
		snprintf(prefix, sizeof(prefix), "port %s: ", port->name);
		if (!mx_device_is_pci(port->device))
			check_virtual(pmds, port->device, prefix, found);
		if (mx_config_has_twin(port))
			check_virtual(pmds, twin_device(root, port), prefix,
				      found);
		while (mx_device_next_pci(&at, name))
			check_device(root, dataplane, pmds, name, prefix,
				     found);
	}
	pmds_free(pmds);
}

int
card_node(const char *root, const struct mx_config_dataplane *dataplane)
{
	char name[MX_DEVICE_NAME_MAX];
	struct pci_device device;
	int node = -1;

	for (uint16_t i = 0; i < dataplane->port_count; i++) {
		const char *at = dataplane->port[i].device;

		while (mx_device_next_pci(&at, name)) {
			if (!pci_read(root, name, &device) || device.node < 0)
				continue;
			if (node >= 0 && device.node != node)
				return -1;
			node = device.node;
		}
	}
	return node;
}
