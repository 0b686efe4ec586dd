/* SPDX-License-Identifier: BSD-3-Clause */
#include "faketime.h"

#include <event2/event_struct.h>
#include <sched.h>
#include <stdlib.h>

#include "clock.h"
#include "timer.h"

struct timer {
	struct event event;
	void (*fire)(void *arg);
	void *arg;
	bool set;
	uint64_t due_ns;
	uint64_t every_ns; /* 0: once */
	struct timer *next;
};

/* Some host is up for an hour already. */
static uint64_t now_ns = 3600 * 1000 * CLOCK_NS_PER_MS;
static int64_t wall_shift_s = 1790000000;
static bool (*held)(void);
static struct timer
	*first; /* of those that are set, by the time they are due */

uint64_t
clock_ns(void)
{
	return now_ns;
}

int64_t
clock_wall_s(void)
{
	return clock_s() + wall_shift_s;
}

void
clock_pause_ns(uint32_t ns)
{
	now_ns += ns;
	sched_yield();
}

void
faketime_shift_wall(int64_t seconds)
{
	wall_shift_s += seconds;
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	const struct timer *timer = arg;

	(void)fd, (void)what;
	timer->fire(timer->arg);
}

/* Behind those that are due at the same time: they were set before. */
static void
enter(struct timer *timer, uint64_t due_ns)
{
	struct timer **link = &first;

	timer->set = true;
	timer->due_ns = due_ns;
	while (*link != NULL && (*link)->due_ns <= due_ns)
		link = &(*link)->next;
	timer->next = *link;
	*link = timer;
}

static void
leave(struct timer *timer)
{
	struct timer **link = &first;

	if (!timer->set)
		return;
	while (*link != timer)
		link = &(*link)->next;
	*link = timer->next;
	timer->set = false;
}

struct timer *
timer_new(struct event_base *base, void (*fire)(void *arg), void *arg)
{
	struct timer *timer = calloc(1, sizeof(*timer));

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
	leave(timer);
	event_del(&timer->event);
	free(timer);
}

void
timer_set(struct timer *timer, uint64_t ms)
{
	leave(timer);
	timer->every_ns = 0;
	enter(timer, now_ns + ms * CLOCK_NS_PER_MS);
}

int
timer_repeat(struct timer *timer, uint32_t ms)
{
	leave(timer);
	timer->every_ns = ms * CLOCK_NS_PER_MS;
	enter(timer, now_ns + timer->every_ns);
	return 0;
}

void
timer_fire_now(struct timer *timer)
{
	const uint64_t due_ns = timer->due_ns;

	if (event_pending(&timer->event, EV_TIMEOUT, NULL))
		return;
	if (timer->set) {
		leave(timer);
		if (timer->every_ns > 0)
			enter(timer, due_ns + timer->every_ns);
	}
	event_active(&timer->event, EV_TIMEOUT, 0);
}

bool
timer_is_set(const struct timer *timer)
{
	return timer->set || event_pending(&timer->event, EV_TIMEOUT, NULL);
}

/* A stream outlives every test. */
void
timer_limit_stream(struct bufferevent *stream, uint32_t read_s,
		   uint32_t write_s)
{
	(void)stream, (void)read_s, (void)write_s;
}

static void
fire_all_due(void)
{
	while (first != NULL && first->due_ns <= now_ns) {
		struct timer *timer = first;

		leave(timer);
		if (timer->every_ns > 0)
			enter(timer, timer->due_ns + timer->every_ns);
		event_active(&timer->event, EV_TIMEOUT, 0);
	}
}

void
faketime_hold(bool (*busy)(void))
{
	held = busy;
}

/* Returns false if no timer was due before. */
static bool
pass(struct event_base *base, uint64_t until_ns)
{
	if (held != NULL && held()) {
		event_base_loop(base, EVLOOP_ONCE);
		return true;
	}
	const bool fires = first != NULL && first->due_ns <= until_ns;

	if (now_ns < until_ns)
		now_ns = fires ? first->due_ns : until_ns;
	fire_all_due();
	event_base_loop(base, EVLOOP_NONBLOCK); /* until nothing is active */
	return fires;
}

bool
faketime_step(struct event_base *base, uint64_t until_ms)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
	return pass(base, until_ms * CLOCK_NS_PER_MS);
}

void
faketime_run(struct event_base *base, uint64_t ms)
{
	const uint64_t until_ns = now_ns + ms * CLOCK_NS_PER_MS;

	event_base_loop(base, EVLOOP_NONBLOCK);
	while (pass(base, until_ns))
		;
}
