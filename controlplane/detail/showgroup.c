/* SPDX-License-Identifier: BSD-3-Clause */
/* `show group`: the other boxes, and whose sessions each of them has. */
#include "showgroup.h"

#include "causes.h"
#include "clock.h"
#include "endpoint.h"
#include "groupwatch.h"
#include "peerwatch.h"
#include "state.h"
#include "table.h"

static json_t *
for_s(const struct peerwatch_fact *fact)
{
	return fact->known ? json_integer(clock_s() - fact->changed_s)
			   : json_null();
}

/* Set what mxsteer-replica says of a box.  peer: NULL, if it says nothing. */
static void
set_streams(json_t *row, const struct replicated_peer *peer, bool runs)
{
	static const struct replicated_peer nothing;
	const struct replicated_peer *said = peer != NULL ? peer : &nothing;
	const int64_t synced_s = said->from.synced_ms / 1000;

	report_set_count(row, "sessions", said->from.sessions);
	report_set(row, "age_s",
		   synced_s > 0 ? json_integer(clock_wall_s() - synced_s)
				: json_null());
	report_set(row, "lag_ms",
		   runs && said->to.state == REPLICATED_SYNCED
			   ? json_integer(said->to.lag_ms)
			   : json_null());
	report_set_count(row, "records_in", said->from.records);
	report_set_count(row, "records_out", said->to.records);
	report_set_count(row, "bytes_in", said->from.bytes);
	report_set_count(row, "bytes_out", said->to.bytes);
	report_set_count(row, "teaches_in", said->from.teaches);
	report_set_count(row, "teaches_out", said->to.teaches);
	report_set_count(row, "breaks", said->from.breaks + said->to.breaks);
	report_set(row, "workers",
		   said->workers > 0 ? json_integer(said->workers)
				     : json_null());
}

static json_t *
box_row(const struct peerwatch *watch, const struct mx_config_box *box)
{
	const struct peerwatch_box *here = &watch->box[box->box];
	char address[MX_ENDPOINT_TEXT_MAX], trouble[PEERWATCH_TROUBLE_MAX];
	json_t *row = json_object();

	peerwatch_trouble(watch, box, trouble);
	report_set_count(row, "box", box->box);
	report_set(row, "address",
		   json_string(mx_endpoint_format(&box->address, address)));
	report_set(row, "from", json_string(peerwatch_from(watch, box->box)));
	report_set(row, "from_s", for_s(&here->from));
	report_set(row, "to", json_string(peerwatch_to(watch, box->box)));
	report_set(row, "to_s", for_s(&here->to));
	set_streams(row, peerwatch_peer(watch, box->box),
		    peerwatch_runs(watch));
	report_set(row, "config",
		   here->same.known
			   ? json_string(here->same.is ? "same" : "differs")
			   : json_null());
	report_set(row, "trouble",
		   trouble[0] != '\0' ? json_string(trouble) : json_null());
	return row;
}

static json_t *
box_rows(const struct peerwatch *watch, const struct mx_config_group *group)
{
	json_t *rows = json_array();

	for (uint16_t i = 0; group->box != 0 && i < group->box_count; i++)
		if (group->boxes[i].box != group->box)
			json_array_append_new(rows,
					      box_row(watch, &group->boxes[i]));
	return rows;
}

/* Set what mxsteer-replica says of itself. */
static void
set_own(json_t *data, const struct peerwatch *watch)
{
	static const struct replicated nothing;
	const struct replicated *said =
		watch->has_run ? &watch->replicated : &nothing;

	report_set(data, "running", json_boolean(peerwatch_runs(watch)));
	report_set(data, "fault",
		   said->error != 0
			   ? json_string(groupwatch_error_text(said->error))
			   : json_null());
	report_set_count(data, "sessions", said->sessions);
	report_set_count(data, "scans", said->scans);
	report_set(data, "scan_ms", json_real((double)said->scan_us / 1000));
	causes_set(data, "refused", "refused_by", said->refused,
		   REPLICATED_REFUSALS, replicated_refusal_name);
}

static json_t *
group_rows(const struct sources *sources, const struct arguments *arguments,
	   struct report_result *result)
{
	const struct mx_config_group *group = &sources->state->config->group;
	json_t *data = json_object();

	(void)arguments, (void)result;
	report_set(data, "box",
		   group->box != 0 ? json_integer(group->box) : json_null());
	set_own(data, sources->peers);
	report_set(data, "boxes", box_rows(sources->peers, group));
	return data;
}

/* Add the ages in words. */
static void
complete_group(json_t *data)
{
	char text[TABLE_AGE_MAX];
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(data, "boxes"), i, row) {
		const json_t *age = json_object_get(row, "age_s");

		if (json_is_integer(age))
			report_set(row, "age",
				   json_string(table_age(
					   json_integer_value(age), text)));
	}
}

static const struct table_column group_columns[] = {
	{"box", "BOX"},
	{"address", "ADDRESS", 3},
	{"from", "FROM", .state = true},
	{"sessions", "SESSIONS"},
	{"age", "AGE", 2},
	{"to", "TO", .state = true},
	{"lag_ms", "LAG MS", 2},
	{"records_in", "RECORDS IN", 5},
	{"records_out", "RECORDS OUT", 5},
	{"bytes_in", "BYTES IN", 6},
	{"bytes_out", "BYTES OUT", 6},
	{"breaks", "BREAKS", 4},
	{"config", "CONFIG", 1, .state = true},
	{"trouble", "TROUBLE"},
};
static const struct table group_table = TABLE("boxes", group_columns);

static void
print_group(FILE *out, json_t *data, const struct table_style *style)
{
	const char *fault = json_string_value(json_object_get(data, "fault"));

	if (json_is_null(json_object_get(data, "box"))) {
		fputs("this box is in no group (key group)\n", out);
		return;
	}
	table_print(out, json_object_get(data, "boxes"), &group_table, style);
	fprintf(out, "this box: %" JSON_INTEGER_FORMAT ", mxsteer-replica %s",
		json_integer_value(json_object_get(data, "box")),
		json_is_true(json_object_get(data, "running"))
			? "runs"
			: "does not run");
	fprintf(out,
		", sessions to send: %" JSON_INTEGER_FORMAT
		", last scan: %.1f ms\n",
		json_integer_value(json_object_get(data, "sessions")),
		json_number_value(json_object_get(data, "scan_ms")));
	if (fault != NULL)
		fprintf(out, "it cannot work: %s\n", fault);
	causes_print(out, "connections refused or ended",
		     json_object_get(data, "refused_by"));
}

const struct report report_group = {.rows = group_rows,
				    .print = print_group,
				    .tables = {&group_table},
				    .complete = complete_group};
