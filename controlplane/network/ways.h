/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WAYS_H
#define MX_WAYS_H

/* The ways back to clients: which MAC address the kernel has for the gateways
 * and hosts on the networks of the ports, and which of them have moved.
 *
 * A session keeps the MAC address that its client's segments came from, and a
 * silent client would wait for ever behind a router that is gone.  So gateways
 * are asked again and again whether they are still there, and what moved is
 * told to the data plane (way.h in tables/).  Only the kernel's neighbour table
 * is believed.
 *
 * Invariant  a MAC address once known is kept until a newer one is known.
 * Threads    the event loop. */
#include <event2/event.h>
#include <net/if.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <stdbool.h>

#include "config.h"
#include "plan.h"

/* Neighbours that are remembered; beyond it new ones that are no gateways are
 * not. */
#define WAYS_MAX 512

/* A gateway is asked this often whether it is there, and looked for this often
 * while it is not. */
#define WAYS_PROBE_S 10
#define WAYS_LOST_S 1

struct ways;

/* news: a socket for requests whose answers are events.
 * Returns NULL if there is no memory. */
struct ways *ways_new(struct event_base *base, struct nl_sock *news);
void ways_free(struct ways *ways);

/* These are the ports; neighbours on other interfaces do not matter. */
void ways_follow(struct ways *ways, const struct mx_config_dataplane *config);

/* What an earlier process knew; taken if nothing newer is known. */
void ways_seed(struct ways *ways, const struct mx_way *way, uint16_t count);

/* Look at the kernel's neighbours.  Returns whether rows have changed. */
bool ways_look(struct ways *ways, struct nl_cache *neighbours);

/* Write the rows for a plan, in an order of their own: gateways, and what has
 * moved.  Returns how many, at most MX_WAYS_MAX. */
uint16_t ways_rows(const struct ways *ways, struct mx_way *way);

#endif /* MX_WAYS_H */
