/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_BURST_H
#define MX_BURST_H

/* A worker's round: one burst from each port and each ring, and what is due.
 *
 * Threads    the worker's own. */
#include <stdint.h>

#include "worker.h"

/* One round: every port's queue and every ring once, and some housekeeping.
 * active: valid until this returns.  Returns how many frames came; idle.polls
 * counts the rounds that had nothing to do. */
uint16_t worker_poll(struct worker *w, const struct active_plan *active);

#endif /* MX_BURST_H */
