/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands show to programs and to people.
 * Method: requests over the real socket to a whole control plane, on a region
 * whose counters the test writes. test_showbackends.c has the backends,
 * test_sessionlist.c the sessions, test_modes.c the services. */
#include <stdlib.h>
#include <unistd.h>

#include "runner.h"
#include "serving.h"

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
		      "no column nonsense; expected some "
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
	tcase_add_test(t, columns_are_chosen_of_a_report);
	tcase_add_test(t, a_wrong_option_is_wrong_usage);
	tcase_add_test(t, services_pools_and_generation_are_shown);
	tcase_add_test(t, drops_show_the_equation_and_whether_it_holds);
	tcase_add_test(t, workers_show_what_is_not_as_usual);
	tcase_add_test(t, what_idle_workers_do_is_said_in_words);
	tcase_add_test(t, the_steering_in_force_is_said_in_words);
	tcase_add_test(t, snat_addresses_show_how_far_they_are_used);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
