/* SPDX-License-Identifier: BSD-3-Clause */
/* Nothing but timers: a test replaces the whole file by its own. */
#include "timer.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/event_struct.h>
#include <stdlib.h>

struct timer {
	struct event event;
	struct event_base *base;
	void (*fire)(void *arg);
	void *arg;
};

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	const struct timer *timer = arg;

	(void)fd, (void)what;
	timer->fire(timer->arg);
}

static struct timeval
timeval_of(uint64_t ms)
{
	return (struct timeval){.tv_sec = (time_t)(ms / 1000),
				.tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

struct timer *
timer_new(struct event_base *base, void (*fire)(void *arg), void *arg)
{
	struct timer *timer = calloc(1, sizeof(*timer));

	if (timer == NULL)
		return NULL;
	timer->base = base;
	timer->fire = fire;
	timer->arg = arg;
	event_assign(&timer->event, base, -1, 0, on_event, timer);
	return timer;
}

void
timer_free(struct timer *timer)
{
	if (timer == NULL)
		return;
	event_del(&timer->event);
	free(timer);
}

void
timer_set(struct timer *timer, uint64_t ms)
{
	const struct timeval in = timeval_of(ms);

	event_add(&timer->event, &in);
}

int
timer_repeat(struct timer *timer, uint32_t ms)
{
	const struct timeval interval = timeval_of(ms);

	event_del(&timer->event);
	event_assign(&timer->event, timer->base, -1, EV_PERSIST, on_event,
		     timer);
	return event_add(&timer->event, &interval) == 0 ? 0 : -ENOMEM;
}

void
timer_fire_now(struct timer *timer)
{
	event_active(&timer->event, EV_TIMEOUT, 0);
}

bool
timer_is_set(const struct timer *timer)
{
	return event_pending(&timer->event, EV_TIMEOUT, NULL);
}

void
timer_limit_stream(struct bufferevent *stream, uint32_t read_s,
		   uint32_t write_s)
{
	const struct timeval read = timeval_of(UINT64_C(1000) * read_s);
	const struct timeval write = timeval_of(UINT64_C(1000) * write_s);

	bufferevent_set_timeouts(stream, &read, &write);
}
