/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TIMER_H
#define MX_TIMER_H

/* Timers.  No other file of the control plane waits for time to pass, so a test
 * links timers of a clock that it moves itself (tests/kit/faketime.c).
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

/* Fire again and again, with so many ms in between, until it is freed.  Returns
 * 0 or -ENOMEM. */
int timer_repeat(struct timer *timer, uint32_t ms);

/* Fire now, in this round of the loop, whether the timer is set or not.  A
 * timer that was set to fire once is not set afterwards. */
void timer_fire_now(struct timer *timer);

/* Is the timer set? */
bool timer_is_set(const struct timer *timer);

/* Close a stream that receives nothing for read_s, or cannot send for
 * write_s. */
void timer_limit_stream(struct bufferevent *stream, uint32_t read_s,
			uint32_t write_s);

#endif /* MX_TIMER_H */
