/* SPDX-License-Identifier: BSD-3-Clause */
/* `show sessions`: the session files of the workers, read while they change. */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "endpoint.h"
#include "inforce.h"
#include "number.h"
#include "publish.h"
#include "reports.h"
#include "sessionreader.h"
#include "state.h"
#include "table.h"

#define SHOWN_DEFAULT 20
#define SHOWN_MAX 10000

struct scan {
	const struct sources *sources;
	int64_t now_s; /* CLOCK_MONOTONIC, as the workers have it */
	uint32_t shown_max;
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

/* Count the sessions of a chunk, and make rows of the first ones. */
static void
scan_chunk(struct scan *scan, const struct session_reader *file)
{
	for (uint32_t i = 0; i < file->count; i++) {
		const uint8_t state = session_reader_state(file, i);

		if (state == MX_SESSION_FREE)
			continue;
		scan->by_state[state]++;
		if (json_array_size(scan->rows) < scan->shown_max)
			json_array_append_new(scan->rows,
					      session_row(scan, file, i));
	}
}

/* Returns false if there is no memory. */
static bool
scan_files(struct scan *scan, const struct mx_region *region)
{
	struct session_reader *file = session_reader_open(region);

	if (file == NULL)
		return false;
	while (session_reader_next(file))
		scan_chunk(scan, file);
	session_reader_close(file);
	return true;
}

static void
print_sessions(FILE *out, json_t *data)
{
	static const struct table_column columns[] = {
		{"client", "CLIENT"},   {"vip", "VIP"},
		{"mode", "MODE"},       {"local", "LOCAL"},
		{"backend", "BACKEND"}, {"state", "STATE"},
		{"age_s", "AGE S"},     {"idle_left_s", "IDLE LEFT S"},
	};
	const json_t *rows = json_object_get(data, "sessions");
	const char *state;
	json_t *count;

	fprintf(out, "%" JSON_INTEGER_FORMAT " sessions",
		json_integer_value(json_object_get(data, "total")));
	json_object_foreach(json_object_get(data, "by_state"), state, count)
		if (json_integer_value(count) > 0)
			fprintf(out, ", %" JSON_INTEGER_FORMAT " %s",
				json_integer_value(count), state);
	fputc('\n', out);
	if (json_array_size(rows) > 0)
		table_print(out, rows, columns,
			    sizeof(columns) / sizeof(columns[0]));
	inforce_print_absence(out, data);
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

static json_t *
sessions_rows(const struct sources *sources, int argc, char **argv,
	      struct report_result *result)
{
	struct scan scan = {.sources = sources, .shown_max = SHOWN_DEFAULT};

	if (argc > 0 && !number_parse(argv[0], SHOWN_MAX, &scan.shown_max))
		return report_misused(result,
				      "expected: show sessions [N], N up to %d",
				      SHOWN_MAX);
	const struct mx_region *region = report_region(sources, result);
	if (region == NULL)
		return NULL;
	scan.now_s = clock_s();
	scan.rows = json_array();
	if (!scan_files(&scan, region)) {
		json_decref(scan.rows);
		return report_refuse(result,
				     "not enough memory to read sessions");
	}
	json_t *data = pack_scan(&scan);
	inforce_set_absence(data, sources->publisher);
	return data;
}

const struct report report_sessions = {sessions_rows, print_sessions};
