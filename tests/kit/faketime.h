/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_FAKETIME_H
#define MX_TESTS_FAKETIME_H

/* A clock that stands still until a test moves it, and timers of that clock.
 * A program that links faketime.c has these in the place of the control plane's
 * clock.c and timer.c; sockets and the event loop are the real ones.
 *
 * Nothing here waits: hours pass as fast as their timers can fire. */
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

/* Let so much time pass.  Timers fire when they are due, and after each of them
 * the loop does what there is to do. */
void faketime_run(struct event_base *base, uint64_t ms);

/* Let the loop do what there is to do, and then let time pass until the next
 * timer is due, but not beyond until_ms of clock_ms().
 * Returns false once that is reached. */
bool faketime_step(struct event_base *base, uint64_t until_ms);

/* While busy() holds, a thread works for the loop: no time passes, and the loop
 * waits for that thread.  NULL: there is none. */
void faketime_hold(bool (*busy)(void));

/* Set the wall clock back or forth; the monotonic clock stays. */
void faketime_shift_wall(int64_t seconds);

#endif /* MX_TESTS_FAKETIME_H */
