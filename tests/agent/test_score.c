/* SPDX-License-Identifier: BSD-3-Clause */
/* The weight of an MTA follows what its host has left. */
#include "runner.h"
#include "score.h"

static const struct score_scale scale = SCORE_SCALE;

static uint16_t
of_cpu(double cpu)
{
	const struct measures m = {.has_cpu = true, .cpu = cpu};

	return score_of(&m, &scale);
}

START_TEST(an_idle_host_has_its_whole_weight)
{
	const struct measures m = {true, 0.5, true, 0.8, true, 2000};

	ck_assert_uint_eq(score_of(&m, &scale), 100);
	ck_assert_uint_eq(score_of(&(struct measures){0}, &scale), 100);
}
END_TEST

START_TEST(a_busy_host_keeps_a_little)
{
	ck_assert_uint_eq(of_cpu(1.0), SCORE_LEAST);
	ck_assert_uint_eq(of_cpu(7.0), SCORE_LEAST);
}
END_TEST

START_TEST(the_weight_falls_in_a_straight_line)
{
	uint16_t before = 100;

	ck_assert_uint_eq(of_cpu(0.75), 53);
	for (int i = 0; i <= 1000; i++) {
		const uint16_t now = of_cpu(i / 1000.0);
		ck_assert_uint_le(now, before);
		ck_assert_uint_le(before - now, 1);
		before = now;
	}
}
END_TEST

START_TEST(the_scarcest_part_decides)
{
	const struct measures memory = {true, 0.6, true, 0.95, true, 3000};
	const struct measures queue = {true, 0.6, true, 0.81, true, 19000};

	ck_assert_uint_eq(score_of(&memory, &scale), SCORE_LEAST);
	ck_assert_uint_eq(score_of(&queue, &scale), 10);
}
END_TEST

START_TEST(a_part_that_is_off_does_not_count)
{
	const struct measures m = {true, 1.0, true, 1.0, true, 1000000};
	struct score_scale none = scale;

	none.cpu_off = none.memory_off = none.queue_off = true;
	ck_assert_uint_eq(score_of(&m, &none), 100);
	none.queue_off = false;
	ck_assert_uint_eq(score_of(&m, &none), SCORE_LEAST);
}
END_TEST

START_TEST(a_part_that_cannot_be_measured_does_not_count)
{
	const struct measures m = {false, 1.0, false, 1.0, false, 1000000};

	ck_assert_uint_eq(score_of(&m, &scale), 100);
}
END_TEST

START_TEST(noise_changes_nothing)
{
	ck_assert_uint_eq(score_settle(50, 46), 50);
	ck_assert_uint_eq(score_settle(50, 54), 50);
	ck_assert_uint_eq(score_settle(50, 45), 45);
	ck_assert_uint_eq(score_settle(50, 55), 55);
	ck_assert_uint_eq(score_settle(97, 100), 100);
	ck_assert_uint_eq(score_settle(0, 3), 3);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("score");
	TCase *t = tcase_create("score");

	tcase_add_test(t, an_idle_host_has_its_whole_weight);
	tcase_add_test(t, a_busy_host_keeps_a_little);
	tcase_add_test(t, the_weight_falls_in_a_straight_line);
	tcase_add_test(t, the_scarcest_part_decides);
	tcase_add_test(t, a_part_that_is_off_does_not_count);
	tcase_add_test(t, a_part_that_cannot_be_measured_does_not_count);
	tcase_add_test(t, noise_changes_nothing);
	suite_add_tcase(s, t);
	return s;
}
