/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WAYS_H
#define MX_WAYS_H

/* The ways back to clients: the MAC addresses that the kernel has for gateways
 * and hosts on the networks of the ports.  A way has moved if its MAC address
 * has changed, or if it is a router that does not answer and another router
 * leads to the same clients.
 *
 * A session keeps the MAC address that its client's segments came from.  If
 * that router is gone, a silent client would wait for ever.  So gateways are
 * asked again and again whether they are still there (routers.h), and the data
 * plane gets the ways that moved (struct mx_way).  The MAC addresses come
 * from the kernel's neighbour table and from no packet.
 *
 * When the router answers again, its sessions stay with the other router until
 * their clients' segments come by the first one.
 *
 * Invariant  a known MAC address is kept until a newer one is known.
 * Threads    the event loop. */
#include <net/if.h>
#include <netlink/cache.h>
#include <stdbool.h>

#include "config.h"
#include "plan.h"

/* The most neighbours that are remembered.  Further neighbours are remembered
 * only if they are gateways. */
#define WAYS_MAX 512

struct routers;
struct ways;

/* routers: outlive the ways.  Returns NULL if there is no memory. */
struct ways *ways_new(const struct routers *routers);
void ways_free(struct ways *ways);

/* Set the ports.  Neighbours on other interfaces are ignored. */
void ways_follow(struct ways *ways, const struct mx_config_dataplane *config);

/* Take the ways that an earlier process knew, unless newer ones are known. */
void ways_seed(struct ways *ways, const struct mx_way *way, uint16_t count);

/* Read the kernel's neighbours.  Returns whether rows have changed. */
bool ways_look(struct ways *ways, struct nl_cache *neighbours);

/* Write the rows for a plan: gateways first, then ways that moved.  Returns how
 * many, at most MX_WAYS_MAX. */
uint16_t ways_rows(const struct ways *ways, struct mx_way *way);

#endif /* MX_WAYS_H */
