/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PORTS_H
#define MX_PORTS_H

/* The ports of a data plane: started, given to the workers, and named in the
 * region.
 *
 * Threads    main, before the workers start. */
#include <rte_mempool.h>

#include "config.h"
#include "port.h"
#include "region.h"
#include "worker.h"

/* The input of ports_make(), and what the start of the ports found out. */
struct ports {
	struct worker **worker;
	uint16_t workers;
	struct rte_mempool *frame_pool;
	struct mx_region_header *header; /* gets a row for each port */
	const struct mx_hash_key *key;   /* of the sessions; RSS uses it too */
	struct port_traits found[MX_PORTS_MAX]; /* by ports_make() */
	uint16_t opened;                        /* ports with a device */
	/* The reason why RSS does not choose the worker; or empty. */
	char no_rss[2 * MX_NAME_MAX + 64];
};

/* Start the configured ports and give each worker its queues, or those of a
 * port that stands in.  The workers and their session files must exist.
 * Logs what fails.  Returns 0 or -errno. */
int ports_make(struct ports *ports, const struct mx_config *config);

/* Report how segments will reach their workers, and set up the choice of local
 * ports to match. */
enum mx_steering ports_settle(const struct ports *ports);

#endif /* MX_PORTS_H */
