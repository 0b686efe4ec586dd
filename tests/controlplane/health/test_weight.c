/* SPDX-License-Identifier: BSD-3-Clause */
/* Effective weights against their definition, written out naively.
 * Method: random pools with a fixed seed, small ranges so that all kinds of
 * members meet; then each reason by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "weight.h"
#include "runner.h"

#define MEMBERS_MAX 256

static struct weight_member member[MEMBERS_MAX];
static struct agent_wish wish[MEMBERS_MAX];

static uint32_t
random_below(uint32_t limit)
{
	static uint64_t seed = 20240502;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % limit;
}

/* Does nothing but "try later" keep the member from serving? */
static bool
is_able(const struct weight_member *m)
{
	if (m->agent != NULL && (m->agent->admin != ADMIN_READY ||
				 m->agent->down || m->agent->percent == 0))
		return false;
	return m->admin == ADMIN_READY && m->healthy && !m->far &&
	       m->weight > 0;
}

/* By the definition: it can serve, and no member of a lower tier can.  A soft
 * member can if no member at all can that is not soft. */
static bool
twin_serves(uint32_t which, uint32_t count)
{
	bool all_soft = true;

	for (uint32_t i = 0; i < count; i++)
		all_soft &= !is_able(&member[i]) || member[i].soft;
	for (uint32_t i = 0; i < count; i++)
		if (is_able(&member[i]) && (all_soft || !member[i].soft) &&
		    member[i].tier < member[which].tier)
			return false;
	return is_able(&member[which]) && (all_soft || !member[which].soft);
}

static double
twin_factor(const struct weight_member *m, int factor)
{
	const uint16_t percent = factor == FACTOR_AGENT && m->agent != NULL
					 ? m->agent->percent
					 : m->percent[factor];

	return percent == 0 ? 1.0 : percent / 100.0;
}

static double
twin_weight(const struct weight_member *m)
{
	double weight = m->weight;

	for (int f = 0; f < WEIGHT_FACTORS; f++)
		weight *= twin_factor(m, f);
	return weight;
}

static void
make_member(uint32_t i)
{
	static const uint16_t percents[] = {0, 0, 0, 100, 50, 10, 1};

	wish[i] = (struct agent_wish){
		.admin = random_below(4) == 0 ? random_below(ADMIN_STATES)
					      : ADMIN_READY,
		.down = random_below(6) == 0,
		.percent = (uint16_t)(random_below(6) * 50),
	};
	member[i] = (struct weight_member){
		.weight = (uint16_t)(random_below(3) * random_below(400)),
		.tier = (uint16_t)(random_below(3) * 32767),
		.admin = random_below(3) == 0 ? random_below(ADMIN_STATES)
					      : ADMIN_READY,
		.healthy = random_below(3) > 0,
		.far = random_below(4) == 0,
		.soft = random_below(3) == 0,
		.agent = random_below(3) == 0 ? &wish[i] : NULL,
		.effective = 999, /* must be overwritten */
		.share = 999,
	};
	for (int f = 0; f < WEIGHT_FACTORS; f++)
		member[i].percent[f] = percents[random_below(7)];
}

/* The factor that `why` names takes as much as any other. */
static void
check_reason(const struct weight_member *m)
{
	double least = 1.0;

	for (int f = 0; f < WEIGHT_FACTORS; f++)
		least = fmin(least, twin_factor(m, f));
	if (m->why == WEIGHT_SERVING)
		ck_assert_double_eq(least, 1.0);
	else if (m->why != WEIGHT_KEPT)
		ck_assert_double_eq(twin_factor(m, (int)m->why - WEIGHT_LESS),
				    least);
}

/* Shares have the ratios of the weights, but for rounding up to a whole one. */
static void
check_shares(uint32_t count)
{
	double largest = 0;
	uint16_t most = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (member[i].effective == 0)
			continue;
		largest = fmax(largest, twin_weight(&member[i]));
		most = member[i].share > most ? member[i].share : most;
	}
	for (uint32_t i = 0; i < count; i++) {
		const double wanted = twin_weight(&member[i]) / largest * most;
		if (member[i].effective == 0) {
			ck_assert_uint_eq(member[i].share, 0);
			continue;
		}
		ck_assert_uint_le(member[i].share, MX_WEIGHT_MAX);
		ck_assert_double_gt(member[i].share, wanted - 1.0);
		ck_assert_double_lt(member[i].share, wanted + 1.001);
	}
}

START_TEST(weights_follow_their_definition)
{
	uint32_t met[WEIGHT_REASONS] = {0};

	for (uint32_t round = 0; round < 20000; round++) {
		const uint32_t count = 1 + random_below(12);
		uint32_t serving = 0;

		for (uint32_t i = 0; i < count; i++)
			make_member(i);
		const uint32_t said = weight_compute(member, count);
		for (uint32_t i = 0; i < count; i++) {
			const bool serves = twin_serves(i, count);
			const double weight = twin_weight(&member[i]);

			ck_assert(weight_serves(member[i].why) == serves);
			ck_assert_uint_eq(member[i].effective,
					  serves ? (uint16_t)ceil(weight - 1e-9)
						 : 0);
			if (serves)
				check_reason(&member[i]);
			serving += serves;
			met[member[i].why]++;
		}
		check_shares(count);
		ck_assert_uint_eq(said, serving);
	}
	for (int why = 0; why < WEIGHT_REASONS; why++)
		ck_assert_msg(met[why] > 20, "%s",
			      weight_reason_text((enum weight_reason)why));
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
		{{100, 0, ADMIN_READY, true,  false, true}, "soft"},
		{{100, 9, ADMIN_READY, true,  false, true}, "soft"},
		{{100, 0, ADMIN_READY, false, false, true}, "down"},
		{{100, 0, ADMIN_DRAIN, true,  false, true}, "draining"},
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

START_TEST(an_agent_restricts_and_lifts_nothing)
{
	static const struct agent_wish all = {ADMIN_READY, false, 100, ""};
	static const struct agent_wish more = {ADMIN_READY, false, 256, ""};
	static const struct agent_wish drain = {ADMIN_DRAIN, false, 100, ""};
	static const struct agent_wish maint = {ADMIN_MAINT, false, 100, ""};
	static const struct agent_wish down = {ADMIN_READY, true, 100, ""};
	static const struct agent_wish zero = {ADMIN_READY, false, 0, ""};
	/* clang-format off */
	static const struct {
		struct weight_member asked;
		uint16_t effective;
		const char *text;
	} cases[] = {
		{{100, 0, ADMIN_READY, true,  .agent = &all},     100, "serving"},
		{{100, 0, ADMIN_READY, true,  .agent = &more},    256, "serving"},
		{{100, 0, ADMIN_READY, true,  .agent = &drain},   0, "its agent says drain"},
		{{100, 0, ADMIN_READY, true,  .agent = &maint},   0, "its agent says maint"},
		{{100, 0, ADMIN_READY, true,  .agent = &down},    0, "its agent says down"},
		{{100, 0, ADMIN_READY, true,  .agent = &zero},    0, "its agent says 0 %"},
		{{100, 0, ADMIN_READY, false, .agent = &drain},   0, "its agent says drain"},
		{{100, 0, ADMIN_READY, false, .agent = &all},     0, "down"},
		{{100, 0, ADMIN_DRAIN, true,  .agent = &all},     0, "draining"},
		{{100, 0, ADMIN_MAINT, true,  .agent = &more},    0, "maintenance"},
		{{  0, 0, ADMIN_READY, true,  .agent = &more},    0, "weight 0"},
		{{100, 0, ADMIN_DRAIN, true,  .agent = &maint},   0, "draining"},
	};
	/* clang-format on */
	const uint32_t count = sizeof(cases) / sizeof(cases[0]);

	for (uint32_t i = 0; i < count; i++)
		member[i] = cases[i].asked;
	ck_assert_uint_eq(weight_compute(member, count), 2);
	for (uint32_t i = 0; i < count; i++) {
		ck_assert_uint_eq(member[i].effective, cases[i].effective);
		ck_assert_str_eq(weight_reason_text(member[i].why),
				 cases[i].text);
	}
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

START_TEST(a_pool_whose_members_are_all_soft_keeps_them)
{
	member[0] = (struct weight_member){
		.weight = 100, .healthy = true, .soft = true};
	member[1] = (struct weight_member){
		.weight = 50, .healthy = true, .soft = true};
	member[2] = (struct weight_member){
		.weight = 70, .healthy = true, .tier = 10};

	/* The standby tier serves before a soft member does. */
	ck_assert_uint_eq(weight_compute(member, 3), 1);
	ck_assert_uint_eq(member[2].effective, 70);
	member[2].soft = true;
	ck_assert_uint_eq(weight_compute(member, 3), 2);
	ck_assert_uint_eq(member[0].effective, 100);
	ck_assert_uint_eq(member[1].effective, 50);
	ck_assert_int_eq(member[1].why, WEIGHT_KEPT);
	ck_assert_int_eq(member[2].why, WEIGHT_SOFT);
	/* One that is down is not kept, and one in drain neither. */
	member[0].healthy = false;
	member[1].admin = ADMIN_DRAIN;
	ck_assert_uint_eq(weight_compute(member, 3), 1);
	ck_assert_uint_eq(member[2].effective, 70);
}
END_TEST

START_TEST(factors_neither_empty_a_pool_nor_lose_small_weights)
{
	member[0] = (struct weight_member){.weight = 1, .healthy = true};
	for (int f = 0; f < WEIGHT_FACTORS; f++)
		member[0].percent[f] = 1;
	ck_assert_uint_eq(weight_compute(member, 1), 1);
	ck_assert_uint_eq(member[0].effective, 1);
	ck_assert_uint_ge(member[0].share, 1);

	/* Weight 1 beside weight 1 is reduced too. */
	member[0] = (struct weight_member){.weight = 1, .healthy = true};
	member[1] = (struct weight_member){.weight = 1, .healthy = true};
	member[1].percent[FACTOR_RAMP] = 10;
	ck_assert_uint_eq(weight_compute(member, 2), 2);
	ck_assert_uint_eq(member[0].share, 10 * member[1].share);
	ck_assert_str_eq(weight_reason_text(member[1].why),
			 "serving, slow start");
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

	tcase_add_test(t, weights_follow_their_definition);
	tcase_add_test(t, the_reason_names_the_override_before_the_fault);
	tcase_add_test(t, an_agent_restricts_and_lifts_nothing);
	tcase_add_test(
		t,
		a_standby_tier_serves_when_the_last_of_the_better_one_leaves);
	tcase_add_test(t, a_pool_whose_members_are_all_soft_keeps_them);
	tcase_add_test(t, factors_neither_empty_a_pool_nor_lose_small_weights);
	tcase_add_test(t, a_pool_without_members_is_empty);
	tcase_add_test(t, admin_states_have_the_names_of_their_commands);
	suite_add_tcase(s, t);
	return s;
}
