/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RESTING_H
#define MX_RESTING_H

/* The resting addresses: VIPs and SNAT addresses that left the configuration
 * and may have sessions. leaving.h says when an address begins to rest.
 *
 *   configured -> left the file -> rests -> nobody uses it -> let go
 *                                    `---> in the file again -> configured
 *
 * A resting address is in every plan, so that it answers ARP and its sessions
 * go on.  It takes no new sessions.  The sessions that use it are counted
 * (sessioncounts.h).
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
	uint16_t service;      /* of a VIP: the id that its sessions have */
	int64_t since_s;       /* CLOCK_REALTIME */
	uint64_t sessions;     /* sessions that can carry mail, at the last
				* count */
	uint64_t slots;        /* sessions in any table, over or not */
};

struct resting {
	uint16_t count;
	struct resting_address row[RESTING_MAX];
};

/* Add a row, unless its address has one.  The rows stay sorted by their bytes,
 * so that equal states make equal plans.  Returns 0, or -ENOBUFS. */
int resting_add(struct resting *resting, const struct resting_address *row);

/* Remove row i. */
void resting_forget(struct resting *resting, uint16_t i);

/* Is the VIP or (port 0) the SNAT address in a configuration? */
bool resting_config_has(const struct mx_config *config,
			const struct mx_endpoint *at);

/* The part that this address, with any port, has in config, if it cannot have
 * that part while it rests; NULL if there is none. */
const char *resting_clash(const struct resting_address *row,
			  const struct mx_config *config);

/* The row of a VIP or (port 0) a SNAT address, or NULL. */
struct resting_address *resting_find(struct resting *resting,
				     const struct mx_endpoint *at);

/* Does a resting VIP have sessions of this service? */
bool resting_names(const struct resting *resting, uint16_t service);

/* Remove the IPv6 addresses: a data plane without room for IPv6 has no sessions
 * of them.  Returns how many. */
uint16_t resting_drop_ipv6(struct resting *resting);

/* Remove the addresses that no table has sessions of.  Returns how many. */
uint16_t resting_release(struct resting *resting);

#endif /* MX_RESTING_H */
