/* SPDX-License-Identifier: BSD-3-Clause */
#include "counts.h"

#include "clock.h"
#include "endpoint.h"
#include "meter.h"
#include "poolstate.h"
#include "publish.h"
#include "rates.h"
#include "refusal.h"
#include "state.h"
#include "timings.h"
#include "traffic.h"

/* What services, pools and backends have. */
struct traffic_sum {
	uint64_t sessions, half_open, opened, packets, bytes_in, bytes_out;
	uint64_t unserved;
};

static void
sum_add(struct traffic_sum *sum, const struct mx_flow_count *count)
{
	sum->sessions += traffic_sessions(count);
	sum->half_open += traffic_half_open(count);
	sum->opened += count->opened;
	sum->packets += count->packets_in + count->packets_out;
	sum->bytes_in += count->bytes_in;
	sum->bytes_out += count->bytes_out;
	for (int i = 0; i < MX_UNSERVED_KINDS; i++)
		sum->unserved += count->unserved[i];
}

static void
set_sum(json_t *row, const struct traffic_sum *sum)
{
	report_set_count(row, "sessions", sum->sessions);
	report_set_count(row, "half_open", sum->half_open);
	report_set_count(row, "opened", sum->opened);
	report_set_count(row, "packets", sum->packets);
	report_set_count(row, "bytes_in", sum->bytes_in);
	report_set_count(row, "bytes_out", sum->bytes_out);
}

/* Set what is the same of a service and of its pool. */
static void
set_pool_state(json_t *row, const struct state *state, uint16_t p)
{
	uint16_t serving;
	const enum pool_state how = pool_state(state, p, &serving);

	report_set(row, "state", json_string(pool_state_name(how)));
	report_set_count(row, "serving", serving);
	report_set_count(row, "members", state->config->pool[p].backend_count);
}

static void
set_steps(json_t *row, const struct rates *rates, uint16_t id)
{
	json_t *opened = json_array();

	for (uint32_t ago = COUNTS_STEPS; ago-- > 0;) {
		const struct rate *rate = rates_of(rates, id, ago);

		json_array_append_new(opened,
				      rate != NULL ? json_integer(rate->opened)
						   : json_null());
	}
	report_set(row, "opened_per_step", opened);
}

static json_t *
service_row(const struct sources *sources, uint16_t id)
{
	const struct mx_config_service *service =
		sources->state->service[id].config;
	const struct mx_region *region = publisher_region(sources->publisher);
	struct traffic_sum sum = {0};
	char text[MX_ENDPOINT_TEXT_MAX];
	json_t *row = json_object();
	json_t *vips = json_array();

	for (uint16_t i = 0; i < service->vip_count; i++)
		json_array_append_new(vips, json_string(mx_endpoint_format(
						    &service->vip[i], text)));
	if (region != NULL) {
		const struct mx_flow_count count = traffic_service(region, id);

		sum_add(&sum, &count);
		report_set_count(row, "refused", refusals_total(region, id));
		report_set_count(row, "early", traffic_early(region, id));
	}
	report_set(row, "name", json_string(service->name));
	report_set(
		row, "pool",
		json_string(sources->state->config->pool[service->pool].name));
	set_pool_state(row, sources->state, service->pool);
	report_set(row, "vips", vips);
	set_sum(row, &sum);
	set_steps(row, sources->rates, id);
	return row;
}

static json_t *
service_rows(const struct sources *sources)
{
	json_t *rows = json_array();

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (sources->state->service[id].config != NULL)
			json_array_append_new(rows, service_row(sources, id));
	return rows;
}

static void
set_banner(json_t *row, const struct sources *sources,
	   const struct mx_region *region, uint16_t id)
{
	const struct mx_timing recent =
		timings_recent(sources->timings, region, id);
	const double quantile = timings_quantile(recent.wait, 50);

	report_set(row, "banner_ms",
		   quantile < 0 ? NULL
				: json_real(quantile * (1 << MX_WAIT_SHIFT) /
					    1000.0));
}

static void
set_backend_state(json_t *row, const struct backend *b)
{
	const uint32_t limit = state_sessions_max(b);
	char address[MX_ENDPOINT_TEXT_MAX];
	char why[POOLSTATE_WHY_MAX];

	report_set(row, "name", json_sprintf("%s/%s", b->pool, b->name));
	report_set(row, "address",
		   json_string(mx_endpoint_format(&b->address, address)));
	report_set(row, "admin", json_string(admin_name(state_admin(b))));
	report_set(row, "health", json_string(state_health(b)));
	report_set(row, "since_s",
		   b->since_s > 0 ? json_integer(b->since_s) : NULL);
	report_set_count(row, "weight", state_weight(b));
	report_set_count(row, "effective_weight", b->effective_weight);
	report_set_count(row, "tier", b->config->tier);
	report_set(row, "well", json_boolean(backend_is_well(b)));
	report_set(row, "connections_max",
		   limit > 0 ? json_integer(limit) : NULL);
	report_set(row, "reason", json_string(backend_why(b, why)));
}

/* pool: the backend's counts are added to its sum. */
static json_t *
backend_row(const struct sources *sources, uint16_t id,
	    struct traffic_sum *pool)
{
	const struct mx_region *region = publisher_region(sources->publisher);
	struct traffic_sum sum = {0};
	json_t *row = json_object();

	set_backend_state(row, &sources->state->backend[id]);
	if (region != NULL) {
		const struct mx_flow_count count = traffic_backend(region, id);

		sum_add(&sum, &count);
		sum_add(pool, &count);
		set_banner(row, sources, region, id);
	}
	set_sum(row, &sum);
	report_set_count(row, "unserved", sum.unserved);
	return row;
}

/* Set the rows of pools and of their backends. */
static void
set_pools(json_t *data, const struct sources *sources)
{
	const struct state *state = sources->state;
	json_t *pools = json_array();
	json_t *backends = json_array();

	for (uint16_t p = 0; p < state->config->pool_count; p++) {
		const uint16_t members = state->config->pool[p].backend_count;
		struct traffic_sum sum = {0};
		json_t *row = json_object();
		json_t *tier = NULL;

		for (uint16_t i = 0; i < members; i++) {
			const uint16_t id = state->pool[p].member[i];
			const struct backend *b = &state->backend[id];

			json_array_append_new(backends,
					      backend_row(sources, id, &sum));
			if (tier == NULL && b->effective_weight > 0)
				tier = json_integer(b->config->tier);
		}
		report_set(row, "name",
			   json_string(state->config->pool[p].name));
		set_pool_state(row, state, p);
		report_set(row, "tier", tier);
		set_sum(row, &sum);
		report_set_count(row, "unserved", sum.unserved);
		json_array_append_new(pools, row);
	}
	report_set(data, "pools", pools);
	report_set(data, "backends", backends);
}

static json_t *
worker_row(const struct sources *sources, const struct mx_region *region,
	   uint16_t w)
{
	const struct mx_worker_count *worker = &region->worker[w];
	const struct frame_count frames = traffic_frames(region, w);
	const double busy = meter_busy_percent(sources->meter, w);
	uint64_t sessions = 0;
	json_t *row = json_object();

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		sessions += traffic_sessions(&worker->service[id]);
	report_set(row, "name", json_sprintf("%u", w));
	report_set_count(row, "core", region->header.worker_core[w]);
	report_set(row, "busy_percent", busy < 0 ? NULL : json_real(busy));
	report_set_count(row, "sessions", sessions);
	report_set_count(
		row, "slots_used",
		__atomic_load_n(&worker->slots_used, __ATOMIC_RELAXED));
	report_set_count(row, "rx", frames.rx);
	report_set_count(row, "tx", frames.tx);
	report_set_count(row, "dropped", traffic_dropped(&frames));
	report_set_count(row, "to_kernel", frames.to_kernel);
	report_set_count(row, "handed_off", frames.handed_off);
	report_set_count(
		row, "cookies_on",
		traffic_worker_cookies_on(region, w, (uint32_t)clock_s()));
	return row;
}

static json_t *
worker_rows(const struct sources *sources)
{
	const struct mx_region *region = publisher_region(sources->publisher);
	json_t *rows = json_array();

	for (uint16_t w = 0; region != NULL && w < traffic_workers(region); w++)
		json_array_append_new(rows, worker_row(sources, region, w));
	return rows;
}

json_t *
counts_new(const struct sources *sources)
{
	const struct mx_region *region = publisher_region(sources->publisher);
	struct report_result result = {.text = ""};
	json_t *data = report_status.rows(sources, NULL, &result);

	json_object_del(data, "notes");
	report_set(data, "version", json_string(MX_VERSION));
	report_set_count(data, "at_ms", clock_ms());
	report_set(data, "wall_s", json_integer(clock_wall_s()));
	report_set(data, "started_s",
		   json_integer(region != NULL ? region->header.started_s : 0));
	report_set(data, "services", service_rows(sources));
	set_pools(data, sources);
	report_set(data, "workers", worker_rows(sources));
	return data;
}
