/* SPDX-License-Identifier: BSD-3-Clause */
/* The timer wheel: a connection comes out once, when its time has come, and
 * never after it was removed.
 * Method: random puts and takes against plain due times, fixed seed. */
#include <string.h>

#include "random.h"
#include "runner.h"
#include "wheel.h"

#define CONNS 500u
#define ROUNDS 40000u

static struct wheel wheel;
static struct conn base[CONNS + 1];
static uint32_t due[CONNS + 1]; /* 0: not in the wheel */

static void
check_out(uint32_t now)
{
	struct conn *c;
	uint32_t overdue = 0;

	while ((c = wheel_next(&wheel, base, now)) != NULL) {
		const uint32_t index = (uint32_t)(c - base);

		ck_assert_uint_ne(due[index], 0);
		/* A timer that is too far ahead is put in again. */
		if (due[index] > now)
			wheel_put(&wheel, base, c, due[index]);
		else
			due[index] = 0;
	}
	for (uint32_t i = 1; i <= CONNS; i++)
		overdue += due[i] != 0 && due[i] <= now;
	ck_assert_uint_eq(overdue, 0);
}

START_TEST(each_comes_out_in_time_and_once)
{
	uint64_t random = 5;
	uint32_t now = 1;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		const uint32_t i = random_between(&random, 1, CONNS);

		if (due[i] != 0) {
			wheel_take(&wheel, base, &base[i]);
			due[i] = 0;
		} else {
			/* Now and then further than the wheel is long. */
			due[i] = now +
				 random_between(&random, 1,
						round % 8 == 0 ? 50000 : 500);
			wheel_put(&wheel, base, &base[i], due[i]);
		}
		now += random_between(&random, 0, 3);
		check_out(now);
	}
	check_out(now + 60000);
	for (uint32_t i = 1; i <= CONNS; i++)
		ck_assert_uint_eq(base[i].wheel_due, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("gen_wheel");
	TCase *c = tcase_create("gen_wheel");

	tcase_add_test(c, each_comes_out_in_time_and_once);
	suite_add_tcase(s, c);
	return s;
}
