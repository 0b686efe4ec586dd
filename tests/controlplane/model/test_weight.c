/* SPDX-License-Identifier: BSD-3-Clause */
/* Effective weights against their definition, written out naively.
 * Method: random pools with a fixed seed, small ranges so that all kinds of
 * members meet; then each reason by hand. */
#include <stdlib.h>

#include "weight.h"
#include "runner.h"

#define MEMBERS_MAX 256

static struct weight_member member[MEMBERS_MAX];

static uint32_t
random_below(uint32_t limit)
{
	static uint64_t seed = 20240502;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % limit;
}

static bool
can_serve(const struct weight_member *m)
{
	return m->admin == ADMIN_READY && m->healthy && !m->far &&
	       m->weight > 0;
}

/* By the definition: it can serve, and no member of a lower tier can. */
static bool
twin_serves(uint32_t which, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (can_serve(&member[i]) &&
		    member[i].tier < member[which].tier)
			return false;
	return can_serve(&member[which]);
}

START_TEST(only_the_lowest_tier_that_can_serve_does)
{
	for (uint32_t round = 0; round < 20000; round++) {
		const uint32_t count = 1 + random_below(12);
		uint32_t serving = 0;

		for (uint32_t i = 0; i < count; i++)
			member[i] = (struct weight_member){
				.weight = (uint16_t)random_below(4),
				.tier = (uint16_t)(random_below(3) * 32767),
				.admin = random_below(ADMIN_STATES),
				.healthy = random_below(2) == 0,
				.far = random_below(4) == 0,
				.effective = 999, /* must be overwritten */
			};
		const uint32_t said = weight_compute(member, count);
		for (uint32_t i = 0; i < count; i++) {
			const bool serves = twin_serves(i, count);
			ck_assert_uint_eq(member[i].effective,
					  serves ? member[i].weight : 0);
			ck_assert((member[i].why == WEIGHT_SERVING) == serves);
			serving += serves;
		}
		ck_assert_uint_eq(said, serving);
	}
}
END_TEST

START_TEST(the_reason_names_the_override_before_the_fault)
{
	/* clang-format off */
	static const struct {
		struct weight_member asked;
		const char *text;
	} cases[] = {
		{{100, 0, ADMIN_READY, true,  false}, "serving"},
		{{100, 0, ADMIN_READY, false, false}, "down"},
		{{  0, 0, ADMIN_READY, true,  false}, "weight 0"},
		{{  0, 0, ADMIN_READY, false, false}, "weight 0"},
		{{100, 0, ADMIN_DRAIN, true,  false}, "draining"},
		{{  0, 0, ADMIN_DRAIN, false, false}, "draining"},
		{{100, 0, ADMIN_MAINT, true,  false}, "maintenance"},
		{{100, 9, ADMIN_READY, true,  false}, "standby tier"},
		{{100, 9, ADMIN_READY, false, false}, "down"},
		{{100, 9, ADMIN_DRAIN, true,  false}, "draining"},
		{{100, 0, ADMIN_READY, false, true},  "down"},
		{{100, 0, ADMIN_DRAIN, true,  true},  "draining"},
		{{100, 0, ADMIN_READY, true,  true},
		 "behind a gateway, which dsr cannot reach: write forward: tunnel"},
	};
	/* clang-format on */
	const uint32_t count = sizeof(cases) / sizeof(cases[0]);

	for (uint32_t i = 0; i < count; i++)
		member[i] = cases[i].asked;
	ck_assert_uint_eq(weight_compute(member, count), 1);
	for (uint32_t i = 0; i < count; i++)
		ck_assert_str_eq(weight_reason_text(member[i].why),
				 cases[i].text);
}
END_TEST

START_TEST(a_standby_tier_serves_when_the_last_of_the_better_one_leaves)
{
	member[0] = (struct weight_member){.weight = 100, .healthy = true};
	member[1] = (struct weight_member){
		.weight = 50, .healthy = true, .tier = UINT16_MAX};

	ck_assert_uint_eq(weight_compute(member, 2), 1);
	ck_assert_uint_eq(member[1].effective, 0);
	member[0].admin = ADMIN_DRAIN;
	ck_assert_uint_eq(weight_compute(member, 2), 1);
	ck_assert_uint_eq(member[0].effective, 0);
	ck_assert_uint_eq(member[1].effective, 50);
	member[1].healthy = false;
	ck_assert_uint_eq(weight_compute(member, 2), 0);
}
END_TEST

START_TEST(a_pool_without_members_is_empty)
{
	ck_assert_uint_eq(weight_compute(member, 0), 0);
}
END_TEST

START_TEST(admin_states_have_the_names_of_their_commands)
{
	ck_assert_str_eq(admin_name(ADMIN_READY), "ready");
	ck_assert_str_eq(admin_name(ADMIN_DRAIN), "drain");
	ck_assert_str_eq(admin_name(ADMIN_MAINT), "maint");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("weight");
	TCase *t = tcase_create("weight");

	tcase_add_test(t, only_the_lowest_tier_that_can_serve_does);
	tcase_add_test(t, the_reason_names_the_override_before_the_fault);
	tcase_add_test(
		t,
		a_standby_tier_serves_when_the_last_of_the_better_one_leaves);
	tcase_add_test(t, a_pool_without_members_is_empty);
	tcase_add_test(t, admin_states_have_the_names_of_their_commands);
	suite_add_tcase(s, t);
	return s;
}
