/* SPDX-License-Identifier: BSD-3-Clause */
/* Orders to end the sessions of clients: rows are taken, given up and remembered. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "endorders.h"
#include "runner.h"

static struct end_orders orders;

static void
setup(void)
{
	orders = (struct end_orders){.count = 0};
}

static struct mx_end_order
order(uint8_t client, uint32_t ended_s)
{
	struct mx_end_order one = {.ended_s = ended_s};

	one.client.addr.byte[15] = client;
	one.client.bits = 128;
	return one;
}

static int
add(uint8_t client, uint32_t ended_s)
{
	const struct mx_end_order one = order(client, ended_s);

	return end_orders_add(&orders, &one);
}

START_TEST(a_row_is_given_up_when_its_time_is_over)
{
	ck_assert_int_eq(add(1, 100), 0);
	for (int i = 1; i < END_ORDER_S; i++)
		ck_assert(!end_orders_age(&orders));
	ck_assert_int_eq(add(2, 200), 0);
	ck_assert(end_orders_age(&orders));
	ck_assert_uint_eq(orders.count, 1);
	ck_assert_uint_eq(orders.row[0].ended_s, 200);
	ck_assert(!end_orders_age(&orders));
}
END_TEST

START_TEST(the_same_sessions_need_one_row)
{
	ck_assert_int_eq(add(1, 100), 0);
	ck_assert_int_eq(add(1, 300), 0);
	ck_assert_int_eq(add(1, 200), 0); /* is in it already */
	ck_assert_uint_eq(orders.count, 1);
	ck_assert_uint_eq(orders.row[0].ended_s, 300);
}
END_TEST

START_TEST(more_rows_than_there_are_are_refused)
{
	struct mx_end_order one = order(MX_END_ORDERS_MAX, 100);

	for (uint8_t i = 0; i < MX_END_ORDERS_MAX; i++)
		ck_assert_int_eq(add(i, 100), 0);
	ck_assert(!end_orders_has_room(&orders, &one));
	ck_assert_int_eq(end_orders_add(&orders, &one), -ENOSPC);
	one = order(3, 900);
	ck_assert(end_orders_has_room(&orders, &one));
	ck_assert_int_eq(end_orders_add(&orders, &one), 0);
	ck_assert_uint_eq(orders.count, MX_END_ORDERS_MAX);
}
END_TEST

START_TEST(a_plan_remembers_the_orders)
{
	struct mx_plan *plan = calloc(1, sizeof(*plan));

	ck_assert_ptr_nonnull(plan);
	plan->end_orders = 2;
	plan->end_order[0] = order(1, 100);
	plan->end_order[1] = order(2, 5000); /* of another clock */
	end_orders_recall(&orders, plan, 200);
	ck_assert_uint_eq(orders.count, 1);
	ck_assert_uint_eq(orders.row[0].ended_s, 100);
	free(plan);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("endorders");
	TCase *t = tcase_create("endorders");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_row_is_given_up_when_its_time_is_over);
	tcase_add_test(t, the_same_sessions_need_one_row);
	tcase_add_test(t, more_rows_than_there_are_are_refused);
	tcase_add_test(t, a_plan_remembers_the_orders);
	suite_add_tcase(s, t);
	return s;
}
