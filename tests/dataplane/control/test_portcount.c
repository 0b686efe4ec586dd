/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters of a port: they only grow, whatever the device says.
 * Method: counts as devices say them one after another. */
#include <check.h>

#include "portcount.h"
#include "runner.h"

START_TEST(a_counter_grows_by_what_the_device_has_counted_since)
{
	struct portcount count = {0};

	portcount_take(&count, &(struct port_counts){.rx = 5, .tx = 3});
	portcount_take(&count, &(struct port_counts){.rx = 9, .tx = 3});
	ck_assert_uint_eq(count.total.rx, 9);
	ck_assert_uint_eq(count.total.tx, 3);
}
END_TEST

START_TEST(a_device_that_counts_from_0_again_takes_nothing_away)
{
	struct portcount count = {0};
	const struct port_counts before = {.rx = 100,
					   .tx = 90,
					   .missed = 80,
					   .no_memory = 70,
					   .errors = 60,
					   .partial = 50,
					   .other_vlan = 40};

	portcount_take(&count, &before);
	portcount_take(&count, &(struct port_counts){0});
	portcount_take(&count, &(struct port_counts){.rx = 7, .partial = 60});
	ck_assert_uint_eq(count.total.rx, 107);
	ck_assert_uint_eq(count.total.tx, 90);
	ck_assert_uint_eq(count.total.missed, 80);
	ck_assert_uint_eq(count.total.no_memory, 70);
	ck_assert_uint_eq(count.total.errors, 60);
	ck_assert_uint_eq(count.total.partial, 110);
	ck_assert_uint_eq(count.total.other_vlan, 40);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("portcount");
	TCase *t = tcase_create("portcount");

	tcase_add_test(t, a_counter_grows_by_what_the_device_has_counted_since);
	tcase_add_test(t, a_device_that_counts_from_0_again_takes_nothing_away);
	suite_add_tcase(s, t);
	return s;
}
