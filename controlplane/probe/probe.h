/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PROBE_H
#define MX_PROBE_H

/* A probe checks one backend again and again (attempt.h).
 *
 *   waiting --timer--> in line --> under way --> done()
 *      ^                                           |
 *      '-------------------------------------------'
 *
 * If this host could not make a probe, it tries again soon: the backend's
 * health is not known until then.
 *
 * One function hands out every result.  Two probes of a backend never overlap:
 * the pause begins when a probe ends.
 *
 * Shape      one timer: the pause, or the deadline of the whole attempt.
 * Threads    the thread of its event base. */
#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"
#include "probes.h"

/* The pause between probes of a backend while its verdict may change. */
#define PROBE_DOUBT_MS 1000

struct probe;

/* Start probing.  The first probe comes after a random part of PROBE_DOUBT_MS,
 * the others every interval +-10 %.  task is copied.  done may call any function
 * of this header, also probe_free().  Returns NULL if there is no memory. */
struct probe *probe_new(struct probes *probes, const struct attempt_task *task,
			void (*done)(void *arg,
				     const struct probe_result *result),
			void *arg);

/* End the probe without a result, also in mid-dialogue.  NULL is allowed. */
void probe_free(struct probe *probe);

/* While in doubt, the pause is at most PROBE_DOUBT_MS. */
void probe_in_doubt(struct probe *probe, bool in_doubt);

/* Probe in the next round of the loop, unless a probe is under way. */
void probe_now(struct probe *probe);

#endif /* MX_PROBE_H */
