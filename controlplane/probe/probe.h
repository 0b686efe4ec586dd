/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PROBE_H
#define MX_PROBE_H

/* A probe asks one backend again and again whether it is well (attempt.h).
 *
 *   waiting --timer--> in line --> under way --> done()
 *      ^                                           |
 *      '-------------------------------------------'
 *
 * A probe that this host could not make is made again soon: until then nobody
 * knows whether the backend lives.
 *
 * Every result leaves through one function.  A probe never overlaps itself:
 * the pause to the next one begins when it ends.
 *
 * Shape      one timer: the pause, or the deadline of the whole attempt.
 * Threads    the thread of its event base. */
#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "probes.h"

/* How often a backend is probed while its verdict may change. */
#define PROBE_DOUBT_MS 1000

struct probe;

/* Start probing: first within a random part of PROBE_DOUBT_MS, then every
 * interval +-10 %.  task is copied.
 * done may call any function of this header, probe_free() included.
 * Returns NULL if there is no memory. */
struct probe *probe_new(struct probes *probes, const struct attempt_task *task,
			void (*done)(void *arg,
				     const struct probe_result *result),
			void *arg);

/* End it, in mid-dialogue too, without a result.  NULL is nothing. */
void probe_free(struct probe *probe);

/* While in doubt, the pause is at most PROBE_DOUBT_MS. */
void probe_in_doubt(struct probe *probe, bool in_doubt);

/* Probe at the next turn of the loop, unless a probe is under way. */
void probe_now(struct probe *probe);

#endif /* MX_PROBE_H */
