/* SPDX-License-Identifier: BSD-3-Clause */
/* `top read`: all states and counters in one answer.
 * Method: requests over the real socket to a whole control plane (serving.c),
 * whose counters the test writes. */
#include <string.h>

#include "runner.h"
#include "serving.h"
#include "watching.h"

static struct mx_worker_count *worker;

static void
setup(void)
{
	serving_setup();
	plane.region->header.workers = 1;
	worker = &plane.region->worker[0];
	plane_seed_hops(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
}

static json_t *
read_all(void)
{
	return plane_json(&plane, "top read");
}

START_TEST(one_answer_has_all_four_lists)
{
	json_t *data = read_all();

	ck_assert_str_eq(plane_text(data, "level"), "admin");
	ck_assert_str_eq(plane_text(data, "status"), "OK");
	ck_assert_int_gt(plane_number(data, "at_ms"), 0);
	ck_assert_str_eq(plane_text(plane_row(data, "services", 0), "state"),
			 "ok");
	ck_assert_str_eq(plane_text(plane_row(data, "pools", 0), "name"), "mx");
	ck_assert_str_eq(plane_text(plane_row(data, "backends", 1), "name"),
			 "mx/b");
	ck_assert_str_eq(plane_text(plane_row(data, "workers", 0), "name"),
			 "0");
	json_decref(data);
}
END_TEST

START_TEST(a_pool_has_the_sums_of_its_backends)
{
	worker->backend[1] = (struct mx_flow_count){.opened = 7,
						    .closed = 2,
						    .packets_in = 30,
						    .packets_out = 12,
						    .bytes_in = 500,
						    .unserved = {1, 2}};
	worker->backend[2] =
		(struct mx_flow_count){.opened = 5, .bytes_in = 11};
	json_t *data = read_all();
	const json_t *pool = plane_row(data, "pools", 0);
	const json_t *one = plane_row(data, "backends", 0);

	ck_assert_int_eq(plane_number(one, "opened"), 7);
	ck_assert_int_eq(plane_number(one, "sessions"), 5);
	ck_assert_int_eq(plane_number(one, "packets"), 42);
	ck_assert_int_eq(plane_number(one, "unserved"), 3);
	ck_assert_int_eq(plane_number(pool, "opened"), 12);
	ck_assert_int_eq(plane_number(pool, "sessions"), 10);
	ck_assert_int_eq(plane_number(pool, "bytes_in"), 511);
	ck_assert_int_eq(plane_number(pool, "unserved"), 3);
	json_decref(data);
}
END_TEST

static json_int_t
opened_of_a(void)
{
	json_t *data = read_all();
	const json_int_t opened =
		plane_number(plane_row(data, "backends", 0), "opened");

	json_decref(data);
	return opened;
}

/* So that ten screens cost no more than one. */
START_TEST(who_asks_soon_after_gets_the_same_answer)
{
	ck_assert_int_eq(opened_of_a(), 0);
	worker->backend[1].opened = 7;
	ck_assert_int_eq(opened_of_a(), 0);
	plane_run(&plane, WATCHING_KEPT_MS);
	ck_assert_int_eq(opened_of_a(), 7);
}
END_TEST

START_TEST(what_a_command_changes_is_there_at_once)
{
	json_t *data = read_all();

	ck_assert_str_eq(plane_text(plane_row(data, "backends", 0), "admin"),
			 "ready");
	json_decref(data);
	plane_expect(&plane, "drain mx/a", true, "");
	data = read_all();
	ck_assert_str_eq(plane_text(plane_row(data, "backends", 0), "admin"),
			 "drain");
	json_decref(data);
}
END_TEST

START_TEST(without_a_data_plane_there_are_states_alone)
{
	plane_stop_data(&plane);
	plane_run(&plane, 3000);
	json_t *data = plane_data(&plane, "top read", ANSWER_OK);

	ck_assert_str_eq(plane_text(data, "status"), "CRITICAL");
	ck_assert_int_eq(
		(int)json_array_size(json_object_get(data, "backends")), 2);
	json_decref(data);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("counts");
	TCase *t = tcase_create("counts");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, one_answer_has_all_four_lists);
	tcase_add_test(t, a_pool_has_the_sums_of_its_backends);
	tcase_add_test(t, who_asks_soon_after_gets_the_same_answer);
	tcase_add_test(t, what_a_command_changes_is_there_at_once);
	tcase_add_test(t, without_a_data_plane_there_are_states_alone);
	suite_add_tcase(s, t);
	return s;
}
