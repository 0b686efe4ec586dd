/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_HOLDERS_H
#define MX_MACHINE_HOLDERS_H

/* Other programs that have a card of a port: vfio-pci gives a group of devices
 * to one program.
 *
 * Threads    any. */
#include "config.h"
#include "hazard.h"

/* Names the programs.  This process, and the data plane of the configuration's
 * own instance, do not count. */
void holders_check(const char *root, const struct mx_config *config,
		   struct hazards *found);

#endif /* MX_MACHINE_HOLDERS_H */
