/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that show what the workers count. */
#include "commands.h"
#include "table.h"
#include "traffic.h"

#define COLUMNS(list) (sizeof(list) / sizeof((list)[0]))

/* Answers with an error and returns NULL if there is nothing to show. */
static const struct mx_region *
need_region(const struct asker *asker)
{
	const struct mx_region *region =
		publisher_region(asker->control->publisher);

	if (region == NULL)
		reply_error(asker, "no data plane has been started yet: is "
				   "mxsteer-dataplane running?");
	return region;
}

static json_t *
pack_frames(const struct frame_count *count)
{
	return json_pack("{s:I s:I s:I s:I s:I}", "rx", (json_int_t)count->rx,
			 "tx", (json_int_t)count->tx, "to_kernel",
			 (json_int_t)count->to_kernel, "handed_off",
			 (json_int_t)count->handed_off, "dropped",
			 (json_int_t)traffic_dropped(count));
}

static json_int_t
get_count(const json_t *data, const char *key)
{
	return json_integer_value(json_object_get(data, key));
}

static void
print_drops(FILE *out, json_t *data)
{
	const json_t *drops = json_object_get(data, "drops");
	const bool balanced = json_is_true(json_object_get(data, "balanced"));
	bool any = false;

	for (int i = MX_DROP_NONE + 1; i < MX_DROP_REASONS; i++) {
		const enum mx_drop reason = (enum mx_drop)i;
		const json_int_t count = get_count(drops, mx_drop_name(reason));
		if (count == 0)
			continue;
		if (!any)
			fprintf(out, "%15s  %-14s MEANING\n", "PACKETS",
				"REASON");
		any = true;
		fprintf(out, "%15" JSON_INTEGER_FORMAT "  %-14s %s\n", count,
			mx_drop_name(reason), mx_drop_text(reason));
	}
	if (!any)
		fputs("no packet was dropped\n", out);
	fprintf(out,
		"rx %" JSON_INTEGER_FORMAT " %s tx %" JSON_INTEGER_FORMAT
		" + to-kernel %" JSON_INTEGER_FORMAT
		" + handed-off %" JSON_INTEGER_FORMAT
		" + dropped %" JSON_INTEGER_FORMAT "%s\n",
		get_count(data, "rx"),
		balanced ? "=" : "!=", get_count(data, "tx"),
		get_count(data, "to_kernel"), get_count(data, "handed_off"),
		get_count(data, "dropped"), balanced ? "" : ": not balanced");
}

void
command_show_drops(const struct asker *asker, int argc, char **argv)
{
	const struct mx_region *region = need_region(asker);
	struct frame_count sum = {0};

	(void)argc, (void)argv;
	if (region == NULL)
		return;
	for (uint16_t w = 0; w < traffic_workers(region); w++) {
		const struct frame_count count = traffic_frames(region, w);
		sum.rx += count.rx;
		sum.tx += count.tx;
		sum.to_kernel += count.to_kernel;
		sum.handed_off += count.handed_off;
		for (int r = 0; r < MX_DROP_REASONS; r++)
			sum.dropped[r] += count.dropped[r];
	}
	json_t *data = pack_frames(&sum);
	json_t *drops = json_object();
	for (int r = MX_DROP_NONE + 1; r < MX_DROP_REASONS; r++)
		json_object_set_new(drops, mx_drop_name((enum mx_drop)r),
				    json_integer((json_int_t)sum.dropped[r]));
	json_object_set_new(data, "drops", drops);
	json_object_set_new(data, "balanced",
			    json_boolean(traffic_balanced(&sum)));
	reply_data(asker, data, print_drops);
}

static uint64_t
worker_sessions(const struct mx_region *region, uint16_t worker)
{
	uint64_t sessions = 0;

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		sessions +=
			traffic_sessions(&region->worker[worker].service[id]);
	return sessions;
}

static void
print_workers(FILE *out, json_t *data)
{
	static const struct table_column columns[] = {
		{"worker", "WORKER"},
		{"core", "CORE"},
		{"busy_percent", "BUSY %"},
		{"sessions", "SESSIONS"},
		{"rx", "RX"},
		{"tx", "TX"},
		{"to_kernel", "TO KERNEL"},
		{"handed_off", "HANDED OFF"},
		{"dropped", "DROPPED"},
	};

	table_print(out, json_object_get(data, "workers"), columns,
		    COLUMNS(columns));
}

void
command_show_workers(const struct asker *asker, int argc, char **argv)
{
	const struct mx_region *region = need_region(asker);
	json_t *rows = json_array();

	(void)argc, (void)argv;
	if (region == NULL) {
		json_decref(rows);
		return;
	}
	for (uint16_t w = 0; w < traffic_workers(region); w++) {
		const struct frame_count count = traffic_frames(region, w);
		const double busy =
			meter_busy_percent(asker->control->meter, w);
		json_t *row = pack_frames(&count);
		json_object_set_new(row, "worker", json_integer(w));
		json_object_set_new(
			row, "core",
			json_integer(region->header.worker_core[w]));
		json_object_set_new(
			row, "sessions",
			json_integer((json_int_t)worker_sessions(region, w)));
		json_object_set_new(row, "busy_percent",
				    busy < 0 ? json_null() : json_real(busy));
		json_array_append_new(rows, row);
	}
	reply_data(asker, json_pack("{s:o}", "workers", rows), print_workers);
}
