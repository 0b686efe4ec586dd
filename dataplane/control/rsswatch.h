/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RSSWATCH_H
#define MX_RSSWATCH_H

/* Watch whether the ports spread segments as their RSS says (rssproof.h), and
 * fall back to rings if one does not.
 *
 * Rings are how frames reach the owner of their session anyway, whatever queue
 * they came by: no session moves, and none is lost.  What changes is that new
 * sessions take any local port, and that people see why workers hand frames
 * over.  The next data plane tries RSS again, as a new firmware may have mended
 * the card.
 *
 * Threads    main. */
#include <stdbool.h>

#include "config.h"
#include "region.h"
#include "rssproof.h"
#include "worker.h"

struct rsswatch_port {
	const char *name;
	uint16_t port_id;
	bool compares; /* the proof has not ended */
	enum rss_verdict verdict[RSS_FAMILIES];
};

struct rsswatch {
	struct mx_region_header *header;
	struct mx_region_link *link;
	struct worker **worker;
	uint16_t workers;
	uint16_t ports; /* 0: RSS is not used */
	bool ipv6;      /* IPv6 is to be proven as well */
	struct rsswatch_port port[MX_PORTS_MAX];
};

/* Begin the proofs of all ports, if header->steering is RSS.  The workers have
 * their ports.  Returns 0 or -errno. */
int rsswatch_make(struct rsswatch *watch, const struct mx_config *config,
		  struct mx_region *region, struct worker **worker);

/* One look, a few times a second. */
void rsswatch_poll(struct rsswatch *watch);

#endif /* MX_RSSWATCH_H */
