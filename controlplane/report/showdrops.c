/* SPDX-License-Identifier: BSD-3-Clause */
/* The report of the frames that were not forwarded, and why. */
#include "inforce.h"
#include "reports.h"
#include "state.h"
#include "table.h"
#include "traffic.h"
#include "wrap.h"

#define MEANING_AT 29 /* where the meanings begin */
#define INDENT 4      /* of what goes on in the next line */
#define LINE_SIZE 256

static json_int_t
get_count(const json_t *data, const char *key)
{
	return json_integer_value(json_object_get(data, key));
}

static const struct table_column refused_columns[] = {
	{"packets", "PACKETS"},
	{"service", "SERVICE"},
	{"reason", "REASON"},
};
static const struct table refused_table = TABLE("services", refused_columns);

static void
print_refused(FILE *out, const json_t *rows, const struct table_style *style)
{

	fputs("of these, from clients of\n", out);
	table_print(out, rows, &refused_table, style);
}

static const struct table_column told_columns[] = {
	{"clients", "CLIENTS"},
	{"service", "SERVICE"},
	{"reason", "REASON"},
	{"answer", "ANSWER"},
};
static const struct table told_table = TABLE("told", told_columns);

static void
print_told(FILE *out, const json_t *rows, const struct table_style *style)
{

	fputs("clients that were answered, and not dropped\n", out);
	table_print(out, rows, &told_table, style);
}

static const struct table_column losses_columns[] = {
	{"frames", "FRAMES"},
	{"port", "PORT"},
	{"reason", "REASON"},
};
static const struct table losses_table = TABLE("ports", losses_columns);

static void
print_losses(FILE *out, const json_t *rows, const struct table_style *style)
{

	fputs("lost by ports, and not part of the sum below\n", out);
	table_print(out, rows, &losses_table, style);
}

/* Make a row for each service and reason that has drops. */
static json_t *
pack_refused(const struct sources *sources, const struct mx_region *region)
{
	json_t *rows = json_array();

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++) {
		const struct service *service = &sources->state->service[id];
		if (!service->used)
			continue;
		for (int r = MX_DROP_NONE + 1; r < MX_DROP_REASONS; r++) {
			const enum mx_drop reason = (enum mx_drop)r;
			const uint64_t count =
				traffic_refused(region, id, reason);
			if (count > 0)
				json_array_append_new(
					rows,
					json_pack("{s:s s:s s:I}", "service",
						  service->name, "reason",
						  mx_drop_name(reason),
						  "packets",
						  (json_int_t)count));
		}
	}
	return rows;
}

/* Add a row for each answer and reason by which clients of a service were
 * refused. */
static void
add_told(json_t *rows, const struct mx_region *region, uint16_t id,
	 const char *service)
{
	for (int a = 0; a < MX_ANSWERS; a++)
		for (int r = MX_DROP_NONE + 1; r < MX_DROP_REASONS; r++) {
			const uint64_t count = traffic_told(
				region, id, (enum mx_answer)a, (enum mx_drop)r);
			if (count == 0)
				continue;
			json_array_append_new(
				rows,
				json_pack("{s:s s:s s:s s:I}", "service",
					  service, "reason",
					  mx_drop_name((enum mx_drop)r),
					  "answer",
					  mx_answer_name((enum mx_answer)a),
					  "clients", (json_int_t)count));
		}
}

static json_t *
pack_told(const struct sources *sources, const struct mx_region *region)
{
	json_t *rows = json_array();

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (sources->state->service[id].used)
			add_told(rows, region, id,
				 sources->state->service[id].name);
	return rows;
}

/* All frames, by where they went. */
static void
print_sum(FILE *out, const json_t *data, const struct table_style *style)
{
	const bool balanced = json_is_true(json_object_get(data, "balanced"));
	char line[LINE_SIZE];

	snprintf(line, sizeof(line),
		 "rx %" JSON_INTEGER_FORMAT " + made %" JSON_INTEGER_FORMAT
		 " %s tx %" JSON_INTEGER_FORMAT
		 " + to-kernel %" JSON_INTEGER_FORMAT
		 " + handed-off %" JSON_INTEGER_FORMAT
		 " + dropped %" JSON_INTEGER_FORMAT "%s",
		 get_count(data, "rx"), get_count(data, "made"),
		 balanced ? "=" : "!=", get_count(data, "tx"),
		 get_count(data, "to_kernel"), get_count(data, "handed_off"),
		 get_count(data, "dropped"), balanced ? "" : ": not balanced");
	wrap_print(out, line, style->width, INDENT, 0);
}

static void
print_drops(FILE *out, json_t *data, const struct table_style *style)
{
	const json_t *drops = json_object_get(data, "drops");
	bool any = false;

	for (int i = MX_DROP_NONE + 1; i < MX_DROP_REASONS; i++) {
		const enum mx_drop reason = (enum mx_drop)i;
		const json_int_t count = get_count(drops, mx_drop_name(reason));
		if (count == 0)
			continue;
		if (!any)
			fprintf(out, "%12s  %-14s MEANING\n", "PACKETS",
				"REASON");
		any = true;
		fprintf(out, "%12" JSON_INTEGER_FORMAT "  %-14s ", count,
			mx_drop_name(reason));
		wrap_print(out, mx_drop_text(reason), style->width, MEANING_AT,
			   MEANING_AT);
	}
	if (!any)
		fputs("no packet was dropped\n", out);
	if (json_array_size(json_object_get(data, "services")) > 0)
		print_refused(out, json_object_get(data, "services"), style);
	if (json_array_size(json_object_get(data, "told")) > 0)
		print_told(out, json_object_get(data, "told"), style);
	if (json_array_size(json_object_get(data, "ports")) > 0)
		print_losses(out, json_object_get(data, "ports"), style);
	print_sum(out, data, style);
	inforce_print_absence(out, data);
}

static json_t *
drops_rows(const struct sources *sources, const struct arguments *arguments,
	   struct report_result *result)
{
	const struct mx_region *region = report_region(sources, result);
	struct frame_count sum = {0};

	(void)arguments;
	if (region == NULL)
		return NULL;
	for (uint16_t w = 0; w < traffic_workers(region); w++) {
		const struct frame_count count = traffic_frames(region, w);
		sum.rx += count.rx;
		sum.tx += count.tx;
		sum.to_kernel += count.to_kernel;
		sum.handed_off += count.handed_off;
		sum.made += count.made;
		for (int r = 0; r < MX_DROP_REASONS; r++)
			sum.dropped[r] += count.dropped[r];
	}
	json_t *data = report_frames(&sum);
	json_t *drops = json_object();
	for (int r = MX_DROP_NONE + 1; r < MX_DROP_REASONS; r++)
		json_object_set_new(drops, mx_drop_name((enum mx_drop)r),
				    json_integer((json_int_t)sum.dropped[r]));
	json_object_set_new(data, "drops", drops);
	json_object_set_new(data, "services", pack_refused(sources, region));
	json_object_set_new(data, "told", pack_told(sources, region));
	json_object_set_new(data, "ports", report_port_losses(region));
	json_object_set_new(data, "balanced",
			    json_boolean(traffic_balanced(&sum)));
	inforce_set_absence(data, sources->publisher);
	return data;
}

const struct report report_drops = {
	drops_rows, print_drops, {&refused_table, &told_table, &losses_table}};
