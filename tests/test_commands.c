/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands: what they change, what they show, what they refuse.
 * Method: requests over the real socket to a whole control plane, on a real
 * region. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "nearest.h"
#include "plane.h"
#include "runner.h"

static struct plane plane;

static bool
both_serve(struct plane *p)
{
	return atomic_load(&p->region->ack.generation) == 2;
}

static void
setup(void)
{
	plane_open(&plane, PLANE_BACKENDS);
	plane_start_data(&plane);
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
	ck_assert(plane_run_until(&plane, both_serve));
}

static void
teardown(void)
{
	plane_close(&plane);
}

START_TEST(drain_takes_new_sessions_away_once_acked)
{
	plane_expect(
		&plane, "drain mx/a", true,
		"mx/a: ready -> drain\ngeneration 3, 2/2 workers in 0.2 ms");
	const struct mx_plan *plan = mx_region_slot(plane.region, 3);
	ck_assert(!plan->backend[1].serves);
	ck_assert_uint_eq(plan->pick[0].slot[7], 2);
	plane_expect(&plane, "ready mx/a", true,
		     "mx/a: drain -> ready\ngeneration 4,");
	plane_expect(&plane, "maint mx/a", true,
		     "mx/a: ready -> maint\ngeneration 5,");
	ck_assert(plane_logged(
		getuid() == 0 ? "mx/a ready -> drain, by command of "
				"root (uid 0)"
			      : "mx/a ready -> drain, by command of "));
	plane_expect(&plane, "maint mx/a", true,
		     "mx/a: maint -> maint\ngeneration 5,");
}
END_TEST

START_TEST(maintenance_ends_the_checks_and_what_they_found)
{
	plane_expect(&plane, "maint mx/a", true, "mx/a: ready -> maint\n");
	ck_assert_uint_eq(fakeprobe_count(), 1);
	plane_expect(&plane, "show backends", true,
		     "maint  unchecked     100    0");
	plane_expect(&plane, "drain mx/a", true, "mx/a: maint -> drain\n");
	ck_assert_uint_eq(fakeprobe_count(), 2);
	/* It may not be well: it has to pass first. */
	plane_expect(&plane, "maint mx/a", true, "mx/a: drain -> maint\n");
	plane_expect(&plane, "ready mx/a", true,
		     "mx/a: maint -> ready; it serves after its next checks");
	json_t *data = plane_json(&plane, "-j show backends");
	const json_t *a = plane_row(data, "backends", 0);
	ck_assert_str_eq(plane_text(a, "health"), "down");
	ck_assert_int_eq(plane_number(a, "effective_weight"), 0);
	json_decref(data);
	fakeprobe_result("192.0.2.11:25", true);
	plane_expect(&plane, "show backends", true, "ready  up");
}
END_TEST

START_TEST(maintenance_outlives_a_restart_and_an_apply_without_checks)
{
	char line[160];

	plane_expect(&plane, "maint mx/a", true, "maint\n");
	plane_stop_control(&plane);
	plane_start_control(&plane);
	ck_assert_uint_eq(fakeprobe_count(), 1);
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, true, "is in force");
	ck_assert_uint_eq(fakeprobe_count(), 1);
}
END_TEST

static struct mx_flow_count *
count_of_a(void)
{
	return &plane.region->worker[1].backend[1];
}

START_TEST(end_sessions_marks_what_was_opened_until_now)
{
	struct timespec now;

	count_of_a()->opened = 13;
	count_of_a()->closed = 1;
	fakeprobe_result("192.0.2.11:25", false); /* down is no obstacle */
	plane_expect(&plane, "end sessions mx/a", true,
		     "mx/a: 12 sessions end: both ends are reset, silent ones "
		     "within a minute\ngeneration ");
	clock_gettime(CLOCK_MONOTONIC, &now);
	const uint64_t generation = atomic_load(&plane.region->generation);
	const struct mx_plan *plan = mx_region_slot(plane.region, generation);
	ck_assert_uint_ge(plan->backend[1].ended_s, (uint32_t)now.tv_sec - 5);
	ck_assert_uint_le(plan->backend[1].ended_s, (uint32_t)now.tv_sec);
	ck_assert_uint_eq(plan->backend[2].ended_s, 0);
	ck_assert(plane_logged("info backend mx/a: 12 sessions end, by "
			       "command"));
	plane_expect(&plane, "end sessions mx/nobody", false,
		     "expected one of: mx/");
	plane_expect(&plane, "end sessions", false,
		     "expected: end sessions POOL/BACKEND");
	plane_expect(&plane, "end", false, "expected one of: end sessions");
}
END_TEST

START_TEST(end_sessions_reaches_what_left_the_configuration)
{
	char line[160];

	count_of_a()->opened = 3;
	plane_write_config(&plane, "c.yaml",
			   "      - {name: a, address: \"192.0.2.99:25\"}\n"
			   "      - {name: b, address: \"192.0.2.12:25\"}\n");
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, true, "is in force");
	plane_expect(&plane, "end sessions mx/a", true, "mx/a: 3 sessions end");
	const uint64_t generation = atomic_load(&plane.region->generation);
	const struct mx_plan *plan = mx_region_slot(plane.region, generation);
	ck_assert_uint_gt(plan->backend[1].ended_s, 0); /* the one that rests */
	ck_assert_uint_gt(plan->backend[3].ended_s, 0); /* its successor */
	ck_assert_uint_eq(plan->backend[2].ended_s, 0);
	count_of_a()->opened = 0;
}
END_TEST

START_TEST(a_weight_is_set_and_given_back_to_the_file)
{
	plane_expect(&plane, "weight mx/a 0", true,
		     "mx/a: weight 100 -> 0\ngeneration 3,");
	plane_expect(&plane, "weight mx/a 1000", true,
		     "weight 0 -> 1000\ngeneration 4,");
	plane_expect(&plane, "weight mx/a default", true,
		     "weight 1000 -> 100\n");
	plane_expect(&plane, "weight mx/a 1001", false, "expected 0 to 1000");
	plane_expect(&plane, "weight mx/a -1", false, "expected 0 to 1000");
	plane_expect(&plane, "weight mx/a 1e3", false, "expected 0 to 1000");
	plane_expect(&plane, "weight mx/a", false,
		     "expected: weight POOL/BACKEND N");
	plane_expect(&plane, "weight mx/a 1 2", false,
		     "expected: weight POOL/BACKEND N");
}
END_TEST

START_TEST(wishes_outlive_a_restart)
{
	plane_expect(&plane, "weight mx/b 7", true, "generation 3");
	plane_expect(&plane, "drain mx/a", true, "generation 4");
	plane_stop_control(&plane);
	plane_start_control(&plane);
	json_t *data = plane_json(&plane, "-j show backends");
	const json_t *a = plane_row(data, "backends", 0);
	const json_t *b = plane_row(data, "backends", 1);
	ck_assert_str_eq(plane_text(a, "admin"), "drain");
	ck_assert_str_eq(plane_text(a, "health"), "up");
	ck_assert_int_eq(plane_number(b, "weight"), 7);
	ck_assert_int_eq(plane_number(b, "effective_weight"), 7);
	json_decref(data);
	ck_assert_uint_eq(atomic_load(&plane.region->generation), 4);
}
END_TEST

START_TEST(a_change_without_an_ack_says_so)
{
	plane.silent = true;
	plane_answers(&plane, "drain mx/a", ANSWER_NOTED,
		      "mx/a: ready -> drain\nnoted, not in force: the data "
		      "plane has not taken up generation 3 yet");
	plane.silent = false;
	plane_expect(&plane, "ready mx/a", true, "2/2 workers");
}
END_TEST

START_TEST(a_refused_plan_is_an_error)
{
	plane.fault = MX_PLAN_BAD_BACKEND;
	plane_expect(&plane, "drain mx/a", false, "generation 3 was refused");
	plane_expect(&plane, "show generation", true,
		     "a backend has an impossible value");
}
END_TEST

START_TEST(without_a_data_plane_a_change_waits_for_it)
{
	plane_stop_data(&plane);
	plane_answers(&plane, "drain mx/a", ANSWER_NOTED,
		      "noted, not in force: no data plane is running");
	plane_start_data(&plane);
	plane_expect(&plane, "ready mx/a", true, "2/2 workers");
}
END_TEST

START_TEST(json_of_a_change_has_the_generation)
{
	json_t *data = plane_json(&plane, "-j drain mx/a");

	ck_assert_str_eq(plane_text(data, "message"), "mx/a: ready -> drain");
	ck_assert_int_eq(plane_number(data, "generation"), 3);
	ck_assert(json_is_true(json_object_get(data, "adopted")));
	ck_assert_int_eq(plane_number(data, "workers"), 2);
	json_decref(data);
}
END_TEST

START_TEST(wrong_input_is_told_what_was_expected)
{
	/* clang-format off */
	static const char *const cases[][2] = {
		{"",                      "expected one of: status, show, drain"},
		{"-j",                    "{\"error\":\"unknown command"},
		{"nonsense",              "expected one of: status, show, drain"},
		{"show",                  "expected one of: show services"},
		{"show nothing",          "expected one of: show services"},
		{"showservices",          "expected one of: status, show, drain"},
		{"show services now",     "expected: show services"},
		{"drain",                 "expected: drain POOL/BACKEND"},
		{"drain mx/a mx/b",       "expected: drain POOL/BACKEND"},
		{"drain mx/nobody",       "expected one of: mx/"},
		{"drain a",               "expected one of: mx/"},
		{"wait x drained mx/a",   "expected: wait SECONDS drained"},
		{"wait 1 dried mx/a",     "expected: wait SECONDS drained"},
		{"wait 99999999999 drained mx/a", "expected: wait SECONDS"},
		{"wait 010 drained mx/a", "expected: wait SECONDS"},
		{"weight mx/a 010",       "'010' is no weight"},
		{"weight mx/a 00",        "'00' is no weight"},
		{"show sessions 010",     "expected: show sessions [N]"},
		{"help nonsense",         "expected one of: status, show, drain"},
		{"config check /etc/x",   "the program mxsteer does this"},
		{"show sessions many",    "expected: show sessions [N]"},
		{"lookup 1.2.3.4 1.2.3.4:25", "expected: lookup SRC:PORT"},
		{"lookup 1.2.3.4:5 1.2.3.4:25", "is not a VIP"},
		{"lookup [::1]:5 198.51.100.25:25", "expected: lookup"},
		{"config apply",          "expected: config apply FILE"},
		{"config apply relative", "expected a path that starts with /"},
		{"config apply /nowhere/at all", "/nowhere/at all"},
		{"end sessions mx/a mx/b", "expected: end sessions POOL"},
		{"show snat now",         "expected: show snat"},
		{"DRAIN mx/a",            "unknown command"},
		{"show  services  -j",    "expected: show services"},
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		plane_expect(&plane, cases[i][0], false, cases[i][1]);
	plane_answers(&plane, "drain", ANSWER_USAGE, "expected");
	plane_answers(&plane, "nonsense", ANSWER_USAGE, "expected");
	plane_answers(&plane, "weight mx/a x", ANSWER_USAGE, "expected");
	plane_answers(&plane, "drain mx/nobody", ANSWER_REFUSED, "expected");
	ck_assert_uint_eq(atomic_load(&plane.region->generation), 2);
}
END_TEST

START_TEST(bent_commands_change_nothing_and_end_nothing)
{
	static const char *const from[] = {
		"drain mx/a", "wait 1 drained mx/a", "weight mx/a 7",
		"lookup 1.2.3.4:5 198.51.100.25:25", "config apply /etc/x"};
	bool ok;

	srand(1);
	for (int round = 0; round < 300; round++) {
		char line[80];
		snprintf(line, sizeof(line), "%s", from[round % 5]);
		line[(size_t)rand() % strlen(line)] = (char)(33 + rand() % 90);
		line[(size_t)rand() % strlen(line)] = ' ';
		free(plane_ask(&plane, line, &ok));
	}
	free(plane_ask(&plane, "help", &ok));
	ck_assert(ok);
}
END_TEST

START_TEST(help_lists_every_command)
{
	plane_expect(&plane, "help", true, "wait SECONDS drained POOL/BACKEND");
	plane_expect(&plane, "help", true, "show generation");
	plane_expect(&plane, "help", true, "end sessions POOL/BACKEND");
	plane_expect(&plane, "  help  ", true, "config apply FILE");
}
END_TEST

START_TEST(help_for_one_command_leaves_the_others_out)
{
	bool ok;
	char *text = plane_ask(&plane, "help drain", &ok);

	ck_assert(ok);
	ck_assert(strncmp(text, "drain POOL/BACKEND ", 19) == 0);
	ck_assert_ptr_null(strstr(text, "ready"));
	free(text);
	text = plane_ask(&plane, "help show s", &ok);
	ck_assert(ok && strstr(text, "show services") != NULL &&
		  strstr(text, "show snat") != NULL &&
		  strstr(text, "show pools") == NULL);
	free(text);
	plane_expect(&plane, "help config", true, "config check [--host] FILE");
}
END_TEST

START_TEST(a_backend_that_is_not_there_is_told_what_it_is_most_like)
{
	char backends[64 * 50] = "";
	char line[160];

	for (int i = 1; i <= 50; i++)
		sprintf(backends + strlen(backends),
			"      - {name: mta%d, address: \"192.0.2.%d:25\"}\n",
			i, i);
	plane_write_config(&plane, "c.yaml", backends);
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, true, "is in force");
	plane_expect(&plane, "drain mx/mat37", false,
		     "there is no backend mx/mat37; the nearest of 50: "
		     "mx/mta37, ");
	plane_expect(&plane, "drain mta44", false, "of 50: mx/mta44, ");
	plane_expect(&plane, "drain MX/MTA1", false, "see show backends");
	plane_expect(&plane, "wait 1 drained mx/mta051", false, "mx/mta5");
}
END_TEST

START_TEST(distances_are_counts_of_slips)
{
	static const struct {
		const char *a, *b;
		uint32_t distance;
	} cases[] = {
		{"", "", 0},
		{"mta1", "mta1", 0},
		{"", "mta1", 4},
		{"mta1", "", 4},
		{"mta1", "mta2", 1},
		{"mat1", "mta1", 1},
		{"mta", "mta1", 1},
		{"mx/mta11", "mx/mta1", 1},
		{"kitten", "sitting", 3},
		{"abcdef", "badcfe", 3},
	};
	char longer[2 * STATE_LABEL_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_uint_eq(nearest_distance(cases[i].a, cases[i].b),
				  cases[i].distance);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_uint_eq(nearest_distance(longer, longer), 0);
	ck_assert_uint_eq(nearest_distance("", longer), STATE_LABEL_MAX);
	ck_assert_uint_eq(nearest_distance(longer, ""), STATE_LABEL_MAX);
}
END_TEST

static void
on_last_session(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
	count_of_a()->closed = count_of_a()->opened;
}

START_TEST(wait_answers_when_the_last_session_has_ended)
{
	const struct timeval soon = {.tv_usec = 300 * 1000};

	count_of_a()->opened = 3;
	plane_expect(&plane, "wait 0 drained mx/a", false,
		     "mx/a is not drained after 0 seconds: 3 sessions left; "
		     "it is ready and takes new ones: drain it");
	plane_expect(&plane, "drain mx/a", true, "generation 3");
	event_base_once(plane.base, -1, EV_TIMEOUT, on_last_session, NULL,
			&soon);
	plane_expect(&plane, "wait 5 drained mx/a", true, "mx/a is drained");
}
END_TEST

START_TEST(a_control_plane_that_stops_leaves_no_one_waiting)
{
	count_of_a()->opened = 3;
	const int fd = client_connect(plane.socket);
	ck_assert_int_gt(write(fd, "wait 100 drained mx/a\n", 22), 0);
	for (int i = 0; i < 50; i++)
		event_base_loop(plane.base, EVLOOP_NONBLOCK);
	plane_stop_control(&plane);
	close(fd);
	count_of_a()->opened = 0;
}
END_TEST

static void
expect_apply(const char *name, bool wanted, const char *part)
{
	char line[160];

	snprintf(line, sizeof(line), "config apply %s/%s", plane.folder, name);
	plane_expect(&plane, line, wanted, part);
}

START_TEST(apply_keeps_what_stays_and_its_health)
{
	plane_write_config(
		&plane, "other file.yaml",
		"      - {name: n, address: \"192.0.2.13:25\", weight: 1}\n"
		"      - {name: b, address: \"192.0.2.12:25\", weight: 50}\n");
	plane_expect(&plane, "drain mx/b", true, "generation 3");
	expect_apply("other file.yaml", true, "a restart will read");
	json_t *data = plane_json(&plane, "-j show backends");
	const json_t *b = plane_row(data, "backends", 1);
	ck_assert_str_eq(plane_text(plane_row(data, "backends", 0), "backend"),
			 "n");
	ck_assert_str_eq(plane_text(b, "admin"), "drain");
	ck_assert_str_eq(plane_text(b, "health"), "up");
	ck_assert_int_eq(plane_number(b, "weight"), 50);
	json_decref(data);
	const struct mx_plan *plan = mx_region_slot(plane.region, 4);
	ck_assert(plan->backend[1].used && !plan->backend[1].serves);
	ck_assert(plan->backend[3].used);
}
END_TEST

START_TEST(apply_is_all_or_nothing)
{
	plane_write_config(
		&plane, "bad.yaml",
		"      - {name: n, address: \"192.0.2.13:25\", weight: 1}\n"
		"      - {name: n, address: \"192.0.2.14:99999\"}\n");
	expect_apply("bad.yaml", false, "bad.yaml:22: ");
	expect_apply("none.yaml", false, "none.yaml");
	plane_expect(&plane, "show backends", true, "192.0.2.11:25");
	ck_assert_uint_eq(atomic_load(&plane.region->generation), 2);
	ck_assert_uint_eq(fakeprobe_count(), 2);
}
END_TEST

static void
write_mode(const char *name, const char *forward)
{
	char rest[1024];

	snprintf(
		rest, sizeof(rest),
		"services:\n"
		"  - {name: inbound, listen: [\"198.51.100.25:25\"], pool: mx,\n"
		"     forward: %s}\n"
		"pools:\n"
		"  - name: mx\n"
		"    backends: [{name: a, address: \"192.0.2.11:25\"}]\n",
		forward);
	plane_write_rest(&plane, name, rest);
}

START_TEST(apply_changes_no_mode_under_sessions_that_it_would_break)
{
	/* A service of another mode is another one, whose id is the next. */
	struct mx_flow_count *count = &plane.region->worker[0].service[1];

	write_mode("dsr.yaml", "dsr");
	write_mode("nat.yaml", "nat");
	plane.region->worker[0].service[0].opened = 5;
	expect_apply("dsr.yaml", true, "in force"); /* fullnat's go on */
	count->opened = 3;
	expect_apply("nat.yaml", false,
		     "forward: nat would break the 3 sessions it has with dsr: "
		     "drain its backends and wait, then apply");
	expect_apply("dsr.yaml", true, "in force");
	count->closed = 3;
	expect_apply("nat.yaml", true, "in force");
}
END_TEST

START_TEST(apply_says_what_is_a_hazard)
{
	bool ok;
	char line[160];

	plane_write_rest(&plane, "short.yaml",
			 "services:\n"
			 "  - name: inbound\n"
			 "    listen: [\"198.51.100.25:25\"]\n"
			 "    pool: mx\n"
			 "    forward: dsr\n"
			 "    timers: {idle: 5m}\n"
			 "pools:\n"
			 "  - name: mx\n"
			 "    backends:\n" PLANE_BACKENDS);
	plane_forget_log();
	expect_apply("short.yaml", true, "short.yaml:12: warning: idle: ");
	ck_assert(plane_logged("warn "));
	ck_assert(plane_logged("short.yaml:12: warning: idle: "));
	/* To programs as well. */
	snprintf(line, sizeof(line), "-j config apply %s/short.yaml",
		 plane.folder);
	char *text = plane_ask(&plane, line, &ok);
	ck_assert(ok && strstr(text, "warning: idle: ") != NULL);
	free(text);
}
END_TEST

static void
write_ipv6_vip(const char *name)
{
	char command[512];

	plane_write_config(&plane, name,
			   "      - {name: a, address: \"192.0.2.11:25\"}\n");
	snprintf(command, sizeof(command),
		 "sed -i 's/listen: .*/listen: [\"[2001:db8::25]:25\"]/' %s/%s",
		 plane.folder, name);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(apply_brings_ipv6_only_to_a_data_plane_with_room)
{
	write_ipv6_vip("six.yaml");
	expect_apply("six.yaml", false,
		     "restart mxsteer-dataplane with this file first");
	plane_expect(&plane, "show services", true, "198.51.100.25:25");
	ck_assert_uint_eq(atomic_load(&plane.region->generation), 2);
	plane.region->header.ipv6 = 1;
	expect_apply("six.yaml", true, "generation 3");
	plane_expect(&plane, "show services", true, "[2001:db8::25]:25");
}
END_TEST

START_TEST(without_a_running_data_plane_apply_takes_ipv6)
{
	char line[160];

	write_ipv6_vip("six.yaml");
	plane_stop_data(&plane);
	snprintf(line, sizeof(line), "config apply %s/six.yaml", plane.folder);
	plane_answers(&plane, line, ANSWER_NOTED,
		      "six.yaml is not in force yet");
	plane_answers(&plane, line, ANSWER_NOTED,
		      "noted, not in force: no data plane is running");
}
END_TEST

START_TEST(apply_refuses_what_a_running_data_plane_cannot_follow)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "sed 's/sessions-max: 1000/sessions-max: 2000/' %s > %s/d.yaml"
		 "; sed 's/sessions-max:.*/&\\n  idle: sleep/' %s > %s/s.yaml"
		 "; sed 's/^instance: .*/instance: x/' %s > %s/i.yaml",
		 plane.config, plane.folder, plane.config, plane.folder,
		 plane.config, plane.folder);
	ck_assert_int_eq(system(command), 0);
	expect_apply("d.yaml", false, "dataplane: differs");
	expect_apply("s.yaml", false, "dataplane: differs");
	expect_apply("i.yaml", false, "instance is x");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("commands");
	TCase *t = tcase_create("commands");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, drain_takes_new_sessions_away_once_acked);
	tcase_add_test(t, maintenance_ends_the_checks_and_what_they_found);
	tcase_add_test(
		t, maintenance_outlives_a_restart_and_an_apply_without_checks);
	tcase_add_test(t, a_weight_is_set_and_given_back_to_the_file);
	tcase_add_test(t, wishes_outlive_a_restart);
	tcase_add_test(t, a_change_without_an_ack_says_so);
	tcase_add_test(t, a_refused_plan_is_an_error);
	tcase_add_test(t, without_a_data_plane_a_change_waits_for_it);
	tcase_add_test(t, json_of_a_change_has_the_generation);
	tcase_add_test(t, wrong_input_is_told_what_was_expected);
	tcase_add_test(t, bent_commands_change_nothing_and_end_nothing);
	tcase_add_test(t, help_lists_every_command);
	tcase_add_test(t, help_for_one_command_leaves_the_others_out);
	tcase_add_test(
		t, a_backend_that_is_not_there_is_told_what_it_is_most_like);
	tcase_add_test(t, distances_are_counts_of_slips);
	tcase_add_test(t, wait_answers_when_the_last_session_has_ended);
	tcase_add_test(t, a_control_plane_that_stops_leaves_no_one_waiting);
	tcase_add_test(t, apply_keeps_what_stays_and_its_health);
	tcase_add_test(t, apply_is_all_or_nothing);
	tcase_add_test(t, end_sessions_marks_what_was_opened_until_now);
	tcase_add_test(t, end_sessions_reaches_what_left_the_configuration);
	tcase_add_test(
		t, apply_changes_no_mode_under_sessions_that_it_would_break);
	tcase_add_test(t, apply_says_what_is_a_hazard);
	tcase_add_test(t, apply_brings_ipv6_only_to_a_data_plane_with_room);
	tcase_add_test(t, without_a_running_data_plane_apply_takes_ipv6);
	tcase_add_test(t,
		       apply_refuses_what_a_running_data_plane_cannot_follow);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
