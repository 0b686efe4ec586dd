/* SPDX-License-Identifier: BSD-3-Clause */
/* The slow start of one backend against its definition, written out naively.
 * Method: random times with a fixed seed, at which the backend is able to serve
 * or is not; the twin looks through the whole history each time. */
#include <stdlib.h>

#include "ramp.h"
#include "runner.h"

#define SAMPLES 400

static struct sample {
	uint64_t at_ms;
	bool able;
} history[SAMPLES];

/* The part since the last time that it became able. */
static uint16_t
twin(int now, uint32_t whole_ms)
{
	int start = now;

	if (!history[now].able)
		return 100;
	while (start > 0 && history[start - 1].able)
		start--;
	const uint64_t seconds =
		(history[now].at_ms - history[start].at_ms) / 1000;
	if (seconds * 1000 >= whole_ms)
		return 100;
	return (uint16_t)(10 + 90 * seconds * 1000 / whole_ms);
}

START_TEST(the_part_grows_from_the_last_time_it_became_able)
{
	static const uint32_t wholes[] = {0, 1000, 2500, 30000, 3600000};
	const uint32_t whole_ms = wholes[_i];
	uint32_t parts = 0;

	srand(20261128);
	for (int round = 0; round < 50; round++) {
		struct ramp ramp = {0};
		uint64_t now_ms = (uint64_t)rand();

		for (int i = 0; i < SAMPLES; i++) {
			now_ms += (uint64_t)(rand() % 2000);
			history[i].at_ms = now_ms;
			history[i].able = rand() % 20 > 0;
			const uint16_t percent = ramp_step(
				&ramp, history[i].able, whole_ms, now_ms);
			ck_assert_uint_eq(percent, twin(i, whole_ms));
			ck_assert_int_eq(ramp.under_way, percent < 100);
			parts += percent < 100;
		}
	}
	ck_assert(whole_ms == 0 ? parts == 0 : parts > 100);
}
END_TEST

START_TEST(thirty_seconds_go_by_steps_of_three_percent)
{
	struct ramp ramp = {0};

	ck_assert_uint_eq(ramp_step(&ramp, false, 30000, 5), 100);
	for (uint64_t s = 0; s < 30; s++) {
		ck_assert_uint_eq(ramp_step(&ramp, true, 30000, 500 + s * 1000),
				  10 + 3 * s);
		ck_assert_uint_eq(ramp_step(&ramp, true, 30000, 999 + s * 1000),
				  10 + 3 * s);
	}
	ck_assert_uint_eq(ramp_step(&ramp, true, 30000, 30500), 100);
	ck_assert(!ramp.under_way);
}
END_TEST

START_TEST(a_ramp_that_is_over_does_not_begin_again_with_a_longer_time)
{
	struct ramp ramp = {0};

	ramp_step(&ramp, true, 1000, 0);
	ck_assert_uint_eq(ramp_step(&ramp, true, 1000, 5000), 100);
	ck_assert_uint_eq(ramp_step(&ramp, true, 60000, 6000), 100);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ramp");
	TCase *t = tcase_create("ramp");

	tcase_add_loop_test(t, the_part_grows_from_the_last_time_it_became_able,
			    0, 5);
	tcase_add_test(t, thirty_seconds_go_by_steps_of_three_percent);
	tcase_add_test(
		t, a_ramp_that_is_over_does_not_begin_again_with_a_longer_time);
	suite_add_tcase(s, t);
	return s;
}
