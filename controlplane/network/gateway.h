/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GATEWAY_H
#define MX_GATEWAY_H

/* The gateways in the kernel's routes.
 *
 * Threads    the event loop. */
#include <stdint.h>

#include "addr.h"

#define GATEWAYS_MAX 64

/* The most routes that are read.  A full table of the Internet has a million
 * routes and a few gateways. */
#define GATEWAY_ROUTES_MAX 10000

struct gateway {
	struct mx_addr addr;
	int ifindex;
};

/* Read the gateways of all routes of both families, each once, into
 * gateway[GATEWAYS_MAX].  Returns how many there are. */
uint32_t gateways_read(struct gateway *gateway);

#endif /* MX_GATEWAY_H */
