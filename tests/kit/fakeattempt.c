/* SPDX-License-Identifier: BSD-3-Clause */
#include "fakeattempt.h"

#include <stdlib.h>

#include "clock.h"
#include "timer.h"

struct attempt {
	struct attempt_task task;
	void (*done)(void *arg, const struct probe_result *result);
	void *arg;
	struct timer *timer;
	enum reason reason;
	bool under_way;
	uint64_t began_ms;
};

static struct fakeattempt_seen seen;

struct fakeattempt_seen
fakeattempt_seen(void)
{
	return seen;
}

void
fakeattempt_forget(void)
{
	seen = (struct fakeattempt_seen){.begun = 0};
}

static void
end(struct attempt *a)
{
	seen.now -= a->under_way;
	a->under_way = false;
}

static void
finish(struct attempt *a, enum reason reason)
{
	const struct probe_result result = {
		.verdict = reason_verdict(reason),
		.counts = reason_kind(reason) != REASON_SAYS_NOTHING,
		.reason = reason,
		.total_ms = (double)(clock_ms() - a->began_ms),
	};

	end(a);
	a->done(a->arg, &result);
}

static void
on_answer(void *arg)
{
	struct attempt *a = arg;

	finish(a, a->reason);
}

struct attempt *
attempt_new(struct event_base *base, const struct attempt_task *task,
	    void (*done)(void *arg, const struct probe_result *result),
	    void *arg)
{
	struct attempt *a = calloc(1, sizeof(*a));

	a->task = *task;
	a->done = done;
	a->arg = arg;
	a->timer = timer_new(base, on_answer, a);
	return a;
}

void
attempt_free(struct attempt *a)
{
	if (a == NULL)
		return;
	end(a);
	timer_free(a->timer);
	free(a);
}

void
attempt_begin(struct attempt *a, bool in_doubt)
{
	const struct fakeattempt_answer answer =
		fakeattempt_answer(&a->task.endpoint);

	(void)in_doubt;
	a->under_way = true;
	seen.begun++;
	seen.now++;
	if (seen.now > seen.most)
		seen.most = seen.now;
	a->began_ms = clock_ms();
	a->reason = answer.reason;
	timer_set(a->timer, answer.after_ms);
}

void
attempt_time_out(struct attempt *a)
{
	timer_set(a->timer, FAKEATTEMPT_NEVER);
	finish(a, a->reason);
}
