/* SPDX-License-Identifier: BSD-3-Clause */
/* What operators wish of backends: for how many of them, why, and for how long.
 * Method: requests over the real socket to a whole control plane, on a real
 * region; the time is the test's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "faketime.h"
#include "runner.h"
#include "serving.h"

/* Three hosts, and two pools that share two of them. */
#define REST                                                                   \
	"services:\n"                                                          \
	"  - {name: inbound, listen: [\"198.51.100.25:25\"], pool: mx, "       \
	"forward: nat}\n"                                                      \
	"  - {name: outbound, listen: [\"198.51.100.26:25\"], pool: out, "     \
	"forward: nat}\n"                                                      \
	"pools:\n"                                                             \
	"  - name: mx\n"                                                       \
	"    check: {type: smtp, interval: 1s, rise: 1}\n"                     \
	"    backends:\n"                                                      \
	"      - {name: a, address: \"192.0.2.11:25\", weight: 100}\n"         \
	"      - {name: b, address: \"192.0.2.12:25\", weight: 30}\n"          \
	"  - name: out\n"                                                      \
	"    check: {type: smtp, interval: 1s, rise: 1}\n"                     \
	"    backends:\n"                                                      \
	"      - {name: a, address: \"192.0.2.11:26\", weight: 100}\n"         \
	"      - {name: smart, address: \"192.0.2.12:26\", weight: 100}\n"

static void
two_pools(void)
{
	char line[128];

	plane_write_rest(&plane, "two.yaml", REST);
	snprintf(line, sizeof(line), "config apply %s/two.yaml", plane.folder);
	plane_expect(&plane, line, true, "is in force");
	fakeprobe_result("192.0.2.11:26", true);
	fakeprobe_result("192.0.2.12:26", true);
	plane_run(&plane, 2000);
}

/* The admin state or weight of a backend, by its place in the file. */
static json_t *
backend(size_t index)
{
	static json_t *data;

	json_decref(data);
	data = plane_data(&plane, "-j show backends", ANSWER_OK);
	return plane_row(data, "backends", index);
}

static const char *
admin(size_t index)
{
	return plane_text(backend(index), "admin");
}

static json_t *
wish(size_t index)
{
	static json_t *data;

	json_decref(data);
	data = plane_data(&plane, "-j show wishes", ANSWER_OK);
	return plane_row(data, "wishes", index);
}

START_TEST(a_drain_says_why_and_ends_by_itself)
{
	plane_seed_hops(&plane);
	plane_expect(&plane, "drain mx/a for 60s kernel upgrade", true,
		     "mx/a: ready -> drain, for 1m0s\n");
	ck_assert(plane_logged("mx/a ready -> drain, kernel upgrade, for 1m0s, "
			       "by command of "));
	plane_expect(&plane, "show backends", true,
		     "draining: kernel upgrade, ");
	plane_expect(&plane, "show backend mx/a", true, "kernel upgrade");
	plane_expect(&plane, "status", true,
		     "draining by an operator, 0 sessions left: kernel "
		     "upgrade, ");
	plane_expect(&plane, "show wishes", true, "kernel upgrade");
	ck_assert_str_eq(plane_text(wish(0), "of"), "mx/a");
	ck_assert_str_eq(plane_text(wish(0), "what"), "drain");
	ck_assert_str_eq(plane_text(wish(0), "reason"), "kernel upgrade");
	ck_assert_int_le(plane_number(wish(0), "left_s"), 60);
	plane_run(&plane, 50 * 1000);
	ck_assert_str_eq(admin(0), "drain");
	ck_assert_int_le(plane_number(wish(0), "left_s"), 10);
	plane_run(&plane, 11 * 1000);
	ck_assert_str_eq(admin(0), "ready");
	ck_assert(plane_logged("mx/a drain -> ready, its time of 1m0s is over: "
			       "kernel upgrade\n"));
	plane_expect(&plane, "show wishes", true, "nobody wishes anything");
}
END_TEST

START_TEST(the_time_may_stand_behind_the_reason)
{
	plane_expect(&plane, "maint mx/a kernel upgrade for 1m10s", true,
		     "mx/a: ready -> maint, for 1m10s");
	plane_run(&plane, 1000);
	const uint32_t started = fakeprobe_started();
	plane_run(&plane, 71 * 1000);
	ck_assert_str_eq(admin(0), "ready");
	ck_assert_uint_gt(fakeprobe_started(), started); /* checked again */
}
END_TEST

START_TEST(neither_a_kill_nor_a_clock_ends_a_drain_early)
{
	plane_expect(&plane, "drain mx/a for 3m", true, "for 3m0s");
	plane_run(&plane, 10 * 1000);
	plane_stop_control(&plane);
	faketime_shift_wall(86400);
	plane_start_control(&plane);
	plane_run(&plane, 10 * 1000);
	ck_assert_str_eq(admin(0), "drain");
	faketime_shift_wall(-30 * 86400);
	plane_run(&plane, 150 * 1000);
	ck_assert_str_eq(admin(0), "drain");
	plane_stop_control(&plane);
	plane_start_control(&plane);
	ck_assert_str_eq(admin(0), "drain");
	plane_run(&plane, 12 * 1000);
	ck_assert_str_eq(admin(0), "ready");
}
END_TEST

START_TEST(a_pattern_and_a_host_hit_all_pools)
{
	two_pools();
	plane_expect(&plane, "drain */a --dry-run", true,
		     "nothing was changed; without --dry-run:\n"
		     "mx/a: ready -> drain\nout/a: ready -> drain\n");
	ck_assert_str_eq(admin(0), "ready");
	plane_expect(&plane, "drain */a disk", true,
		     "mx/a: ready -> drain\nout/a: ready -> drain\n"
		     "in force: generation");
	plane_expect(&plane, "ready @192.0.2.11", true,
		     "mx/a: drain -> ready (until now: disk, ");
	plane_expect(&plane, "drain @smart for 1h", true,
		     "mx/b: ready -> drain, for 1h0m\n"
		     "out/smart: ready -> drain, for 1h0m\n");
	plane_expect(&plane, "wait 5 drained @smart", true,
		     "@smart is drained");
	plane_expect(&plane, "wait 1 drained mx/*", false,
		     "mx/* is not drained after 1 second; it is ready");
	plane_expect(&plane, "end sessions @192.0.2.12", true,
		     "@192.0.2.12: there is no session now");
	plane_expect(&plane, "weight */* 50%", true,
		     "mx/a: weight 100 -> 50, 50 % of the 100 of the file\n"
		     "mx/b: weight 30 -> 15, 50 % of the 30 of the file\n");
	plane_expect(&plane, "agent mx/* ignore", true,
		     "mx/a: its agent is ignored; its pool has no agents (key "
		     "agent)\nmx/b: its agent is ignored");
	plane_expect(&plane, "weight */* default", true,
		     "mx/b: weight 15 -> 30");
}
END_TEST

START_TEST(the_last_that_serves_stays_unless_it_is_meant)
{
	static const char refusal[] =
		"this would leave nothing that serves in pool mx: new sessions "
		"would be refused.  Nothing was changed; --even-last";

	two_pools();
	plane_answers(&plane, "drain mx/* --dry-run", ANSWER_REFUSED, refusal);
	plane_answers(&plane, "drain mx/*", ANSWER_REFUSED, refusal);
	plane_answers(&plane, "drain */*", ANSWER_REFUSED, "in pools mx, out");
	plane_answers(&plane, "weight mx/* 0", ANSWER_REFUSED, refusal);
	ck_assert_str_eq(admin(0), "ready");
	ck_assert_str_eq(admin(1), "ready");
	plane_expect(&plane, "drain mx/a", true, "mx/a: ready -> drain");
	plane_answers(&plane, "maint @192.0.2.12", ANSWER_REFUSED, refusal);
	ck_assert_str_eq(admin(3), "ready"); /* all or nothing */
	plane_answers(&plane, "maint mx/b --even-last the whole site",
		      ANSWER_OK, "warning: pool mx is EMPTY");
	/* It serves no more, so nothing is left to refuse. */
	plane_answers(&plane, "drain mx/*", ANSWER_OK, "mx/b: maint -> drain");
}
END_TEST

START_TEST(a_backend_that_is_down_is_not_one_that_serves)
{
	fakeprobe_end("192.0.2.12:25", REASON_CONNECT_REFUSED);
	fakeprobe_end("192.0.2.12:25", REASON_CONNECT_REFUSED);
	fakeprobe_end("192.0.2.12:25", REASON_CONNECT_REFUSED);
	plane_run(&plane, 200);
	plane_answers(&plane, "drain mx/a", ANSWER_REFUSED,
		      "nothing that serves in pool mx");
	plane_answers(&plane, "drain mx/b", ANSWER_OK, "ready -> drain");
}
END_TEST

START_TEST(what_means_no_backend_is_refused)
{
	static const char *const texts[] = {"drain */m9",
					    "drain *",
					    "drain @10.9.9.9",
					    "drain @nobody",
					    "drain @",
					    "drain mx/[",
					    "wait 1 drained */m9",
					    "end sessions @nobody",
					    "weight nobody/* 5"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		plane_expect(&plane, texts[i], false,
			     i == 4 ? "expected" : "means no backend");
	ck_assert_str_eq(admin(0), "ready");
}
END_TEST

START_TEST(a_wait_tells_how_it_goes_on_if_it_is_asked)
{
	plane_answers(&plane, "-p wait 600 drained mx/a", ANSWER_PROGRESS,
		      "mx/a: no session now, but it is ready and takes new "
		      "ones; 1 s of 600 s");
	plane_expect(&plane, "drain mx/a", true, "drain");
	plane.region->worker[0].backend[1].opened = 3;
	plane_answers(&plane, "-p wait 600 drained mx/a", ANSWER_PROGRESS,
		      "mx/a: 3 sessions left; 1 s of 600 s");
	plane_answers(&plane, "wait 1 drained mx/a", ANSWER_REFUSED,
		      "mx/a is not drained after 1 second: 3 sessions left");
	plane_answers(&plane, "wait 1 drained mx/*", ANSWER_REFUSED,
		      "3 sessions left (mx/a 3); it is ready");
}
END_TEST

START_TEST(a_pattern_of_many_stars_is_answered_at_once)
{
	char line[256] = "drain m*/";

	for (int i = 0; i < 60; i++)
		strcat(line, "*a");
	strcat(line, "b");
	plane_expect(&plane, line, false, "means no backend");
}
END_TEST

START_TEST(a_reason_may_not_harm_who_reads_it)
{
	char line[3000] = "drain mx/a ";

	plane_answers(&plane, "drain mx/a a\u202eb", ANSWER_USAGE,
		      "cannot be printed");
	plane_answers(&plane,
		      "drain mx/a a\xff"
		      "b",
		      ANSWER_USAGE, "cannot be printed");
	plane_answers(&plane, "drain mx/a kernel for 2 hours", ANSWER_USAGE,
		      "'for 2' is no time");
	plane_answers(&plane, "drain mx/a for 0s", ANSWER_USAGE, "is no time");
	plane_answers(&plane, "drain mx/a for 3650d", ANSWER_USAGE,
		      "is no time");
	plane_answers(&plane, "ready mx/a for 2h", ANSWER_USAGE, "for");
	plane_answers(&plane, "ready mx/a fixed for 2h", ANSWER_USAGE,
		      "it has no time");
	memset(line + strlen(line), 'x', 2900);
	plane_answers(&plane, line, ANSWER_USAGE, "has 2900 bytes");
	ck_assert_str_eq(admin(0), "ready");
}
END_TEST

START_TEST(a_wish_outlives_the_absence_of_its_backend)
{
	char line[128];

	plane_expect(&plane, "drain mx/a for 90s new disk", true, "drain");
	plane_write_config(&plane, "less.yaml",
			   "      - {name: b, address: \"192.0.2.12:25\"}\n");
	snprintf(line, sizeof(line), "config apply %s/less.yaml", plane.folder);
	plane_expect(&plane, line, true, "is in force");
	plane_expect(&plane, "show wishes", true, "drain, left the file");
	plane_run(&plane, 10 * 1000);
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, true, "is in force");
	ck_assert_str_eq(plane_text(wish(0), "reason"), "new disk");
	ck_assert_str_eq(admin(0), "drain");
	plane_run(&plane, 80 * 1000);
	ck_assert_str_eq(admin(0), "ready");
}
END_TEST

START_TEST(a_role_is_of_a_file_that_has_roles)
{
	char line[128];

	plane_answers(&plane, "announce on", ANSWER_REFUSED,
		      "the file has no `announce: {neighbours: role}`");
	plane_write_rest(&plane, "role.yaml",
			 "announce: {neighbours: role}\n" REST);
	snprintf(line, sizeof(line), "config apply %s/role.yaml", plane.folder);
	plane_expect(&plane, line, true, "is in force");
	plane_expect(&plane, "show announce", true, "until `announce on`");
	plane_answers(&plane, "status", ANSWER_CRITICAL,
		      "hears of no other box");
	plane_expect(&plane, "announce on keepalived", true,
		     "box: announce off -> on, keepalived");
	plane_expect(&plane, "show announce", true, "this box answers for");
	plane_expect(&plane, "show wishes", true, "keepalived");
	plane_expect(&plane, "show events 1", true, "announce");
	plane_answers(&plane, "announce off for 1h", ANSWER_USAGE, "no time");
	plane_expect(&plane, "announce off", true, "box: announce on -> off");
}
END_TEST

START_TEST(a_box_that_announces_nothing_is_not_drained)
{
	plane_answers(&plane, "drain box", ANSWER_REFUSED,
		      "the file has no `announce`");
	plane_expect(&plane, "ready box", true, "box: ready -> ready");
	plane_answers(&plane, "wait 0 drained box", ANSWER_REFUSED,
		      "box is not drained after 0 seconds");
	plane_answers(&plane, "ready box mx/a", ANSWER_USAGE, "is no reason");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("wishes");
	TCase *t = tcase_create("wishes");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_add_test(t, a_drain_says_why_and_ends_by_itself);
	tcase_add_test(t, the_time_may_stand_behind_the_reason);
	tcase_add_test(t, neither_a_kill_nor_a_clock_ends_a_drain_early);
	tcase_add_test(t, a_pattern_and_a_host_hit_all_pools);
	tcase_add_test(t, the_last_that_serves_stays_unless_it_is_meant);
	tcase_add_test(t, a_backend_that_is_down_is_not_one_that_serves);
	tcase_add_test(t, what_means_no_backend_is_refused);
	tcase_add_test(t, a_wait_tells_how_it_goes_on_if_it_is_asked);
	tcase_add_test(t, a_pattern_of_many_stars_is_answered_at_once);
	tcase_add_test(t, a_reason_may_not_harm_who_reads_it);
	tcase_add_test(t, a_wish_outlives_the_absence_of_its_backend);
	tcase_add_test(t, a_role_is_of_a_file_that_has_roles);
	tcase_add_test(t, a_box_that_announces_nothing_is_not_drained);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
