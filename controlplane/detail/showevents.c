/* SPDX-License-Identifier: BSD-3-Clause */
/* `show events`: the last changes of state, the newest below. */
#include "showevents.h"

#include <string.h>
#include <time.h>

#include "clock.h"
#include "eventlog.h"
#include "number.h"
#include "prefix.h"
#include "table.h"

#define SHOWN 20

static const char *const levels[LOG_LEVELS] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
};

static json_t *
text_or_null(const char *text)
{
	return text[0] == '\0' ? json_null() : json_string(text);
}

static json_t *
event_row(const struct eventlog_entry *e)
{
	const time_t when_s = (time_t)e->when_s;
	char time[32] = "";
	struct tm local;

	if (localtime_r(&when_s, &local) != NULL)
		strftime(time, sizeof(time), "%Y-%m-%d %H:%M:%S", &local);
	json_t *row = json_pack(
		"{s:I s:I s:s s:s s:s}", "number", (json_int_t)e->number,
		"when_s", (json_int_t)e->when_s, "time", time, "level",
		levels[e->level], "source", eventlog_source_name(e->source));
	json_object_set_new(row, "who", text_or_null(eventlog_who(e)));
	json_object_set_new(row, "subject", text_or_null(e->subject));
	json_object_set_new(row, "what", text_or_null(e->what));
	json_object_set_new(row, "before", text_or_null(e->before));
	json_object_set_new(row, "after", text_or_null(e->after));
	json_object_set_new(row, "why", text_or_null(e->why));
	return row;
}

/* Is it about a client of the site: a rule for a prefix, or a capture? */
static bool
is_about_client(const struct eventlog_entry *e)
{
	struct mx_config_prefix prefix;

	return mx_prefix_parse(e->subject, &prefix) == 0 ||
	       strncmp(e->subject, "capture", strlen("capture")) == 0;
}

/* Which events are asked for. */
struct event_filter {
	const char *subject;  /* NULL: of any */
	const char *source;   /* NULL: any */
	enum log_level level; /* this or a worse one */
};

/* NULL: the mildest one. */
static enum log_level
find_level(const char *name)
{
	enum log_level level = LOG_LEVEL_ERROR;

	while (level < LOG_LEVEL_INFO &&
	       (name == NULL || strcmp(levels[level], name) != 0))
		level++;
	return level;
}

static bool
is_one(const struct event_filter *filter, const struct eventlog_entry *e)
{
	return e->level <= filter->level &&
	       (filter->subject == NULL ||
		eventlog_is_of(e, filter->subject)) &&
	       (filter->source == NULL ||
		strcmp(filter->source, eventlog_source_name(e->source)) == 0);
}

/* Is it a source?  If not, *result lists all. */
static bool
is_source(const char *name, struct report_result *result)
{
	char names[256] = "";
	size_t used = 0;

	for (int s = 0; s < EVENT_SOURCES; s++) {
		const char *one = eventlog_source_name((enum event_source)s);

		if (strcmp(one, name) == 0)
			return true;
		used += (size_t)snprintf(names + used, sizeof(names) - used,
					 "%s%s", s > 0 ? ", " : "", one);
	}
	report_misused(result, "by: expected one of %s, found \"%.32s\"", names,
		       name);
	return false;
}

static json_t *
events_rows(const struct sources *sources, const struct arguments *arguments,
	    struct report_result *result)
{
	const char *shown = arguments_get(arguments, "N");
	const struct event_filter filter = {
		.subject = arguments_get(arguments, "SUBJECT"),
		.source = arguments_get(arguments, "SOURCE"),
		.level =
			find_level(arguments_get(arguments, "info|warn|error")),
	};
	uint32_t count = SHOWN;
	const struct eventlog_entry *e;

	if (shown != NULL && !number_parse(shown, EVENTS_MAX, &count))
		return report_misused(
			result,
			"expected: show events [N] [of SUBJECT], N up to %d",
			EVENTS_MAX);
	if (filter.source != NULL && !is_source(filter.source, result))
		return NULL;
	json_t *rows = json_array();
	for (e = eventlog_before(UINT64_MAX);
	     e != NULL && json_array_size(rows) < count;
	     e = eventlog_before(e->number))
		if (is_one(&filter, e) &&
		    !(sources->no_clients && is_about_client(e)))
			json_array_insert_new(rows, 0, event_row(e));
	return json_pack("{s:o s:I}", "events", rows, "total",
			 (json_int_t)eventlog_total());
}

static const char *
text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text != NULL ? text : "";
}

/* "weight 100 -> 50" */
static json_t *
change_of(const json_t *row)
{
	const char *what = text_of(row, "what");
	const char *before = text_of(row, "before");

	return json_sprintf("%s%s%s%s%s", what, what[0] != '\0' ? " " : "",
			    before, before[0] != '\0' ? " -> " : "",
			    text_of(row, "after"));
}

static void
set_changes(json_t *data)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(data, "events"), i, row)
		json_object_set_new(row, "change", change_of(row));
}

static const struct table_column events_columns[] = {
	{"time", "TIME"},     {"who", "WHO"}, {"subject", "SUBJECT"},
	{"change", "CHANGE"}, {"why", "WHY"},
};
static const struct table events_table = TABLE("events", events_columns);

/* Leave today's date out, so that a terminal has room for the reasons. */
static void
shorten_times(const json_t *rows)
{
	const time_t now_s = (time_t)clock_wall_s();
	char today[32] = "";
	struct tm local;
	json_t *row;
	size_t i;

	if (localtime_r(&now_s, &local) == NULL)
		return;
	const size_t length =
		strftime(today, sizeof(today), "%Y-%m-%d ", &local);
	json_array_foreach(rows, i, row) {
		const char *time = text_of(row, "time");

		if (strncmp(time, today, length) == 0)
			json_object_set_new(row, "time",
					    json_string(time + length));
	}
}

static void
print_events(FILE *out, json_t *data, const struct table_style *style)
{
	const json_t *rows = json_object_get(data, "events");

	if (style->width > 0)
		shorten_times(rows);
	if (json_array_size(rows) == 0)
		fputs("no such event since the start\n", out);
	else
		table_print(out, rows, &events_table, style);
}

const struct report report_events = {
	events_rows, print_events, {&events_table}, set_changes};
