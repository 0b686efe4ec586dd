/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_PCINAME_H
#define MX_MACHINE_PCINAME_H

/* The name of a PCI device for a person, from the list of pciutils (package
 * pci.ids), if it is installed.
 * Threads    any. */
#include "pci.h"

#define PCINAME_MAX 160

/* Write "VENDOR DEVICE", or "VENDOR" if the list has not that device.  Returns
 * false, and "", if the list is not installed or has not the vendor. */
bool pciname_find(const char *root, const struct pci_device *device,
		  char name[static PCINAME_MAX]);

/* Is the list installed? */
bool pciname_is_known(const char *root);

#endif /* MX_MACHINE_PCINAME_H */
