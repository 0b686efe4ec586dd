/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers that nobody can foresee: they reach all of their range, and none is
 * beyond it.
 * Method: many draws; what is asserted fails by chance less often than once in
 * 10^80 runs. */
#include <string.h>

#include "chance.h"
#include "runner.h"

START_TEST(every_number_below_the_limit_is_drawn_and_no_other)
{
	uint32_t drawn[7] = {0};

	for (int i = 0; i < 10000; i++) {
		const uint32_t number = chance_below(7);
		ck_assert_uint_lt(number, 7);
		drawn[number]++;
	}
	for (int i = 0; i < 7; i++)
		ck_assert_uint_gt(drawn[i], 500);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(chance_below(1), 0);
}
END_TEST

START_TEST(two_keys_differ)
{
	uint8_t one[64] = {0}, other[64] = {0};

	ck_assert_int_eq(chance_fill(one, sizeof(one)), 0);
	ck_assert_int_eq(chance_fill(other, sizeof(other)), 0);
	ck_assert_mem_ne(one, other, sizeof(one));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("chance");
	TCase *t = tcase_create("chance");

	tcase_add_test(t, every_number_below_the_limit_is_drawn_and_no_other);
	tcase_add_test(t, two_keys_differ);
	suite_add_tcase(s, t);
	return s;
}
