/* SPDX-License-Identifier: BSD-3-Clause */
/* The health machine against its naive twin: serving flips when the last k
 * results that are not soft all oppose it.
 * Method: random results with a fixed seed over many policies, compared after
 * each; and every cell of the table that can be reached, by hand. */
#include <stdlib.h>

#include "health.h"
#include "runner.h"

#define RESULTS 200000

static enum verdict history[RESULTS];
static bool counted[RESULTS]; /* those that are not soft: did they pass? */
static uint32_t counts;
static uint64_t seed;

static uint32_t
random32(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32);
}

/* A backend has good and bad hours, long enough for any policy to flip. */
static void
make_history(void)
{
	static const uint32_t percents[] = {0, 2, 30, 50, 70, 98, 100};
	uint32_t left = 0;
	uint32_t percent = 50;

	for (uint32_t i = 0; i < RESULTS; i++) {
		if (left-- == 0) {
			left = random32() % 600;
			percent = percents[random32() % 7];
		}
		if (random32() % 100 < percent)
			history[i] = random32() % 8 == 0 ? VERDICT_DEGRADED
							 : VERDICT_UP;
		else
			history[i] = VERDICT_DOWN;
		if (random32() % 5 == 0)
			history[i] = VERDICT_SOFT;
	}
}

/* Do the last k results that count all differ from serves? */
static bool
all_oppose(uint32_t k, bool serves)
{
	if (counts < k)
		return false;
	for (uint32_t i = 0; i < k; i++)
		if (counted[counts - 1 - i] == serves)
			return false;
	return true;
}

/* Is this the result that makes the twin flip? */
static bool
twin_flips(const struct health_policy *policy, bool serves,
	   enum verdict verdict)
{
	if (verdict == VERDICT_SOFT)
		return false;
	counted[counts++] = verdict != VERDICT_DOWN;
	return all_oppose(serves ? policy->fails_to_fall
				 : policy->passes_to_rise,
			  serves);
}

static void
compare_with_twin(const struct health_policy *policy)
{
	struct health health = {0};
	bool twin_serves = false;
	uint32_t flips = 0;
	uint32_t differs = 0;

	make_history();
	counts = 0;
	for (uint32_t i = 0; i < RESULTS; i++) {
		const bool flips_now =
			twin_flips(policy, twin_serves, history[i]);

		twin_serves ^= flips_now;
		flips += flips_now;
		/* An assertion for each would take too long for millions. */
		differs +=
			health_step(&health, policy, history[i]) != flips_now;
		differs += health_serves(&health) != twin_serves;
		differs += health_in_doubt(&health) != (health.streak > 0);
	}
	ck_assert_uint_eq(differs, 0);
	ck_assert_uint_gt(flips, 10); /* otherwise the comparison proves
				       * little */
}

START_TEST(serving_flips_when_the_last_k_results_that_count_oppose_it)
{
	static const uint8_t others[][2] = {
		{1, 255}, {255, 1}, {255, 255}, {10, 100}};

	seed = 20240501;
	for (uint8_t rise = 1; rise <= 4; rise++)
		for (uint8_t fall = 1; fall <= 4; fall++)
			compare_with_twin(&(struct health_policy){rise, fall});
	for (int i = 0; i < 4; i++)
		compare_with_twin(
			&(struct health_policy){others[i][0], others[i][1]});
}
END_TEST

START_TEST(every_cell_that_can_be_reached_leads_where_it_should)
{
	/* clang-format off */
	static const struct {
		struct health from;
		struct health_policy policy;
		bool passed;
		enum health_state to;
		bool flips;
	} cells[] = {
		{{HEALTH_DOWN, 0},    {2, 2}, true,  HEALTH_RISING,  false},
		{{HEALTH_DOWN, 0},    {1, 2}, true,  HEALTH_UP,      true},
		{{HEALTH_DOWN, 0},    {2, 2}, false, HEALTH_DOWN,    false},
		{{HEALTH_RISING, 1},  {3, 2}, true,  HEALTH_RISING,  false},
		{{HEALTH_RISING, 1},  {2, 2}, true,  HEALTH_UP,      true},
		{{HEALTH_RISING, 1},  {2, 1}, false, HEALTH_DOWN,    false},
		{{HEALTH_UP, 0},      {1, 2}, true,  HEALTH_UP,      false},
		{{HEALTH_UP, 0},      {2, 2}, false, HEALTH_FALLING, false},
		{{HEALTH_UP, 0},      {2, 1}, false, HEALTH_DOWN,    true},
		{{HEALTH_FALLING, 1}, {1, 3}, true,  HEALTH_UP,      false},
		{{HEALTH_FALLING, 1}, {2, 3}, false, HEALTH_FALLING, false},
		{{HEALTH_FALLING, 1}, {2, 2}, false, HEALTH_DOWN,    true},
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		struct health health = cells[i].from;
		ck_assert(health_step(&health, &cells[i].policy,
				      cells[i].passed ? VERDICT_UP
						      : VERDICT_DOWN) ==
			  cells[i].flips);
		ck_assert_int_eq(health.state, cells[i].to);
	}
}
END_TEST

START_TEST(a_policy_that_became_shorter_counts_the_run_under_way)
{
	struct health health = {HEALTH_FALLING, 7};

	ck_assert(health_step(&health, &(struct health_policy){2, 3},
			      VERDICT_DOWN));
	ck_assert_int_eq(health.state, HEALTH_DOWN);
	ck_assert_uint_eq(health.streak, 0);
}
END_TEST

START_TEST(a_soft_result_changes_nothing_in_any_state)
{
	for (int state = 0; state < HEALTH_STATES; state++)
		for (uint8_t streak = 0; streak < 3; streak++) {
			const struct health before = {(enum health_state)state,
						      streak};
			struct health health = before;

			ck_assert(!health_step(&health,
					       &(struct health_policy){1, 1},
					       VERDICT_SOFT));
			ck_assert_int_eq(health.state, before.state);
			ck_assert_uint_eq(health.streak, before.streak);
		}
}
END_TEST

START_TEST(each_reason_has_the_verdict_of_its_kind)
{
	ck_assert_int_eq(reason_verdict(REASON_OK), VERDICT_UP);
	ck_assert_int_eq(reason_verdict(REASON_NO_GOODBYE), VERDICT_UP);
	ck_assert_int_eq(reason_verdict(REASON_BANNER_LATER), VERDICT_SOFT);
	ck_assert_int_eq(reason_verdict(REASON_HELLO_LATER), VERDICT_SOFT);
	ck_assert_int_eq(reason_verdict(REASON_BANNER_REFUSED), VERDICT_DOWN);
	ck_assert_int_eq(reason_verdict(REASON_CONNECT_REFUSED), VERDICT_DOWN);
	ck_assert(verdict_passes(VERDICT_DEGRADED));
	ck_assert(!verdict_passes(VERDICT_SOFT));
}
END_TEST

START_TEST(zeroed_memory_is_a_backend_that_is_down)
{
	const struct health health = {0};

	ck_assert(!health_serves(&health));
	ck_assert(!health_in_doubt(&health));
	ck_assert_str_eq(health_name(health.state), "down");
	ck_assert_str_eq(health_name(HEALTH_FALLING), "falling");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("health");
	TCase *t = tcase_create("health");

	tcase_set_timeout(t, 60);
	tcase_add_test(
		t, serving_flips_when_the_last_k_results_that_count_oppose_it);
	tcase_add_test(t, every_cell_that_can_be_reached_leads_where_it_should);
	tcase_add_test(t,
		       a_policy_that_became_shorter_counts_the_run_under_way);
	tcase_add_test(t, a_soft_result_changes_nothing_in_any_state);
	tcase_add_test(t, each_reason_has_the_verdict_of_its_kind);
	tcase_add_test(t, zeroed_memory_is_a_backend_that_is_down);
	suite_add_tcase(s, t);
	return s;
}
