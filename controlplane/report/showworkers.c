/* SPDX-License-Identifier: BSD-3-Clause */
/* The report of the workers: what each does now, and what it has counted. */
#include "clock.h"
#include "inforce.h"
#include "meter.h"
#include "observer.h"
#include "reports.h"
#include "table.h"
#include "traffic.h"

#define COLUMNS(list) (sizeof(list) / sizeof((list)[0]))

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

static bool
has_lost_events(const json_t *data)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(data, "workers"), i, row)
		if (json_integer_value(json_object_get(row, "events_lost")) > 0)
			return true;
	return false;
}

static const struct table_column workers_columns[] = {
	{"worker", "WORKER"},
	{"core", "CORE", 2},
	{"busy_percent", "BUSY %", 1},
	{"sessions", "SESSIONS"},
	{"slots_used", "SLOTS USED", 4},
	{"rx", "RX", 1},
	{"tx", "TX", 1},
	{"to_kernel", "TO KERNEL", 4},
	{"from_kernel", "FROM KERNEL", 5},
	{"handed_off", "HANDED OFF", 3},
	{"strayed", "STRAYED", 6},
	{"sleeps", "SLEEPS", 6},
	{"moved", "MOVED", 6},
	{"doubts_asked", "ASKED", 7},
	{"synacks", "SYN COOKIES", 5},
	{"cookies_on", "ON FOR", 6},
	{"resets_unknown", "RESETS", 7},
	{"dropped", "DROPPED", 1},
	{"proxy_resent", "PROXY RESENT", 7},
	{"proxy_given_up", "PROXY GIVEN UP", 7},
	{"events_lost", "EVENTS LOST"}, /* the last; see below */
};
static const struct table workers_table = TABLE("workers", workers_columns);

static void
print_workers(FILE *out, json_t *data, const struct table_style *style)
{

	/* No event is lost while the control plane runs.  The column would have
	 * zeros alone. */
	struct table table = workers_table;

	table.count -= !has_lost_events(data);
	table_print(out, json_object_get(data, "workers"), &table, style);
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
		{"borrowed", &worker->borrowed},
		{"borrowed_over", &worker->borrowed_over},
		{"homed", &worker->homed},
#define X(id, name, text) {name, &worker->borrow_refused[MX_BORROW_##id]},
		MX_BORROWS(X)
#undef X
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
	json_t *row = report_frames(&count);

	json_object_set_new(row, "worker", json_integer(worker));
	json_object_set_new(row, "core",
			    json_integer(region->header.worker_core[worker]));
	json_object_set_new(row, "sessions",
			    json_integer((json_int_t)sessions));
	json_object_set_new(row, "busy_percent",
			    busy < 0 ? json_null() : json_real(busy));
	set_counts(row, &region->worker[worker]);
	json_object_set_new(
		row, "events_lost",
		json_integer((json_int_t)sources->observer->lost[worker]));
	/* For how many services the worker answers SYNs by cookies now. */
	json_object_set_new(row, "cookies_on",
			    json_integer(traffic_worker_cookies_on(
				    region, worker, (uint32_t)clock_s())));
	return row;
}

static json_t *
workers_rows(const struct sources *sources, const struct arguments *arguments,
	     struct report_result *result)
{
	const struct mx_region *region = report_region(sources, result);

	(void)arguments;
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

const struct report report_workers = {
	workers_rows, print_workers, {&workers_table}};
