/* SPDX-License-Identifier: BSD-3-Clause */
#include "publish.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "eventlog.h"
#include "log.h"
#include "plural.h"
#include "timer.h"

#define ATTACH_INTERVAL_MS 200
#define ACK_INTERVAL_MS 1
/* The pause before a refused plan is offered again: old sessions may still hold
 * the port maps that it needs */
#define REFUSED_PAUSE_MS 10000
/* The pause between two plans: changes in between go together.  Fail-over is
 * immediate if it is the first change, and a pool that comes up takes a few
 * plans. */
#define PLAN_INTERVAL_MS 100

struct waiter {
	publish_done done;
	void *arg;
	uint64_t since_ms;
	struct waiter *next;
};

struct publisher {
	const struct state *state;
	struct publish_hook hook;
	struct builder *builder;
	struct mx_plan *last; /* the plan as published; valid if have_last */
	bool have_last;
	bool unbuilt; /* the last attempt to build a plan failed */

	struct attachment at;

	bool marked;      /* publisher_offer() will be called */
	bool due;         /* publisher_offer() was called too early */
	uint64_t awaited; /* the generation on its way; 0: none */
	uint64_t published_ms;
	struct waiter *waiters;
	struct timer *on_ack;
	struct timer *on_due;
	struct timer *on_attach;
};

struct publish_outcome
publisher_outcome(const struct publisher *publisher)
{
	struct publish_outcome outcome = attachment_outcome(&publisher->at);

	outcome.pending = publisher_awaits(publisher);
	outcome.unbuilt = publisher->unbuilt;
	return outcome;
}

bool
publisher_awaits(const struct publisher *publisher)
{
	return publisher->marked || publisher->due || publisher->awaited != 0;
}

const struct attachment *
publisher_attachment(const struct publisher *publisher)
{
	return &publisher->at;
}

bool
publisher_in_force(const struct publisher *publisher)
{
	const struct publish_outcome outcome = publisher_outcome(publisher);

	return publisher->have_last && outcome_in_force(&outcome);
}

/* Call back those who began to wait up to then.  A callback may begin to wait
 * again. */
static void
call_back(struct publisher *publisher, uint64_t waiting_since_ms)
{
	const struct publish_outcome outcome = publisher_outcome(publisher);
	struct waiter *ready = NULL;

	for (struct waiter **link = &publisher->waiters; *link != NULL;) {
		struct waiter *waiter = *link;
		if (waiter->since_ms > waiting_since_ms) {
			link = &waiter->next;
			continue;
		}
		*link = waiter->next;
		waiter->next = ready;
		ready = waiter;
	}
	while (ready != NULL) {
		struct waiter *waiter = ready;
		ready = waiter->next;
		waiter->done(waiter->arg, &outcome);
		free(waiter);
	}
}

void
publisher_settle_now(struct publisher *publisher)
{
	call_back(publisher, UINT64_MAX);
}

static void
settle(struct publisher *publisher)
{
	if (!publisher->marked && !publisher->due && publisher->awaited == 0)
		publisher_settle_now(publisher);
}

int
publisher_when_settled(struct publisher *publisher, publish_done done,
		       void *arg)
{
	struct waiter *waiter = malloc(sizeof(*waiter));

	if (waiter == NULL)
		return -ENOMEM;
	*waiter = (struct waiter){.done = done,
				  .arg = arg,
				  .since_ms = clock_ms(),
				  .next = publisher->waiters};
	publisher->waiters = waiter;
	timer_set(publisher->on_ack, ACK_INTERVAL_MS);
	return 0;
}

void
publisher_mark(struct publisher *publisher)
{
	publisher->marked = true;
}

static void
publish(struct publisher *publisher, const struct mx_plan *plan)
{
	attachment_look(&publisher->at);
	const uint64_t generation =
		mx_region_publish(publisher->at.region, plan);
	memcpy(publisher->last, plan, MX_PLAN_SIZE(plan->pools));
	publisher->have_last = true;
	publisher->published_ms = clock_ms();
	if (!attachment_running(&publisher->at))
		return; /* the data plane finds the plan when it starts */
	publisher->awaited = generation;
	timer_set(publisher->on_ack, ACK_INTERVAL_MS);
}

/* The time until the next plan may follow the last one; 0: it may now. */
static uint64_t
pause_ms(const struct publisher *publisher)
{
	const uint64_t since_ms = clock_ms() - publisher->published_ms;

	return since_ms < PLAN_INTERVAL_MS ? PLAN_INTERVAL_MS - since_ms : 0;
}

void
publisher_offer(struct publisher *publisher)
{
	const uint64_t wait_ms = pause_ms(publisher);

	publisher->marked = false;
	publisher->due = publisher->awaited != 0 || wait_ms > 0;
	if (publisher->due) {
		if (publisher->awaited == 0)
			timer_set(publisher->on_due, wait_ms);
		return;
	}
	if (publisher->at.region != NULL) {
		const struct mx_plan *plan =
			builder_run(publisher->builder, publisher->state);
		publisher->unbuilt = plan == NULL || plan->owned.count == 0;
		if (plan == NULL)
			eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "plan",
				      "not published, more VIPs or SNAT "
				      "addresses than %d and %d",
				      MX_VIPS_MAX, MX_SNATS_MAX);
		else if (plan->owned.count == 0)
			eventlog_tell(LOG_LEVEL_ERROR, EVENT_CONTROL, "plan",
				      "not published, it has no VIP");
		else if (!publisher->have_last ||
			 !plan_same(plan, publisher->last))
			publish(publisher, plan);
	}
	/* on_ack() calls back those who wait, but not before this round of the
	 * loop is over: the round writes the state file too. */
}

static void
log_answer(const struct publish_outcome *outcome)
{
	if (!outcome->answered)
		eventlog_tell(LOG_LEVEL_WARN, EVENT_DATAPLANE, "generation",
			      "%" PRIu64 " not taken up by the data plane "
			      "within %d ms",
			      outcome->generation, PUBLISH_ACK_MAX_MS);
	else if (outcome->fault != MX_PLAN_OK)
		eventlog_tell(LOG_LEVEL_ERROR, EVENT_DATAPLANE, "generation",
			      "%" PRIu64 " refused by the data plane, %s; "
			      "%" PRIu64 " stays in force",
			      outcome->generation,
			      mx_plan_fault_text(outcome->fault),
			      outcome->adopted);
	else
		log_line(LOG_LEVEL_INFO,
			 "generation %" PRIu64 " -> %" PRIu64
			 ", adopted by %u %s, %.1f ms",
			 outcome->generation - 1, outcome->generation,
			 outcome->workers,
			 plural(outcome->workers, "worker", "workers"),
			 outcome->took_ms);
}

/* The pause after the last plan is over. */
static void
on_due(void *arg)
{
	struct publisher *publisher = arg;

	if (publisher->due && !publisher->marked)
		publisher_offer(publisher);
}

/* Tick while a plan is on its way, or while a caller waits. */
static void
on_ack(void *arg)
{
	struct publisher *publisher = arg;
	const struct publish_outcome outcome = publisher_outcome(publisher);
	const uint64_t now = clock_ms();

	if (publisher->awaited != 0 &&
	    (outcome.answered ||
	     now - publisher->published_ms >= PUBLISH_ACK_MAX_MS)) {
		publisher->awaited = 0;
		log_answer(&outcome);
		if (publisher->due && !publisher->marked)
			publisher_offer(publisher);
	}
	settle(publisher);
	if (now >= PUBLISH_ACK_MAX_MS)
		call_back(publisher, now - PUBLISH_ACK_MAX_MS);
	if (publisher->awaited != 0 || publisher->waiters != NULL)
		timer_set(publisher->on_ack, ACK_INTERVAL_MS);
}

/* Copy the region's last plan, so that an equal plan is not published again.
 * Only this process writes plans now, so the checked copy equals the plan in
 * the region. */
static void
take_up_last(struct publisher *publisher)
{
	struct mx_region *region = publisher->at.region;
	const uint64_t generation =
		atomic_load_explicit(&region->generation, memory_order_relaxed);

	memcpy(publisher->last, mx_region_slot(region, generation),
	       MX_PLAN_SIZE_MAX);
	publisher->have_last =
		generation > 0 &&
		mx_plan_check(publisher->last, MX_PLAN_SIZE_MAX, generation,
			      MX_PORTS_MAX) == MX_PLAN_OK;
}

/* A plan may have been refused for want of what old sessions hold: offer it
 * again. */
static void
retry_refused(struct publisher *publisher)
{
	const struct publish_outcome outcome = publisher_outcome(publisher);

	if (outcome.answered && outcome.fault != MX_PLAN_OK &&
	    publisher->awaited == 0 && outcome.running &&
	    clock_ms() - publisher->published_ms >= REFUSED_PAUSE_MS) {
		publisher->have_last = false;
		publisher_offer(publisher);
	}
}

void
publisher_look(struct publisher *publisher)
{
	if (attachment_poll(&publisher->at)) {
		publisher->awaited = 0;
		take_up_last(publisher);
		publisher->hook.attached(publisher->hook.arg);
	}
	if (publisher->at.region == NULL) {
		publisher->awaited = 0;
		publisher->have_last = false;
	}
}

static void
on_attach(void *arg)
{
	struct publisher *publisher = arg;

	publisher_look(publisher);
	retry_refused(publisher);
}

struct publisher *
publisher_new(struct event_base *base, const char *instance,
	      const struct state *state, const struct publish_hook *hook)
{
	struct publisher *publisher = calloc(1, sizeof(*publisher));

	if (publisher == NULL)
		return NULL;
	publisher->at.instance = instance;
	publisher->state = state;
	publisher->hook = *hook;
	publisher->builder = builder_new();
	publisher->last = aligned_alloc(64, (MX_PLAN_SIZE_MAX + 63) / 64 * 64);
	publisher->on_ack = timer_new(base, on_ack, publisher);
	publisher->on_due = timer_new(base, on_due, publisher);
	publisher->on_attach = timer_new(base, on_attach, publisher);
	if (publisher->builder == NULL || publisher->last == NULL ||
	    publisher->on_ack == NULL || publisher->on_due == NULL ||
	    publisher->on_attach == NULL ||
	    timer_repeat(publisher->on_attach, ATTACH_INTERVAL_MS) < 0) {
		publisher_free(publisher);
		return NULL;
	}
	/* Run the first look at once, not after the interval. */
	timer_fire_now(publisher->on_attach);
	return publisher;
}

void
publisher_free(struct publisher *publisher)
{
	assert(publisher->waiters == NULL);
	attachment_end(&publisher->at);
	timer_free(publisher->on_ack);
	timer_free(publisher->on_due);
	timer_free(publisher->on_attach);
	if (publisher->builder != NULL)
		builder_free(publisher->builder);
	free(publisher->last);
	free(publisher);
}

const struct mx_region *
publisher_region(const struct publisher *publisher)
{
	return publisher->at.region;
}

const struct mx_plan *
publisher_plan(const struct publisher *publisher)
{
	return publisher->have_last ? publisher->last : NULL;
}
