/* SPDX-License-Identifier: BSD-3-Clause */
/* The reports of what the workers count. */
#include "clock.h"
#include "inforce.h"
#include "meter.h"
#include "publish.h"
#include "reports.h"
#include "state.h"
#include "table.h"
#include "traffic.h"

#define COLUMNS(list) (sizeof(list) / sizeof((list)[0]))

static json_t *
pack_frames(const struct frame_count *count)
{
	return json_pack("{s:I s:I s:I s:I s:I s:I}", "rx",
			 (json_int_t)count->rx, "made", (json_int_t)count->made,
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
print_refused(FILE *out, const json_t *rows)
{
	static const struct table_column columns[] = {
		{"packets", "PACKETS"},
		{"service", "SERVICE"},
		{"reason", "REASON"},
	};

	fputs("of these, from clients of\n", out);
	table_print(out, rows, columns, COLUMNS(columns));
}

static void
print_told(FILE *out, const json_t *rows)
{
	static const struct table_column columns[] = {
		{"clients", "CLIENTS"},
		{"service", "SERVICE"},
		{"reason", "REASON"},
		{"answer", "ANSWER"},
	};

	fputs("clients that were answered, and not dropped\n", out);
	table_print(out, rows, columns, COLUMNS(columns));
}

static void
print_losses(FILE *out, const json_t *rows)
{
	static const struct table_column columns[] = {
		{"frames", "FRAMES"},
		{"port", "PORT"},
		{"reason", "REASON"},
	};

	fputs("lost by ports, and not part of the sum below\n", out);
	table_print(out, rows, columns, COLUMNS(columns));
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
	if (json_array_size(json_object_get(data, "services")) > 0)
		print_refused(out, json_object_get(data, "services"));
	if (json_array_size(json_object_get(data, "told")) > 0)
		print_told(out, json_object_get(data, "told"));
	if (json_array_size(json_object_get(data, "ports")) > 0)
		print_losses(out, json_object_get(data, "ports"));
	fprintf(out,
		"rx %" JSON_INTEGER_FORMAT " + made %" JSON_INTEGER_FORMAT
		" %s tx %" JSON_INTEGER_FORMAT
		" + to-kernel %" JSON_INTEGER_FORMAT
		" + handed-off %" JSON_INTEGER_FORMAT
		" + dropped %" JSON_INTEGER_FORMAT "%s\n",
		get_count(data, "rx"), get_count(data, "made"),
		balanced ? "=" : "!=", get_count(data, "tx"),
		get_count(data, "to_kernel"), get_count(data, "handed_off"),
		get_count(data, "dropped"), balanced ? "" : ": not balanced");
	inforce_print_absence(out, data);
}

static json_t *
drops_rows(const struct sources *sources, int argc, char **argv,
	   struct report_result *result)
{
	const struct mx_region *region = report_region(sources, result);
	struct frame_count sum = {0};

	(void)argc, (void)argv;
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
	json_t *data = pack_frames(&sum);
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

const struct report report_drops = {drops_rows, print_drops};

static uint64_t
worker_sessions(const struct mx_region *region, uint16_t worker)
{
	uint64_t sessions = 0;

	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		sessions +=
			traffic_sessions(&region->worker[worker].service[id]);
	return sessions;
}

/* A setting in force: a word for programs and a text for people. */
struct in_force {
	const char *name;
	const char *text;
};

static const struct in_force steerings[MX_STEERINGS] = {
	[MX_STEERING_ALONE] = {"alone", "one worker, which gets all frames"},
	[MX_STEERING_RINGS] = {"rings", "workers hand frames over to the one "
					"that owns the session"},
	[MX_STEERING_RSS] = {"rss", "local ports are chosen so that the "
				    "network card brings replies to the "
				    "session's worker"},
};

static const struct in_force idlings[MX_IDLINGS] = {
	[MX_IDLING_POLLS] = {"poll", "workers poll on, which uses their cores "
				     "up"},
	[MX_IDLING_SLEEPS] = {"sleep", "workers sleep, up to a "
				       "millisecond at a time"},
	[MX_IDLING_WAITS] = {"interrupts", "workers sleep until a frame comes "
					   "in"},
};

static void
set_in_force(json_t *data, const char *key, const struct in_force *known)
{
	char text_key[32];

	snprintf(text_key, sizeof(text_key), "%s_text", key);
	json_object_set_new(data, key,
			    known != NULL ? json_string(known->name)
					  : json_null());
	json_object_set_new(
		data, text_key,
		json_string(known != NULL ? known->text : "unknown"));
}

static void
print_workers(FILE *out, json_t *data)
{
	static const struct table_column columns[] = {
		{"worker", "WORKER"},
		{"core", "CORE"},
		{"busy_percent", "BUSY %"},
		{"sessions", "SESSIONS"},
		{"slots_used", "SLOTS USED"},
		{"rx", "RX"},
		{"tx", "TX"},
		{"to_kernel", "TO KERNEL"},
		{"from_kernel", "FROM KERNEL"},
		{"handed_off", "HANDED OFF"},
		{"strayed", "STRAYED"},
		{"sleeps", "SLEEPS"},
		{"moved", "MOVED"},
		{"doubts_asked", "ASKED"},
		{"synacks", "SYN COOKIES"},
		{"cookies_on", "ON FOR"},
		{"resets_unknown", "RESETS"},
		{"dropped", "DROPPED"},
		{"proxy_resent", "PROXY RESENT"},
		{"proxy_given_up", "PROXY GIVEN UP"},
	};

	table_print_folded(out, json_object_get(data, "workers"), columns,
			   COLUMNS(columns));
	fprintf(out, "steering: %s\n",
		json_string_value(json_object_get(data, "steering_text")));
	fprintf(out, "when nothing comes: %s\n",
		json_string_value(json_object_get(data, "idle_text")));
	inforce_print_absence(out, data);
}

/* Set the counters that are not in the equation of frames. */
static void
set_counts(json_t *row, const struct mx_worker_count *worker)
{
	const struct {
		const char *key;
		const uint64_t *count;
	} counts[] = {
		{"slots_used", &worker->slots_used},
		{"busy_cycles", &worker->busy_cycles},
		{"answered", &worker->answered},
		{"strayed", &worker->strayed},
		{"sleeps", &worker->sleeps},
		{"moved", &worker->moved},
		{"doubts_asked", &worker->doubts_asked},
		{"doubts_alive", &worker->doubts_alive},
		{"doubts_dead", &worker->doubts_dead},
		{"doubts_unanswered", &worker->doubts_unanswered},
		{"doubts_refused", &worker->doubts_refused},
		{"ways_moved", &worker->ways_moved},
		{"resets_unknown", &worker->resets_unknown},
		{"stateless", &worker->stateless},
		{"synacks", &worker->synacks},
		{"synacks_again", &worker->synacks_again},
		{"synacks_proven", &worker->synacks_proven},
		{"synacks_unproven", &worker->synacks_unproven},
		{"texts_again", &worker->texts_again},
		{"texts_missed", &worker->texts_missed},
		{"from_kernel", &worker->from_kernel},
		{"failovers_refused", &worker->failovers_refused},
		{"failovers_silent", &worker->failovers_silent},
		{"failovers_busy", &worker->failovers_busy},
		{"failovers_mute", &worker->failovers_mute},
		{"failovers_none", &worker->failovers_none},
		{"failovers_missed", &worker->failovers_missed},
		{"joins", &worker->joins},
		{"joins_failed", &worker->joins_failed},
		{"joins_mismatched", &worker->joins_mismatched},
		{"joins_missed", &worker->joins_missed},
		{"diverted", &worker->diverted},
		{"ended", &worker->ended},
		{"proxy_resent", &worker->proxy_resent},
		{"proxy_given_up", &worker->proxy_given_up},
	};

	for (size_t i = 0; i < COLUMNS(counts); i++) {
		const uint64_t count =
			__atomic_load_n(counts[i].count, __ATOMIC_RELAXED);
		json_object_set_new(row, counts[i].key,
				    json_integer((json_int_t)count));
	}
}

static json_t *
worker_row(const struct sources *sources, const struct mx_region *region,
	   uint16_t worker)
{
	const struct frame_count count = traffic_frames(region, worker);
	const double busy = meter_busy_percent(sources->meter, worker);
	const uint64_t sessions = worker_sessions(region, worker);
	json_t *row = pack_frames(&count);

	json_object_set_new(row, "worker", json_integer(worker));
	json_object_set_new(row, "core",
			    json_integer(region->header.worker_core[worker]));
	json_object_set_new(row, "sessions",
			    json_integer((json_int_t)sessions));
	json_object_set_new(row, "busy_percent",
			    busy < 0 ? json_null() : json_real(busy));
	set_counts(row, &region->worker[worker]);
	/* For how many services the worker answers SYNs by cookies now. */
	json_object_set_new(row, "cookies_on",
			    json_integer(traffic_worker_cookies_on(
				    region, worker, (uint32_t)clock_s())));
	return row;
}

static json_t *
workers_rows(const struct sources *sources, int argc, char **argv,
	     struct report_result *result)
{
	const struct mx_region *region = report_region(sources, result);

	(void)argc, (void)argv;
	if (region == NULL)
		return NULL;
	json_t *rows = json_array();
	for (uint16_t w = 0; w < traffic_workers(region); w++)
		json_array_append_new(rows, worker_row(sources, region, w));
	json_t *data = json_pack("{s:o, s:I}", "workers", rows, "tsc_hz",
				 (json_int_t)region->header.tsc_hz);
	const uint8_t steering = atomic_load_explicit(&region->header.steering,
						      memory_order_relaxed);
	const uint8_t idling = region->header.idling;
	set_in_force(data, "steering",
		     steering < MX_STEERINGS ? &steerings[steering] : NULL);
	set_in_force(data, "idle",
		     idling < MX_IDLINGS ? &idlings[idling] : NULL);
	inforce_set_absence(data, sources->publisher);
	return data;
}

const struct report report_workers = {workers_rows, print_workers};
