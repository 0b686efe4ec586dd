/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_NEIGHBOUR_H
#define MX_GEN_NEIGHBOUR_H

/* ARP (RFC 826) and neighbour discovery (RFC 4861) of one end: asks for the
 * MAC addresses of its next hops, answers for its own addresses. */
#include <stdbool.h>

#include <rte_ether.h>

#include "addr.h"
#include "link.h"

#define NEIGHBOURS_MAX 18 /* every target and both gateways */

struct neighbour {
	struct mx_addr addr;
	struct mx_addr own; /* the address that the questions come from */
	struct rte_ether_addr own_mac;
	struct rte_ether_addr mac;
	bool known;
};

struct neighbours {
	uint16_t count;
	uint16_t unknown;
	uint32_t ask_due; /* ticks */
	struct neighbour hop[NEIGHBOURS_MAX];
};

/* Does the end own an address?  If so, *mac is the answer. */
typedef bool neighbour_owns(const void *arg, const struct mx_addr *addr,
			    struct rte_ether_addr *mac);

/* The index of a next hop, which is added if it is new. */
uint16_t neighbour_add(struct neighbours *hops, const struct neighbour *hop);

/* Ask for all MAC addresses that are not known. */
void neighbour_ask(const struct neighbours *hops, struct link *link);

/* The next hop that has not answered with its MAC address, as text, or NULL if
 * all have. */
const char *neighbours_unresolved(const struct neighbours *hops,
				  char text[static 64]);

/* Read a frame that is no TCP segment: learn from an answer, and answer a
 * question for an own address.  Returns false if it was neither. */
bool neighbour_read(struct neighbours *hops, struct link *link,
		    const struct rte_mbuf *frame, neighbour_owns *owns,
		    const void *arg);

#endif /* MX_GEN_NEIGHBOUR_H */
