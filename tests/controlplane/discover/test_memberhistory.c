/* SPDX-License-Identifier: BSD-3-Clause */
/* Over random histories of answers a pool has the members of its plain twin.
 * Method: the twin keeps all answers, and decides from them anew each time. */
#include "memberrig.h"
#include "runner.h"

#define ANSWERS_MAX 64

/* The answers that were taken, as masks. */
static struct {
	unsigned seen; /* what it has, or nobody answered for */
	uint64_t expires_ms;
} history[ANSWERS_MAX];
static int answers;
static unsigned twin_served; /* those that could take sessions at any answer */

static uint32_t
random_below(uint32_t limit)
{
	static uint64_t seed = 20261128;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % limit;
}

/* The first of the last answers in a row without the address, or -1 if the last
 * one has it. */
static int
first_without(int bit)
{
	int i = answers;

	while (i > 0 && (history[i - 1].seen >> bit & 1) == 0)
		i--;
	return i == answers ? -1 : i;
}

static bool
twin_is_due(int bit)
{
	const int first = first_without(bit);

	return first >= 0 && answers - first >= 2 &&
	       scene.now_ms >= history[first].expires_ms;
}

/* The one that goes next among those that are due: the longest gone; of equal
 * ones the first by preference, host and family. */
static int
twin_next(unsigned mask, unsigned kept)
{
	int best = -1;

	for (int bit = 0; bit < ADDRESSES; bit++) {
		if ((mask >> bit & 1) == 0 || (kept >> bit & 1) ||
		    !twin_is_due(bit))
			continue;
		/* Of one host IPv4 comes first: its bytes begin with zeroes. */
		if (best < 0 || history[first_without(bit)].expires_ms <
					history[first_without(best)].expires_ms)
			best = bit;
	}
	return best;
}

/* Only so many may join: the best ones. */
static unsigned
twin_join(unsigned mask, unsigned found)
{
	int joined = 0;

	for (int bit = 0; bit < ADDRESSES; bit++)
		if ((found & ~mask) >> bit & 1 && joined < scene.join_max) {
			mask |= 1u << bit;
			joined++;
		}
	return mask;
}

/* May the pool lose all of these by one answer? */
static bool
twin_may_lose(unsigned mask, unsigned lost)
{
	return scene.trust ||
	       (2 * __builtin_popcount(lost) <= __builtin_popcount(mask) &&
		2 * __builtin_popcount(lost & twin_served) <=
			__builtin_popcount(mask & twin_served) +
				scene.others_serve);
}

static unsigned
twin_take(unsigned mask, unsigned found)
{
	mask = twin_join(mask, found);
	const unsigned before = mask;
	unsigned kept = 0;
	int bit;

	/* One that left and joins again has a history of its own. */
	twin_served &= mask;
	for (int i = 0; i < ADDRESSES; i++)
		twin_served |= serving[i] ? mask & 1u << i : 0;
	while ((bit = twin_next(mask, kept)) >= 0) {
		const unsigned rest = mask & ~(1u << bit);
		bool rest_serves = scene.others_serve;

		for (int i = 0; i < ADDRESSES; i++)
			rest_serves |= (rest >> i & 1) && serving[i];
		if (!twin_may_lose(before, before & ~rest) ||
		    (rest == 0 && scene.others == 0) ||
		    (serving[bit] && !rest_serves)) {
			kept |= 1u << bit;
			continue;
		}
		mask = rest;
	}
	twin_served &= mask;
	return mask;
}

static void
one_history(void)
{
	unsigned twin = 0;

	memberrig_setup();
	answers = 0;
	twin_served = 0;
	scene.trust = random_below(4) == 0;
	scene.others = (uint16_t)random_below(2);
	scene.others_serve = scene.others > 0 && random_below(2) == 0;
	while (answers < ANSWERS_MAX) {
		const unsigned mask = random_below(1u << ADDRESSES) &
				      random_below(1u << ADDRESSES);
		const unsigned failed =
			random_below(4) > 0 ? 0 : random_below(1u << ADDRESSES);
		const unsigned before = memberrig_mask();

		for (int i = 0; i < ADDRESSES; i++)
			serving[i] = random_below(3) > 0;
		scene.ttl_s = random_below(4) == 0 ? 0 : random_below(100);
		scene.join_max =
			(uint16_t)(answers == 0 ? ADDRESSES : random_below(4));
		memberrig_pass(5 + random_below(100));
		memberrig_make(mask, failed);
		const struct membership_step step =
			membership_take(&members, &finding, &scene);
		if ((mask & ~failed) == 0) {
			ck_assert_int_ne(step.hold, MEMBERSHIP_TAKEN);
			ck_assert_uint_eq(memberrig_mask(), twin);
			continue;
		}
		history[answers].seen = mask | failed;
		history[answers].expires_ms =
			scene.now_ms + UINT64_C(1000) * scene.ttl_s;
		answers++;
		twin = twin_take(twin, mask & ~failed);
		ck_assert_uint_eq(memberrig_mask(), twin);
		ck_assert(twin != 0 || scene.others > 0);
		ck_assert_int_eq(__builtin_popcount(before) + step.joined -
					 step.left,
				 members.count);
	}
}

START_TEST(random_histories_are_those_of_the_twin)
{
	for (int i = 0; i < 2000; i++)
		one_history();
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("memberhistory");
	TCase *t = tcase_create("histories");

	tcase_add_test(t, random_histories_are_those_of_the_twin);
	suite_add_tcase(s, t);
	return s;
}
