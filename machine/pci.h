/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_PCI_H
#define MX_MACHINE_PCI_H

/* PCI devices of this machine, as the kernel lists them in /sys/bus/pci.
 * Threads    any. */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define PCI_ADDRESS_MAX 16 /* "0000:65:00.0" */
#define PCI_DRIVER_MAX 32
#define PCI_NAME_MAX 160
/* Further devices are not looked at.  Servers have hundreds, most of them bridges
 * and parts of the processor; virtual functions can be thousands. */
#define PCI_DEVICES_MAX 4096

struct pci_device {
	char address[PCI_ADDRESS_MAX];
	uint16_t vendor;
	uint16_t device;
	uint16_t subsystem_vendor;
	uint16_t subsystem_device;
	uint32_t class_code;         /* class, subclass, interface */
	char driver[PCI_DRIVER_MAX]; /* of the kernel; "": none */
	int node;                    /* of NUMA; -1: the kernel knows none */
	/* The IOMMU group; "": the device has none. */
	char group[PCI_DRIVER_MAX];
	char interface[IF_NAMESIZE]; /* of the kernel; "": none */
};

/* Read one device.  Returns false if there is none at that address. */
bool pci_read(const char *root, const char *address, struct pci_device *found);

/* The addresses of all devices in a folder, in their order, into
 * address[PCI_DEVICES_MAX].  folder: "/sys/bus/pci/devices" or that of an IOMMU
 * group.  Returns how many there are. */
uint32_t pci_list(const char *root, const char *folder,
		  char (*address)[PCI_ADDRESS_MAX]);

bool pci_is_network(const struct pci_device *device);
bool pci_is_bridge(const struct pci_device *device);

/* Write the name of a device for a person, from the list of pciutils (package
 * pci.ids): "VENDOR DEVICE", or "VENDOR" if the list has not that device.
 * Returns false, and "", if the list is not installed or has not the vendor. */
bool pci_find_name(const char *root, const struct pci_device *device,
		   char name[static PCI_NAME_MAX]);

/* Is the list installed? */
bool pci_has_names(const char *root);

#endif /* MX_MACHINE_PCI_H */
