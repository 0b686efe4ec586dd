/* SPDX-License-Identifier: BSD-3-Clause */
/* What a service tells its clients in place of its backends.
 * Method: tables without a worker; the test is the backends and the clock. */
#include "profile.h"
#include "runner.h"

static struct mx_plan plan;
static struct profiles profiles;

static const struct offer full = {1460, 7, true};

static struct profile
saying(uint16_t mss, uint8_t scale, bool sack, uint16_t window)
{
	return (struct profile){true, {mss, scale, sack}, window};
}

static void
setup(void)
{
	plan = (struct mx_plan){.service = {{.used = 1, .pool = 1}}};
	for (uint16_t id = 1; id <= 3; id++)
		plan.backend[id] =
			(struct mx_backend){.used = 1, .serves = 1, .pool = 1};
	plan.backend[4] =
		(struct mx_backend){.used = 1, .serves = 1, .pool = 0};
	profiles = (struct profiles){0};
	profiles_renew(&profiles);
}

static void
learn(uint16_t id, uint16_t mss, uint8_t scale, bool sack, uint16_t window)
{
	const struct profile heard = saying(mss, scale, sack, window);

	profiles_learn(&profiles, id, &full, &heard);
}

static void
assert_told(uint32_t now_s, uint16_t mss, uint8_t scale, bool sack,
	    uint16_t window)
{
	const struct profile *told = profiles_told(&profiles, &plan, 0, now_s);

	ck_assert_uint_eq(told->says.mss, mss);
	ck_assert_uint_eq(told->says.scale, scale);
	ck_assert_uint_eq(told->says.sack, sack);
	ck_assert_uint_eq(told->window, window);
}

START_TEST(nothing_known_is_told_as_the_least)
{
	assert_told(1, 1460, OFFER_NO_SCALE, false, 8192);
	learn(4, 9000, 7, true, 65535); /* of another pool */
	assert_told(2, 1460, OFFER_NO_SCALE, false, 8192);
}
END_TEST

START_TEST(the_least_of_the_backends_that_serve_is_told)
{
	learn(1, 1460, 7, true, 65160);
	assert_told(1, 1460, 7, true, 65160);
	learn(2, 1400, 9, true, 28960);
	assert_told(2, 1400, 7, true, 28960);
	learn(3, 1452, 6, false, 64240);
	assert_told(3, 1400, 6, false, 28960);
	plan.backend[3].serves = 0;
	profiles_renew(&profiles);
	assert_told(4, 1400, 7, true, 28960);
	plan.backend[2].used = 0;
	profiles_renew(&profiles);
	assert_told(5, 1460, 7, true, 65160);
	learn(1, 1460, OFFER_NO_SCALE, true, 65160);
	assert_told(6, 1460, OFFER_NO_SCALE, true, 65160);
}
END_TEST

START_TEST(a_syn_that_offers_less_teaches_nothing)
{
	const struct offer less[] = {{1460, OFFER_NO_SCALE, true},
				     {1460, 7, false},
				     {1460, OFFER_NO_SCALE, false}};
	const struct profile heard = saying(1460, OFFER_NO_SCALE, false, 65160);

	learn(1, 1460, 7, true, 65160);
	for (size_t i = 0; i < sizeof(less) / sizeof(less[0]); i++)
		profiles_learn(&profiles, 1, &less[i], &heard);
	assert_told(1, 1460, 7, true, 65160);
}
END_TEST

/* A walk over all backends is for once a second. */
START_TEST(news_are_told_from_the_next_second_on)
{
	learn(1, 1460, 7, true, 65160);
	assert_told(1, 1460, 7, true, 65160);
	learn(1, 1460, 2, true, 65160);
	assert_told(1, 1460, 7, true, 65160);
	assert_told(2, 1460, 2, true, 65160);
}
END_TEST

START_TEST(what_was_told_binds_as_long_as_its_cookies)
{
	learn(1, 1460, 7, true, 65160);
	assert_told(1, 1460, 7, true, 65160);
	learn(1, 1400, OFFER_NO_SCALE, false, 65160);
	assert_told(50, 1400, OFFER_NO_SCALE, false, 65160);
	const struct offer bound = profiles_bound(&profiles, 0, 177);
	ck_assert_uint_eq(bound.mss, 1460);
	ck_assert_uint_eq(bound.scale, 7);
	ck_assert(bound.sack);
	/* Windows that vary do not make it bind for longer. */
	learn(1, 1400, OFFER_NO_SCALE, false, 8000);
	assert_told(100, 1400, OFFER_NO_SCALE, false, 8000);
	const struct offer free = profiles_bound(&profiles, 0, 178);
	ck_assert_uint_eq(free.mss, 1400);
	ck_assert_uint_eq(free.scale, OFFER_NO_SCALE);
	ck_assert(!free.sack);
}
END_TEST

START_TEST(an_end_fits_if_it_has_at_least_what_was_told)
{
	const struct offer told = {1400, 7, true};
	const struct {
		struct offer has;
		bool fits;
	} row[] = {
		{{1400, 7, true}, true},
		{{1460, 14, true}, true},
		{{1399, 7, true}, false},
		{{1400, 6, true}, false},
		{{1400, 7, false}, false},
		{{1400, OFFER_NO_SCALE, true}, false},
	};
	const struct offer little = {536, OFFER_NO_SCALE, false};
	const struct offer zero = {536, 0, false};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(profile_fits(&row[i].has, &told), row[i].fits);
		ck_assert(profile_fits(&row[i].has, &little));
	}
	ck_assert(!profile_fits(&little, &zero));
	ck_assert(profile_fits(&zero, &zero));
}
END_TEST

/* The least of two fits each of them, whatever they are. */
START_TEST(the_least_is_what_each_one_has)
{
	static const uint8_t scales[] = {0, 1, 7, OFFER_SCALE_MAX,
					 OFFER_NO_SCALE};
	const int count = (int)sizeof(scales);

	for (int i = 0; i < count * count * 4; i++) {
		const struct profile a = saying(1400, scales[i % count],
						i / count / count & 1, 1);
		const struct profile b = saying(1460, scales[i / count % count],
						i / count / count / 2 & 1, 2);
		const struct profile least = profile_least(&a, &b);

		ck_assert(profile_fits(&a.says, &least.says));
		ck_assert(profile_fits(&b.says, &least.says));
		ck_assert_uint_eq(least.window, 1);
	}
}
END_TEST

START_TEST(a_syn_is_passed_on_to_learn_now_and_then)
{
	const struct offer plain = {1460, OFFER_NO_SCALE, true};

	profiles_told(&profiles, &plan, 0, 10);
	ck_assert(!profiles_ask(&profiles, 0, &plain, 10));
	ck_assert(profiles_ask(&profiles, 0, &full, 10));
	ck_assert(!profiles_ask(&profiles, 0, &full, 10));
	ck_assert(profiles_ask(&profiles, 0, &full, 11));
	learn(1, 1460, OFFER_NO_SCALE, true, 65160);
	profiles_told(&profiles, &plan, 0, 12);
	ck_assert(!profiles_ask(&profiles, 0, &full, 12));
	ck_assert(!profiles_ask(&profiles, 0, &full, 70));
	ck_assert(profiles_ask(&profiles, 0, &full, 71));
	learn(1, 1460, 7, true, 65160);
	profiles_told(&profiles, &plan, 0, 72);
	ck_assert(!profiles_ask(&profiles, 0, &full, 1000));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("profile");
	TCase *c = tcase_create("profile");

	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, nothing_known_is_told_as_the_least);
	tcase_add_test(c, the_least_of_the_backends_that_serve_is_told);
	tcase_add_test(c, a_syn_that_offers_less_teaches_nothing);
	tcase_add_test(c, news_are_told_from_the_next_second_on);
	tcase_add_test(c, what_was_told_binds_as_long_as_its_cookies);
	tcase_add_test(c, an_end_fits_if_it_has_at_least_what_was_told);
	tcase_add_test(c, the_least_is_what_each_one_has);
	tcase_add_test(c, a_syn_is_passed_on_to_learn_now_and_then);
	suite_add_tcase(s, c);
	return s;
}
