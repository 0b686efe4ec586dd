/* SPDX-License-Identifier: BSD-3-Clause */
/* `show backends`: state, health, weight and traffic of each.  A terminal gets
 * those first that are not well. */
#include <fnmatch.h>
#include <string.h>

#include "apply.h"
#include "clock.h"
#include "endpoint.h"
#include "inforce.h"
#include "meter.h"
#include "order.h"
#include "poolstate.h"
#include "publish.h"
#include "reports.h"
#include "state.h"
#include "table.h"
#include "targets.h"
#include "timings.h"
#include "traffic.h"
#include "unserved.h"

/* The words by which backends can be asked for: the grammar of the command. */
#define BACKEND_STATES "up|down|soft|drain|maint|standby|trouble"

/* A terminal shows so many rows, and of more only those that are not well: a
 * screen has 24 lines. */
#define ROWS_SHOWN 16

static struct mx_flow_count
count_backend(const struct sources *sources, uint16_t id)
{
	const struct mx_region *region = publisher_region(sources->publisher);

	return region != NULL ? traffic_backend(region, id)
			      : (struct mx_flow_count){0};
}

static void
set_hop(json_t *row, const struct nexthop *hop)
{
	char mac[18];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", hop->mac[0],
		 hop->mac[1], hop->mac[2], hop->mac[3], hop->mac[4],
		 hop->mac[5]);
	report_set(row, "mac", hop->known ? json_string(mac) : NULL);
	report_set(row, "interface",
		   hop->known ? json_string(hop->interface) : NULL);
	report_set(row, "mtu", hop->mtu > 0 ? json_integer(hop->mtu) : NULL);
	report_set(row, "gateway", json_boolean(hop->routed));
}

static json_t *
last_check_row(const struct last_check *check)
{
	json_t *row;

	if (!check->known)
		return NULL;
	row = json_object();
	report_set(row, "passed", json_boolean(verdict_passes(check->verdict)));
	report_set(row, "reason", json_string(reason_name(check->reason)));
	report_set(row, "reply", json_string(check->reply));
	report_set(row, "ms", json_real(check->took_ms));
	return row;
}

/* Sessions that the backend left unserved: all, and by how. */
static void
set_unserved(json_t *row, const struct mx_flow_count *count)
{
	json_t *by = json_object();
	uint64_t sum = 0;

	for (int i = 0; i < MX_UNSERVED_KINDS; i++) {
		sum += count->unserved[i];
		report_set_count(by, unserved_name((enum mx_unserved)i),
				 count->unserved[i]);
	}
	report_set_count(row, "unserved", sum);
	report_set(row, "unserved_by", by);
}

/* What reduces the weight, in percent. */
static json_t *
factors_row(const struct backend *b)
{
	json_t *row = json_object();

	for (int f = 0; f < WEIGHT_FACTORS; f++)
		report_set_count(row, weight_factor_name((enum weight_factor)f),
				 b->percent[f]);
	return row;
}

static json_t *
backend_row(const struct sources *sources, uint16_t id)
{
	const struct backend *b = &sources->state->backend[id];
	const struct mx_flow_count count = count_backend(sources, id);
	char address[MX_ENDPOINT_TEXT_MAX];
	char why[POOLSTATE_WHY_MAX];
	json_t *row = json_object();

	report_set(row, "pool", json_string(b->pool));
	report_set(row, "backend", json_string(b->name));
	report_set(row, "address",
		   json_string(mx_endpoint_format(&b->address, address)));
	report_set(row, "host",
		   json_string(discovery_host(sources->applier->discovery,
					      b->pool, &b->address)));
	report_set(row, "admin", json_string(admin_name(b->override.admin)));
	report_set(row, "health", json_string(state_health(b)));
	report_set(row, "since_s",
		   b->since_s > 0 ? json_integer(b->since_s) : NULL);
	report_set_count(row, "weight", state_weight(b));
	report_set_count(row, "effective_weight", b->effective_weight);
	report_set(row, "factors", factors_row(b));
	report_set_count(row, "tier", b->config->tier);
	report_set(row, "well", json_boolean(backend_is_well(b)));
	report_set(row, "connections_max",
		   state_sessions_max(b) > 0
			   ? json_integer(state_sessions_max(b))
			   : NULL);
	report_traffic(row, &count);
	report_rate(row, meter_backend_rate(sources->meter, id));
	set_unserved(row, &count);
	report_set_count(row, "failed_in_a_row", b->passive.row);
	timings_set(row, sources->timings, publisher_region(sources->publisher),
		    id);
	report_set(row, "reason", json_string(backend_why(b, why)));
	set_hop(row, &b->hop);
	report_set(row, "last_check", last_check_row(&b->check));
	return row;
}

/* How long each is as it is, for people. */
static void
set_ages(json_t *data)
{
	const json_t *rows = json_object_get(data, "backends");
	char age[TABLE_AGE_MAX];
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		const json_t *since = json_object_get(row, "since_s");

		if (json_is_integer(since))
			report_set(row, "since",
				   json_string(table_age(
					   clock_wall_s() -
						   json_integer_value(since),
					   age)));
	}
}

static const struct table_column backends_columns[] = {
	{"pool", "POOL"},
	{"backend", "BACKEND"},
	{"address", "ADDRESS", 4},
	{"admin", "ADMIN", 2, .state = true},
	{"health", "HEALTH", .state = true},
	{"since", "SINCE", 1},
	{"weight", "WEIGHT", 4},
	{"effective_weight", "NOW", 3},
	{"tier", "TIER", 6},
	{"sessions", "SESSIONS"},
	{"connections_max", "MAX", 5},
	{"sessions_per_s", "NEW/S", 2},
	{"unserved", "UNSERVED", 4},
	{"banner_ms", "BANNER MS", 5},
	{"reason", "REASON"},
};
static const struct table backends_table = TABLE("backends", backends_columns);

static bool
is_well(const json_t *row)
{
	return json_is_true(json_object_get(row, "well"));
}

/* One that is not well, and does not serve, is worse than one that serves. */
static int
badness(const json_t *row)
{
	const json_int_t weight =
		json_integer_value(json_object_get(row, "effective_weight"));

	if (is_well(row))
		return 0;
	return weight > 0 ? 1 : ORDER_WORST;
}

/* How a pool serves. */
struct pool_sum {
	const char *name;
	unsigned backends; /* of the tier that serves and of those before it */
	unsigned serving;
	unsigned standby;
	json_int_t tier;
};

static void
add_row(struct pool_sum *sum, const json_t *row)
{
	const bool serves =
		json_integer_value(json_object_get(row, "effective_weight")) >
		0;
	const char *reason = json_string_value(json_object_get(row, "reason"));

	if (serves)
		sum->tier = json_integer_value(json_object_get(row, "tier"));
	sum->serving += serves;
	if (reason != NULL &&
	    strcmp(reason, weight_reason_text(WEIGHT_STANDBY)) == 0)
		sum->standby++;
	else
		sum->backends++;
}

/* "mx  12 of 14 serve, tier 0; 6 standby" */
static void
print_sum(FILE *out, const struct pool_sum *sum, int width,
	  const struct table_style *style)
{
	fprintf(out, "%-*s  %u of %u serve", width, sum->name, sum->serving,
		sum->backends);
	if (sum->serving > 0)
		fprintf(out, ", tier %" JSON_INTEGER_FORMAT, sum->tier);
	if (sum->standby > 0)
		fprintf(out, "; %u standby", sum->standby);
	if (sum->serving == 0) {
		fputs(": ", out);
		style_print(out, style, pool_state_name(POOL_EMPTY));
	}
	fputc('\n', out);
}

static void
print_sums(FILE *out, const json_t *rows, const struct table_style *style)
{
	struct pool_sum sums[MX_POOLS_MAX];
	size_t count = 0, index, s;
	int width = 0;
	json_t *row;

	json_array_foreach(rows, index, row) {
		const char *name =
			json_string_value(json_object_get(row, "pool"));

		for (s = 0; s < count && strcmp(sums[s].name, name) != 0; s++)
			;
		if (s == count && count++ < MX_POOLS_MAX)
			sums[s] = (struct pool_sum){.name = name};
		add_row(&sums[s], row);
		if ((int)strlen(name) > width)
			width = (int)strlen(name);
	}
	for (s = 0; s < count; s++)
		print_sum(out, &sums[s], width, style);
}

/* Print the backends in trouble first, and then a line for each pool. */
static void
print_trouble(FILE *out, const json_t *rows, const struct table_style *style)
{
	json_t *bad = json_array();
	size_t index;
	json_t *row;

	json_array_foreach(rows, index, row)
		if (!is_well(row))
			json_array_append(bad, row);
	if (json_array_size(bad) > 0) {
		table_print(out, bad, &backends_table, style);
		fputc('\n', out);
	}
	json_decref(bad);
	print_sums(out, rows, style);
	fputs("all backends: mxsteer -a show backends\n", out);
}

static void
print_backends(FILE *out, json_t *data, const struct table_style *style)
{
	json_t *rows = json_object_get(data, "backends");

	if (style->width > 0)
		order_worst_first(rows, badness);
	if (json_array_size(rows) == 0)
		fputs("no backend is so\n", out);
	else if (style->width == 0 || style->all ||
		 json_array_size(rows) <= ROWS_SHOWN)
		table_print(out, rows, &backends_table, style);
	else
		print_trouble(out, rows, style);
	inforce_print(out, data);
}

/* Which backends are asked for. */
struct backend_filter {
	const char *pattern; /* POOL, POOL/BACKEND or @HOST; NULL: all */
	const char *state;   /* a word of BACKEND_STATES; NULL: all */
	struct targets host; /* if the pattern is @HOST */
};

static bool
is_of_host(const struct targets *host, uint16_t id)
{
	for (uint16_t i = 0; i < host->count; i++)
		if (host->id[i] == id)
			return true;
	return false;
}

/* Does its name fit the pattern, or is it at the host? */
static bool
is_named(const struct backend_filter *filter, const struct backend *b,
	 uint16_t id)
{
	char label[STATE_LABEL_MAX];

	if (filter->pattern == NULL)
		return true;
	if (filter->pattern[0] == '@')
		return is_of_host(&filter->host, id);
	if (strchr(filter->pattern, '/') == NULL)
		return fnmatch(filter->pattern, b->pool, 0) == 0;
	return fnmatch(filter->pattern, state_label(b, label), FNM_PATHNAME) ==
	       0;
}

static bool
is_in_state(const struct backend_filter *filter, const struct backend *b)
{
	if (filter->state == NULL)
		return true;
	if (strcmp(filter->state, "trouble") == 0)
		return !backend_is_well(b);
	if (strcmp(filter->state, "standby") == 0)
		return b->why == WEIGHT_STANDBY;
	return strcmp(filter->state, admin_name(b->override.admin)) == 0 ||
	       strcmp(filter->state, state_health(b)) == 0;
}

/* Backends are shown in the order of the file, as the operator knows them. */
static json_t *
backends_rows(const struct sources *sources, const struct arguments *arguments,
	      struct report_result *result)
{
	const struct state *state = sources->state;
	const char *pool = arguments_get(arguments, "POOL");
	struct backend_filter filter = {
		.pattern = pool != NULL
				   ? pool
				   : arguments_get(arguments, "POOL/BACKEND"),
		.state = arguments_get(arguments, BACKEND_STATES),
	};
	json_t *rows = json_array();
	bool named = false;

	if (filter.pattern != NULL && filter.pattern[0] == '@')
		targets_find(state, sources->applier->discovery, filter.pattern,
			     &filter.host);
	for (uint16_t p = 0; p < state->config->pool_count; p++)
		for (uint16_t i = 0; i < state->config->pool[p].backend_count;
		     i++) {
			const uint16_t id = state->pool[p].member[i];
			const struct backend *b = &state->backend[id];

			if (!is_named(&filter, b, id))
				continue;
			named = true;
			if (is_in_state(&filter, b))
				json_array_append_new(rows,
						      backend_row(sources, id));
		}
	if (!named && filter.pattern != NULL) {
		json_decref(rows);
		return report_refuse(result,
				     "there is no pool, backend or host %.64s; "
				     "see show pools and show backends",
				     filter.pattern);
	}
	json_t *data = json_pack("{s:o}", "backends", rows);
	inforce_set(data, sources->publisher);
	return data;
}

const struct report report_backends = {
	backends_rows, print_backends, {&backends_table}, set_ages};
