/* SPDX-License-Identifier: BSD-3-Clause */
/* `show clients`: the clients that were refused, or spoke before their greeting,
 * lately; then those that have the most sessions, by address and by prefix. */
#include "showclients.h"

#include <stdlib.h>
#include <string.h>

#include "clientcount.h"
#include "clock.h"
#include "inforce.h"
#include "number.h"
#include "plural.h"
#include "prefix.h"
#include "publish.h"
#include "state.h"
#include "table.h"

#define SHOWN_DEFAULT 20
#define SHOWN_MAX 1000

/* So long a client that was refused, or spoke early, comes first. */
#define NOTICED_LATELY_S 60

/* The first bit of an IPv4 address in ::ffff:a.b.c.d. */
#define IPV4_FIRST_BIT 96

/* A client and where it comes in the list. */
struct ranked {
	const struct client_row *row;
	bool lately; /* it was refused, or spoke early */
};

static uint64_t
noticed(const struct client_row *row)
{
	return row->refused > row->early ? row->refused : row->early;
}

static int
compare(const void *one, const void *other)
{
	const struct ranked *a = one, *b = other;

	if (a->lately != b->lately)
		return a->lately ? -1 : 1;
	if (a->lately && noticed(a->row) != noticed(b->row))
		return noticed(a->row) > noticed(b->row) ? -1 : 1;
	if (a->row->sessions != b->row->sessions)
		return a->row->sessions > b->row->sessions ? -1 : 1;
	return memcmp(&a->row->id, &b->row->id, sizeof(a->row->id));
}

static json_t *
client_text(const struct client_id *id)
{
	const bool is4 = mx_addr_is4(&id->addr);
	char text[MX_PREFIX_TEXT_MAX];

	if (id->bits == 128)
		return json_string(mx_addr_format(&id->addr, text));
	const struct mx_config_prefix prefix = {
		id->addr, (uint8_t)(id->bits - (is4 ? IPV4_FIRST_BIT : 0))};
	return json_string(mx_prefix_format(&prefix, text));
}

static json_t *
limit_of(uint32_t limit)
{
	return limit > 0 ? json_integer(limit) : json_null();
}

static json_t *
client_row(const struct sources *sources, const struct mx_plan *plan,
	   const struct client_row *row, uint32_t now_s)
{
	const struct mx_client_limits *limits =
		&plan->service[row->id.service].clients;
	const bool is_prefix = row->id.bits != 128;

	return json_pack(
		"{s:s s:o s:I s:o s:I s:o s:I s:I s:o}", "service",
		sources->state->service[row->id.service].name, "client",
		client_text(&row->id), "sessions", (json_int_t)row->sessions,
		"sessions_max",
		limit_of(is_prefix ? limits->prefix_sessions
				   : limits->sessions),
		"new_10s", (json_int_t)row->recent, "new_10s_max",
		limit_of(is_prefix ? limits->prefix_per_10s : limits->per_10s),
		"refused", (json_int_t)row->refused, "early",
		(json_int_t)row->early, "noticed_ago_s",
		noticed(row) > 0 ? json_integer((json_int_t)now_s -
						(json_int_t)row->noticed_s)
				 : json_null());
}

/* The rows to show, in their order. */
static json_t *
rank(const struct sources *sources, const struct client_rows *rows,
     uint32_t shown_max, uint32_t now_s)
{
	struct ranked *ranked = calloc(CLIENT_ROWS, sizeof(*ranked));
	json_t *list = json_array();
	uint32_t count = 0;

	for (uint32_t i = 0; ranked != NULL && i < CLIENT_ROWS; i++) {
		const struct client_row *row = &rows->row[i];

		if (row->used && (row->sessions > 0 || noticed(row) > 0))
			ranked[count++] = (struct ranked){
				row,
				noticed(row) > 0 && now_s - row->noticed_s <=
							    NOTICED_LATELY_S};
	}
	if (count > 0)
		qsort(ranked, count, sizeof(*ranked), compare);
	for (uint32_t i = 0; i < count && i < shown_max; i++)
		json_array_append_new(
			list,
			client_row(sources, publisher_plan(sources->publisher),
				   ranked[i].row, now_s));
	free(ranked);
	return list;
}

/* Sessions that the table of clients had no room for. */
static uint64_t
limits_full(const struct mx_region *region)
{
	uint64_t sum = 0;

	for (uint16_t w = 0; w < MX_WORKERS_MAX; w++)
		for (uint16_t s = 0; s < MX_SERVICES_MAX; s++)
			sum += region->worker[w].limits_full[s];
	return sum;
}

struct clients_work {
	const struct sources *sources;
	uint32_t shown_max;
	struct client_top top;
	enum session_walk_state state;
};

static void *
clients_begin(const struct sources *sources, const struct arguments *arguments,
	      struct report_result *result)
{
	const char *shown = arguments_get(arguments, "N");
	uint32_t shown_max = SHOWN_DEFAULT;

	if (shown != NULL &&
	    (!number_parse(shown, SHOWN_MAX, &shown_max) || shown_max == 0))
		return report_misused(
			result, "expected: show clients [N], N from 1 to %d",
			SHOWN_MAX);
	if (report_region(sources, result) == NULL)
		return NULL;
	if (publisher_plan(sources->publisher) == NULL)
		return report_refuse(result, "no plan has been published yet");
	struct clients_work *work = calloc(1, sizeof(*work));
	if (work == NULL)
		return NULL;
	work->sources = sources;
	work->shown_max = shown_max;
	return work;
}

static bool
clients_step(void *arg)
{
	struct clients_work *work = arg;
	const struct publisher *publisher = work->sources->publisher;

	work->state = SESSION_WALK_LOST;
	if (publisher_region(publisher) != NULL &&
	    publisher_plan(publisher) != NULL &&
	    (work->top.rows != NULL ||
	     client_top_begin(&work->top, publisher, (uint32_t)clock_s()) == 0))
		work->state = client_top_slice(&work->top);
	return work->state == SESSION_WALK_GOES_ON;
}

static json_t *
clients_end(void *arg, struct report_result *result)
{
	struct clients_work *work = arg;
	const struct sources *sources = work->sources;
	json_t *data = NULL;

	if (work->state == SESSION_WALK_DONE) {
		data = json_pack("{s:o s:I}", "clients",
				 rank(sources, work->top.rows, work->shown_max,
				      work->top.now_s),
				 "limits_full",
				 (json_int_t)limits_full(
					 publisher_region(sources->publisher)));
		inforce_set_absence(data, sources->publisher);
	} else {
		report_unread(result, work->state);
	}
	client_top_end(&work->top);
	free(work);
	return data;
}

static const struct table_column clients_columns[] = {
	{"service", "SERVICE"},
	{"client", "CLIENT"},
	{"sessions", "SESSIONS"},
	{"sessions_max", "MAX", 4},
	{"new_10s", "NEW IN 10 S", 2},
	{"new_10s_max", "MAX IN 10 S", 5},
	{"refused", "REFUSED"},
	{"early", "EARLY", 3},
	{"noticed_ago_s", "LAST S AGO", 1},
};
static const struct table clients_table = TABLE("clients", clients_columns);

static void
print_clients(FILE *out, json_t *data, const struct table_style *style)
{
	const json_t *rows = json_object_get(data, "clients");
	const json_int_t full =
		json_integer_value(json_object_get(data, "limits_full"));

	if (json_array_size(rows) > 0)
		table_print(out, rows, &clients_table, style);
	else
		fputs("No client has a session.\n", out);
	if (full > 0)
		fprintf(out,
			"%" JSON_INTEGER_FORMAT
			" sessions are not counted, as the table of clients "
			"was full.\n",
			full);
	inforce_print_absence(out, data);
}

/* The sessions are read twice. */
static unsigned
clients_percent(const void *arg)
{
	const struct clients_work *work = arg;

	return (session_walk_percent(&work->top.walk) +
		(work->top.least > 0 ? 100 : 0)) /
	       2;
}

static const struct report_slices slices = {clients_begin, clients_step,
					    clients_percent, clients_end};

const struct report report_clients = {
	.print = print_clients,
	.tables = {&clients_table},
	.slices = &slices,
};
