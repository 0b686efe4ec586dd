/* SPDX-License-Identifier: BSD-3-Clause */
/* How show backends lists MTAs, for programs and for people.
 * Method: requests over the real socket to a whole control plane, on a region
 * whose counters the test writes. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "serving.h"

START_TEST(backends_are_shown_with_counts_and_verdicts)
{
	struct mx_worker_count *worker = plane.region->worker;

	worker[0].backend[2].opened = 10;
	worker[0].backend[2].closed = 4;
	worker[1].backend[2].opened = 1;
	worker[1].backend[2].bytes_in = 1000;
	worker[0].timing[2].wait[2] = 2; /* 1.024 to 2.048 ms */
	worker[1].timing[2].wait[2] = 2;
	worker[1].timing[2].greeting[MX_GREETING_4XX] = 3;
	json_t *data = plane_json(&plane, "-j show backends");
	const json_t *b = plane_row(data, "backends", 1);
	ck_assert_str_eq(plane_text(b, "pool"), "mx");
	ck_assert_str_eq(plane_text(b, "backend"), "b");
	ck_assert_str_eq(plane_text(b, "address"), "192.0.2.12:25");
	ck_assert_str_eq(plane_text(b, "admin"), "ready");
	ck_assert_str_eq(plane_text(b, "health"), "up");
	ck_assert_int_eq(plane_number(b, "sessions"), 7);
	ck_assert_int_eq(plane_number(b, "sessions_total"), 11);
	ck_assert_int_eq(plane_number(b, "bytes_in"), 1000);
	ck_assert_int_eq(plane_number(b, "tier"), 0);
	ck_assert_double_eq(json_real_value(json_object_get(b, "banner_ms")),
			    1.536);
	ck_assert_int_eq(plane_number(json_object_get(b, "greetings"), "4xx"),
			 3);
	ck_assert(json_is_null(json_object_get(b, "connections_max")));
	const json_t *check = json_object_get(b, "last_check");
	ck_assert(json_is_true(json_object_get(check, "passed")));
	ck_assert_str_eq(plane_text(check, "reason"), "ok");
	json_decref(data);
	plane_expect(&plane, "show backends", true,
		     "mx    b        192.0.2.12:25  ready");
}
END_TEST

START_TEST(text_fits_the_terminal_that_the_client_names)
{
	bool ok;
	char *text = plane_ask(&plane, "-w 60 -c show backends", &ok);

	ck_assert_ptr_nonnull(strstr(text, "POOL  BACKEND  ADMIN  HEALTH"));
	ck_assert_ptr_nonnull(strstr(text, "not shown, see -o: ADDRESS"));
	free(text);
	fakeprobe_end("192.0.2.11:25", REASON_CONNECT_TIMEOUT);
	plane_expect(&plane, "-c -w 60 show backends", true, "\033[31mdown");
	/* JSON is whole. */
	json_t *data = plane_json(&plane, "-w 20 -c -o pool -j show backends");
	ck_assert_ptr_nonnull(
		json_object_get(plane_row(data, "backends", 0), "address"));
	json_decref(data);
}
END_TEST

/* Ask, and return where the part is in the text. */
static ptrdiff_t
place_of(const char *line, const char *part)
{
	bool ok;
	char *text = plane_ask(&plane, line, &ok);
	const char *found = strstr(text, part);

	ck_assert_msg(found != NULL, "%s: %s", line, text);
	const ptrdiff_t place = found - text;
	free(text);
	return place;
}

START_TEST(a_terminal_gets_trouble_first)
{
	fakeprobe_end("192.0.2.12:25", REASON_CONNECT_TIMEOUT);
	ck_assert_int_lt(place_of("show backends", "\nmx    a "),
			 place_of("show backends", "\nmx    b "));
	ck_assert_int_gt(place_of("-w 100 show backends", "\nmx    a "),
			 place_of("-w 100 show backends", "\nmx    b "));
	json_t *data = plane_json(&plane, "-j show backends");
	ck_assert(json_is_true(
		json_object_get(plane_row(data, "backends", 0), "well")));
	ck_assert(json_is_false(
		json_object_get(plane_row(data, "backends", 1), "well")));
	json_decref(data);
}
END_TEST

/* A pool of 14 and 6 on standby, and an empty one, none of which is up yet. */
static void
apply_many(void)
{
	char rest[4096], line[160];
	int used = snprintf(
		rest, sizeof(rest),
		"services:\n"
		"  - {name: mail, listen: [\"198.51.100.25:25\"], pool: mx, "
		"snat: [\"10.0.2.100\"], client-address: hidden}\n"
		"  - {name: out, listen: [\"198.51.100.26:25\"], pool: out, "
		"snat: [\"10.0.2.100\"], client-address: hidden}\n"
		"pools:\n"
		"  - name: out\n"
		"    backends:\n"
		"      - {name: o, address: \"192.0.2.99:25\"}\n"
		"  - name: mx\n"
		"    backends:\n");

	for (int i = 1; i <= 20; i++)
		used += snprintf(
			rest + used, sizeof(rest) - (size_t)used,
			"      - {name: m%d, address: \"192.0.2.%d:25\", tier: "
			"%d}\n",
			i, 100 + i, i > 14);
	plane_write_rest(&plane, "many.yaml", rest);
	snprintf(line, sizeof(line), "config apply %s/many.yaml", plane.folder);
	plane_expect(&plane, line, true, "");
}

START_TEST(of_many_backends_a_terminal_gets_those_that_are_not_well)
{
	char address[32];
	bool ok;

	apply_many();
	for (int i = 1; i <= 20; i++) {
		snprintf(address, sizeof(address), "192.0.2.%d:25", 100 + i);
		for (int check = 0; check < 5; check++)
			fakeprobe_end(address, REASON_OK);
	}
	for (int check = 0; check < 5; check++)
		fakeprobe_end("192.0.2.103:25", REASON_CONNECT_TIMEOUT);
	plane_expect(&plane, "drain mx/m5", true, "");
	char *text = plane_ask(&plane, "-w 100 show backends", &ok);
	ck_assert_ptr_nonnull(strstr(text, "m3 "));
	ck_assert_ptr_nonnull(strstr(text, "m5 "));
	ck_assert_ptr_null(strstr(text, "m6 "));
	ck_assert_ptr_nonnull(
		strstr(text, "\n\nout  0 of 1 serve: EMPTY\n"
			     "mx   12 of 14 serve, tier 0; 6 standby\n"));
	free(text);
	plane_expect(&plane, "-w 100 -a show backends", true, "m6 ");
	plane_expect(&plane, "show backends", true, "m6 ");
	plane_expect(&plane, "-w 100 -o backend show backends", true, "m6\n");
	ck_assert_int_lt(place_of("-w 80 show pools", "\nout "),
			 place_of("-w 80 show pools", "\nmx "));
	ck_assert_int_gt(place_of("-w 80 show services", "\nmail "),
			 place_of("-w 80 show services", "\nout "));
}
END_TEST

/* The names of the backends that a command shows. */
static void
expect_backends(const char *arguments, const char *wanted)
{
	char line[96], names[512] = "";
	size_t i;
	json_t *row;

	snprintf(line, sizeof(line), "-j show backends %s", arguments);
	json_t *data = plane_json(&plane, line);
	json_array_foreach(json_object_get(data, "backends"), i, row)
		snprintf(names + strlen(names), sizeof(names) - strlen(names),
			 "%s%s", i > 0 ? " " : "", plane_text(row, "backend"));
	ck_assert_msg(strcmp(names, wanted) == 0, "%s: %s", line, names);
	json_decref(data);
}

START_TEST(backends_are_chosen_by_name_and_state)
{
	apply_many();
	for (int check = 0; check < 5; check++) {
		fakeprobe_end("192.0.2.101:25", REASON_OK);
		fakeprobe_end("192.0.2.102:25", REASON_OK);
		fakeprobe_end("192.0.2.115:25", REASON_OK);
	}
	plane_expect(&plane, "drain mx/m2", true, "");
	expect_backends("out", "o");
	expect_backends("o*", "o");
	expect_backends("mx/m1", "m1");
	expect_backends("*/m1?", "m10 m11 m12 m13 m14 m15 m16 m17 m18 m19");
	expect_backends("up", "m1 m2 m15");
	expect_backends("standby", "m15");
	expect_backends("drain", "m2");
	expect_backends("mx/m1* up", "m1 m15");
	expect_backends("@m3", "m3");
	expect_backends("@192.0.2.115 up", "m15");
	expect_backends("@o", "o");
	plane_answers(&plane, "show backends @zz", ANSWER_REFUSED,
		      "there is no pool, backend or host @zz");
	expect_backends("down out", "o");
	expect_backends("trouble mx/m[12]", "m2");
	expect_backends("maint", "");
	plane_expect(&plane, "show backends maint", true, "no backend is so\n");
	plane_answers(&plane, "show backends zz", ANSWER_REFUSED,
		      "there is no pool, backend or host zz");
	plane_answers(&plane, "show backends mx mx", ANSWER_USAGE,
		      "does not belong there");
	/* A terminal gets all that were asked for. */
	plane_expect(&plane, "-w 100 show backends mx", true, "m20 ");
}
END_TEST

START_TEST(new_sessions_a_second_are_those_of_ten_seconds)
{
	json_t *data;

	plane_run(&plane, 12000);
	plane.region->worker[0].backend[2].opened += 40;
	plane.region->worker[1].backend[2].opened += 10;
	plane.region->worker[0].service[0].opened += 100;
	plane_run(&plane, 5000);
	data = plane_json(&plane, "-j show backends");
	ck_assert_double_eq_tol(
		json_real_value(json_object_get(plane_row(data, "backends", 1),
						"sessions_per_s")),
		5, 0.1);
	ck_assert_double_eq(
		json_real_value(json_object_get(plane_row(data, "backends", 0),
						"sessions_per_s")),
		0);
	json_decref(data);
	data = plane_json(&plane, "-j show services");
	ck_assert_double_eq_tol(
		json_real_value(json_object_get(plane_row(data, "services", 0),
						"sessions_per_s")),
		10, 0.1);
	json_decref(data);
	plane_run(&plane, 12000);
	plane_expect(&plane, "-o backend,new/s show backends", true,
		     "b          0.0\n");
	/* The counters of another data plane say nothing of the rate. */
	plane.region->worker[0].backend[2].opened = 0;
	plane_run(&plane, 1000);
	plane_expect(&plane, "-o backend,new/s show backends", true,
		     "b        -\n");
}
END_TEST

static struct mx_flow_count *
count_of_c(void)
{
	return &plane.region->worker[0].backend[3];
}

START_TEST(a_backend_full_of_our_sessions_goes_on_serving_and_says_why)
{
	char line[160];

	plane_write_config(&plane, "c.yaml",
			   "      - {name: c, address: \"192.0.2.13:25\", "
			   "connections-max: 4}\n");
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, true, "is in force");
	fakeprobe_end("192.0.2.13:25", REASON_OK);
	count_of_c()->opened = 4;
	fakeprobe_end("192.0.2.13:25", REASON_BANNER_TIMEOUT);
	plane_expect(&plane, "show backends", true,
		     "serving, not checked: mxsteer's own sessions use all of "
		     "its connections-max: timeout waiting for the banner");
	count_of_c()->closed = 1;
	fakeprobe_end("192.0.2.13:25", REASON_BANNER_TIMEOUT);
	plane_expect(&plane, "show backends", true,
		     "down, timeout waiting for the banner");
}
END_TEST

START_TEST(a_check_that_this_host_could_not_make_is_shown)
{
	fakeprobe_end("192.0.2.11:25", REASON_LOCAL_FAULT);
	plane_expect(&plane, "show backends", true,
		     "serving, not checked: this host could not open a "
		     "connection: what the ");
	fakeprobe_end("192.0.2.11:25", REASON_OK);
	plane_expect(&plane, "show backends", true, "  serving\n");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("showbackends");
	TCase *t = tcase_create("showbackends");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_add_test(t, backends_are_shown_with_counts_and_verdicts);
	tcase_add_test(t, text_fits_the_terminal_that_the_client_names);
	tcase_add_test(t, a_terminal_gets_trouble_first);
	tcase_add_test(
		t, of_many_backends_a_terminal_gets_those_that_are_not_well);
	tcase_add_test(t, backends_are_chosen_by_name_and_state);
	tcase_add_test(t, new_sessions_a_second_are_those_of_ten_seconds);
	tcase_add_test(
		t, a_backend_full_of_our_sessions_goes_on_serving_and_says_why);
	tcase_add_test(t, a_check_that_this_host_could_not_make_is_shown);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
