/* SPDX-License-Identifier: BSD-3-Clause */
/* Which pools have MTAs that are not alike: what `show pools`, `status` and the
 * events say of it.
 * Method: a whole control plane on a real region (serving.c); the test writes
 * what the checks found. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "eventlog.h"
#include "runner.h"
#include "serving.h"

static void
setup(void)
{
	serving_setup();
	plane_seed_hops(&plane);
	eventlog_forget();
}

/* The checks of a backend have found these lines. */
static void
find(uint16_t id, const char *host, const char *size)
{
	struct mta_profile *profile =
		&plane.control->state->backend[id].profile;

	profile->at_s = clock_wall_s();
	snprintf(profile->phase[SMTP_BANNER].said, PROFILE_LINE_MAX,
		 "220 %s ESMTP", host);
	ehlo_clear(&profile->ehlo);
	ehlo_add(&profile->ehlo, host);
	ehlo_add(&profile->ehlo, "PIPELINING");
	ehlo_add(&profile->ehlo, size);
	plane_run(&plane, 1100);
}

static const struct eventlog_entry *
last_event(void)
{
	return eventlog_before(eventlog_total() + 1);
}

START_TEST(unlike_mtas_are_named_everywhere)
{
	plane_expect(&plane, "show pools", true, "smtp   -");
	find(1, "a.example.net", "SIZE 100");
	find(2, "b.example.net", "SIZE 100");
	plane_expect(&plane, "show pools", true, "smtp   yes");
	ck_assert_uint_eq(eventlog_total(), 0);
	find(2, "b.example.net", "SIZE 50");
	plane_expect(&plane, "show pools", true,
		     "mx is not alike: SIZE: a says 100, b says 50\n");
	plane_answers(
		&plane, "status", ANSWER_OK,
		"note      pool mx: its MTAs are not alike: SIZE: a says 100, b "
		"says 50\n");
	json_t *data = plane_json(&plane, "-j show pools");
	const json_t *row = plane_row(data, "pools", 0);
	ck_assert(json_is_false(json_object_get(row, "alike")));
	ck_assert_uint_eq(json_array_size(json_object_get(row, "differences")),
			  1);
	json_decref(data);
	ck_assert(plane_logged("warn pool mx MTAs alike -> unlike, SIZE: a "
			       "says 100, b says 50"));
}
END_TEST

START_TEST(a_change_is_one_event_and_at_most_one_a_minute)
{
	char size[32];

	find(1, "a.example.net", "SIZE 100");
	find(2, "b.example.net", "SIZE 50");
	ck_assert_uint_eq(eventlog_total(), 1);
	ck_assert_str_eq(last_event()->subject, "pool mx");
	ck_assert_str_eq(last_event()->after, "unlike");
	plane_run(&plane, 300 * 1000);
	ck_assert_uint_eq(eventlog_total(), 1);
	/* It says something else each time. */
	for (int i = 0; i < 300; i++) {
		snprintf(size, sizeof(size), "SIZE %d", i);
		find(2, "b.example.net", size);
	}
	ck_assert_uint_ge(eventlog_total(), 4);
	ck_assert_uint_le(eventlog_total(), 8);
	find(2, "b.example.net", "SIZE 100");
	plane_run(&plane, 61 * 1000);
	ck_assert_str_eq(last_event()->after, "alike");
}
END_TEST

START_TEST(an_mta_that_is_not_up_is_not_compared)
{
	find(1, "a.example.net", "SIZE 100");
	find(2, "b.example.net", "SIZE 50");
	plane_expect(&plane, "maint mx/b", true, "");
	plane_run(&plane, 1100);
	plane_expect(&plane, "show pools", true, "smtp   -");
}
END_TEST

START_TEST(an_applied_file_may_move_pools)
{
	char line[128];

	find(1, "a.example.net", "SIZE 100");
	find(2, "b.example.net", "SIZE 50");
	plane_write_rest(
		&plane, "two.yaml",
		"services:\n"
		"  - {name: inbound, listen: [\"198.51.100.25:25\"],"
		" pool: mx, forward: nat}\n"
		"  - {name: other, listen: [\"198.51.100.26:25\"],"
		" pool: first, forward: nat}\n"
		"pools:\n"
		"  - name: first\n"
		"    backends: [{name: x, address: \"192.0.2.99:25\"}]\n"
		"  - name: mx\n"
		"    check: {rise: 1, fall: 1}\n"
		"    backends:\n" PLANE_BACKENDS);
	snprintf(line, sizeof(line), "config apply %s/two.yaml", plane.folder);
	plane_answers(&plane, line, ANSWER_OK, "");
	plane_run(&plane, 1100);
	plane_expect(&plane, "show pools", true, "mx is not alike: SIZE");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("likeness");
	TCase *t = tcase_create("likeness");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, unlike_mtas_are_named_everywhere);
	tcase_add_test(t, a_change_is_one_event_and_at_most_one_a_minute);
	tcase_add_test(t, an_mta_that_is_not_up_is_not_compared);
	tcase_add_test(t, an_applied_file_may_move_pools);
	suite_add_tcase(s, t);
	return s;
}
