/* SPDX-License-Identifier: BSD-3-Clause */
#include "showhttp.h"

#include <string.h>

#include "table.h"
#include "webreply.h"
#include "webserver.h"

static void
set_state(json_t *data, const struct webserver_state *state)
{
	char text[MX_ENDPOINT_TEXT_MAX];
	const bool off = state->listen.port_be == 0;

	report_set(data, "listen",
		   json_string(off ? "off"
				   : mx_endpoint_format(&state->listen, text)));
	report_set(data, "fault",
		   state->error != 0 ? json_string(strerror(state->error))
				     : NULL);
	report_set_count(data, "connections", state->taken);
	report_set_count(data, "connections_max", state->places);
	report_set_count(data, "feeds", state->fed);
	report_set_count(data, "accepted", state->count.accepted);
	report_set_count(data, "pages", state->count.pages);
	report_set_count(data, "left", state->count.left);
}

static json_t *
http_rows(const struct sources *sources, const struct arguments *arguments,
	  struct report_result *result)
{
	const struct webserver_state state = webserver_state(sources->web);
	json_t *data = json_object();
	json_t *rows = json_array();

	(void)arguments, (void)result;
	set_state(data, &state);
	for (int i = 0; i < WEB_REFUSAL_REASONS; i++)
		json_array_append_new(
			rows,
			json_pack("{s:s s:I s:s}", "reason",
				  web_refusal_name((enum web_refusal)i),
				  "count", (json_int_t)state.count.refused[i],
				  "meaning",
				  web_refusal_text((enum web_refusal)i)));
	report_set(data, "refused", rows);
	return data;
}

static const struct table_column columns[] = {
	{"reason", "REFUSED"},
	{"count", "COUNT"},
	{"meaning", "BECAUSE"},
};
static const struct table table = TABLE("refused", columns);

static void
print_http(FILE *out, json_t *data, const struct table_style *style)
{
	static const struct table_column fields[] = {
		{"listen", "address"},
		{"fault", "not served because"},
		{"connections", "connections"},
		{"connections_max", "most at once"},
		{"feeds", "of them feeds"},
		{"accepted", "accepted"},
		{"pages", "got their page"},
		{"left", "left without a request"},
	};

	table_print_fields(out, data, fields,
			   sizeof(fields) / sizeof(fields[0]), style);
	fputc('\n', out);
	table_print(out, json_object_get(data, "refused"), &table, style);
}

const struct report report_http = {
	.rows = http_rows, .print = print_http, .tables = {&table}};
