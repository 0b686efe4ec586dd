/* SPDX-License-Identifier: BSD-3-Clause */
/* `status`: one screen, trouble first, with the answer that monitoring plugins
 * give; and `show generation`: the plan published and the one in force. */
#include <string.h>
#include <time.h>

#include "inforce.h"
#include "poolstate.h"
#include "publish.h"
#include "refusal.h"
#include "reports.h"
#include "state.h"
#include "table.h"
#include "traffic.h"
#include "trouble.h"
#include "wrap.h"

#define LEVEL_WIDTH 10 /* "CRITICAL  " */
#define INDENT 4       /* of what goes on in the next line */
#define LINE_SIZE 256

/* A screen has 24 lines, so the text is cut there; -j shows all. */
#define TROUBLES_SHOWN 10
#define SERVICES_SHOWN 8

/* clang-format off */
static const struct {
	const char *key;   /* of the JSON */
	const char *title; /* of a line */
	enum report_end end;
} levels[TROUBLE_LEVELS] = {
	[TROUBLE_CRITICAL] = {"critical", "CRITICAL", REPORT_CRITICAL},
	[TROUBLE_WARNING]  = {"warnings", "WARNING",  REPORT_WARNING},
	[TROUBLE_NOTE]     = {"notes",    "note",     REPORT_OK},
};
/* clang-format on */

static enum report_end
end_of(const struct troubles *troubles)
{
	for (int i = 0; i < TROUBLE_LEVELS; i++)
		if (json_array_size(troubles->list[i]) > 0)
			return levels[i].end;
	return REPORT_OK;
}

static const char *
status_word(enum report_end end)
{
	if (end == REPORT_CRITICAL)
		return "CRITICAL";
	return end == REPORT_WARNING ? "WARNING" : "OK";
}

static json_t *
service_row(const struct sources *sources, uint16_t id)
{
	const struct state *state = sources->state;
	const struct mx_region *region = publisher_region(sources->publisher);
	const uint16_t p = state->service[id].config->pool;
	struct mx_flow_count count = {0};
	uint64_t refused = 0;
	uint16_t serving;

	const enum pool_state how = pool_state(state, p, &serving);
	if (region != NULL) {
		count = traffic_service(region, id);
		refused = refusals_total(region, id);
	}
	return json_pack("{s:s s:s s:s s:i s:i s:o s:I s:I s:I}", "service",
			 state->service[id].name, "state", pool_state_name(how),
			 "pool", state->config->pool[p].name, "serving",
			 (int)serving, "backends",
			 (int)state->config->pool[p].backend_count,
			 "serving_of",
			 json_sprintf("%u/%u", serving,
				      state->config->pool[p].backend_count),
			 "sessions", (json_int_t)traffic_sessions(&count),
			 "sessions_total", (json_int_t)count.opened, "refused",
			 (json_int_t)refused);
}

static json_t *
pack_services(const struct sources *sources)
{
	json_t *rows = json_array();

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (sources->state->service[id].config != NULL)
			json_array_append_new(rows, service_row(sources, id));
	return rows;
}

static const char *
dataplane_state(const struct publish_outcome *outcome)
{
	return outcome_is_unseen(outcome) ? "unseen"
					  : liveness_name(outcome->liveness);
}

static json_t *
pack_dataplane(const struct sources *sources)
{
	const struct mx_region *region = publisher_region(sources->publisher);
	const struct publish_outcome outcome =
		publisher_outcome(sources->publisher);
	char started[32] = "";
	char why[OUTCOME_TEXT_MAX];
	struct tm local;

	if (region != NULL) {
		const time_t at = (time_t)region->header.started_s;
		if (localtime_r(&at, &local) != NULL)
			strftime(started, sizeof(started), "%Y-%m-%d %H:%M:%S",
				 &local);
	}
	json_t *row = json_pack("{s:s s:s s:i s:I s:I}", "state",
				dataplane_state(&outcome), "started", started,
				"workers", (int)outcome.workers, "published",
				(json_int_t)outcome.generation, "adopted",
				(json_int_t)outcome.adopted);
	if (outcome_is_unseen(&outcome))
		report_set(row, "why",
			   json_string(outcome_absence(&outcome, why)));
	return row;
}

static json_int_t
get_count(const json_t *data, const char *key)
{
	return json_integer_value(json_object_get(data, key));
}

static const char *
get_text(const json_t *data, const char *key)
{
	return json_string_value(json_object_get(data, key));
}

static void
print_troubles(FILE *out, const json_t *data, const struct table_style *style)
{
	size_t shown = 0;
	size_t all = 0;
	size_t i;
	json_t *text;

	for (int level = 0; level < TROUBLE_LEVELS; level++) {
		json_t *list = json_object_get(data, levels[level].key);
		json_array_foreach(list, i, text) {
			if (all++ >= TROUBLES_SHOWN)
				continue;
			style_print(out, style, levels[level].title);
			fprintf(out, "%*s",
				LEVEL_WIDTH - (int)strlen(levels[level].title),
				"");
			wrap_print(out, json_string_value(text), style->width,
				   LEVEL_WIDTH, LEVEL_WIDTH);
			shown++;
		}
	}
	if (all > shown)
		fprintf(out, "and %zu more: see mxsteer -j status\n",
			all - shown);
}

static void
print_dataplane(FILE *out, const json_t *dataplane,
		const struct table_style *style)
{
	const char *state = get_text(dataplane, "state");
	const char *why = get_text(dataplane, "why");
	char line[LINE_SIZE];
	const int used =
		snprintf(line, sizeof(line), "data plane: %s%s%s", state,
			 why == NULL ? "" : ": ", why == NULL ? "" : why);

	if (strcmp(state, liveness_name(LIVENESS_RUNNING)) == 0 &&
	    used < LINE_SIZE)
		snprintf(line + used, sizeof(line) - (size_t)used,
			 " since %s, %" JSON_INTEGER_FORMAT
			 " worker%s, generation %" JSON_INTEGER_FORMAT
			 " of %" JSON_INTEGER_FORMAT " in force",
			 get_text(dataplane, "started"),
			 get_count(dataplane, "workers"),
			 get_count(dataplane, "workers") == 1 ? "" : "s",
			 get_count(dataplane, "adopted"),
			 get_count(dataplane, "published"));
	wrap_print(out, line, style->width, INDENT, 0);
}

static const struct table_column services_columns[] = {
	{"service", "SERVICE"},    {"state", "STATE", .state = true},
	{"pool", "POOL", 2},       {"serving_of", "SERVING", 1},
	{"sessions", "SESSIONS"},  {"sessions_total", "TOTAL", 3},
	{"refused", "REFUSED", 2},
};
static const struct table services_table = TABLE("services", services_columns);

static void
print_status(FILE *out, json_t *data, const struct table_style *style)
{
	const json_t *services = json_object_get(data, "services");
	const json_t *dataplane = json_object_get(data, "dataplane");
	json_t *shown = json_array();
	const size_t warnings =
		json_array_size(json_object_get(data, "warnings"));
	size_t i;
	json_t *row;

	style_print(out, style, get_text(data, "status"));
	fprintf(out, " mxsteer %s: %zu critical, %zu warning%s\n",
		get_text(data, "instance"),
		json_array_size(json_object_get(data, "critical")), warnings,
		warnings == 1 ? "" : "s");
	print_troubles(out, data, style);
	json_array_foreach(services, i, row)
		if (i < SERVICES_SHOWN)
			json_array_append(shown, row);
	fputc('\n', out);
	table_print(out, shown, &services_table, style);
	if (json_array_size(services) > SERVICES_SHOWN)
		fprintf(out, "and %zu more: see show services\n",
			json_array_size(services) - SERVICES_SHOWN);
	print_dataplane(out, dataplane, style);
	json_decref(shown);
}

static json_t *
status_rows(const struct sources *sources, const struct arguments *arguments,
	    struct report_result *result)
{
	struct troubles troubles = troubles_new();

	(void)arguments;
	troubles_find(&troubles, sources);
	result->end = end_of(&troubles);
	json_t *data = json_pack(
		"{s:s s:s s:o s:o}", "status", status_word(result->end),
		"instance", sources->instance, "services",
		pack_services(sources), "dataplane", pack_dataplane(sources));
	for (int i = 0; i < TROUBLE_LEVELS; i++)
		json_object_set(data, levels[i].key, troubles.list[i]);
	troubles_free(&troubles);
	return data;
}

const struct report report_status = {
	status_rows, print_status, {&services_table}};

static void
print_generation(FILE *out, json_t *data, const struct table_style *style)
{
	static const struct table_column columns[] = {
		{"published", "generation published"},
		{"adopted", "generation in force"},
		{"fault", "refused because"},
		{"took_ms", "taken up in ms"},
		{"state", "data plane is"},
		{"pid", "process"},
		{"started", "started"},
		{"hugepages", "huge pages"},
		{"sessions_max", "room for sessions"},
		{"ipv6", "room for IPv6"},
	};

	json_object_update(data, json_object_get(data, "dataplane"));
	table_print_fields(out, data, columns,
			   sizeof(columns) / sizeof(columns[0]), style);
	inforce_print(out, data);
}

static json_t *
dataplane_row(const struct mx_region *region,
	      const struct publish_outcome *outcome)
{
	const bool running = outcome->running;
	json_t *row = json_object();
	char started[32] = "";
	struct tm local;

	report_set(row, "running", json_boolean(running));
	report_set(row, "state", json_string(dataplane_state(outcome)));
	if (region == NULL)
		return row;
	const time_t started_s = (time_t)region->header.started_s;
	if (localtime_r(&started_s, &local) != NULL)
		strftime(started, sizeof(started), "%Y-%m-%d %H:%M:%S", &local);
	if (running)
		report_set_count(row, "pid",
				 (uint64_t)atomic_load_explicit(
					 &region->header.dataplane_pid,
					 memory_order_relaxed));
	report_set(row, "started", json_string(started));
	report_set(row, "hugepages", json_boolean(region->header.hugepages));
	report_set_count(row, "sessions_max", region->header.sessions_max);
	report_set(row, "ipv6", json_boolean(region->header.ipv6));
	return row;
}

static json_t *
generation_rows(const struct sources *sources,
		const struct arguments *arguments, struct report_result *result)
{
	const struct publisher *publisher = sources->publisher;
	const struct publish_outcome outcome = publisher_outcome(publisher);
	const bool refused = outcome.answered && outcome.fault != MX_PLAN_OK;
	json_t *data = json_object();

	(void)arguments, (void)result;
	report_set_count(data, "published", outcome.generation);
	report_set_count(data, "adopted", outcome.adopted);
	report_set(data, "fault",
		   refused ? json_string(mx_plan_fault_text(outcome.fault))
			   : NULL);
	report_set(data, "took_ms",
		   outcome.answered ? json_real(outcome.took_ms) : NULL);
	report_set(data, "dataplane",
		   dataplane_row(publisher_region(publisher), &outcome));
	inforce_set(data, publisher);
	return data;
}

const struct report report_generation = {generation_rows, print_generation};
