/* SPDX-License-Identifier: BSD-3-Clause */
#include "probe.h"

#include <stdlib.h>

#include "chance.h"
#include "timer.h"

struct probe {
	struct probes *probes;
	struct probe_turn turn;
	struct attempt *attempt;
	struct timer *timer; /* under way: the deadline; else: the pause */
	bool under_way;
	bool in_doubt;
	uint32_t interval_ms;
	uint32_t timeout_ms;
	void (*done)(void *arg, const struct probe_result *result);
	void *arg;
};

/* Jitter keeps the probes of many backends and balancers from falling into
 * step, where an MTA would meet them all at once. */
static void
set_pause(struct probe *p, bool soon)
{
	uint32_t pause_ms = p->interval_ms;

	if (soon && pause_ms > PROBE_DOUBT_MS)
		pause_ms = PROBE_DOUBT_MS;
	timer_set(p->timer,
		  pause_ms - pause_ms / 10 + chance_below(pause_ms / 5 + 1));
}

/* Wait for the time to pass.  A waiting probe is not in line for a turn. */
static bool
is_pausing(const struct probe *p)
{
	return !p->under_way && p->turn.state == TURN_NONE;
}

/* This calls done() last, and done() may free p. */
static void
on_done(void *arg, const struct probe_result *result)
{
	struct probe *p = arg;

	p->under_way = false;
	probes_end_turn(p->probes, &p->turn);
	set_pause(p, p->in_doubt || !result->counts);
	p->done(p->arg, result);
}

static void
on_timer(void *arg)
{
	struct probe *p = arg;

	if (p->under_way) {
		attempt_time_out(p->attempt);
	} else if (probes_take_turn(p->probes, &p->turn)) {
		p->under_way = true;
		timer_set(p->timer, p->timeout_ms);
		attempt_begin(p->attempt,
			      p->in_doubt); /* may end, and free p */
	}
}

/* The probe starts in the next round of the loop: this round belongs to the
 * probe that ended. */
static void
on_turn(void *arg)
{
	struct probe *p = arg;

	timer_set(p->timer, 0);
}

struct probe *
probe_new(struct probes *probes, const struct attempt_task *task,
	  void (*done)(void *arg, const struct probe_result *result), void *arg)
{
	struct event_base *base = probes_base(probes);
	struct probe *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->probes = probes;
	p->turn = (struct probe_turn){.comes = on_turn, .arg = p};
	p->interval_ms = task->check.interval_ms;
	p->timeout_ms = task->check.timeout_ms;
	p->done = done;
	p->arg = arg;
	p->attempt = attempt_new(base, task, on_done, p);
	p->timer = timer_new(base, on_timer, p);
	if (p->attempt == NULL || p->timer == NULL) {
		probe_free(p);
		return NULL;
	}
	timer_set(p->timer, chance_below(PROBE_DOUBT_MS));
	return p;
}

void
probe_free(struct probe *p)
{
	if (p == NULL)
		return;
	attempt_free(p->attempt);
	probes_end_turn(p->probes, &p->turn);
	timer_free(p->timer);
	free(p);
}

void
probe_in_doubt(struct probe *p, bool in_doubt)
{
	if (p->in_doubt == in_doubt)
		return;
	p->in_doubt = in_doubt;
	if (is_pausing(p))
		set_pause(p, in_doubt);
}

void
probe_now(struct probe *p)
{
	if (is_pausing(p))
		timer_set(p->timer, 0);
}
