/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RESTING_H
#define MX_RESTING_H

/* The list of addresses of ours that left the configuration: VIPs and SNAT
 * addresses.  leaving.h says when one comes into it.
 *
 *   configured -> left the file -> rests -> nobody uses it -> let go
 *                                    `---> in the file again -> configured
 *
 * While an address rests it is in every plan, so that it answers ARP and its
 * sessions go on, and it takes no new ones.  A look through all sessions tells
 * when nobody uses it any more (census.h).
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
#include "config.h"

#define RESTING_MAX (MX_VIPS_MAX + MX_SNATS_MAX)

struct resting_address {
	struct mx_endpoint at; /* port 0: a SNAT address */
	uint16_t service;      /* VIP: the id that its sessions have */
	int64_t since_s;       /* CLOCK_REALTIME */
	uint64_t sessions;     /* that can carry mail, when last looked at */
	uint64_t places;       /* that are in a table still, over or not */
};

struct resting {
	uint16_t count;
	struct resting_address row[RESTING_MAX];
};

/* Add a row, unless its address has one.  The rows stay sorted by their bytes,
 * so that equal states make equal plans.  Returns 0, or -ENOBUFS. */
int resting_add(struct resting *resting, const struct resting_address *row);

/* Take row i out. */
void resting_forget(struct resting *resting, uint16_t i);

/* Is the VIP or (port 0) the SNAT address in a configuration? */
bool resting_config_has(const struct mx_config *config,
			const struct mx_endpoint *at);

/* The part that an address, whatever the port, has in a configuration and that
 * it cannot have while it rests in another one; NULL if it has none. */
const char *resting_clash(const struct resting_address *row,
			  const struct mx_config *config);

/* The row of a VIP or (port 0) a SNAT address, or NULL. */
struct resting_address *resting_find(struct resting *resting,
				     const struct mx_endpoint *at);

/* Does a VIP that rests have sessions of this service? */
bool resting_names(const struct resting *resting, uint16_t service);

/* Let go of IPv6 addresses: a data plane without room for IPv6 has no sessions
 * of them.  Returns how many. */
uint16_t resting_drop_ipv6(struct resting *resting);

/* Let go of those that have no place in any table.  Returns how many. */
uint16_t resting_release(struct resting *resting);

#endif /* MX_RESTING_H */
