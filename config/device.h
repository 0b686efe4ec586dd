/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_DEVICE_H
#define MX_CONFIG_DEVICE_H

/* A device of DPDK as text: its name, and after commas its arguments.  It is
 * what testpmd takes after -a or --vdev, and OVS as dpdk-devargs.
 *
 *   0000:65:00.0              a PCI device
 *   65:00.0,rx_vec_enable=1   the same, without its domain, with an argument
 *   net_memif0,role=client    a virtual device: its driver makes the port
 *
 * Threads    pure functions: any. */
#include <stdbool.h>

#include "bounds.h"

#define MX_DEVICE_MAX 208 /* of the whole text, with its terminator */

/* Is it the text of a device that DPDK may have?  The name of an interface of
 * the kernel is none. */
bool mx_device_is_valid(const char *device);

/* Is it a PCI device? */
bool mx_device_is_pci(const char *device);

/* Write the name of a valid device as DPDK spells it: PCI devices get their
 * domain, and small letters.  Returns name. */
const char *mx_device_name(const char *device,
			   char name[static MX_DEVICE_NAME_MAX]);

/* The value of the argument KEY=VALUE, up to the next comma or the end of the
 * text; or NULL.  key: with its "=". */
const char *mx_device_argument(const char *device, const char *key);

/* Has the text this argument, with this value? */
bool mx_device_has(const char *device, const char *argument);

/* Write the address of the next PCI device that the text names, itself or in an
 * argument, as bonds name their members.  *at: the text, then where the search
 * stopped.  Returns false if there is none. */
bool mx_device_next_pci(const char **at, char name[static MX_DEVICE_NAME_MAX]);

#endif /* MX_CONFIG_DEVICE_H */
