/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COUNTS_H
#define MX_COUNTS_H

/* All states and counters in one answer, for a live screen that asks again and
 * again: it computes rates from two answers.
 *
 *   instance, version, at_ms (CLOCK_MONOTONIC), wall_s
 *   status, critical, warnings, dataplane   as of mxsteer -j status
 *   started_s   when the data plane started; 0: none counts
 *   services    name, state, pool, serving, members, vips; counts; refused, early,
 *               opened_per_step of the last COUNTS_STEPS steps, the oldest first
 *   pools       name, state, serving, members, tier; counts, unserved: the sums
 *               of its backends
 *   backends    name (POOL/BACKEND), address, admin, health, since_s, weight,
 *               effective_weight, tier, well, connections_max, reason, banner_ms;
 *               counts, unserved
 *   workers     name, core, busy_percent, sessions, slots_used, rx, tx, dropped,
 *               to_kernel, handed_off, cookies_on
 *
 * counts: sessions, half_open, opened, packets, bytes_in, bytes_out.
 *
 * Threads    the event loop. */
#include "reports.h"

#define COUNTS_STEPS 60

/* Returns the data, which the caller owns; NULL: there is no memory. */
json_t *counts_new(const struct sources *sources);

#endif /* MX_COUNTS_H */
