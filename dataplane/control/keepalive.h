/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_KEEPALIVE_H
#define MX_KEEPALIVE_H

/* What systemd is told of the data plane (notify.h).
 *
 * The main thread sends a keep-alive only if each worker's heartbeat has moved
 * since the last one.  So systemd restarts the data plane if a worker or the main
 * thread hangs.  The sessions are kept.
 *
 * A hung worker is found by watchdog.h first, which also says which one it is.
 * systemd's limit is longer (WatchdogSec of the unit).  It is for a main thread
 * that hangs, and for what hangs a whole process, such as a driver.
 *
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "counters.h"

/* The part of systemd's limit between two keep-alive messages.  Workers that
 * wait for their core may miss some of them. */
#define KEEPALIVE_PARTS 6

/* The time between two messages when systemd sets no limit. */
#define KEEPALIVE_EVERY_MS 10000

struct keepalive {
	const struct mx_worker_count *worker; /* [workers] */
	uint16_t workers;
	uint64_t every_ms;
	bool ready;       /* systemd knows that the start is complete */
	uint64_t sent_ms; /* valid if ready */
	uint64_t heartbeat[MX_WORKERS_MAX]; /* at the last message */
};

/* Begin: no worker has run yet. */
void keepalive_begin(struct keepalive *keepalive,
		     const struct mx_worker_count *worker, uint16_t workers);

/* Is a message due?  The first one is due as soon as all workers poll. */
bool keepalive_is_due(const struct keepalive *keepalive, uint64_t now_ms);

/* A message was sent. */
void keepalive_note(struct keepalive *keepalive, uint64_t now_ms);

/* Send a message if one is due.  plan: the generation in force; 0: none. */
void keepalive_poll(struct keepalive *keepalive, uint16_t ports, uint64_t plan,
		    uint64_t now_ms);

#endif /* MX_KEEPALIVE_H */
