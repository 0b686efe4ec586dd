/* SPDX-License-Identifier: BSD-3-Clause */
/* Each metric has the value of what it names, and each counter rises when its
 * thing happens.
 * Method: a whole control plane is scraped over a real connection.  The test
 * writes the counters of the region, gives results of checks, and asks for
 * pages. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "groupnote.h"
#include "logged.h"
#include "regionfile.h"
#include "runner.h"
#include "scraped.h"
#include "serving.h"
#include "webclient.h"
#include "webserver.h"

static void
setup(void)
{
	webclient_start(&plane, "");
}

/* What workers count: the first and the second one count 3 and 4. */
static void
count(size_t offset)
{
	for (int w = 0; w < 2; w++)
		*(uint64_t *)(void *)((char *)&plane.region->worker[w] +
				      offset) += (uint64_t)(3 + w);
}

#define OF(field) offsetof(struct mx_worker_count, field)
#define BEFORE 0 /* the row before has counted */

/* clang-format off */
static const struct {
	const char *series;
	size_t offset;
	double gain;
} counters[] = {
	{"mxsteer_service_sessions_total{service=\"inbound\"}", OF(service[0].opened), 7},
	{"mxsteer_service_sessions{service=\"inbound\"}", BEFORE, 7},
	{"mxsteer_service_abandoned_total{service=\"inbound\"}", OF(service[0].abandoned), 7},
	{"mxsteer_service_bytes_total{service=\"inbound\",direction=\"in\"}", OF(service[0].bytes_in), 7},
	{"mxsteer_service_bytes_total{service=\"inbound\",direction=\"out\"}", OF(service[0].bytes_out), 7},
	{"mxsteer_service_packets_total{service=\"inbound\",direction=\"in\"}", OF(service[0].packets_in), 7},
	{"mxsteer_service_packets_total{service=\"inbound\",direction=\"out\"}", OF(service[0].packets_out), 7},
	{"mxsteer_service_refused_total{service=\"inbound\",reason=\"no-backend\"}", OF(refused[0][MX_DROP_NO_BACKEND]), 7},
	{"mxsteer_service_refused_total{service=\"inbound\",reason=\"all-full\"}", OF(told[0][MX_ANSWER_421][MX_DROP_ALL_FULL]), 7},
	{"mxsteer_service_refused_total{service=\"inbound\",reason=\"denied\"}", OF(refused[0][MX_DROP_DENIED]), 7},
	{"mxsteer_service_early_talkers_total{service=\"inbound\"}", OF(early[0]), 7},
	{"mxsteer_backend_sessions_total{pool=\"mx\",backend=\"b\"}", OF(backend[2].opened), 7},
	{"mxsteer_backend_sessions{pool=\"mx\",backend=\"b\"}", BEFORE, 7},
	{"mxsteer_backend_abandoned_total{pool=\"mx\",backend=\"b\"}", OF(backend[2].abandoned), 7},
	{"mxsteer_worker_received_frames_total{worker=\"1\"}", OF(rx), 4},
	{"mxsteer_worker_sent_frames_total{worker=\"0\"}", OF(tx), 3},
	{"mxsteer_dropped_frames_total{reason=\"no-session\"}", OF(dropped[MX_DROP_NO_SESSION]), 7},
	{"mxsteer_session_slots_used", OF(slots_used), 7},
};
/* clang-format on */

START_TEST(each_counter_of_workers_rises)
{
	char *before = scraped_text();

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if (counters[i].offset != BEFORE)
			count(counters[i].offset);
	char *after = scraped_text();
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		const double was = scraped_value(before, counters[i].series);
		const double is = scraped_value(after, counters[i].series);

		ck_assert_msg(was >= 0 && is - was > counters[i].gain - 1e-9 &&
				      is - was < counters[i].gain + 1e-9,
			      "%s: %g, then %g", counters[i].series, was, is);
	}
	free(before);
	free(after);
}
END_TEST

START_TEST(handshakes_under_way_are_counted)
{
	count(OF(service[0].attempts));
	scraped_expect(
		"mxsteer_service_half_open_sessions{service=\"inbound\"}", 7);
	count(OF(service[0].lapsed));
	scraped_expect(
		"mxsteer_service_half_open_sessions{service=\"inbound\"}", 0);
}
END_TEST

START_TEST(what_a_session_lacked_is_counted)
{
	scraped_expect(
		"mxsteer_backend_unserved_total{pool=\"mx\",backend=\"a\"}", 0);
	plane.region->worker[0].backend[1].unserved[MX_UNSERVED_SILENT] += 2;
	plane.region->worker[1].backend[1].unserved[MX_UNSERVED_MUTE] += 3;
	scraped_expect(
		"mxsteer_backend_unserved_total{pool=\"mx\",backend=\"a\"}", 5);
}
END_TEST

START_TEST(backends_are_counted_by_their_state)
{
	static const char serving[] =
		"mxsteer_pool_backends{pool=\"mx\",state=\"serving\"}";
	static const char drain[] =
		"mxsteer_pool_backends{pool=\"mx\",state=\"drain\"}";
	static const char maint[] =
		"mxsteer_pool_backends{pool=\"mx\",state=\"maint\"}";
	static const char down[] =
		"mxsteer_pool_backends{pool=\"mx\",state=\"down\"}";

	scraped_expect(serving, 2);
	scraped_expect(down, 0);
	scraped_expect("mxsteer_backend_serving{pool=\"mx\",backend=\"a\"}", 1);
	scraped_expect("mxsteer_status", 0);
	plane_expect(&plane, "drain mx/a", true, "");
	scraped_expect(drain, 1);
	scraped_expect("mxsteer_backend_serving{pool=\"mx\",backend=\"a\"}", 0);
	plane_expect(&plane, "maint mx/a", true, "");
	scraped_expect(maint, 1);
	scraped_expect(drain, 0);
	scraped_expect(serving, 1);
	fakeprobe_result("192.0.2.12:25", false);
	scraped_expect(down, 1);
	scraped_expect(serving, 0);
	scraped_expect("mxsteer_status", 2);
}
END_TEST

START_TEST(weights_are_those_of_the_file_and_in_force)
{
	plane_expect(&plane, "weight mx/a 50", true, "");
	scraped_expect("mxsteer_backend_weight{pool=\"mx\",backend=\"a\"}", 50);
	scraped_expect(
		"mxsteer_backend_effective_weight{pool=\"mx\",backend=\"a\"}",
		50);
	fakeprobe_result("192.0.2.11:25", false);
	scraped_expect("mxsteer_backend_weight{pool=\"mx\",backend=\"a\"}", 50);
	scraped_expect(
		"mxsteer_backend_effective_weight{pool=\"mx\",backend=\"a\"}",
		0);
}
END_TEST

START_TEST(the_http_server_counts_itself)
{
	char *before = scraped_text();

	free(webclient_get(&plane, "/nothing", 404));
	free(webclient_get(&plane, "/healthz", 200));
	char *after = scraped_text();
	ck_assert(scraped_value(after, "mxsteer_http_refused_total{reason="
				       "\"path\"}") ==
		  scraped_value(before, "mxsteer_http_refused_total{reason="
					"\"path\"}") +
			  1);
	ck_assert(scraped_value(after, "mxsteer_http_requests_total") ==
		  scraped_value(before, "mxsteer_http_requests_total") + 2);
	free(before);
	free(after);
}
END_TEST

/* Note what mxsteer-log would. */
static void
note(const struct logged *logged)
{
	struct mx_folder folder;

	ck_assert_int_eq(mx_folder_open_control(&folder, plane.instance, false),
			 0);
	const int fd = mx_folder_file(&folder, LOGGED_NAME, O_CREAT);
	mx_folder_close(&folder);
	ck_assert_int_eq(pwrite(fd, logged, sizeof(*logged), 0),
			 sizeof(*logged));
	close(fd);
}

START_TEST(lines_that_are_lost_are_counted)
{
	struct logged logged = {.magic = LOGGED_MAGIC,
				.layout = LOGGED_LAYOUT,
				.lost[LOGGED_LOSS_SPACE] = 7};

	scraped_expect("mxsteer_log_lost_total{reason=\"no-space\"}", -1);
	note(&logged);
	scraped_expect("mxsteer_log_lost_total{reason=\"no-space\"}", 7);
	scraped_expect("mxsteer_log_lost_total{reason=\"slow\"}", 0);
	logged.lost[LOGGED_LOSS_DAMAGED] = 2;
	note(&logged);
	scraped_expect("mxsteer_log_lost_total{reason=\"damaged\"}", 2);
}
END_TEST

START_TEST(a_group_has_its_streams)
{
	static const char synced[] =
		"mxsteer_replica_synced{box=\"3\",direction=\"out\"}";
	struct replicated replicated = groupnote_synced();

	scraped_expect("mxsteer_replica_up", -1);
	scraped_expect(synced, -1);
	groupnote_begin();
	plane_run(&plane, 1000);
	scraped_expect("mxsteer_replica_up", 0);
	scraped_expect(synced, 0);
	replicated.refused[REPLICATED_REFUSED_KEY] = 3;
	replicated.peer[0].same = 0;
	groupnote_write(&replicated);
	scraped_expect("mxsteer_replica_up", 1);
	scraped_expect(synced, 1);
	scraped_expect("mxsteer_replica_sessions{box=\"2\",direction=\"in\"}",
		       80);
	scraped_expect(
		"mxsteer_replica_records_total{box=\"2\",direction=\"out\"}",
		700);
	scraped_expect(
		"mxsteer_replica_bytes_total{box=\"2\",direction=\"in\"}",
		30000);
	groupnote_write(&replicated); /* each look takes a second */
	scraped_expect("mxsteer_replica_lag_seconds{box=\"2\"}", 0.04);
	scraped_expect("mxsteer_replica_config_same{box=\"2\"}", 0);
	scraped_expect("mxsteer_replica_config_same{box=\"3\"}", 1);
	scraped_expect("mxsteer_replica_refused_total{reason=\"key\"}", 3);
	replicated.peer[1].to.state = REPLICATED_NONE;
	groupnote_write(&replicated);
	scraped_expect(synced, 0);
	scraped_expect("mxsteer_replica_lag_seconds{box=\"3\"}", -1);
}
END_TEST

START_TEST(changes_and_plans_are_counted)
{
	char *before = scraped_text();

	ck_assert(scraped_value(before, "mxsteer_plan_in_force") == 1);
	plane_expect(&plane, "drain mx/a", true, "");
	char *after = scraped_text();
	ck_assert(scraped_value(after, "mxsteer_events_total") >
		  scraped_value(before, "mxsteer_events_total"));
	ck_assert(scraped_value(after,
				"mxsteer_plan_generation{which=\"adopted\"}") ==
		  scraped_value(before,
				"mxsteer_plan_generation{which=\"adopted\"}") +
			  1);
	free(before);
	free(after);
	scraped_expect("mxsteer_config_applied_total", 1);
	char line[160];
	snprintf(line, sizeof(line), "config apply %s/c.yaml", plane.folder);
	plane_expect(&plane, line, true, "");
	scraped_expect("mxsteer_config_applied_total", 2);
}
END_TEST

START_TEST(a_data_plane_that_stopped_leaves_its_counters)
{
	static const char total[] =
		"mxsteer_service_sessions_total{service=\"inbound\"}";

	plane.region->worker[0].service[0].opened = 9;
	scraped_expect("mxsteer_dataplane_up", 1);
	scraped_expect(total, 9);
	plane.frozen = true;
	plane_run(&plane, 5000);
	scraped_expect("mxsteer_dataplane_up", 0);
	scraped_expect(total, 9);
	char *text = scraped_text();
	ck_assert(scraped_value(text,
				"mxsteer_dataplane_heartbeat_age_seconds") >=
		  5);
	free(text);
	scraped_expect("mxsteer_status", 2);
}
END_TEST

START_TEST(without_a_data_plane_there_are_no_counters_of_it)
{
	plane_stop_control(&plane);
	plane_stop_data(&plane);
	mx_region_unlink(plane.instance);
	plane_start_control(&plane);
	plane_run(&plane, 1500);
	char *text = scraped_text();
	ck_assert(scraped_value(text, "mxsteer_dataplane_up") == 0);
	ck_assert_ptr_null(strstr(text, "mxsteer_service_sessions"));
	ck_assert_ptr_null(strstr(text, "mxsteer_dropped_frames"));
	ck_assert_ptr_null(strstr(text, "mxsteer_time_to_banner"));
	ck_assert_ptr_nonnull(
		strstr(text, "mxsteer_pool_backends{pool=\"mx\""));
	free(text);
}
END_TEST

/* A metric has one head, which comes right before its values, and a value has
 * one head. */
START_TEST(each_metric_is_one_block)
{
	char *text = scraped_text();
	char *rest = strstr(text, "\r\n\r\n") + 4;
	char name[80] = "";
	unsigned heads = 0;

	for (char *line = strsep(&rest, "\n"); line != NULL && *line != '\0';
	     line = strsep(&rest, "\n")) {
		char type[80];

		if (strncmp(line, "# HELP ", 7) == 0) {
			char head[96];

			ck_assert_int_eq(sscanf(line, "# HELP %79s", name), 1);
			ck_assert_int_eq(sscanf(rest, "# TYPE %79s", type), 1);
			ck_assert_str_eq(type, name);
			snprintf(head, sizeof(head), "# HELP %s ", name);
			ck_assert_msg(strstr(rest, head) == NULL, "%s twice",
				      name);
			heads++;
		} else if (line[0] != '#') {
			ck_assert_msg(strncmp(line, name, strlen(name)) == 0,
				      "%s in the block of %s", line, name);
		}
	}
	ck_assert_uint_ge(heads, 35);
	free(text);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("metrics");
	TCase *t = tcase_create("metrics");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, each_counter_of_workers_rises);
	tcase_add_test(t, handshakes_under_way_are_counted);
	tcase_add_test(t, what_a_session_lacked_is_counted);
	tcase_add_test(t, backends_are_counted_by_their_state);
	tcase_add_test(t, weights_are_those_of_the_file_and_in_force);
	tcase_add_test(t, the_http_server_counts_itself);
	tcase_add_test(t, lines_that_are_lost_are_counted);
	tcase_add_test(t, a_group_has_its_streams);
	tcase_add_test(t, changes_and_plans_are_counted);
	tcase_add_test(t, a_data_plane_that_stopped_leaves_its_counters);
	tcase_add_test(t, without_a_data_plane_there_are_no_counters_of_it);
	tcase_add_test(t, each_metric_is_one_block);
	suite_add_tcase(s, t);
	return s;
}
