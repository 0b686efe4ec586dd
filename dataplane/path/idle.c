/* SPDX-License-Identifier: BSD-3-Clause */
#include "idle.h"

#include <errno.h>
#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

#include <rte_ethdev.h>
#include <rte_pause.h>

#include "expiry.h"
#include "homecheck.h"
#include "homing.h"
#include "round.h"
#include "trunk.h"
#include "unplug.h"

/* Linux would let each sleep last 50 us longer, to wake for several things at
 * once. */
#define TIMER_SLACK_NS 1000

/* How many sessions are looked at before a sleep.  Of MX_SESSIONS_MAX sessions,
 * as many have their turn in the longest sleep. */
#define SWEEP_STEPS 4096u

struct idle_step
idle_decide(const struct idle *idle, uint32_t polls)
{
	uint32_t sleep_us = IDLE_SLEEP_FIRST_US;

	if (polls <= IDLE_POLLS)
		return (struct idle_step){IDLE_GO_ON, 0};
	if (!idle->sleeps || polls <= IDLE_RESTS)
		return (struct idle_step){
			idle->shares_core ? IDLE_YIELD : IDLE_PAUSE, 0};
	if (idle->interrupts)
		return (struct idle_step){IDLE_SLEEP, IDLE_SLEEP_MAX_US};
	for (uint32_t i = IDLE_RESTS + 1;
	     i < polls && sleep_us < IDLE_SLEEP_MAX_US; i++)
		sleep_us *= 2;
	return (struct idle_step){IDLE_SLEEP,
				  RTE_MIN(sleep_us, IDLE_SLEEP_MAX_US)};
}

/* Let the twins end a sleep as well.  If a twin has no interrupts, its frames
 * wait for the end of the sleep. */
static void
wait_for_twins(struct worker *w)
{
	for (uint16_t port = 0; port < w->ports && w->idle.interrupts; port++)
		if (w->twin[port].interrupts)
			rte_eth_dev_rx_intr_ctl_q(
				w->twin[port].port_id, w->twin[port].queue,
				RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD, NULL);
}

void
idle_begin(struct worker *w)
{
	if (!w->idle.sleeps)
		return;
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
	for (uint16_t port = 0; port < w->ports && w->idle.interrupts; port++) {
		const uint16_t device_id = trunk_device(w->port[port].port_id);

		/* A stand-in receives nothing. */
		if (unplug_is_noted(device_id))
			continue;
		const int error = rte_eth_dev_rx_intr_ctl_q(
			device_id, w->id, RTE_EPOLL_PER_THREAD,
			RTE_INTR_EVENT_ADD, NULL);
		/* EEXIST: the worker was stopped for a time and runs again, or
		 * an earlier port has the same device. */
		w->idle.interrupts = error == 0 || error == -EEXIST;
	}
	wait_for_twins(w);
}

static void
sleep_us(uint32_t us)
{
	const struct timespec time = {.tv_nsec = (long)us * 1000};

	nanosleep(&time, NULL);
}

static void
set_interrupt(uint16_t port_id, uint16_t queue, bool on)
{
	if (on)
		rte_eth_dev_rx_intr_enable(port_id, queue);
	else
		rte_eth_dev_rx_intr_disable(port_id, queue);
}

/* A TAP always raises its interrupt, and knows neither call. */
static void
set_interrupts(const struct worker *w, bool on)
{
	for (uint16_t port = 0; port < w->ports; port++) {
		const struct worker_twin *twin = &w->twin[port];

		set_interrupt(trunk_device(w->port[port].port_id), w->id, on);
		if (twin->interrupts)
			set_interrupt(twin->port_id, twin->queue, on);
	}
}

static void
sleep_offline(struct worker *w, uint32_t us)
{
	struct rte_epoll_event event[2 * MX_PORTS_MAX];

	w->count->sleeps++;
	rte_rcu_qsbr_thread_offline(w->quiescent, w->id);
	if (w->idle.interrupts)
		rte_epoll_wait(RTE_EPOLL_PER_THREAD, event, RTE_DIM(event),
			       IDLE_WAIT_MS);
	else
		sleep_us(us);
	rte_rcu_qsbr_thread_online(w->quiescent, w->id);
}

/* A frame that came before the interrupt was on raises none, so look once more.
 */
static void
wait_for_frame(struct worker *w, const struct active_plan *active, uint32_t us)
{
	set_interrupts(w, true);
	round_poll(w, active);
	if (w->idle.polls > 0)
		sleep_offline(w, us);
	set_interrupts(w, false);
}

/* What a busy worker does a little of in each round. */
static void
sweep(struct worker *w, const struct active_plan *active)
{
	const uint32_t from = w->sessions.scan;

	worker_sweep_due(w, rte_rdtsc(), SWEEP_STEPS);
	homecheck_sweep(w, active, from);
	homing_rest(w, active);
}

void
idle_rest(struct worker *w, const struct active_plan *active)
{
	const struct idle_step step = idle_decide(&w->idle, w->idle.polls);

	switch (step.kind) {
	case IDLE_GO_ON:
		break;
	case IDLE_PAUSE:
		rte_pause();
		break;
	case IDLE_YIELD:
		/* Else the other would wait for the end of a time slice,
		 * milliseconds. */
		sched_yield();
		break;
	case IDLE_SLEEP:
		sweep(w, active);
		if (w->idle.interrupts)
			wait_for_frame(w, active, step.sleep_us);
		else
			sleep_offline(w, step.sleep_us);
		break;
	}
}
