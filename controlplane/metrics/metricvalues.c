/* SPDX-License-Identifier: BSD-3-Clause */
/* One function a metric.  NUMBER() gives it its name and its one line. */
#include "metricvalues.h"

#include <math.h>

#include "apply.h"
#include "clock.h"
#include "discovery.h"
#include "eventlog.h"
#include "meter.h"
#include "observer.h"
#include "peerwatch.h"
#include "pooltimes.h"
#include "state.h"
#include "webcount.h"

/* The upper bound of the first bucket of each histogram. */
#define FIRST_BOUND_S ((1 << MX_WAIT_SHIFT) / 1e6)

#define NUMBER(id, expression)                                                 \
	void value_##id(const struct metric_view *view, uint16_t i,            \
			uint16_t j, union metric_value *value)                 \
	{                                                                      \
		(void)view, (void)i, (void)j;                                  \
		value->number = (double)(expression);                          \
	}

/* The same of what only a region has. */
#define COUNTED(id, expression)                                                \
	NUMBER(id, view->region == NULL ? NAN : (double)(expression))

static double
time_or_unknown(int64_t when_s)
{
	return when_s > 0 ? (double)when_s : NAN;
}

static uint64_t
read_shared(const _Atomic uint64_t *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

static uint64_t
sum_drops(const struct metric_view *view, uint16_t reason)
{
	uint64_t sum = 0;

	for (uint16_t w = 0; w < view->workers; w++)
		sum += view->frames[w].dropped[reason];
	return sum;
}

static uint64_t
sum_slots(const struct metric_view *view)
{
	uint64_t sum = 0;

	for (uint16_t w = 0; w < view->workers; w++)
		sum += __atomic_load_n(&view->region->worker[w].slots_used,
				       __ATOMIC_RELAXED);
	return sum;
}

/* The state follows from the reason of the weight, so a backend is in one state
 * alone. */
static enum metric_state
state_of(const struct backend *b)
{
	switch (b->why) {
	case WEIGHT_MAINTENANCE:
	case WEIGHT_AGENT_MAINT:
		return STATE_MAINT;
	case WEIGHT_DRAINING:
	case WEIGHT_ZERO:
	case WEIGHT_AGENT_DRAIN:
	case WEIGHT_AGENT_ZERO:
		return STATE_DRAIN;
	case WEIGHT_DOWN:
	case WEIGHT_FAR:
	case WEIGHT_AGENT_DOWN:
		return STATE_DOWN;
	case WEIGHT_SOFT:
		return STATE_SOFT;
	case WEIGHT_STANDBY:
		return STATE_STANDBY;
	default:
		return STATE_SERVING;
	}
}

static uint32_t
count_state(const struct metric_view *view, uint16_t p, enum metric_state state)
{
	const uint16_t members = view->state->config->pool[p].backend_count;
	uint32_t count = 0;

	for (uint16_t m = 0; m < members; m++)
		count += state_of(&view->state->backend[view->state->pool[p]
								.member[m]]) ==
			 state;
	return count;
}

static double
success_of(const struct discovery_pool *pool)
{
	return time_or_unknown(pool->answered_s);
}

static double
failures_of(const struct discovery_pool *pool)
{
	return (double)pool->failures;
}

/* NAN: the pool has its members from the file alone. */
static double
discovery_number(const struct metric_view *view, uint16_t p,
		 double (*number)(const struct discovery_pool *pool))
{
	const struct discovery_pool *found =
		discovery_find(view->sources->applier->discovery,
			       view->state->config->pool[p].name);

	return found == NULL ? NAN : number(found);
}

static double
limit_of(const struct backend *b)
{
	const uint32_t limit = state_sessions_max(b);

	return limit > 0 ? (double)limit : NAN;
}

static double
check_of(const struct last_check *check)
{
	return check->known ? check->took_ms / 1000 : NAN;
}

static double
certificate_of(const struct backend *b)
{
	const struct certificate *certificate = &b->profile.tls.certificate;

	return certificate->known ? time_or_unknown(certificate->end_s) : NAN;
}

static uint64_t
sum_unserved(const struct mx_flow_count *count)
{
	uint64_t sum = 0;

	for (int kind = 0; kind < MX_UNSERVED_KINDS; kind++)
		sum += count->unserved[kind];
	return sum;
}

static double
busy_of(const struct metric_view *view, uint16_t w)
{
	const double percent = meter_busy_percent(view->sources->meter, w);

	return percent < 0 ? NAN : percent / 100;
}

static double
snat_ratio(const struct mx_region_snat *snat)
{
	return atomic_load_explicit(&snat->used, memory_order_relaxed) /
	       (double)MX_LOCAL_PORTS;
}

static bool
is_up(const struct mx_region_link *link)
{
	return atomic_load_explicit(&link->state, memory_order_relaxed) ==
	       MX_LINK_UP;
}

/* What mxsteer-replica says of box i of the file.  NULL: nothing. */
static const struct replicated_peer *
peer_of(const struct metric_view *view, uint16_t i)
{
	return peerwatch_peer(view->sources->peers,
			      view->state->config->group.boxes[i].box);
}

/* One direction of a box.  NULL: nothing is known of it. */
static const struct replicated_stream *
stream_of(const struct metric_view *view, uint16_t i, uint16_t j)
{
	const struct replicated_peer *peer = peer_of(view, i);

	if (peer == NULL)
		return NULL;
	return j == 0 ? &peer->from : &peer->to;
}

static bool
is_synced(const struct metric_view *view, uint16_t i, uint16_t j)
{
	const struct replicated_stream *stream = stream_of(view, i, j);

	return stream != NULL && peerwatch_runs(view->sources->peers) &&
	       stream->state == REPLICATED_SYNCED;
}

static double
lag_of(const struct metric_view *view, uint16_t i)
{
	return is_synced(view, i, 1) ? peer_of(view, i)->to.lag_ms / 1000.0
				     : NAN;
}

static double
same_of(const struct peerwatch_fact *same)
{
	return same->known ? same->is : NAN;
}

/* The whole of the control plane. */
NUMBER(build, 1)
NUMBER(status, view->status)
NUMBER(applied, view->state->applied)
NUMBER(events, eventlog_total())
NUMBER(http_pages, view->sources->web_count->pages)
NUMBER(log_lost, view->logged.lost[i])
NUMBER(http_refused, view->sources->web_count->refused[i])

/* The data plane. */
NUMBER(dataplane_up, view->outcome.running)
NUMBER(in_force, outcome_in_force(&view->outcome))
NUMBER(generation, i == 0 ? view->outcome.generation : view->outcome.adopted)
COUNTED(heartbeat_age, view->outcome.silent_ms / 1000.0)
COUNTED(dataplane_start, view->region->header.started_s)
COUNTED(slots, view->region->header.sessions_max)
COUNTED(drops, sum_drops(view, i))
COUNTED(slots_used, sum_slots(view))

/* The group of boxes. */
#define OF_STREAM(id, member)                                                  \
	NUMBER(id, stream_of(view, i, j) == NULL                               \
			   ? NAN                                               \
			   : (double)stream_of(view, i, j)->member)
NUMBER(replica_up, peerwatch_runs(view->sources->peers))
NUMBER(replica_synced, is_synced(view, i, j))
OF_STREAM(replica_sessions, sessions)
OF_STREAM(replica_records, records)
OF_STREAM(replica_bytes, bytes)
NUMBER(replica_lag, lag_of(view, i))
NUMBER(replica_same,
       same_of(&view->sources->peers
			->box[view->state->config->group.boxes[i].box]
			.same))
NUMBER(replica_refused, view->sources->peers->replicated.refused[i])

/* Services. */
COUNTED(service_sessions, traffic_sessions(&view->service[i]))
COUNTED(service_half_open, traffic_half_open(&view->service[i]))
COUNTED(service_opened, view->service[i].opened)
COUNTED(service_abandoned, view->service[i].abandoned)
COUNTED(service_bytes,
	j == 0 ? view->service[i].bytes_in : view->service[i].bytes_out)
COUNTED(service_packets,
	j == 0 ? view->service[i].packets_in : view->service[i].packets_out)
NUMBER(rule_refused, i == 0 ? view->state->counting.by_people
			    : view->state->counting.by_programs)
COUNTED(service_refused,
	traffic_refused(view->region, i, metric_refusal(j)) +
		traffic_told_any(view->region, i, metric_refusal(j)))
COUNTED(service_early, traffic_early(view->region, i))
COUNTED(service_cookies,
	traffic_cookies_on(view->region, i, (uint32_t)clock_s()))

/* Pools. */
NUMBER(pool_backends, count_state(view, i, (enum metric_state)j))
NUMBER(discover_success, discovery_number(view, i, success_of))
NUMBER(discover_failures, discovery_number(view, i, failures_of))

/* Backends. */
NUMBER(backend_serving, view->state->backend[i].effective_weight > 0)
NUMBER(backend_weight, state_weight(&view->state->backend[i]))
NUMBER(backend_effective, view->state->backend[i].effective_weight)
NUMBER(backend_since, time_or_unknown(view->state->backend[i].since_s))
NUMBER(backend_limit, limit_of(&view->state->backend[i]))
NUMBER(backend_check, check_of(&view->state->backend[i].check))
NUMBER(backend_certificate, certificate_of(&view->state->backend[i]))
COUNTED(backend_sessions, traffic_sessions(&view->backend[i]))
COUNTED(backend_opened, view->backend[i].opened)
COUNTED(backend_abandoned, view->backend[i].abandoned)
COUNTED(backend_unserved, sum_unserved(&view->backend[i]))

/* Workers. */
NUMBER(worker_busy, busy_of(view, i))
NUMBER(worker_received, view->frames[i].rx)
NUMBER(worker_sent, view->frames[i].tx)
NUMBER(records_lost, view->sources->observer->lost[i])

/* Local addresses. */
NUMBER(snat_used, snat_ratio(&view->region->snat[i]))
NUMBER(snat_spilled, read_shared(&view->region->snat[i].spilled))

/* Ports. */
NUMBER(port_up, is_up(&view->region->link[i]))
NUMBER(port_received, read_shared(&view->region->link[i].rx))
NUMBER(port_sent, read_shared(&view->region->link[i].tx))
NUMBER(port_missed, read_shared(&view->region->link[i].missed))
NUMBER(port_errors, read_shared(&view->region->link[i].errors))

void
value_time_to_banner(const struct metric_view *view, uint16_t i, uint16_t j,
		     union metric_value *value)
{
	const struct pool *pool = &view->state->pool[i];
	struct metric_histogram sum = {
		.first = FIRST_BOUND_S,
		.buckets = MX_TIME_BUCKETS,
	};

	(void)j;
	if (view->region == NULL) {
		value->histogram = (struct metric_histogram){.buckets = 0};
		return;
	}
	for (uint16_t m = 0; m < view->state->config->pool[i].backend_count;
	     m++) {
		const struct mx_timing timing =
			traffic_timing(view->region, pool->member[m]);

		sum.sum += (double)timing.wait_us / 1e6;
		for (int b = 0; b < MX_TIME_BUCKETS; b++)
			sum.bucket[b] += timing.wait[b];
	}
	value->histogram = sum;
}

void
value_probe_duration(const struct metric_view *view, uint16_t i, uint16_t j,
		     union metric_value *value)
{
	const struct pool_times *pool =
		monitor_times(view->sources->applier->monitor,
			      view->state->config->pool[i].name);
	uint64_t count = 0;

	value->histogram = (struct metric_histogram){.buckets = 0};
	if (pool == NULL)
		return;
	for (int b = 0; b < MX_TIME_BUCKETS; b++) {
		value->histogram.bucket[b] = pool->phase[j].bucket[b];
		count += pool->phase[j].bucket[b];
	}
	value->histogram.sum = pool->phase[j].sum_ms / 1000;
	value->histogram.first = FIRST_BOUND_S;
	/* A phase that its checks do not have is not there. */
	value->histogram.buckets = count == 0 ? 0 : MX_TIME_BUCKETS;
}
