/* SPDX-License-Identifier: BSD-3-Clause */
/* `show pools`, `show drain` and `show snat`: how well each pool serves, how far
 * backends are drained, and how far the local addresses are used up. */
#include "endpoint.h"
#include "inforce.h"
#include "poolstate.h"
#include "publish.h"
#include "reports.h"
#include "state.h"
#include "table.h"
#include "traffic.h"

static uint64_t
count_sessions(const struct sources *sources, uint16_t id)
{
	return traffic_backend_sessions(publisher_region(sources->publisher),
					id);
}

/* Returns the tier that serves.  Only one tier has backends with a weight. */
static json_t *
serving_tier(const struct state *state, uint16_t p)
{
	const uint16_t members = state->config->pool[p].backend_count;

	for (uint16_t i = 0; i < members; i++) {
		const struct backend *b =
			&state->backend[state->pool[p].member[i]];
		if (b->effective_weight > 0)
			return json_integer(b->config->tier);
	}
	return json_null();
}

static json_t *
pool_row(const struct sources *sources, uint16_t p)
{
	const struct state *state = sources->state;
	const struct mx_config_pool *pool = &state->config->pool[p];
	uint64_t sessions = 0;
	uint16_t serving;
	int up = 0;

	for (uint16_t i = 0; i < pool->backend_count; i++) {
		const uint16_t id = state->pool[p].member[i];
		sessions += count_sessions(sources, id);
		up += health_serves(&state->backend[id].health);
	}
	const enum pool_state how = pool_state(state, p, &serving);
	return json_pack(
		"{s:s s:s s:i s:s s:s s:i s:i s:i s:o s:s s:o s:I}", "pool",
		pool->name, "hash", mx_hash_input_name(pool->hash),
		"load_bound", (int)pool->load_bound, "proxy",
		mx_proxy_name(pool->proxy), "check",
		mx_check_type_name(pool->check.type), "backends",
		(int)pool->backend_count, "up", up, "serving", (int)serving,
		"serving_of",
		json_sprintf("%u/%u", serving, pool->backend_count), "state",
		pool_state_name(how), "tier", serving_tier(state, p),
		"sessions", (json_int_t)sessions);
}

static void
print_pools(FILE *out, json_t *data)
{
	static const struct table_column columns[] = {
		{"pool", "POOL"},   {"serving_of", "SERVING"},
		{"state", "STATE"}, {"tier", "TIER"},
		{"up", "HEALTHY"},  {"sessions", "SESSIONS"},
		{"hash", "HASH"},   {"check", "CHECK"},
	};

	table_print(out, json_object_get(data, "pools"), columns,
		    sizeof(columns) / sizeof(columns[0]));
	inforce_print(out, data);
}

static json_t *
pools_rows(const struct sources *sources, int argc, char **argv,
	   struct report_result *result)
{
	json_t *rows = json_array();

	(void)argc, (void)argv, (void)result;
	for (uint16_t p = 0; p < sources->state->config->pool_count; p++)
		json_array_append_new(rows, pool_row(sources, p));
	json_t *data = json_pack("{s:o}", "pools", rows);
	inforce_set(data, sources->publisher);
	return data;
}

const struct report report_pools = {pools_rows, print_pools};

static void
print_drain(FILE *out, json_t *data)
{
	static const struct table_column columns[] = {
		{"backend", "BACKEND"},     {"how", "SESSIONS END"},
		{"sessions", "LEFT"},       {"watched", "BEHIND A MAIL"},
		{"sealed", "BY IDLE ONLY"}, {"ending", "ENDING"},
		{"ended", "ENDED"},
	};
	const json_t *rows = json_object_get(data, "drain");

	if (json_array_size(rows) == 0)
		fputs("no backend drains\n", out);
	else
		table_print(out, rows, columns,
			    sizeof(columns) / sizeof(columns[0]));
	inforce_print(out, data);
}

/* The counts of all that had the backend's name. */
static json_t *
drain_row(const struct sources *sources, uint16_t id)
{
	const struct mx_region *region = publisher_region(sources->publisher);
	const struct backend *b = &sources->state->backend[id];
	char label[STATE_LABEL_MAX];
	uint16_t ids[MX_BACKENDS_MAX];
	uint64_t sessions = 0;
	struct mx_flow_count sum = {0};
	const uint16_t count =
		region == NULL
			? 0
			: state_ids(sources->state, state_label(b, label), ids);

	for (uint16_t i = 0; i < count; i++) {
		const struct mx_flow_count one =
			traffic_backend(region, ids[i]);

		sessions += traffic_sessions(&one);
		sum.watched += one.watched;
		sum.sealed += one.sealed;
		sum.ending += one.ending;
		sum.ended += one.ended;
	}
	return json_pack(
		"{s:s s:s s:I s:I s:I s:I s:I}", "backend",
		state_label(b, label), "how",
		b->override.end_sessions ? "behind a mail" : "by themselves",
		"sessions", (json_int_t)sessions, "watched",
		(json_int_t)sum.watched, "sealed", (json_int_t)sum.sealed,
		"ending", (json_int_t)sum.ending, "ended",
		(json_int_t)sum.ended);
}

static json_t *
drain_rows(const struct sources *sources, int argc, char **argv,
	   struct report_result *result)
{
	json_t *rows = json_array();

	(void)argc, (void)argv, (void)result;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &sources->state->backend[id];

		if (b->config != NULL && b->override.admin == ADMIN_DRAIN)
			json_array_append_new(rows, drain_row(sources, id));
	}
	json_t *data = json_pack("{s:o}", "drain", rows);
	inforce_set(data, sources->publisher);
	return data;
}

const struct report report_drain = {drain_rows, print_drain};

static void
print_snats(FILE *out, json_t *data)
{
	static const struct table_column columns[] = {
		{"address", "ADDRESS"},
		{"used", "PORTS USED"},
		{"capacity", "OF"},
		{"percent", "USED %"},
		{"fullest_percent", "FULLEST WORKER %"},
	};
	const json_t *rows = json_object_get(data, "snats");

	if (json_array_size(rows) == 0)
		fputs("no snat address is in use: no service forwards by "
		      "fullnat\n",
		      out);
	else
		table_print(out, rows, columns,
			    sizeof(columns) / sizeof(columns[0]));
	inforce_print_absence(out, data);
}

static json_t *
snat_row(const struct mx_region_snat *snat)
{
	const uint32_t used =
		atomic_load_explicit(&snat->used, memory_order_relaxed);
	const uint32_t fullest = atomic_load_explicit(&snat->fullest_percent,
						      memory_order_relaxed);
	char text[MX_ENDPOINT_TEXT_MAX];

	return json_pack("{s:s s:I s:i s:f s:I}", "address",
			 mx_addr_format(&snat->address, text), "used",
			 (json_int_t)used, "capacity", MX_LOCAL_PORTS,
			 "percent", 100.0 * used / MX_LOCAL_PORTS,
			 "fullest_percent", (json_int_t)fullest);
}

static json_t *
snat_rows(const struct sources *sources, int argc, char **argv,
	  struct report_result *result)
{
	static const struct mx_addr none;
	const struct mx_region *region = report_region(sources, result);

	(void)argc, (void)argv;
	if (region == NULL)
		return NULL;
	json_t *rows = json_array();
	for (int slot = 0; slot < MX_SNATS_MAX; slot++)
		if (!mx_addr_equal(&region->snat[slot].address, &none))
			json_array_append_new(rows,
					      snat_row(&region->snat[slot]));
	json_t *data = json_pack("{s:o}", "snats", rows);
	inforce_set_absence(data, sources->publisher);
	return data;
}

const struct report report_snat = {snat_rows, print_snats};
