/* SPDX-License-Identifier: BSD-3-Clause */
/* `show sessions`: the session files of the workers, read while they change. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "clock.h"
#include "duration.h"
#include "endpoint.h"
#include "inforce.h"
#include "number.h"
#include "plural.h"
#include "publish.h"
#include "reports.h"
#include "rules.h"
#include "sessionfilter.h"
#include "state.h"
#include "table.h"
#include "targets.h"

#define SHOWN_DEFAULT 20
#define SHOWN_MAX 10000

struct scan {
	const struct sources *sources;
	struct session_walk walk;
	enum session_walk_state state;
	int64_t now_s; /* CLOCK_MONOTONIC, as the workers have it */
	uint32_t shown_max;
	struct session_filter filter;
	uint64_t by_state[MX_SESSION_STATES];
	json_t *rows;
};

static json_t *
endpoint_text(const struct mx_addr *addr, uint16_t port_be)
{
	const struct mx_endpoint endpoint = {.addr = *addr, .port_be = port_be};
	char text[MX_ENDPOINT_TEXT_MAX];

	return json_string(mx_endpoint_format(&endpoint, text));
}

static json_t *
mode_text(const struct mx_session *session)
{
	const uint8_t mode = session->kind & MX_SESSION_MODE;

	return json_string(mode < MX_FORWARDS
				   ? mx_forward_name((enum mx_forward)mode)
				   : "?");
}

static json_t *
session_row(const struct scan *scan, const struct session_reader *file,
	    uint32_t i)
{
	const struct state *known = scan->sources->state;
	const struct mx_session *session = &file->session[i];
	const struct mx_session_wide ends = session_reader_ends(file, i);
	const int64_t left_s = (int64_t)session->deadline_s - scan->now_s;
	const int64_t age_s = scan->now_s - (int64_t)session->opened_s;
	char label[STATE_LABEL_MAX] = "?";

	if (session->backend <= MX_BACKENDS_MAX &&
	    known->backend[session->backend].used)
		state_label(&known->backend[session->backend], label);
	return json_pack("{s:o s:o s:o s:o s:o s:s s:s s:I s:I}", "client",
			 endpoint_text(&ends.client, session->client_port_be),
			 "vip", endpoint_text(&ends.vip, session->vip_port_be),
			 "mode", mode_text(session), "local",
			 endpoint_text(&ends.local, session->local_port_be),
			 "server",
			 endpoint_text(&ends.server, session->server_port_be),
			 "backend", label, "state",
			 mx_session_state_name(session_reader_state(file, i)),
			 "idle_left_s", (json_int_t)(left_s > 0 ? left_s : 0),
			 "age_s", (json_int_t)(age_s > 0 ? age_s : 0));
}

/* Count a session, and make a row of it if it is one of the first. */
static void
scan_session(void *arg, const struct session_reader *file, uint32_t i)
{
	struct scan *scan = arg;

	if (!session_filter_takes(&scan->filter, file, i,
				  (uint32_t)scan->now_s))
		return;
	scan->by_state[session_reader_state(file, i)]++;
	if (json_array_size(scan->rows) < scan->shown_max)
		json_array_append_new(scan->rows, session_row(scan, file, i));
}

static const struct table_column sessions_columns[] = {
	{"client", "CLIENT"},   {"vip", "VIP", 3},
	{"mode", "MODE", 4},    {"local", "LOCAL", 5},
	{"backend", "BACKEND"}, {"state", "STATE"},
	{"age_s", "AGE S", 1},  {"idle_left_s", "IDLE LEFT S", 2},
};
static const struct table sessions_table = TABLE("sessions", sessions_columns);

static void
print_counts(FILE *out, const json_t *data)
{
	const char *state;
	json_t *count;

	const json_int_t total =
		json_integer_value(json_object_get(data, "total"));

	fprintf(out, "%" JSON_INTEGER_FORMAT " %s", total,
		plural((uint64_t)total, "session", "sessions"));
	json_object_foreach(json_object_get(data, "by_state"), state, count)
		if (json_integer_value(count) > 0)
			fprintf(out, ", %" JSON_INTEGER_FORMAT " %s",
				json_integer_value(count), state);
	fputc('\n', out);
}

static json_t *
pack_scan(const struct scan *scan)
{
	json_t *by_state = json_object();
	uint64_t total = 0;

	for (int s = MX_SESSION_FREE + 1; s < MX_SESSION_STATES; s++) {
		json_object_set_new(
			by_state, mx_session_state_name((uint8_t)s),
			json_integer((json_int_t)scan->by_state[s]));
		total += scan->by_state[s];
	}
	return json_pack("{s:I s:o s:o}", "total", (json_int_t)total,
			 "by_state", by_state, "sessions", scan->rows);
}

/* Mark the backends whose label fits the pattern, also those that left the
 * configuration.  Returns false if there is none. */
static bool
mark_pattern(const struct state *state, const char *pattern,
	     bool meant[static MX_BACKENDS_MAX + 1])
{
	char label[STATE_LABEL_MAX];
	bool found = false;

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &state->backend[id];

		meant[id] = b->used &&
			    fnmatch(pattern, state_label(b, label), 0) == 0;
		found |= meant[id];
	}
	return found;
}

static bool
read_backend(const struct sources *sources, const char *text,
	     struct session_filter *filter, struct report_result *result)
{
	const struct state *state = sources->state;
	const bool found =
		text[0] == '@'
			? targets_sessions(state, sources->applier->discovery,
					   text, filter->backend)
			: mark_pattern(state, text, filter->backend);

	filter->by_backend = true;
	if (!found)
		report_refuse_backend(result, state, text);
	return found;
}

static bool
read_service(const struct state *state, const char *name,
	     struct session_filter *filter, struct report_result *result)
{
	bool found = false;

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		filter->service[id] =
			state->service[id].used &&
			strcmp(state->service[id].name, name) == 0;
		found |= filter->service[id];
	}
	filter->by_service = true;
	if (!found)
		report_refuse(result,
			      "there is no service %.64s; see show services",
			      name);
	return found;
}

static bool
read_state(const char *name, struct session_filter *filter,
	   struct report_result *result)
{
	char names[256] = "";
	size_t used = 0;

	for (int s = MX_SESSION_FREE + 1; s < MX_SESSION_STATES; s++) {
		const char *one = mx_session_state_name((uint8_t)s);

		if (strcmp(one, name) == 0)
			filter->states |= UINT32_C(1) << s;
		if (used < sizeof(names))
			used += (size_t)snprintf(names + used,
						 sizeof(names) - used, "%s%s",
						 used > 0 ? ", " : "", one);
	}
	if (filter->states == 0)
		report_misused(result,
			       "state: expected one of %s, found \"%.32s\"",
			       names, name);
	return filter->states != 0;
}

/* Read which sessions are asked for.  Returns false, with the reason in
 * *result, if that cannot be. */
static bool
read_filter(const struct sources *sources, const struct arguments *arguments,
	    struct session_filter *filter, struct report_result *result)
{
	const struct state *state = sources->state;
	const char *from = arguments_get(arguments, "PREFIX");
	const char *backend = arguments_get(arguments, "POOL/BACKEND");
	const char *service = arguments_get(arguments, "SERVICE");
	const char *older = arguments_get(arguments, "TIME");
	const char *name = arguments_get(arguments, "STATE");

	if (from != NULL) {
		struct mx_deny_fault fault;

		if (rule_parse(from, &filter->from, &fault) != 0) {
			report_misused(result, "from: %s", fault.text);
			return false;
		}
		filter->from = mx_prefix_trim(&filter->from);
		filter->by_client = true;
	}
	if (older != NULL) {
		filter->older_s = (uint32_t)duration_parse(older);
		if (filter->older_s == 0) {
			report_misused(result,
				       "older: expected a time such as 10m or "
				       "1h30m, found \"%.32s\"",
				       older);
			return false;
		}
	}
	return (backend == NULL ||
		read_backend(sources, backend, filter, result)) &&
	       (service == NULL ||
		read_service(state, service, filter, result)) &&
	       (name == NULL || read_state(name, filter, result));
}

static void *
sessions_begin(const struct sources *sources, const struct arguments *arguments,
	       struct report_result *result)
{
	const char *shown = arguments_get(arguments, "N");
	struct session_filter filter = {0};
	uint32_t shown_max = SHOWN_DEFAULT;

	if (shown != NULL && !number_parse(shown, SHOWN_MAX, &shown_max))
		return report_misused(result,
				      "expected: show sessions [N], N up to %d",
				      SHOWN_MAX);
	if (!read_filter(sources, arguments, &filter, result) ||
	    report_region(sources, result) == NULL)
		return NULL;
	struct scan *scan = calloc(1, sizeof(*scan));
	if (scan == NULL)
		return NULL;
	scan->sources = sources;
	scan->shown_max = shown_max;
	scan->filter = filter;
	scan->now_s = clock_s();
	scan->rows = json_array();
	return scan;
}

static bool
sessions_step(void *work)
{
	struct scan *scan = work;

	scan->state = SESSION_WALK_LOST;
	if (scan->walk.file != NULL ||
	    session_walk_begin(&scan->walk, scan->sources->publisher) == 0)
		scan->state =
			session_walk_slice(&scan->walk, scan_session, scan);
	return scan->state == SESSION_WALK_GOES_ON;
}

static json_t *
sessions_end(void *work, struct report_result *result)
{
	struct scan *scan = work;
	json_t *data = NULL;

	session_walk_end(&scan->walk);
	if (scan->state == SESSION_WALK_DONE) {
		data = pack_scan(scan);
		inforce_set_absence(data, scan->sources->publisher);
	} else {
		report_unread(result, scan->state);
		json_decref(scan->rows);
	}
	free(scan);
	return data;
}

static unsigned
sessions_percent(const void *work)
{
	const struct scan *scan = work;

	return session_walk_percent(&scan->walk);
}

static const struct report_slices slices = {
	.begin = sessions_begin,
	.step = sessions_step,
	.percent = sessions_percent,
	.end = sessions_end,
	.head = print_counts,
	.foot = inforce_print_absence,
};

const struct report report_sessions = {
	.tables = {&sessions_table},
	.slices = &slices,
};
