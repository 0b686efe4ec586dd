/* SPDX-License-Identifier: BSD-3-Clause */
/* How many sessions each worker may give a backend, by its limit and its share.
 * Method: configurations as text (planmaker.h); the test reads the plan. */
#include <stdio.h>

#include "planmaker.h"
#include "runner.h"

/* connections-max divided among three workers. */
static const struct {
	uint32_t limit;
	uint32_t each;
	uint16_t extra;
} limits[] = {
	{0, 0, 0}, {1, 1, 0}, {2, 1, 0},    {3, 1, 0},
	{4, 1, 1}, {5, 1, 2}, {200, 66, 2}, {16000000, 5333333, 1},
};

START_TEST(a_limit_is_split_over_the_workers)
{
	planmaker_apply(ONE_SERVICE("forward: dsr"), 0);
	state->config->pool[0].backend[1].connections_max = limits[_i].limit;
	const struct mx_plan *plan = planmaker_build();

	ck_assert_uint_eq(plan->backend[1].sessions_max, 0);
	ck_assert_uint_eq(plan->backend[2].sessions_max, limits[_i].each);
	ck_assert_uint_eq(plan->backend[2].sessions_extra, limits[_i].extra);
}
END_TEST

START_TEST(a_share_follows_weight_and_bound)
{
	planmaker_apply(ONE_SERVICE("forward: dsr"), 0);
	struct mx_config_pool *pool = &state->config->pool[0];
	ck_assert_uint_eq(pool->load_bound, 125);
	const struct mx_plan *plan = planmaker_build();
	ck_assert_uint_eq(plan->backend[1].share_max, 65536 / 2 * 125 / 100);
	ck_assert_uint_eq(plan->backend[2].share_max, 65536 / 2 * 125 / 100);

	pool->backend[0].weight = 300;
	plan = planmaker_build();
	ck_assert_uint_eq(plan->backend[1].share_max, 65536 / 4 * 3 * 5 / 4);
	ck_assert_uint_eq(plan->backend[2].share_max, 65536 / 4 * 5 / 4);

	/* A share that is too small for the unit is still a bound. */
	pool->backend[0].weight = MX_WEIGHT_MAX;
	pool->backend[1].weight = 1;
	pool->load_bound = 1000;
	plan = planmaker_build();
	ck_assert_uint_eq(plan->backend[1].share_max, 654706);
	ck_assert_uint_eq(plan->backend[2].share_max, 655);

	pool->load_bound = 0;
	plan = planmaker_build();
	ck_assert_uint_eq(plan->backend[1].share_max, 0);
	ck_assert_uint_eq(plan->backend[2].share_max, 0);
}
END_TEST

START_TEST(who_serves_alone_has_no_bound)
{
	planmaker_apply(ONE_SERVICE("forward: dsr"), 0);
	state->backend[2].override.admin = ADMIN_DRAIN;
	const struct mx_plan *plan = planmaker_build();

	ck_assert_uint_eq(plan->backend[1].share_max, 0);
	ck_assert_uint_eq(plan->backend[2].share_max, 0);
	state->backend[1].override.admin = ADMIN_DRAIN;
	plan = planmaker_build();
	ck_assert_uint_eq(plan->backend[1].share_max, 0);
}
END_TEST

START_TEST(the_smallest_share_of_the_largest_pool_is_a_bound)
{
	char rest[64 * MX_CONFIG_BACKENDS_MAX];
	size_t used = (size_t)snprintf(
		rest, sizeof(rest),
		"services:\n"
		"  - {name: one, listen: [\"198.51.100.25:25\"], pool: mx, "
		"forward: dsr}\n"
		"pools:\n"
		"  - name: mx\n"
		"    backends:\n");

	for (int i = 0; i < MX_CONFIG_BACKENDS_MAX; i++)
		used += (size_t)snprintf(
			rest + used, sizeof(rest) - used,
			"      - {name: m%d, address: \"10.0.3.%d:25\"}\n", i,
			i);
	planmaker_apply(rest, 0);
	struct mx_config_pool *pool = &state->config->pool[0];
	pool->load_bound = 101;
	for (int i = 1; i < MX_CONFIG_BACKENDS_MAX; i++)
		pool->backend[i].weight = MX_WEIGHT_MAX;
	pool->backend[0].weight = 1;
	const struct mx_plan *plan = planmaker_build();
	ck_assert_uint_eq(plan->backend[1].share_max, 1);
	ck_assert_uint_eq(plan->backend[2].share_max, 260);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("shares");
	TCase *t = tcase_create("shares");

	tcase_add_checked_fixture(t, planmaker_setup, planmaker_teardown);
	tcase_add_loop_test(t, a_limit_is_split_over_the_workers, 0,
			    sizeof(limits) / sizeof(limits[0]));
	tcase_add_test(t, a_share_follows_weight_and_bound);
	tcase_add_test(t, who_serves_alone_has_no_bound);
	tcase_add_test(t, the_smallest_share_of_the_largest_pool_is_a_bound);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
