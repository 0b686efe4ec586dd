/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SNAPSHOT_H
#define MX_SNAPSHOT_H

/* What the status page shows, as JSON (/api/snapshot), and what has changed of it
 * since the last look (the feed, /events).
 *
 *   instance, version, at_s
 *   status, critical, warnings, dataplane   as of mxsteer -j status
 *   services   service, direction, pool, state, serving, backends, sessions,
 *              sessions_total, refused, vips
 *              opened_per_step, refused_per_step, the oldest first; null: not
 *              known; a change has the last five
 *   pools      pool, state, serving, backends
 *   backends   pool, backend, address, host, admin, health, since_s, well, weight,
 *              effective_weight, tier, connections_max, reason;
 *              counts: sessions, sessions_per_s, banner_ms, unserved
 *   events     number, when_s, level, source, subject, what, before, after, why
 *   step       number of the last step of the rates
 *   step_s     seconds of a step
 *   page       name of the status page (statuspage.h)
 *
 * A change has all services and pools, and those backends and events alone that
 * are not as they were; of a backend whose counts alone changed it has these, and
 * its name.  `backends_gone` has those that left the configuration.
 *
 * It has no client's address: of events it has those alone whose subject is a part
 * of mxsteer.  It has no name of an operator: it has no notes, and the reason of a
 * backend is that of its weight alone.
 *
 * Threads    the event loop. */
#include <jansson.h>
#include <stdint.h>

#include "bounds.h"

struct sources;

/* What was told last. */
struct snapshot_seen {
	uint64_t backend[MX_BACKENDS_MAX + 1]; /* a hash of its row without
						* counts; 0: none */
	uint64_t counts[MX_BACKENDS_MAX + 1];  /* and of these */
	uint64_t event;                        /* the number of the last one */
};

/* How it is written. */
#define SNAPSHOT_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(6))

/* Returns all, which the caller owns; NULL: there is no memory. */
json_t *snapshot_new(const struct sources *sources);

/* Returns what is not as *seen says, and writes that down. */
json_t *snapshot_change(const struct sources *sources,
			struct snapshot_seen *seen);

/* Write down what there is now. */
void snapshot_see(const struct sources *sources, struct snapshot_seen *seen);

#endif /* MX_SNAPSHOT_H */
