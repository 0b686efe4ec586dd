/* SPDX-License-Identifier: BSD-3-Clause */
#include "sweep.h"

#include <assert.h>
#include <errno.h>

#include "clock.h"
#include "agents.h"
#include "announced.h"
#include "denialread.h"
#include "eventlog.h"
#include "log.h"
#include "override.h"
#include "snatrows.h"
#include "recording.h"
#include "rulecounts.h"
#include "rules.h"
#include "slowstart.h"
#include "traffic.h"

static_assert(SWEEP_S == SAVE_AGAIN_S, "the log says when it tries again");

static uint64_t
count_backend(void *region, uint16_t id)
{
	return traffic_backend_sessions(region, id);
}

static uint64_t
count_service(void *region, uint16_t id)
{
	return traffic_service_sessions(region, id);
}

bool
sweep_release(struct sweep *sweep)
{
	const struct mx_region *region = publisher_region(sweep->publisher);
	const struct state_session_counts counts = {
		.backend = count_backend,
		.service = count_service,
		.arg = (void *)(uintptr_t)region,
		.no_ipv6 = region != NULL && !region->header.ipv6 &&
			   publisher_outcome(sweep->publisher).running,
	};

	return region != NULL &&
	       state_release(sweep->state, &counts, clock_wall_s()) > 0;
}

/* Tables that no plan names are removed while no other plan is under way. */
static void
look_at_lists(const struct sweep *sweep)
{
	const struct mx_plan *plan = publisher_plan(sweep->publisher);

	if (plan != NULL && publisher_in_force(sweep->publisher))
		denials_prune(sweep->denials, plan);
	denials_look(sweep->denials, false);
}

static void
on_sweep(void *arg)
{
	struct sweep *sweep = arg;

	if (sweep->saver->error != 0)
		saver_save(sweep->saver);
	recording_save(sweep->applier->history);
	if (++sweep->sweeps == SAVE_PERCENTS_S / SWEEP_S) {
		saver_save_percents(sweep->saver);
		sweep->sweeps = 0;
	}
	portcheck_look(&sweep->portcheck, sweep->publisher, sweep->state,
		       sweep->applier->path);
	host_watch(sweep->host, sweep->state->config);
	look_at_lists(sweep);
	if (sweep_release(sweep))
		sweep->changed(sweep->arg);
}

static const char *
service_name(void *arg, uint16_t id)
{
	const struct sweep *sweep = arg;

	return sweep->state->service[id].used ? sweep->state->service[id].name
					      : NULL;
}

/* Returns true if this box answers for other ones now than before. */
static bool
look_at_boxes(struct sweep *sweep)
{
	struct state *state = sweep->state;
	bool changed = false;

	for (uint16_t box = 1; box <= MX_BOXES_MAX; box++) {
		const bool did = snatrows_answers_for(state, box);
		const uint32_t bit = peerwatch_lost(&sweep->peers) & 1u << box;
		char subject[STATE_SUBJECT_MAX];

		state->lost_boxes = (state->lost_boxes & ~(1u << box)) | bit;
		if (snatrows_answers_for(state, box) == did)
			continue;
		changed = true;
		snprintf(subject, sizeof(subject), "box %u", box);
		eventlog_tell(did ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
			      EVENT_NETWORK, subject,
			      did ? "its SNAT addresses are not answered here "
				    "any more"
				  : "its SNAT addresses are answered here, as "
				    "its stream is lost");
	}
	return changed;
}

static void
look_at_backend(struct sweep *sweep, const struct mx_region *region,
		uint16_t id)
{
	const struct backend *b = &sweep->state->backend[id];
	char label[STATE_LABEL_MAX];

	if (unanswered_look(&sweep->unanswered, region, id))
		nexthops_doubt(sweep->hops, id);
	if (unserved_look(&sweep->unserved, region, id,
			  b->config == NULL ? NULL : state_label(b, label),
			  clock_s()))
		monitor_hasten(sweep->monitor, id);
}

/* End what the operator wished for a time.  Returns true if anything ended. */
static bool
end_wishes(const struct sweep *sweep)
{
	const struct moment now = moment_now();
	bool ended = false;
	bool rules = rules_expire(sweep->state, &now);

	rules |= box_wish_expire(&sweep->state->box, &now, &ended);
	if (ended)
		eventlog_tell(LOG_LEVEL_INFO, EVENT_OPERATOR, "box",
			      "is ready, as its time is over");

	if (!override_expire(sweep->state, &now))
		return rules;
	if (monitor_follow(sweep->monitor) < 0 ||
	    agents_follow(sweep->applier->agents) < 0)
		log_line(LOG_LEVEL_ERROR, "not enough memory for all probes");
	return true;
}

bool
sweep_announce(struct sweep *sweep)
{
	uint8_t others[ANNOUNCEMENTS_BYTES] = {0};

	static_assert(ANNOUNCEMENTS_BYTES == GROUPSHEET_SERVES_BYTES,
		      "a bit for each VIP");
	peerwatch_serves(&sweep->peers, others);
	return announced_look(sweep->state, publisher_region(sweep->publisher),
			      peerwatch_taught(&sweep->peers), others);
}

static void
on_second(void *arg)
{
	struct sweep *sweep = arg;
	const struct mx_region *region = publisher_region(sweep->publisher);
	const bool ended = end_wishes(sweep);

	peerwatch_look(&sweep->peers, sweep->denials->instance,
		       &sweep->state->config->group);
	if (sweep_announce(sweep))
		sweep->changed(sweep->arg);
	const bool done = publisher_in_force(sweep->publisher) &&
			  end_orders_age(&sweep->state->ends);

	if (done || ended || slowstart_is_under_way(sweep->state))
		sweep->changed(sweep->arg);
	likenesses_look(&sweep->likenesses, sweep->state, clock_s());
	rates_look(&sweep->rates, region, clock_s());
	rule_counts_look(sweep->state, region);
	if (look_at_boxes(sweep))
		sweep->changed(sweep->arg);
	if (region == NULL)
		return;
	refusals_look(&sweep->refusals, region, service_name, sweep, clock_s());
	cookiewatch_look(&sweep->cookies, region, service_name, sweep,
			 clock_s());
	timings_look(&sweep->timings, region, clock_s());
	const bool expired = observer_expire(&sweep->observer, clock_s());
	if (balancer_look(&sweep->balancer, sweep->state, region) || expired)
		sweep->changed(sweep->arg);
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++)
		look_at_backend(sweep, region, id);
}

/* The sessions of a backend fail: its check decides, and is made now. */
static void
on_out(void *arg, uint16_t id)
{
	struct sweep *sweep = arg;

	monitor_hasten(sweep->monitor, id);
	sweep->changed(sweep->arg);
}

static void
on_doubt(void *arg, uint16_t id)
{
	const struct sweep *sweep = arg;

	monitor_hasten(sweep->monitor, id);
}

int
sweep_make(struct sweep *sweep, struct event_base *base)
{
	sweep->base = base;
	sweep->each_sweep = timer_new(base, on_sweep, sweep);
	sweep->each_second = timer_new(base, on_second, sweep);
	return sweep->each_sweep != NULL && sweep->each_second != NULL
		       ? 0
		       : -ENOMEM;
}

int
sweep_start(struct sweep *sweep)
{
	/* The first plan says what is announced. */
	peerwatch_look(&sweep->peers, sweep->denials->instance,
		       &sweep->state->config->group);
	if (timer_repeat(sweep->each_sweep, SWEEP_S * 1000) < 0 ||
	    timer_repeat(sweep->each_second, 1000) < 0)
		return -ENOMEM;
	sweep->observer.state = sweep->state;
	sweep->observer.publisher = sweep->publisher;
	sweep->observer.out = on_out;
	sweep->observer.doubt = on_doubt;
	sweep->observer.arg = sweep;
	return observer_start(&sweep->observer, sweep->base);
}

void
sweep_end(struct sweep *sweep)
{
	timer_free(sweep->each_sweep);
	timer_free(sweep->each_second);
	observer_end(&sweep->observer);
}
