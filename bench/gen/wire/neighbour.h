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
	struct mx_addr own; /* who asks */
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

/* Whether an end owns an address; if so, *mac is what it answers. */
typedef bool neighbour_owns(const void *arg, const struct mx_addr *addr,
			    struct rte_ether_addr *mac);

/* The place of a next hop, which may be there already. */
uint16_t neighbour_add(struct neighbours *hops, const struct neighbour *hop);

/* Ask for all that is not known. */
void neighbour_ask(const struct neighbours *hops, struct link *link);

/* The next hop that does not answer for its MAC address, as text, or NULL if
 * all have answered. */
const char *neighbours_unresolved(const struct neighbours *hops,
				  char text[static 64]);

/* Read a frame that is no TCP segment: an answer is learnt, a question about an
 * own address answered.  Returns false if it was neither. */
bool neighbour_read(struct neighbours *hops, struct link *link,
		    const struct rte_mbuf *frame, neighbour_owns *owns,
		    const void *arg);

#endif /* MX_GEN_NEIGHBOUR_H */
