/* SPDX-License-Identifier: BSD-3-Clause */
/* `show announce`: the addresses that the site's routers are told of. */
#include "showannounce.h"

#include <string.h>

#include "clock.h"
#include "endpoint.h"
#include "publish.h"
#include "snatrows.h"
#include "state.h"
#include "table.h"

/* Why no address has a route, whatever the rows say; NULL: they have. */
static const char *
obstacle(const struct sources *sources)
{
	const struct mx_region *region = publisher_region(sources->publisher);

	if (region == NULL || !publisher_outcome(sources->publisher).running)
		return "the data plane does not run";
	switch (atomic_load_explicit(&region->ack.announce_hold,
				     memory_order_relaxed)) {
	case MX_ANNOUNCE_STALLS:
		return "a worker finishes no round";
	case MX_ANNOUNCE_HOMES:
		return "sessions come back from other boxes";
	default:
		return NULL;
	}
}

static json_t *
what_text(const struct announcement *row, const struct state *state)
{
	if (row->kind == ANNOUNCEMENT_VIP)
		return json_sprintf("VIP of %s",
				    state->service[row->index].name);
	if (row->kind == ANNOUNCEMENT_PEER)
		return json_sprintf("SNAT of box %u", row->index);
	return json_string("SNAT");
}

static json_t *
announce_row(const struct announcement *row, const struct state *state,
	     const char *hindrance)
{
	char text[MX_ENDPOINT_TEXT_MAX];
	const bool on = row->on && hindrance == NULL;
	const char *why = row->on && hindrance != NULL ? hindrance
						       : announcement_why(row);

	return json_pack(
		"{s:s s:o s:s s:I s:I s:o}", "address",
		mx_addr_format(&row->addr, text), "what", what_text(row, state),
		"state", on ? "announced" : "withdrawn", "metric",
		(json_int_t)row->metric, "since_s", (json_int_t)row->since_s,
		"why", why[0] != '\0' ? json_string(why) : json_null());
}

/* What the data plane says of its routes. */
static void
set_routes(json_t *data, const struct mx_region *region)
{
	const int error =
		region == NULL
			? 0
			: atomic_load_explicit(&region->ack.announce_errno,
					       memory_order_relaxed);

	report_set_count(data, "routes",
			 region == NULL
				 ? 0
				 : atomic_load_explicit(&region->ack.announced,
							memory_order_relaxed));
	report_set_count(data, "failed",
			 region == NULL ? 0
					: atomic_load_explicit(
						  &region->ack.announce_failed,
						  memory_order_relaxed));
	report_set(data, "fault",
		   error != 0 ? json_string(strerror(error)) : json_null());
}

/* For whom ARP and ND are answered. */
static void
set_neighbours(json_t *data, const struct state *state)
{
	const bool by_role =
		state->config->announce.neighbours == MX_NEIGHBOURS_ROLE;
	const int64_t since_s = state->box.role_note.since_s;
	json_t *list = json_array();

	for (uint16_t box = 1; box <= MX_BOXES_MAX; box++)
		if (snatrows_answers_for(state, box))
			json_array_append_new(
				list, json_pack("{s:i}", "box", (int)box));
	report_set(data, "neighbours",
		   json_string(by_role ? "role" : "always"));
	report_set(data, "role",
		   by_role ? json_string(state->box.role ? "on" : "off")
			   : json_null());
	report_set(data, "role_since_s",
		   by_role && since_s > 0 ? json_integer(since_s)
					  : json_null());
	report_set(data, "answers_for", list);
}

static json_t *
announce_rows(const struct sources *sources, const struct arguments *arguments,
	      struct report_result *result)
{
	const struct state *state = sources->state;
	const char *interface = state->config->announce.interface;
	const char *hindrance = obstacle(sources);
	json_t *data = json_object();
	json_t *list = json_array();

	(void)arguments, (void)result;
	for (uint16_t i = 0; i < state->announcements.count; i++)
		json_array_append_new(list,
				      announce_row(&state->announcements.row[i],
						   state, hindrance));
	report_set(data, "interface",
		   interface[0] != '\0' ? json_string(interface) : json_null());
	report_set(data, "announces", list);
	set_routes(data, publisher_region(sources->publisher));
	set_neighbours(data, state);
	return data;
}

static void
complete(json_t *data)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(data, "announces"), i, row) {
		const int64_t since_s =
			json_integer_value(json_object_get(row, "since_s"));
		char text[TABLE_AGE_MAX];

		report_set(
			row, "since",
			json_string(table_age(clock_wall_s() - since_s, text)));
	}
}

static const struct table_column columns[] = {
	{"address", "ADDRESS"},
	{"what", "WHAT"},
	{"state", "STATE", .state = true},
	{"metric", "METRIC", .rank = 2},
	{"since", "SINCE", .rank = 1},
	{"why", "WHY"},
};
static const struct table announces_table = TABLE("announces", columns);

/* By whom the VIPs are answered for. */
static void
print_neighbours(FILE *out, const json_t *data)
{
	const char *role = json_string_value(json_object_get(data, "role"));
	json_t *row;
	size_t i;

	if (role == NULL)
		return;
	if (strcmp(role, "on") == 0)
		fputs("ARP and ND: this box answers for its VIPs\n", out);
	else
		fputs("ARP and ND: this box does not answer for its VIPs, "
		      "until `announce on`\n",
		      out);
	json_array_foreach(json_object_get(data, "answers_for"), i, row)
		fprintf(out,
			"ARP and ND: it answers for the SNAT addresses of box "
			"%" JSON_INTEGER_FORMAT ", whose stream is lost\n",
			json_integer_value(json_object_get(row, "box")));
}

static void
print_announce(FILE *out, json_t *data, const struct table_style *style)
{
	const json_int_t failed =
		json_integer_value(json_object_get(data, "failed"));

	print_neighbours(out, data);
	if (json_is_null(json_object_get(data, "interface"))) {
		fputs("no route is announced: the file has no `announce` with "
		      "an interface\n",
		      out);
		return;
	}
	table_print(out, json_object_get(data, "announces"), &announces_table,
		    style);
	if (failed > 0)
		fprintf(out,
			"routes that could not be set: %" JSON_INTEGER_FORMAT
			", %s\n",
			failed,
			json_string_value(json_object_get(data, "fault")));
}

const struct report report_announce = {announce_rows,
				       print_announce,
				       {&announces_table},
				       .complete = complete};
