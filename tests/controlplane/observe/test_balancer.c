/* SPDX-License-Identifier: BSD-3-Clause */
/* `balance: load`: an MTA loses weight by the counts of its own sessions, and by no
 * others.
 * Method: a whole control plane with a fake clock; the test counts as the workers
 * do. */
#include <string.h>

#include "plane.h"
#include "runner.h"

#define A "      - {name: a, address: \"192.0.2.11:25\"}\n"
#define B "      - {name: b, address: \"192.0.2.12:25\"}\n"
#define C "      - {name: c, address: \"192.0.2.13:25\"}\n"
#define B_RENAMED "      - {name: z, address: \"192.0.2.12:25\"}\n"

static struct plane plane;

static void
apply(const char *listen, const char *backends)
{
	char text[1024], line[200];

	snprintf(text, sizeof(text),
		 "services:\n"
		 "  - {name: in, listen: [\"198.51.100.25:25\"%s], pool: mx, "
		 "snat: [198.51.100.100], client-address: hidden}\n"
		 "  - {name: tls, listen: [\"198.51.100.26:465\"], pool: tls, "
		 "snat: [198.51.100.100], client-address: hidden}\n"
		 "pools:\n"
		 "  - name: tls\n"
		 "    backends: [{name: t, address: \"192.0.2.20:465\"}]\n"
		 "  - name: mx\n"
		 "    balance: load\n"
		 "    backends:\n%s",
		 listen, backends);
	plane_write_rest(&plane, "c.yaml", text);
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, true, "");
	for (int i = 0; i < 2; i++) {
		fakeprobe_result("192.0.2.11:25", true);
		if (strstr(backends, "192.0.2.12") != NULL)
			fakeprobe_result("192.0.2.12:25", true);
		if (strstr(backends, "192.0.2.13") != NULL)
			fakeprobe_result("192.0.2.13:25", true);
	}
	plane_run(&plane, 1000);
}

static void
setup(void)
{
	plane_open(&plane, PLANE_BACKENDS);
	plane_start_data(&plane);
	plane_start_control(&plane);
	plane_seed_hops(&plane);
	apply("", A B);
}

static void
teardown(void)
{
	plane_close(&plane);
}

static uint16_t
id_of(const char *label)
{
	const uint16_t id = state_find(plane.control->state, label);

	ck_assert_uint_ne(id, MX_BACKEND_NONE);
	return id;
}

static uint16_t
percent_of(const char *label)
{
	return plane.control->state->backend[id_of(label)].percent[FACTOR_LOAD];
}

/* So many sessions began, and were greeted after `ms` each. */
static void
greet(uint16_t id, uint32_t ms, uint32_t times)
{
	struct mx_worker_count *worker = &plane.region->worker[0];

	worker->backend[id].opened += times;
	worker->backend[id].closed += times;
	worker->timing[id].waits += times;
	worker->timing[id].wait_us += (uint64_t)ms * 1000 * times;
	worker->timing[id].greeting[MX_GREETING_SERVES] += times;
}

/* Some seconds in which b greets late. */
static void
slow_down(const char *slow, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		greet(id_of("mx/a"), 10, 50);
		greet(id_of(slow), 500, 50);
		plane_run(&plane, 1000);
	}
}

START_TEST(an_mta_that_greets_late_loses_weight)
{
	slow_down("mx/b", 20);
	ck_assert_uint_lt(percent_of("mx/b"), 60);
	ck_assert_uint_eq(percent_of("mx/a"), 100);
}
END_TEST

START_TEST(a_new_name_of_an_mta_keeps_what_is_known_of_it)
{
	slow_down("mx/b", 10);
	const uint16_t before = percent_of("mx/b");

	apply("", A B_RENAMED);
	ck_assert_int_le(before - percent_of("mx/z"), 5);
	ck_assert_uint_lt(percent_of("mx/z"), 90);
	slow_down("mx/z", 10);
	ck_assert_uint_lt(percent_of("mx/z"), before);
}
END_TEST

START_TEST(a_restart_goes_on_from_the_percents_before)
{
	slow_down("mx/b", 10);
	int before = percent_of("mx/b");

	plane_stop_control(&plane);
	plane_start_control(&plane);
	plane_seed_hops(&plane);
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
	plane_run(&plane, 200);
	ck_assert_int_eq(percent_of("mx/b"), before);
	for (int i = 0; i < 10; i++) {
		slow_down("mx/b", 1);
		ck_assert_int_le(percent_of("mx/b"), before + 1);
		ck_assert_int_ge(percent_of("mx/b"), before - BALANCE_STEP);
		before = percent_of("mx/b");
	}
}
END_TEST

START_TEST(another_mta_of_the_same_id_has_its_whole_weight)
{
	slow_down("mx/b", 20);
	const uint16_t id = id_of("mx/b");

	apply("", A);
	plane_run(&plane, (STATE_RETIRED_S + 10) * 1000);
	for (int i = 0; i < 5; i++) {
		greet(id_of("mx/a"), 10, 50);
		plane_run(&plane, 1000);
	}
	/* Sessions of the first one that were greeted meanwhile. */
	greet(id, 60000, 20);
	apply("", A C);
	ck_assert_uint_eq(id_of("mx/c"), id);
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(percent_of("mx/c"), 100);
		greet(id_of("mx/a"), 10, 50);
		greet(id, 10, 50);
		plane_run(&plane, 1000);
	}
	ck_assert_uint_eq(percent_of("mx/c"), 100);
}
END_TEST

/* Sessions begin, and hang. */
static void
hang(uint16_t id, uint32_t times)
{
	plane.region->worker[0].backend[id].opened += times;
}

static const struct {
	const char *listen;
	uint32_t words; /* that it says to clients that speak first */
	bool vanish;    /* its clients leave at once */
	bool stuck;
} hung[] = {
	{"", 0, false, true},
	{"", 1, false, false},
	{"", 0, true, false},
	/* There a client may be the one that says nothing. */
	{", \"198.51.100.25:465\"", 0, false, false},
};

START_TEST(an_mta_is_stuck_if_it_lets_sessions_hang_that_it_should_greet)
{
	const uint16_t id = id_of("mx/b");

	apply(hung[_i].listen, A B);
	for (int i = 0; i < 20; i++) {
		greet(id_of("mx/a"), 10, 50);
		hang(id, 2);
		plane.region->worker[0].backend[id].closed +=
			hung[_i].vanish ? 2 : 0;
		plane.region->worker[0].timing[id].greeting[0] +=
			hung[_i].words;
		plane_run(&plane, 1000);
	}
	if (hung[_i].stuck)
		ck_assert_uint_lt(percent_of("mx/b"), 60);
	else
		ck_assert_uint_eq(percent_of("mx/b"), 100);
}
END_TEST

START_TEST(counts_that_begin_anew_are_gained_from_zero)
{
	struct mx_worker_count *worker = &plane.region->worker[0];
	const uint16_t id = id_of("mx/b");

	greet(id, 10, 1000);
	plane_run(&plane, 2000);
	memset(&worker->timing[id], 0, sizeof(worker->timing[id]));
	greet(id, 10, 10);
	const double before = plane.control->state->backend[id].balance.waits;
	plane_run(&plane, 1000);
	ck_assert_double_le(plane.control->state->backend[id].balance.waits,
			    before + 10);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("balancer");
	TCase *t = tcase_create("balancer");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, an_mta_that_greets_late_loses_weight);
	tcase_add_test(t, a_new_name_of_an_mta_keeps_what_is_known_of_it);
	tcase_add_test(t, a_restart_goes_on_from_the_percents_before);
	tcase_add_test(t, another_mta_of_the_same_id_has_its_whole_weight);
	tcase_add_loop_test(
		t,
		an_mta_is_stuck_if_it_lets_sessions_hang_that_it_should_greet,
		0, (int)(sizeof(hung) / sizeof(hung[0])));
	tcase_add_test(t, counts_that_begin_anew_are_gained_from_zero);
	suite_add_tcase(s, t);
	return s;
}
