/* SPDX-License-Identifier: BSD-3-Clause */
/* `show pools`, `show drain` and `show snat`: how well each pool serves, how far
 * backends are drained, and how far the local addresses are used up. */
#include "endpoint.h"
#include "inforce.h"
#include "likeness.h"
#include "order.h"
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

/* null: less than two MTAs are known, so there is nothing to compare. */
static void
set_likeness(json_t *row, const struct alike *alike)
{
	json_t *differences = json_array();

	for (uint16_t i = 0; i < alike->count; i++)
		json_array_append_new(differences, json_string(alike->text[i]));
	json_object_set_new(row, "alike",
			    alike->compared < 2
				    ? json_null()
				    : json_boolean(alike->count == 0));
	json_object_set_new(row, "differences", differences);
	json_object_set_new(row, "more_differences", json_integer(alike->more));
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
		up += health_serves(&state->backend[id].health) &&
		      !state->backend[id].soft; /* soft is not well */
	}
	const enum pool_state how = pool_state(state, p, &serving);
	json_t *row = json_pack(
		"{s:s s:s s:s s:b s:i s:f s:s s:s s:i s:i s:i s:o s:s s:o s:I}",
		"pool", pool->name, "hash", mx_hash_input_name(pool->hash),
		"balance", mx_balance_name(pool->balance), "passive",
		pool->passive == MX_SWITCH_ON, "load_bound",
		(int)pool->load_bound, "slow_start_s",
		pool->slow_start_ms / 1000.0, "proxy",
		mx_proxy_name(pool->proxy), "check",
		mx_check_type_name(pool->check.type), "backends",
		(int)pool->backend_count, "up", up, "serving", (int)serving,
		"serving_of",
		json_sprintf("%u/%u", serving, pool->backend_count), "state",
		pool_state_name(how), "tier", serving_tier(state, p),
		"sessions", (json_int_t)sessions);
	set_likeness(row, likenesses_of(sources->likenesses, p, pool->name));
	return row;
}

/* "yes" or "no", for people. */
static void
set_words(json_t *data)
{
	const json_t *rows = json_object_get(data, "pools");
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		const json_t *alike = json_object_get(row, "alike");

		if (json_is_boolean(alike))
			json_object_set_new(row, "likeness",
					    json_string(json_is_true(alike)
								? "yes"
								: "no"));
	}
}

static void
print_differences(FILE *out, const json_t *rows)
{
	const json_t *row, *text;
	size_t i, j;

	json_array_foreach(rows, i, row) {
		const json_t *differences = json_object_get(row, "differences");
		const json_int_t more = json_integer_value(
			json_object_get(row, "more_differences"));
		const char *name =
			json_string_value(json_object_get(row, "pool"));

		json_array_foreach(differences, j, text)
			fprintf(out, "%s is not alike: %s\n", name,
				json_string_value(text));
		if (more > 0)
			fprintf(out, "%s: and %d more differences\n", name,
				(int)more);
	}
}

static const struct table_column pools_columns[] = {
	{"pool", "POOL"},
	{"serving_of", "SERVING"},
	{"state", "STATE", .state = true},
	{"tier", "TIER", 2},
	{"up", "HEALTHY", 3},
	{"sessions", "SESSIONS", 1},
	{"hash", "HASH", 5},
	{"balance", "BALANCE", 5},
	{"check", "CHECK", 4},
	{"likeness", "ALIKE", 2},
};
static const struct table pools_table = TABLE("pools", pools_columns);

static void
print_pools(FILE *out, json_t *data, const struct table_style *style)
{
	json_t *rows = json_object_get(data, "pools");

	if (style->width > 0)
		order_worst_first(rows, order_by_state);
	table_print(out, rows, &pools_table, style);
	print_differences(out, rows);
	inforce_print(out, data);
}

static json_t *
pools_rows(const struct sources *sources, const struct arguments *arguments,
	   struct report_result *result)
{
	json_t *rows = json_array();

	(void)arguments, (void)result;
	for (uint16_t p = 0; p < sources->state->config->pool_count; p++)
		json_array_append_new(rows, pool_row(sources, p));
	json_t *data = json_pack("{s:o}", "pools", rows);
	inforce_set(data, sources->publisher);
	return data;
}

const struct report report_pools = {
	pools_rows, print_pools, {&pools_table}, set_words};

static const struct table_column drain_columns[] = {
	{"backend", "BACKEND"},        {"how", "SESSIONS END", 1},
	{"sessions", "LEFT"},          {"watched", "BEHIND A MAIL", 2},
	{"sealed", "BY IDLE ONLY", 2}, {"ending", "ENDING", 3},
	{"ended", "ENDED", 3},
};
static const struct table drain_table = TABLE("drain", drain_columns);

static void
print_drain(FILE *out, json_t *data, const struct table_style *style)
{
	const json_t *rows = json_object_get(data, "drain");

	if (json_array_size(rows) == 0)
		fputs("no backend drains\n", out);
	else
		table_print(out, rows, &drain_table, style);
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
drain_rows(const struct sources *sources, const struct arguments *arguments,
	   struct report_result *result)
{
	json_t *rows = json_array();

	(void)arguments, (void)result;
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &sources->state->backend[id];

		if (b->config != NULL && b->override.admin == ADMIN_DRAIN)
			json_array_append_new(rows, drain_row(sources, id));
	}
	json_t *data = json_pack("{s:o}", "drain", rows);
	inforce_set(data, sources->publisher);
	return data;
}

const struct report report_drain = {drain_rows, print_drain, {&drain_table}};

static const struct table_column snats_columns[] = {
	{"address", "ADDRESS"},
	{"used", "PORTS USED"},
	{"capacity", "OF", 3},
	{"percent", "USED %"},
	{"fullest_percent", "FULLEST WORKER %", 1},
	{"spilled", "SPILLED", 2},
};
static const struct table snats_table = TABLE("snats", snats_columns);

static void
print_snats(FILE *out, json_t *data, const struct table_style *style)
{
	const json_t *rows = json_object_get(data, "snats");

	if (json_array_size(rows) == 0)
		fputs("no snat address is in use: no service forwards by "
		      "fullnat\n",
		      out);
	else
		table_print(out, rows, &snats_table, style);
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

	return json_pack("{s:s s:I s:i s:f s:I s:I}", "address",
			 mx_addr_format(&snat->address, text), "used",
			 (json_int_t)used, "capacity", MX_LOCAL_PORTS,
			 "percent", 100.0 * used / MX_LOCAL_PORTS,
			 "fullest_percent", (json_int_t)fullest, "spilled",
			 (json_int_t)atomic_load_explicit(
				 &snat->spilled, memory_order_relaxed));
}

static json_t *
snat_rows(const struct sources *sources, const struct arguments *arguments,
	  struct report_result *result)
{
	static const struct mx_addr none;
	const struct mx_region *region = report_region(sources, result);

	(void)arguments;
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

const struct report report_snat = {snat_rows, print_snats, {&snats_table}};
