/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GATEWAY_H
#define MX_GATEWAY_H

/* The gateways in the kernel's routes, and the destinations that they lead to:
 * several gateways may lead to one, by routes of other metrics, or by one route
 * with several next hops.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "route.h"

#define GATEWAYS_MAX 64

/* The most routes that are read.  A full table of the Internet has a million
 * routes and a few gateways.  The kernel lists default routes first. */
#define GATEWAY_ROUTES_MAX 10000

/* The most destinations that are kept, and the most gateways of each. */
#define GATEWAY_CHOICES_MAX 256
#define GATEWAY_CHOICE_MAX 8

struct gateway {
	struct mx_addr addr;
	int ifindex;
	bool down;      /* its link is down, as a route says */
	uint64_t peers; /* that lead to a destination of its own, a bit each */
};

/* The gateways that lead to one destination, best metric first. */
struct gateway_choice {
	struct route_prefix to;
	uint8_t count;
	uint8_t gateway[GATEWAY_CHOICE_MAX]; /* indexes */
	uint32_t mtu[GATEWAY_CHOICE_MAX];    /* of the routes; 0: none */
};

struct gateways {
	uint32_t routes; /* that were read */
	uint32_t count;
	uint32_t choices;
	struct gateway gateway[GATEWAYS_MAX]; /* each once */
	struct gateway_choice choice[GATEWAY_CHOICES_MAX];
};

/* Read the routes of both families. */
void gateways_read(struct gateways *gateways);

/* The gateways of a destination, or NULL if it is not kept. */
const struct gateway_choice *gateways_choice(const struct gateways *gateways,
					     const struct route_prefix *to);

#endif /* MX_GATEWAY_H */
