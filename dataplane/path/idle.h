/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_IDLE_H
#define MX_IDLE_H

/* What a worker does when nothing comes.
 *
 * A worker that polls uses its core up, also without mail.  With `idle: sleep`
 * it sleeps once nothing has come for a while:
 *
 *   polls in a row that found nothing   before the next one
 *   up to IDLE_POLLS                    nothing
 *   up to IDLE_RESTS                    a moment's rest
 *   more                                sleep: 10 us, then twice as long each
 *                                       time, 1 ms at most
 *
 * So a sleep lasts about as long as nothing has come, and a worker with
 * constant traffic does not sleep.  Where every port has rx interrupts, a frame
 * ends the sleep.  Elsewhere the frame waits for the end of the sleep, as does
 * a frame that another worker hands over.
 *
 * What is due by the clock is late by one sleep at most.  While the worker has
 * something to do (PROXY headers to repeat, sessions to end) it stays awake.
 * New plans do not wait: a sleeping worker holds no plan and is offline.
 *
 * An idle worker uses 2 % of a core where waking up takes 20 us, as it does on
 * a virtual machine (tests/lab/test_idle.py), and a card's 1024 descriptors
 * last the longest sleep at a million frames a second.
 *
 * Threads    decide: any.  The rest: the worker's own. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "worker.h"

/* Polls that found nothing until the worker takes it slowly, and until it may
 * sleep: tens of microseconds. */
#define IDLE_POLLS 64u
#define IDLE_RESTS 256u

#define IDLE_SLEEP_FIRST_US 10u
#define IDLE_SLEEP_MAX_US 1000u

/* With interrupts: DPDK knows no shorter time. */
#define IDLE_WAIT_MS 1
static_assert(IDLE_SLEEP_MAX_US == 1000 * IDLE_WAIT_MS,
	      "so long waits what is due, and who hands over, at most");

enum idle_kind { IDLE_GO_ON, IDLE_PAUSE, IDLE_YIELD, IDLE_SLEEP };

struct idle_step {
	enum idle_kind kind;
	uint32_t sleep_us;
};

/* What is to follow that many polls that found nothing. */
struct idle_step idle_decide(const struct idle *idle, uint32_t polls);

/* Make the thread ready to sleep; once, in the worker's own. */
void idle_begin(struct worker *w);

/* After a poll: rest, if nothing came.  Polls once more if it turns interrupts
 * on; active: is no longer valid when this returns. */
void idle_rest(struct worker *w, const struct active_plan *active);

#endif /* MX_IDLE_H */
