/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RETIRED_H
#define MX_RETIRED_H

/* The retired addresses: VIPs and SNAT addresses that left the configuration
 * and may have sessions. leaving.h says when an address is retired.
 *
 *   configured -> left the file -> is retired -> nobody uses it -> let go
 *                                    `---> in the file again -> configured
 *
 * A retired address is in every plan, so that it answers ARP and its sessions
 * go on.  It takes no new sessions.  The sessions that use it are counted
 * (sessioncounts.h).
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
#include "config.h"

#define RETIRED_MAX (MX_VIPS_MAX + MX_SNATS_MAX)

struct retired_address {
	struct mx_endpoint at; /* port 0: a SNAT address */
	uint16_t service;      /* of a VIP: the id that its sessions have */
	bool quiet;            /* it was a peer's SNAT address: nobody is told
				* that it is here */
	int64_t since_s;       /* CLOCK_REALTIME */
	uint64_t sessions;     /* sessions that can carry mail, at the last
				* count */
	uint64_t slots;        /* sessions in any table, over or not */
};

struct retired {
	uint16_t count;
	struct retired_address row[RETIRED_MAX];
};

/* Add a row, unless its address has one.  The rows stay sorted by their bytes,
 * so that equal states make equal plans.  Returns 0, or -ENOBUFS. */
int retired_add(struct retired *retired, const struct retired_address *row);

/* Remove row i. */
void retired_forget(struct retired *retired, uint16_t i);

/* Is the VIP or (port 0) the SNAT address, of any box, in a configuration? */
bool retired_config_has(const struct mx_config *config,
			const struct mx_endpoint *at);

/* The part that this address, with any port, has in config, if it cannot have
 * that part while it is retired; NULL if there is none. */
const char *retired_clash(const struct retired_address *row,
			  const struct mx_config *config);

/* The row of a VIP or (port 0) a SNAT address, or NULL. */
struct retired_address *retired_find(struct retired *retired,
				     const struct mx_endpoint *at);

/* Does a retired VIP have sessions of this service? */
bool retired_names(const struct retired *retired, uint16_t service);

/* Remove the IPv6 addresses: a data plane without room for IPv6 has no sessions
 * of them.  Returns how many. */
uint16_t retired_drop_ipv6(struct retired *retired);

/* Remove the addresses that no table has sessions of.  Returns how many. */
uint16_t retired_release(struct retired *retired);

#endif /* MX_RETIRED_H */
