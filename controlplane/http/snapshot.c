/* SPDX-License-Identifier: BSD-3-Clause */
#include "snapshot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "character.h"
#include "clock.h"
#include "endpoint.h"
#include "eventlog.h"
#include "meter.h"
#include "poolstate.h"
#include "publish.h"
#include "rates.h"
#include "refusal.h"
#include "reports.h"
#include "state.h"
#include "statuspage.h"
#include "timings.h"
#include "traffic.h"

#define EVENTS_SHOWN 50

/* A change has so many steps of the rates: it may come after two, and a busy loop
 * makes it late. */
#define CHANGE_STEPS 5

/* Text of an MTA may be no UTF-8. */
static json_t *
text_value(const char *text)
{
	char plain[EVENTLOG_TEXT_MAX];

	if (text == NULL || text[0] == '\0')
		return json_null();
	json_t *value = json_string(text);
	if (value != NULL)
		return value;
	snprintf(plain, sizeof(plain), "%s", text);
	character_make_shown(plain);
	return json_string(plain);
}

/* steps: how many of the last ones. */
static void
set_rates(json_t *row, const struct rates *rates, uint16_t id, uint32_t steps)
{
	json_t *opened = json_array();
	json_t *refused = json_array();

	for (uint32_t ago = steps; ago-- > 0;) {
		const struct rate *rate = rates_of(rates, id, ago);

		json_array_append_new(opened,
				      rate != NULL ? json_integer(rate->opened)
						   : json_null());
		json_array_append_new(refused,
				      rate != NULL ? json_integer(rate->refused)
						   : json_null());
	}
	report_set(row, "opened_per_step", opened);
	report_set(row, "refused_per_step", refused);
}

/* Set what is the same of a service and of its pool. */
static void
set_pool(json_t *row, const struct state *state, uint16_t p)
{
	uint16_t serving;
	const enum pool_state how = pool_state(state, p, &serving);

	report_set(row, "pool", json_string(state->config->pool[p].name));
	report_set(row, "state", json_string(pool_state_name(how)));
	report_set_count(row, "serving", serving);
	report_set_count(row, "backends", state->config->pool[p].backend_count);
}

static json_t *
service_row(const struct sources *sources, uint16_t id)
{
	const struct mx_config_service *service =
		sources->state->service[id].config;
	const struct mx_region *region = publisher_region(sources->publisher);
	struct mx_flow_count count = {0};
	char text[MX_ENDPOINT_TEXT_MAX];
	uint64_t refused = 0;
	json_t *row = json_object();
	json_t *vips = json_array();

	if (region != NULL) {
		count = traffic_service(region, id);
		refused = refusals_total(region, id);
	}
	for (uint16_t i = 0; i < service->vip_count; i++)
		json_array_append_new(vips, json_string(mx_endpoint_format(
						    &service->vip[i], text)));
	report_set(row, "service", json_string(service->name));
	report_set(row, "direction",
		   json_string(mx_direction_name(service->direction)));
	set_pool(row, sources->state, service->pool);
	report_set(row, "vips", vips);
	report_set_count(row, "sessions", traffic_sessions(&count));
	report_set_count(row, "sessions_total", count.opened);
	report_set_count(row, "refused", refused);
	return row;
}

static json_t *
service_rows(const struct sources *sources, uint32_t steps)
{
	json_t *rows = json_array();

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		if (sources->state->service[id].config == NULL)
			continue;
		json_t *row = service_row(sources, id);
		set_rates(row, sources->rates, id, steps);
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *
pool_rows(const struct state *state)
{
	json_t *rows = json_array();

	for (uint16_t p = 0; p < state->config->pool_count; p++) {
		json_t *row = json_object();

		set_pool(row, state, p);
		json_array_append_new(rows, row);
	}
	return rows;
}

/* A row that has its name alone. */
static json_t *
named_row(const struct backend *b)
{
	json_t *row = json_object();

	report_set(row, "pool", json_string(b->pool));
	report_set(row, "backend", json_string(b->name));
	return row;
}

/* What changes with each session. */
static void
set_counts(json_t *row, const struct sources *sources, uint16_t id)
{
	const struct mx_region *region = publisher_region(sources->publisher);
	struct mx_flow_count count = {0};
	const double rate = meter_backend_rate(sources->meter, id);
	uint64_t unserved = 0;

	if (region != NULL)
		count = traffic_backend(region, id);
	for (int i = 0; i < MX_UNSERVED_KINDS; i++)
		unserved += count.unserved[i];
	report_set_count(row, "sessions", traffic_sessions(&count));
	report_rate(row, round(rate * 10) / 10);
	json_object_set_new(row, "banner_ms",
			    timings_banner(sources->timings, region, id));
	report_set_count(row, "unserved", unserved);
}

static json_t *
backend_row(const struct sources *sources, uint16_t id)
{
	const struct backend *b = &sources->state->backend[id];
	const uint32_t limit = state_sessions_max(b);
	char address[MX_ENDPOINT_TEXT_MAX];
	char why[POOLSTATE_WHY_MAX];
	json_t *row = named_row(b);

	report_set(row, "address",
		   json_string(mx_endpoint_format(&b->address, address)));
	report_set(row, "host",
		   json_string(discovery_host(sources->applier->discovery,
					      b->pool, &b->address)));
	report_set(row, "admin", json_string(admin_name(state_admin(b))));
	report_set(row, "health", json_string(state_health(b)));
	report_set(row, "since_s",
		   b->since_s > 0 ? json_integer(b->since_s) : NULL);
	report_set(row, "well", json_boolean(backend_is_well(b)));
	report_set_count(row, "weight", state_weight(b));
	report_set_count(row, "effective_weight", b->effective_weight);
	report_set_count(row, "tier", b->config->tier);
	report_set(row, "connections_max",
		   limit > 0 ? json_integer(limit) : NULL);
	json_object_set_new(row, "reason",
			    text_value(backend_public_why(b, why)));
	return row;
}

/* FNV-1a; 0 stands for no row. */
static uint64_t
hash_of(const json_t *row)
{
	char *text = json_dumps(row, JSON_COMPACT);
	uint64_t hash = UINT64_C(14695981039346656037);

	for (const char *c = text; c != NULL && *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
	free(text);
	return hash != 0 ? hash : 1;
}

/* Returns the row of a backend, or what is not as *seen says, or NULL. */
static json_t *
backend_news(const struct sources *sources, uint16_t id,
	     struct snapshot_seen *seen)
{
	json_t *row = backend_row(sources, id);
	json_t *counts = named_row(&sources->state->backend[id]);

	set_counts(counts, sources, id);
	if (seen == NULL) {
		json_object_update_missing(row, counts);
		json_decref(counts);
		return row;
	}
	const uint64_t hash = hash_of(row);
	const uint64_t counts_hash = hash_of(counts);
	const bool is_other = seen->backend[id] != hash;
	const bool counts_are_other = seen->counts[id] != counts_hash;

	seen->backend[id] = hash;
	seen->counts[id] = counts_hash;
	if (is_other)
		json_object_update(counts, row);
	json_decref(row);
	if (is_other || counts_are_other)
		return counts;
	json_decref(counts);
	return NULL;
}

/* seen: NULL, or the rows are those alone that are not as it says. */
static json_t *
backend_rows(const struct sources *sources, struct snapshot_seen *seen)
{
	json_t *rows = json_array();

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		if (sources->state->backend[id].config == NULL)
			continue;
		json_t *row = backend_news(sources, id, seen);
		if (row != NULL)
			json_array_append_new(rows, row);
	}
	return rows;
}

/* Is the event about a part of mxsteer, and so about no client? */
static bool
is_public(const struct eventlog_entry *event)
{
	static const char *const subjects[] = {
		"backend", "pool",   "service",    "dataplane",
		"plan",    "config", "generation", "controlplane",
		"worker",  "port",   "http"};

	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		const size_t length = strlen(subjects[i]);

		if (strncmp(event->subject, subjects[i], length) == 0 &&
		    strchr(" ", event->subject[length]) != NULL)
			return true; /* strchr finds the terminator too */
	}
	return false;
}

static json_t *
event_row(const struct eventlog_entry *e)
{
	static const char *const levels[LOG_LEVELS] = {
		[LOG_LEVEL_ERROR] = "error",
		[LOG_LEVEL_WARN] = "warn",
		[LOG_LEVEL_INFO] = "info",
	};
	json_t *row = json_pack(
		"{s:I s:I s:s s:s}", "number", (json_int_t)e->number, "when_s",
		(json_int_t)e->when_s, "level", levels[e->level], "source",
		eventlog_source_name(e->source));

	json_object_set_new(row, "subject", text_value(e->subject));
	json_object_set_new(row, "what", text_value(e->what));
	json_object_set_new(row, "before", text_value(e->before));
	json_object_set_new(row, "after", text_value(e->after));
	json_object_set_new(row, "why", text_value(e->why));
	return row;
}

/* The events after one number, the oldest first. */
static json_t *
event_rows(uint64_t after)
{
	json_t *rows = json_array();

	for (const struct eventlog_entry *e = eventlog_before(UINT64_MAX);
	     e != NULL && e->number > after &&
	     json_array_size(rows) < EVENTS_SHOWN;
	     e = eventlog_before(e->number))
		if (is_public(e))
			json_array_insert_new(rows, 0, event_row(e));
	return rows;
}

/* All but services, backends and events. */
static json_t *
frame_new(const struct sources *sources)
{
	struct report_result result = {.text = ""};
	struct sources seen = *sources;

	seen.no_clients = true;
	json_t *data = report_status.rows(&seen, NULL, &result);
	/* Notes are for operators, and name them. */
	json_object_del(data, "notes");
	report_set(data, "version", json_string(MX_VERSION));
	report_set(data, "at_s", json_integer(clock_wall_s()));
	report_set_count(data, "step", sources->rates->steps);
	report_set(data, "step_s", json_integer(RATES_STEP_S));
	report_set(data, "page", json_string(statuspage_name));
	report_set(data, "pools", pool_rows(sources->state));
	return data;
}

json_t *
snapshot_new(const struct sources *sources)
{
	json_t *data = frame_new(sources);

	report_set(data, "services", service_rows(sources, RATES_KEPT));
	report_set(data, "backends", backend_rows(sources, NULL));
	report_set(data, "events", event_rows(0));
	return data;
}

/* Returns the ids that *seen has and the configuration has not; they are removed
 * from it. */
static json_t *
gone_rows(const struct sources *sources, struct snapshot_seen *seen)
{
	json_t *rows = json_array();

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &sources->state->backend[id];

		if (seen->backend[id] == 0 || b->config != NULL)
			continue;
		json_array_append_new(rows,
				      json_sprintf("%s/%s", b->pool, b->name));
		seen->backend[id] = 0;
	}
	return rows;
}

json_t *
snapshot_change(const struct sources *sources, struct snapshot_seen *seen)
{
	json_t *data = frame_new(sources);

	report_set(data, "services", service_rows(sources, CHANGE_STEPS));
	report_set(data, "backends", backend_rows(sources, seen));
	report_set(data, "backends_gone", gone_rows(sources, seen));
	report_set(data, "events", event_rows(seen->event));
	seen->event = eventlog_total();
	return data;
}

void
snapshot_see(const struct sources *sources, struct snapshot_seen *seen)
{
	json_decref(backend_rows(sources, seen));
	json_decref(gone_rows(sources, seen));
	seen->event = eventlog_total();
}
