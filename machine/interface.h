/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_INTERFACE_H
#define MX_MACHINE_INTERFACE_H

/* The kernel's interfaces of ports, in this network namespace.
 * Threads    any. */
#include "config.h"
#include "hazard.h"

/* Add each hazard of an interface that keeps the data plane from starting. */
void interface_check(const struct mx_config_dataplane *dataplane,
		     struct hazards *found);

/* Add the kernel's forwarding as a hazard, if the kernel gets copies of
 * frames. */
void interface_forwarding(const struct mx_config_dataplane *dataplane,
			  struct hazards *found);

/* The state of an interface, for a list. */
struct interface_state {
	bool exists;
	bool up;
	bool carrier;
	bool addressed; /* the kernel has an address on it */
	int mtu;
};
struct interface_state interface_state(const char *name);

#endif /* MX_MACHINE_INTERFACE_H */
