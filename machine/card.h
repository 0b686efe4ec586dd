/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_CARD_H
#define MX_MACHINE_CARD_H

/* Can DPDK drive a network card without the kernel?  The card needs a driver of
 * DPDK, must be bound to vfio-pci, and needs an IOMMU group of its own.
 *
 * Threads    any. */
#include "config.h"
#include "hazard.h"
#include "pci.h"
#include "pmd.h"

/* Add what hinders DPDK.  pmds: NULL if the drivers are not known.
 * port: "port wan: ", or "". */
void card_judge(const char *root, const struct pmds *pmds,
		const struct pci_device *device, const char *port,
		struct hazards *found);

/* Add what hinders the ports of `driver: dpdk`: their cards, their virtual
 * devices, and workers that are far from a card. */
void card_check(const char *root, const struct mx_config_dataplane *dataplane,
		struct hazards *found);

/* The NUMA node of all cards of the ports; -1: there are several, or none. */
int card_node(const char *root, const struct mx_config_dataplane *dataplane);

#endif /* MX_MACHINE_CARD_H */
