/* SPDX-License-Identifier: BSD-3-Clause */
#include "observer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "eventlog.h"
#include "plural.h"
#include "timer.h"
#include "traffic.h"

/* Could the backend serve, but for what its sessions or its last check say? */
static bool
can_serve(const struct backend *b)
{
	return b->config != NULL && state_admin(b) == ADMIN_READY &&
	       !(b->has_agent && (b->agent.down || b->agent.percent == 0)) &&
	       state_weight(b) > 0 && health_serves(&b->health) &&
	       b->hop.known && !state_is_far(b);
}

/* Are enough other members left if one leaves the pool?  Half of its tier must
 * stay, and of its pool at least one.  A tier of one member may leave if another
 * tier takes over. */
static bool
may_leave(const struct state *state, uint16_t pool,
	  const struct backend *leaving)
{
	const uint16_t members = state->config->pool[pool].backend_count;
	const uint16_t tier = leaving->config->tier;
	bool has_spare = false;
	uint32_t able = 0;
	uint32_t out = 0;

	for (uint16_t i = 0; i < members; i++) {
		const struct backend *b =
			&state->backend[state->pool[pool].member[i]];

		if (!can_serve(b))
			continue;
		able += b->config->tier == tier;
		out += b->config->tier == tier && b->soft;
		has_spare |= b->config->tier != tier && !b->soft;
	}
	return 2 * (out + 1) <= able || (able == 1 && has_spare);
}

/* The index of a backend's pool, or MX_POOLS_MAX. */
static uint16_t
pool_of(const struct state *state, const struct backend *b)
{
	for (uint16_t p = 0; p < state->config->pool_count; p++)
		if (strcmp(state->config->pool[p].name, b->pool) == 0)
			return p;
	return MX_POOLS_MAX;
}

/* The sign that a record is; PASSIVE_SIGNS: it is none. */
static enum passive_sign
sign_of(const struct mx_event *event)
{
	static const enum passive_sign greetings[MX_GREETINGS] = {
		[MX_GREETING_SERVES] = PASSIVE_SERVED,
		[MX_GREETING_4XX] = PASSIVE_BUSY,
		[MX_GREETING_5XX] = PASSIVE_REJECTS,
		[MX_GREETING_FIN] = PASSIVE_ENDED,
		[MX_GREETING_RST] = PASSIVE_ENDED,
	};
	static const enum passive_sign unserved[MX_UNSERVED_KINDS] = {
		[MX_UNSERVED_REFUSED] = PASSIVE_REFUSED,
		[MX_UNSERVED_SILENT] = PASSIVE_SILENT,
		[MX_UNSERVED_BUSY] = PASSIVE_BUSY,
		[MX_UNSERVED_MUTE] = PASSIVE_LATE,
	};

	if (event->kind == MX_EVENT_GREETED && event->what < MX_GREETINGS)
		return greetings[event->what];
	if (event->kind == MX_EVENT_UNSERVED && event->what < MX_UNSERVED_KINDS)
		return unserved[event->what];
	return PASSIVE_SIGNS;
}

/* The sign that counts.  A greeting that a check would have waited for is not
 * late, nor is one that came after no longer than usual.  Where none has come so
 * far, it may be. */
static enum passive_sign
judge(const struct passive *passive, const struct mx_event *event,
      uint32_t check_ms)
{
	const bool late = passive_is_late(passive, event->wait_us);
	enum passive_sign sign = sign_of(event);

	if (sign == PASSIVE_SERVED && late && event->wait_us / 1000 > check_ms)
		sign = PASSIVE_LATE;
	else if (sign == PASSIVE_LATE && !late)
		sign = PASSIVE_UNSURE;
	if (sign != PASSIVE_SERVED && !(event->flags & MX_EVENT_OWN))
		sign = PASSIVE_SIGNS;
	return sign;
}

/* The first segments of a connection carry the client's address only with nat:
 * elsewhere no client is the cause of an answer to a SYN, or of none. */
static bool
is_by_client(const struct backend *b, enum passive_sign sign)
{
	return b->nat || !(sign == PASSIVE_REFUSED || sign == PASSIVE_SILENT);
}

static void
put_out(struct observer *observer, uint16_t id)
{
	struct backend *b = &observer->state->backend[id];
	char subject[STATE_SUBJECT_MAX], why[128];

	snprintf(why, sizeof(why), "%u %s in a row: %s", b->passive.row,
		 plural(b->passive.row, "session", "sessions"),
		 passive_text(b->passive.last));
	eventlog_add(
		&(struct eventlog_news){.level = LOG_LEVEL_WARN,
					.source = EVENT_TRAFFIC,
					.subject = state_subject(b, subject),
					.before = state_health(b),
					.after = "soft",
					.why = why});
	b->soft = true;
	b->since_s = clock_wall_s();
	observer->out(observer->arg, id);
}

/* Has this session failed with the backend before?  A session whose backend is
 * asked again leaves a record each time. */
static bool
is_again(struct observer *observer, const struct mx_event *event)
{
	struct observed_session *last = &observer->failed[event->backend];
	const bool again = mx_addr_equal(&last->client, &event->client) &&
			   last->opened_s == event->opened_s &&
			   last->client_port_be == event->client_port_be;

	last->client = event->client;
	last->opened_s = event->opened_s;
	last->client_port_be = event->client_port_be;
	return again;
}

static void
step(struct observer *observer, const struct mx_event *event, uint16_t pool,
     enum passive_sign sign, int64_t now_s)
{
	struct backend *b = &observer->state->backend[event->backend];
	const struct passive_session session = {
		.sign = sign,
		.by_client = is_by_client(b, sign),
		.client = event->client,
	};
	const bool may = passive_is_due(&b->passive, &session, now_s) &&
			 may_leave(observer->state, pool, b);

	switch (passive_step(&b->passive, &session, may, now_s)) {
	case PASSIVE_STAYS:
		break;
	case PASSIVE_DOUBTED:
		observer->doubt(observer->arg, event->backend);
		break;
	case PASSIVE_OUT:
		put_out(observer, event->backend);
		break;
	}
}

static void
take(struct observer *observer, const struct mx_event *event, int64_t now_s)
{
	const uint16_t id = event->backend;

	if (id == MX_BACKEND_NONE || id > MX_BACKENDS_MAX)
		return;
	struct backend *b = &observer->state->backend[id];
	if (!can_serve(b))
		return;
	const struct state *state = observer->state;
	const uint16_t p = pool_of(state, b);
	if (p == MX_POOLS_MAX ||
	    state->config->pool[p].passive == MX_SWITCH_OFF)
		return;
	const enum passive_sign sign = judge(
		&b->passive, event, state->config->pool[p].check.timeout_ms);
	if (event->kind == MX_EVENT_GREETED &&
	    event->what == MX_GREETING_SERVES && event->wait_us != 0 &&
	    event->flags & MX_EVENT_OWN)
		passive_note_wait(&b->passive, event->wait_us);
	if (sign != PASSIVE_SIGNS &&
	    (sign == PASSIVE_SERVED || !is_again(observer, event)))
		step(observer, event, p, sign, now_s);
}

static void
forget_rows(struct state *state)
{
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		passive_forget(&state->backend[id].passive);
}

/* Begin with what comes from now on: older records are of an earlier time of the
 * data plane, or of another one. */
static void
begin(struct observer *observer, const struct mx_region *region)
{
	observer->region = region;
	observer->started_s = region->header.started_s;
	for (uint16_t w = 0; w < MX_WORKERS_MAX; w++)
		observer->tail[w] = atomic_load_explicit(
			&region->worker[w].events.head, memory_order_acquire);
	forget_rows(observer->state);
}

/* The record that was written first of those that each worker has next. */
static uint16_t
first_of(const struct mx_event *next, const bool *has, uint16_t workers)
{
	uint16_t first = workers;

	for (uint16_t w = 0; w < workers; w++)
		if (has[w] &&
		    (first == workers || next[w].at_tsc < next[first].at_tsc))
			first = w;
	return first;
}

/* Read the next record of a worker.  Rows begin anew if some were lost before
 * it. */
static bool
read_next(struct observer *observer, const struct mx_region *region, uint16_t w,
	  struct mx_event *event)
{
	const uint64_t before = observer->lost[w];
	const bool has =
		mx_event_get(&region->worker[w].events, &observer->tail[w],
			     event, &observer->lost[w]);

	if (observer->lost[w] != before)
		forget_rows(observer->state);
	return has;
}

void
observer_look(struct observer *observer, const struct mx_region *region,
	      int64_t now_s)
{
	const uint16_t workers = traffic_workers(region);
	struct mx_event next[MX_WORKERS_MAX];
	bool has[MX_WORKERS_MAX];

	if (region != observer->region ||
	    region->header.started_s != observer->started_s) {
		begin(observer, region);
		return;
	}
	for (uint16_t w = 0; w < workers; w++)
		has[w] = read_next(observer, region, w, &next[w]);
	/* No more than the rings hold: a worker may write as fast as this. */
	for (uint32_t i = 0; i < MX_EVENTS * workers; i++) {
		const uint16_t w = first_of(next, has, workers);

		if (w == workers)
			break;
		take(observer, &next[w], now_s);
		has[w] = read_next(observer, region, w, &next[w]);
	}
	/* What was read and not taken is read again. */
	for (uint16_t w = 0; w < workers; w++)
		observer->tail[w] -= has[w];
}

bool
observer_expire(struct observer *observer, int64_t now_s)
{
	bool any = false;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		struct backend *b = &observer->state->backend[id];

		if (!passive_expire(&b->passive, now_s))
			continue;
		b->soft = b->check.known && b->check.verdict == VERDICT_SOFT &&
			  b->check.reason != REASON_FULL;
		if (!b->soft)
			b->since_s = clock_wall_s();
		any = true;
	}
	return any;
}

static void
on_tick(void *arg)
{
	struct observer *observer = arg;
	const struct mx_region *region = publisher_region(observer->publisher);

	if (region != NULL)
		observer_look(observer, region, clock_s());
}

int
observer_start(struct observer *observer, struct event_base *base)
{
	observer->tick = timer_new(base, on_tick, observer);
	if (observer->tick == NULL)
		return -ENOMEM;
	return timer_repeat(observer->tick, OBSERVER_MS);
}

void
observer_end(struct observer *observer)
{
	timer_free(observer->tick);
}
