/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DRIVERS_NETWORK_H
#define MX_DRIVERS_NETWORK_H

/* The networks of an interface: those of the addresses that the kernel has on
 * it.
 *
 * Threads    main. */
#include "addr.h"

enum network {
	NETWORK_NONE,  /* the kernel has no address of that family there */
	NETWORK_OTHER, /* the kernel has addresses, but of other networks */
	NETWORK_HOLDS, /* the address is in one of its networks */
};

/* Is an address in a network of the interface?  Link-local networks do not
 * count. */
enum network network_of(const char *interface, const struct mx_addr *addr);

#endif /* MX_DRIVERS_NETWORK_H */
