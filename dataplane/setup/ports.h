/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PORTS_H
#define MX_PORTS_H

/* The ports of a data plane: started, given to the workers, and named in the
 * region.
 *
 * Threads    main, before the workers start. */
#include <rte_mempool.h>

#include "config.h"
#include "region.h"
#include "worker.h"

/* What ports are made for, and what their start found out. */
struct ports {
	struct worker **worker;
	uint16_t workers;
	struct rte_mempool *pool;
	struct mx_region_header *header; /* says what each port is */
	const struct mx_hash_key *key;   /* of the sessions; RSS uses it too */
	/* Why steering is not by RSS; or empty. */
	char no_rss[2 * MX_NAME_MAX + 64];
};

/* Start the configured ports and give each worker its queues, or what stands in
 * for them.  The workers and their session files are there already.
 * Says on stderr what fails.  Returns 0 or -errno. */
int ports_make(struct ports *ports, const struct mx_config *config);

/* Say how segments will reach their workers, and set up the choice of local
 * ports by that. */
enum mx_steering ports_settle(const struct ports *ports);

#endif /* MX_PORTS_H */
