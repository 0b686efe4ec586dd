/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_WAY_H
#define MX_TABLES_WAY_H

/* A way back to clients: a neighbour of the host, at a port, that is a client
 * or routes to clients.  If its MAC address has changed, sessions with the old
 * MAC address get the new one (wayback.h).  If a router does not answer and
 * another takes its place, the new MAC address is that of the other router,
 * which may be at another port.
 *
 * Shape      a few rows in the plan, sorted by port and address.
 * Threads    as the plan. */
#include <stdint.h>

#include "addr.h"

#define MX_WAYS_MAX 64

struct mx_way {
	struct mx_addr hop;
	uint32_t moved_s; /* CLOCK_MONOTONIC, of the last change; 0: none */
	uint8_t mac[6];
	uint8_t before[6]; /* the MAC address before the last change */
	uint8_t port;      /* index of the port it is at */
	uint8_t gateway;   /* clients of other networks are behind it */
	uint8_t to_port;   /* index of the port that mac is at */
	uint8_t instead;   /* mac is that of another router */
};

#endif /* MX_TABLES_WAY_H */
