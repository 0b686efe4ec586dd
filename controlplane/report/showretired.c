/* SPDX-License-Identifier: BSD-3-Clause */
/* `show retired`: what left the configuration and is there still, and why. */
#include "clock.h"
#include "endpoint.h"
#include "publish.h"
#include "reports.h"
#include "state.h"
#include "table.h"
#include "traffic.h"

static void
add_row(json_t *rows, const char *kind, const char *what, int64_t since_s,
	uint64_t sessions, const char *until)
{
	const int64_t retired_s = clock_wall_s() - since_s;

	json_array_append_new(
		rows,
		json_pack("{s:s s:s s:I s:I s:s}", "kind", kind, "what", what,
			  "sessions", (json_int_t)sessions, "retired_s",
			  (json_int_t)(retired_s > 0 ? retired_s : 0), "until",
			  until));
}

static void
add_addresses(json_t *rows, const struct retired *retired)
{
	for (uint16_t i = 0; i < retired->count; i++) {
		const struct retired_address *row = &retired->row[i];
		const bool is_vip = row->at.port_be != 0;
		char text[MX_ENDPOINT_TEXT_MAX];

		if (is_vip)
			mx_endpoint_format(&row->at, text);
		else
			mx_addr_format(&row->at.addr, text);
		add_row(rows, is_vip ? "vip" : "snat", text, row->since_s,
			row->sessions,
			row->sessions == 0 && row->slots > 0
				? "the last segments of its sessions have "
				  "passed"
				: "no session uses it");
	}
}

static void
add_services(json_t *rows, const struct sources *sources)
{
	const struct mx_region *region = publisher_region(sources->publisher);

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		const struct service *service = &sources->state->service[id];
		struct mx_flow_count count = {0};

		if (!service->retired)
			continue;
		if (region != NULL)
			count = traffic_service(region, id);
		add_row(rows, "service", service->name,
			service->retired_since_s, traffic_sessions(&count),
			"no session uses it");
	}
}

static void
add_backends(json_t *rows, const struct sources *sources)
{
	const struct mx_region *region = publisher_region(sources->publisher);

	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		const struct backend *b = &sources->state->backend[id];
		char label[STATE_LABEL_MAX], address[MX_ENDPOINT_TEXT_MAX];
		char what[STATE_LABEL_MAX + MX_ENDPOINT_TEXT_MAX + 2];
		char until[64];
		struct mx_flow_count count = {0};

		if (!b->retired)
			continue;
		if (region != NULL)
			count = traffic_backend(region, id);
		snprintf(what, sizeof(what), "%s %s", state_label(b, label),
			 mx_endpoint_format(&b->address, address));
		snprintf(until, sizeof(until),
			 "no session uses it, after %lld s at least",
			 (long long)state_retired_s(sources->state));
		add_row(rows, "backend", what, b->retired_since_s,
			traffic_sessions(&count), until);
	}
}

static const struct table_column retired_columns[] = {
	{"kind", "KIND", 2},      {"what", "WHAT"},
	{"sessions", "SESSIONS"}, {"retired_s", "RETIRED S", 1},
	{"until", "UNTIL"},
};
static const struct table retired_table = TABLE("retired", retired_columns);

static void
print_retired(FILE *out, json_t *data, const struct table_style *style)
{
	const json_t *rows = json_object_get(data, "retired");

	if (json_array_size(rows) == 0)
		fputs("nothing is retired: all that is in use is configured\n",
		      out);
	else
		table_print(out, rows, &retired_table, style);
}

static json_t *
retired_rows(const struct sources *sources, const struct arguments *arguments,
	     struct report_result *result)
{
	json_t *rows = json_array();

	(void)arguments, (void)result;
	add_addresses(rows, &sources->state->retired);
	add_services(rows, sources);
	add_backends(rows, sources);
	return json_pack("{s:o}", "retired", rows);
}

const struct report report_retired = {
	retired_rows, print_retired, {&retired_table}};
