/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_PMD_H
#define MX_MACHINE_PMD_H

/* The drivers of DPDK (poll mode drivers, PMDs) that are installed.
 *
 * Each driver is a library in one folder, which DPDK loads whole.  A library
 * says in a text of its own which PCI devices it drives and which drivers of
 * the kernel it needs for that (RTE_PMD_EXPORT_NAME; dpdk-pmdinfo.py reads the
 * same text).
 *
 * Threads    any. */
#include <stdbool.h>
#include <stdint.h>

#include "pci.h"

#define PMD_NAME_MAX 48

struct pmd {
	char name[PMD_NAME_MAX]; /* as DPDK prints it: "net_i40e" */
	/* It works beside the kernel's driver, as that of ConnectX cards.  Else
	 * the device must be bound to vfio-pci. */
	bool shares_kernel;
};

struct pmds;

/* Read the drivers.  Returns NULL if their folder is not known, or there is no
 * memory. */
struct pmds *pmds_read(const char *root);
void pmds_free(struct pmds *pmds);

/* Find the driver of a PCI device. */
bool pmds_find_pci(const struct pmds *pmds, const struct pci_device *device,
		   struct pmd *found);

/* Find the driver of a virtual device, such as net_memif0. */
bool pmds_find_virtual(const struct pmds *pmds, const char *device,
		       struct pmd *found);

#endif /* MX_MACHINE_PMD_H */
