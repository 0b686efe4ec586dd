/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_IOMMU_H
#define MX_MACHINE_IOMMU_H

/* The IOMMU lets a program drive a card, and keeps the card from memory that is
 * not the program's.  It does so for groups of devices: a program gets all
 * devices of a group, or none.
 *
 * Threads    any. */
#include "hazard.h"
#include "pci.h"

/* Add what keeps vfio-pci from giving the device to a program. */
void iommu_judge(const char *root, const struct pci_device *device,
		 const char *port, struct hazards *found);

#endif /* MX_MACHINE_IOMMU_H */
