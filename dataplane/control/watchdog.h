/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WATCHDOG_H
#define MX_WATCHDOG_H

/* A worker that no longer comes round would freeze its sessions and every
 * change of plan.  The watchdog then ends the data plane: started again by
 * whoever supervises it, it takes up all sessions where they were.
 *
 * Threads    main. */
#include <stdint.h>

#include "counters.h"
#include "bounds.h"

/* Longer than a worker ever waited for its core when others polled there too
 * (16 s, on a virtual machine of two), shorter than the time in which an SMTP
 * client gives a connection up (RFC 5321 4.5.3.2). */
#define WATCHDOG_LIMIT_MS 30000

/* Time between two looks counts for this much at most: a machine that was
 * suspended as a whole has no stalled worker. */
#define WATCHDOG_LOOK_MS 200

struct watchdog {
	const struct mx_worker_count *worker; /* [workers] */
	uint16_t workers;
	uint64_t looked_ms;
	uint64_t heartbeat[MX_WORKERS_MAX];
	uint32_t still_ms[MX_WORKERS_MAX]; /* how long it has not moved */
};

/* One look at now_ms.  Returns the number of a worker that has been still for
 * WATCHDOG_LIMIT_MS, or -1. */
int watchdog_look(struct watchdog *watchdog, uint64_t now_ms);

/* Look at the clock and the workers; end the process if one is stalled. */
void watchdog_poll(struct watchdog *watchdog);

#endif /* MX_WATCHDOG_H */
