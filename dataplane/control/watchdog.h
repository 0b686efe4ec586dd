/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_WATCHDOG_H
#define MX_WATCHDOG_H

/* A stalled worker would freeze its sessions and every change of plan.  So the
 * watchdog ends the data plane.  Its supervisor starts it again, and the new
 * process takes over all sessions.
 *
 * Threads    main. */
#include <stdint.h>

#include "counters.h"
#include "bounds.h"

/* Longer than a worker ever waited for its core when others polled there too
 * (16 s, on a virtual machine of two cores), shorter than the time in which an
 * SMTP client gives a connection up (RFC 5321 4.5.3.2). */
#define WATCHDOG_LIMIT_MS 30000

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
};

/* Judge one look at now_ms.  Returns the number of a worker whose heartbeat has
 * not moved for WATCHDOG_LIMIT_MS, or -1. */
int watchdog_look(struct watchdog *watchdog, uint64_t now_ms);

/* Read the clock and the heartbeats.  End the process if a worker is
 * stalled. */
void watchdog_poll(struct watchdog *watchdog);

#endif /* MX_WATCHDOG_H */
