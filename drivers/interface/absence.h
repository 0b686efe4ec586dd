/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_ABSENCE_H
#define MX_DRIVERS_ABSENCE_H

/* Hardware of ports that this host does not have: a card that did not come back
 * after a reboot, or an interface that nobody has made yet.
 *
 * Only network cards on the PCI bus and interfaces of the kernel can be absent.
 * DPDK makes virtual devices itself.
 *
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"

/* Is the card of that address absent?  False for a virtual device. */
bool absence_of_device(const char *device);

/* Is a part of the port absent?  Bit 0 is its interface or its device, and bit
 * i is member i of a bond, from 1 on.  Bit 0 is set for a bond if all members
 * are absent.  Returns the bits. */
uint32_t absence_of_port(const struct mx_config_port *port);

/* Is one of these parts there now, and fit to be opened by so many workers?
 * absent: what absence_of_port() returned before. */
bool absence_ended(const struct mx_config_port *port, uint32_t absent,
		   uint16_t workers);

#endif /* MX_DRIVERS_ABSENCE_H */
