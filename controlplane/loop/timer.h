/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TIMER_H
#define MX_TIMER_H

/* What is to happen later.  No other file of the control plane waits for time
 * to pass, so a test links timers of a clock that it moves itself
 * (tests/faketime.c).
 *
 * Shape      An event of libevent without a descriptor.
 * Threads    the event loop. */
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct bufferevent;
struct timer;

/* A timer that is not set.  fire may call any function of this header.
 * Returns NULL if there is no memory. */
struct timer *timer_new(struct event_base *base, void (*fire)(void *arg),
			void *arg);

/* Cancel the timer.  NULL is allowed. */
void timer_free(struct timer *timer);

/* Fire once, in so many ms.  A timer that was set is set anew. */
void timer_set(struct timer *timer, uint64_t ms);

/* Fire again and again, each time so many ms later, until it is freed.
 * Returns 0 or -ENOMEM. */
int timer_repeat(struct timer *timer, uint32_t ms);

/* The next time comes now, in this turn of the loop: one that was set to fire
 * once is not set any more.  One that was not set fires as well. */
void timer_fire_now(struct timer *timer);

/* Will it fire later? */
bool timer_is_set(const struct timer *timer);

/* Give up a stream that brings nothing for read_s, or takes nothing that waits
 * to be written for write_s. */
void timer_limit_stream(struct bufferevent *stream, uint32_t read_s,
			uint32_t write_s);

#endif /* MX_TIMER_H */
