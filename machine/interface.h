/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_INTERFACE_H
#define MX_MACHINE_INTERFACE_H

/* The kernel's interfaces of ports, in this network namespace.
 * Threads    any. */
#include "config.h"
#include "hazard.h"

/* Add what keeps the driver of a port from its interface.  prefix: "port wan: ", or "". */
void interface_judge(const struct mx_config_port *port, uint16_t workers,
		     const char *prefix, struct hazards *found);

/* The pairs of queues of an interface.  An interface that does not tell has
 * one. */
uint16_t interface_queues(const char *name);

/* Is it a TAP, which a program makes by /dev/net/tun? */
bool interface_is_tap(const char *name);

/* Add each hazard of an interface that keeps the data plane from starting, and
 * what a twin lacks. */
void interface_check(const char *root,
		     const struct mx_config_dataplane *dataplane,
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
