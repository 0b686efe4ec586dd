/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WATCHDOG_H
#define MX_WATCHDOG_H

/* A stalled worker would freeze its sessions and every change of plan.  So the
 * watchdog ends the data plane.  Its supervisor starts it again, and the new
 * process takes over all sessions.
 *
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "bounds.h"

/* Longer than a worker ever waited for its core when others polled there too
 * (16 s, on a virtual machine of two cores), shorter than the time in which an
 * SMTP client gives a connection up (RFC 5321 4.5.3.2). */
#define WATCHDOG_LIMIT_MS 30000

/* A worker is late after this time.  Its clients wait. */
#define WATCHDOG_LATE_MS 3000

/* The most time that counts between two looks: a machine that was suspended as
 * a whole has no stalled worker. */
#define WATCHDOG_LOOK_MS 200

struct watchdog {
	const struct mx_worker_count *worker; /* [workers] */
	uint16_t workers;
	uint64_t looked_ms;
	uint64_t heartbeat[MX_WORKERS_MAX];
	uint32_t still_ms[MX_WORKERS_MAX]; /* how long the heartbeat has not
					    * moved */
	/* Called in each look while a worker is late; NULL: nobody is. */
	void (*on_late)(void *arg);
	void *arg;
};

/* Judge one look at now_ms.  Returns the number of a worker whose heartbeat has
 * not moved for WATCHDOG_LIMIT_MS, or -1. */
int watchdog_look(struct watchdog *watchdog, uint64_t now_ms);

/* Is some worker late, as of the last look? */
bool watchdog_is_late(const struct watchdog *watchdog);

/* Read the clock and the heartbeats.  Call on_late() if a worker is late.  End the process if a worker is
 * stalled. */
void watchdog_poll(struct watchdog *watchdog);

#endif /* MX_WATCHDOG_H */
