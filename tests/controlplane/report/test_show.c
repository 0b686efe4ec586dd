/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands show to programs and to people.
 * Method: requests over the real socket to a whole control plane, on a region
 * whose counters the test writes. test_sessionlist.c has the sessions,
 * test_modes.c the services. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	expect_backends("down out", "o");
	expect_backends("trouble mx/m[12]", "m2");
	expect_backends("maint", "");
	plane_expect(&plane, "show backends maint", true, "no backend is so\n");
	plane_answers(&plane, "show backends zz", ANSWER_REFUSED,
		      "there is no pool or backend zz");
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

START_TEST(columns_are_chosen_of_a_report)
{
	bool ok;
	char *text =
		plane_ask(&plane, "-o backend,since,mtu show backends", &ok);

	ck_assert_str_eq(text, "BACKEND  SINCE  MTU\n"
			       "a        0s     -\n"
			       "b        0s     -\n");
	free(text);
	plane_expect(&plane, "-o likeness show pools", true, "ALIKE\n-\n");
	plane_answers(&plane, "-o nonsense show backends", ANSWER_USAGE,
		      "no column nonsense, or too many columns; expected some "
		      "of: pool, backend, address");
	plane_answers(&plane, "-o pool show generation", ANSWER_USAGE,
		      "no table");
}
END_TEST

START_TEST(a_wrong_option_is_wrong_usage)
{
	static const char *const lines[] = {"-x show pools",
					    "-jc show pools",
					    "- show pools",
					    "-w show pools",
					    "-w 0 show pools",
					    "-w",
					    "-o",
					    "--json show pools"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		plane_answers(&plane, lines[i], ANSWER_USAGE, "-");
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

START_TEST(services_pools_and_generation_are_shown)
{
	json_t *data = plane_json(&plane, "-j show services");
	const json_t *service = plane_row(data, "services", 0);
	ck_assert_str_eq(plane_text(service, "service"), "inbound");
	ck_assert_str_eq(json_string_value(json_array_get(
				 json_object_get(service, "vips"), 0)),
			 "198.51.100.25:25");
	ck_assert_str_eq(json_string_value(json_array_get(
				 json_object_get(service, "snat"), 0)),
			 "10.0.2.100");
	ck_assert_str_eq(plane_text(service, "forward"), "fullnat");
	ck_assert_str_eq(plane_text(service, "proxy"), "off");
	ck_assert(json_is_null(json_object_get(service, "tunnel")));
	ck_assert_int_eq(
		plane_number(json_object_get(service, "timers"), "idle_ms"),
		900000);
	json_decref(data);

	data = plane_json(&plane, "-j show pools");
	ck_assert_int_eq(plane_number(plane_row(data, "pools", 0), "backends"),
			 2);
	ck_assert_int_eq(plane_number(plane_row(data, "pools", 0), "up"), 2);
	ck_assert_int_eq(plane_number(plane_row(data, "pools", 0), "tier"), 0);
	json_decref(data);

	data = plane_json(&plane, "-j show generation");
	ck_assert_int_eq(plane_number(data, "published"), 2);
	ck_assert_int_eq(plane_number(data, "adopted"), 2);
	ck_assert(json_is_null(json_object_get(data, "fault")));
	const json_t *process = json_object_get(data, "dataplane");
	ck_assert(json_is_true(json_object_get(process, "running")));
	ck_assert_int_eq(plane_number(process, "pid"), getpid());
	ck_assert(json_is_false(json_object_get(process, "ipv6")));
	json_decref(data);
	plane_expect(&plane, "show generation", true,
		     "room for IPv6         no");
	plane_expect(&plane, "show services", true, "198.51.100.25:25");
	plane_expect(&plane, "show pools", true, "source");
	plane_expect(&plane, "show generation", true,
		     "generation in force   2");
}
END_TEST

START_TEST(drops_show_the_equation_and_whether_it_holds)
{
	struct mx_worker_count *worker = plane.region->worker;

	worker[0].rx = 10;
	worker[0].tx = 6;
	worker[0].to_kernel = 1;
	worker[0].dropped[MX_DROP_NO_SESSION] = 3;
	worker[1].rx = 2;
	worker[1].handed_off = 2;
	json_t *data = plane_json(&plane, "-j show drops");
	ck_assert(json_is_true(json_object_get(data, "balanced")));
	ck_assert_int_eq(plane_number(data, "dropped"), 3);
	ck_assert_int_eq(
		plane_number(json_object_get(data, "drops"), "no-session"), 3);
	ck_assert_int_eq(plane_number(json_object_get(data, "drops"), "ttl"),
			 0);
	json_decref(data);
	plane_expect(
		&plane, "show drops", true,
		"rx 12 + made 0 = tx 6 + to-kernel 1 + handed-off 2 + dropped 3\n");
	worker[1].made = 4;
	worker[1].tx = 4;
	plane_expect(&plane, "show drops", true,
		     "rx 12 + made 4 = tx 10 + to-kernel 1 + handed-off 2 + "
		     "dropped 3\n");
	worker[1].rx = 3;
	plane_expect(&plane, "show drops", true, "not balanced");
	plane_expect(&plane, "show workers", true, "WORKER  CORE");
	data = plane_json(&plane, "-j show workers");
	ck_assert_int_eq(plane_number(plane_row(data, "workers", 0), "rx"), 10);
	json_decref(data);
}
END_TEST

START_TEST(workers_show_what_is_not_as_usual)
{
	struct mx_worker_count *worker = plane.region->worker;

	worker[1].slots_used = 11;
	worker[1].strayed = 12;
	worker[1].proxy_resent = 13;
	worker[1].proxy_given_up = 14;
	worker[1].diverted = 15;
	worker[1].ended = 16;
	worker[1].busy_cycles = 18;
	plane.region->header.tsc_hz = 19;
	worker[1].rx = worker[1].handed_off = 17;
	worker[1].sleeps = 18;
	json_t *data = plane_json(&plane, "-j show workers");
	const json_t *row = plane_row(data, "workers", 1);
	ck_assert_int_eq(plane_number(row, "slots_used"), 11);
	ck_assert_int_eq(plane_number(row, "strayed"), 12);
	ck_assert_int_eq(plane_number(row, "proxy_resent"), 13);
	ck_assert_int_eq(plane_number(row, "proxy_given_up"), 14);
	ck_assert_int_eq(plane_number(row, "diverted"), 15);
	ck_assert_int_eq(plane_number(row, "ended"), 16);
	ck_assert_int_eq(plane_number(row, "busy_cycles"), 18);
	ck_assert_int_eq(plane_number(data, "tsc_hz"), 19);
	ck_assert_int_eq(plane_number(row, "handed_off"), 17);
	ck_assert_int_eq(plane_number(row, "sleeps"), 18);
	json_decref(data);
	plane_expect(&plane, "show workers", true, "PROXY GIVEN UP");
}
END_TEST

START_TEST(the_steering_in_force_is_said_in_words)
{
	static const struct {
		uint8_t steering;
		const char *json;
		const char *text;
	} cases[] = {
		{MX_STEERING_ALONE, "\"alone\"", "\nsteering: one worker"},
		{MX_STEERING_RINGS, "\"rings\"", "\nsteering: workers hand"},
		{MX_STEERING_RSS, "\"rss\"", "\nsteering: local ports are"},
		{MX_STEERINGS, "\"steering\":null", "\nsteering: unknown"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plane.region->header.steering = cases[i].steering;
		plane_expect(&plane, "show workers", true, cases[i].text);
		plane_expect(&plane, "-j show workers", true, cases[i].json);
	}
}
END_TEST

START_TEST(snat_addresses_show_how_far_they_are_used)
{
	struct mx_region_snat *snat = plane.region->snat;

	plane_expect(&plane, "show snat", true, "no snat address is in use");
	snat[2].address = mx_addr_from4(htonl(0x0a000264));
	atomic_store(&snat[2].used, 16128);
	atomic_store(&snat[2].fullest_percent, 31);
	snat[9].address = (struct mx_addr){{0xfd, [15] = 1}};
	json_t *data = plane_json(&plane, "-j show snat");
	const json_t *row = plane_row(data, "snats", 0);
	ck_assert_uint_eq(json_array_size(json_object_get(data, "snats")), 2);
	ck_assert_str_eq(plane_text(row, "address"), "10.0.2.100");
	ck_assert_int_eq(plane_number(row, "used"), 16128);
	ck_assert_int_eq(plane_number(row, "capacity"), 64512);
	ck_assert_int_eq(plane_number(row, "fullest_percent"), 31);
	json_decref(data);
	plane_expect(&plane, "show snat", true,
		     "10.0.2.100       16128  64512    25.0");
	plane_expect(&plane, "show snat", true, "fd00::1");
}
END_TEST

START_TEST(what_idle_workers_do_is_said_in_words)
{
	static const struct {
		uint8_t idling;
		const char *json;
		const char *text;
	} cases[] = {
		{MX_IDLING_POLLS, "\"poll\"",
		 "\nwhen nothing comes: workers poll"},
		{MX_IDLING_SLEEPS, "\"sleep\"", "up to a millisecond"},
		{MX_IDLING_WAITS, "\"interrupts\"", "until a frame comes in\n"},
		{MX_IDLINGS, "\"idle\":null", "\nwhen nothing comes: unknown"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plane.region->header.idling = cases[i].idling;
		plane_expect(&plane, "show workers", true, cases[i].text);
		plane_expect(&plane, "-j show workers", true, cases[i].json);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("show");
	TCase *t = tcase_create("show");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_add_test(t, backends_are_shown_with_counts_and_verdicts);
	tcase_add_test(t, text_fits_the_terminal_that_the_client_names);
	tcase_add_test(t, a_terminal_gets_trouble_first);
	tcase_add_test(
		t, of_many_backends_a_terminal_gets_those_that_are_not_well);
	tcase_add_test(t, backends_are_chosen_by_name_and_state);
	tcase_add_test(t, new_sessions_a_second_are_those_of_ten_seconds);
	tcase_add_test(t, columns_are_chosen_of_a_report);
	tcase_add_test(t, a_wrong_option_is_wrong_usage);
	tcase_add_test(t, services_pools_and_generation_are_shown);
	tcase_add_test(
		t, a_backend_full_of_our_sessions_goes_on_serving_and_says_why);
	tcase_add_test(t, a_check_that_this_host_could_not_make_is_shown);
	tcase_add_test(t, drops_show_the_equation_and_whether_it_holds);
	tcase_add_test(t, workers_show_what_is_not_as_usual);
	tcase_add_test(t, what_idle_workers_do_is_said_in_words);
	tcase_add_test(t, the_steering_in_force_is_said_in_words);
	tcase_add_test(t, snat_addresses_show_how_far_they_are_used);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
