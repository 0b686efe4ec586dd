/* SPDX-License-Identifier: BSD-3-Clause */
/* Who belongs to a pool by DNS, over hours of answers.
 * Method: each rule by hand; then random histories beside a plain twin, which
 * keeps all answers and decides from them anew each time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "membership.h"
#include "runner.h"

#define HOSTS 5 /* each with an address of IPv4 and one of IPv6 */
#define ADDRESSES (2 * HOSTS)

static struct membership members;
static struct finding finding;
static struct membership_scene scene;
static bool serving[ADDRESSES];

static struct mx_addr
address(int i)
{
	struct mx_addr addr = {{[0] = 0xfd, [15] = (uint8_t)(i + 1)}};

	return i % 2 == 0 ? mx_addr_from4(htonl(0x0a000200u + (uint32_t)i))
			  : addr;
}

static int
index_of(const struct mx_addr *addr)
{
	for (int i = 0; i < ADDRESSES; i++) {
		const struct mx_addr own = address(i);

		if (mx_addr_equal(&own, addr))
			return i;
	}
	ck_abort_msg("an address of nobody");
	return -1;
}

static bool
serves(void *arg, const struct mx_addr *addr)
{
	(void)arg;
	return serving[index_of(addr)];
}

static void
setup(void)
{
	memset(&members, 0, sizeof(members));
	memset(serving, true, sizeof(serving));
	scene = (struct membership_scene){.now_ms = 1000000,
					  .ttl_s = 60,
					  .join_max = MEMBERSHIP_MAX,
					  .serves = serves};
}

/* Make an answer of the targets and the families that a mask names: bit 2i is
 * IPv4 of host i, bit 2i + 1 its IPv6.  failed: those that nobody answered. */
static void
make(unsigned mask, unsigned failed)
{
	memset(&finding, 0, sizeof(finding));
	for (int h = 0; h < HOSTS; h++) {
		struct finding_host *host = &finding.host[finding.hosts];

		if (((mask | failed) >> 2 * h & 3) == 0)
			continue;
		snprintf(host->name, sizeof(host->name), "m%d.test", h);
		host->preference = (uint16_t)(10 * (h / 2));
		for (int family = 0; family < 2; family++) {
			const int bit = 2 * h + family;

			host->end[family] = DNS_EMPTY;
			if (failed >> bit & 1) {
				host->end[family] = DNS_FAILED;
			} else if (mask >> bit & 1) {
				host->end[family] = DNS_ANSWERED;
				finding.address[finding.addresses++] =
					(struct finding_address){address(bit),
								 finding.hosts};
			}
		}
		finding.hosts++;
	}
}

static struct membership_step
take(unsigned mask)
{
	make(mask, 0);
	return membership_take(&members, &finding, &scene);
}

static void
pass(uint32_t seconds)
{
	scene.now_ms += UINT64_C(1000) * seconds;
}

static unsigned
mask_of(const struct membership *m)
{
	unsigned mask = 0;

	for (uint16_t i = 0; i < m->count; i++)
		mask |= 1u << index_of(&m->member[i].addr);
	return mask;
}

START_TEST(targets_join_at_once_by_preference)
{
	const struct membership_step step = take(0x11 | 0x2);

	ck_assert_int_eq(step.hold, MEMBERSHIP_TAKEN);
	ck_assert_uint_eq(step.joined, 3);
	ck_assert_uint_eq(members.count, 3);
	ck_assert_str_eq(members.member[0].host, "m0.test");
	ck_assert_str_eq(members.member[1].host, "m0.test");
	ck_assert_str_eq(members.member[2].host, "m2.test");
	ck_assert_uint_eq(members.member[2].preference, 10);
	ck_assert(members.explicit_mx);
}
END_TEST

/* A new name takes an id, as a new member does. */
START_TEST(names_of_members_change_as_far_as_there_are_places)
{
	take(0x15);
	scene.join_max = 2;
	make(0x15, 0);
	for (uint16_t i = 0; i < finding.hosts; i++)
		snprintf(finding.host[i].name, sizeof(finding.host[i].name),
			 "other%u.test", i);
	const struct membership_step step =
		membership_take(&members, &finding, &scene);
	ck_assert_uint_eq(step.renamed, 2);
	ck_assert_uint_eq(members.count, 3);
	uint32_t kept = 0;
	for (uint16_t i = 0; i < members.count; i++)
		kept += members.member[i].host[0] == 'm';
	ck_assert_uint_eq(kept, 1);
}
END_TEST

START_TEST(a_target_leaves_after_two_answers_and_a_ttl)
{
	take(0x15);
	ck_assert_uint_eq(take(0x05).missed, 1); /* the first without it */
	pass(30);
	ck_assert_uint_eq(take(0x05).left, 0); /* two, and no TTL yet */
	pass(29);
	ck_assert_uint_eq(take(0x05).left, 0);
	pass(1);
	ck_assert_uint_eq(take(0x05).left, 1);
	ck_assert_uint_eq(mask_of(&members), 0x05);

	take(0x01);
	pass(600);  /* a TTL and more, and one answer */
	take(0x05); /* it is back */
	pass(600);
	ck_assert_uint_eq(take(0x01).left, 0);
	ck_assert_uint_eq(mask_of(&members), 0x05);
}
END_TEST

START_TEST(half_of_the_members_leave_by_one_answer)
{
	take(0x155);
	take(0x40);
	pass(60);
	const struct membership_step step = take(0x40);
	ck_assert_uint_eq(step.left, 2);
	ck_assert_uint_eq(step.kept, 2);
	ck_assert_uint_eq(take(0x40).left, 1);
	ck_assert_uint_eq(take(0x40).left, 1);
	ck_assert_uint_eq(mask_of(&members), 0x40);
}
END_TEST

/* A liar names six new addresses beside the honest ones, and then the new ones
 * alone. */
START_TEST(members_that_never_served_do_not_count_for_the_half)
{
	memset(serving, false, sizeof(serving));
	serving[0] = serving[2] = serving[4] = serving[6] = true;
	take(0x55);
	take(0x55 | 0x3aa);
	ck_assert_uint_eq(members.count, 10);
	take(0x3aa);
	pass(60);
	ck_assert_uint_eq(take(0x3aa).left, 2); /* not all four of ten */
	take(0x55);                             /* the truth is back */
	ck_assert_uint_eq(mask_of(&members) & 0x55, 0x55);
}
END_TEST

/* One that has served is counted while it is down. */
START_TEST(members_that_served_once_leave_by_half_too)
{
	take(0x55);
	memset(serving, false, sizeof(serving));
	serving[8] = true;
	take(0x100);
	pass(60);
	ck_assert_uint_eq(take(0x100).left, 2);
	ck_assert_uint_eq(take(0x100).left, 1);
	ck_assert_uint_eq(take(0x100).left, 1);
	ck_assert_uint_eq(mask_of(&members), 0x100);
}
END_TEST

START_TEST(with_trust_all_of_them_may_but_the_last)
{
	scene.trust = true;
	take(0x155);
	take(0x01);
	pass(60);
	ck_assert_uint_eq(take(0x01).left, 4);
	ck_assert_uint_eq(mask_of(&members), 0x01);
}
END_TEST

START_TEST(the_last_one_that_serves_stays)
{
	take(0x01);
	memset(serving, false, sizeof(serving));
	serving[0] = true;
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(take(0x14).left, 0);
		pass(60);
	}
	ck_assert_uint_eq(mask_of(&members), 0x15);
	serving[2] = true;
	ck_assert_uint_eq(take(0x14).left, 1);
	ck_assert_uint_eq(mask_of(&members), 0x14);
}
END_TEST

START_TEST(one_of_the_file_may_serve_in_its_place)
{
	take(0x01);
	memset(serving, false, sizeof(serving));
	serving[0] = true;
	take(0x04);
	pass(60);
	ck_assert_uint_eq(take(0x04).kept, 1);
	scene.others = 1;
	scene.others_serve = true;
	ck_assert_uint_eq(take(0x04).left, 1);
}
END_TEST

static void
is_held(enum membership_hold hold)
{
	const struct membership before = members;
	const struct membership_step step =
		membership_take(&members, &finding, &scene);

	ck_assert_int_eq(step.hold, hold);
	ck_assert_int_eq(memcmp(&before, &members, sizeof(before)), 0);
	ck_assert_str_ne(membership_hold_text(hold), "");
}

START_TEST(an_answer_that_nobody_wants_changes_nothing)
{
	static const enum dns_end failures[] = {
		DNS_NO_NAME, DNS_FAILED, DNS_REFUSED,    DNS_OTHER,
		DNS_BROKEN,  DNS_SILENT, DNS_UNREACHABLE};

	take(0x15);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		make(0, 0);
		finding.end = failures[i];
		is_held(MEMBERSHIP_NO_ANSWER);
	}
	make(0, 0);
	finding.null_mx = true;
	is_held(MEMBERSHIP_NULL_MX);
	make(0, 0);
	finding.refused = 3;
	is_held(MEMBERSHIP_NO_TARGET);
	make(0, 0x15);
	is_held(MEMBERSHIP_NO_ANSWER);
	make(0, 0x15);
	for (uint16_t i = 0; i < finding.hosts; i++)
		finding.host[i].end[0] = DNS_EMPTY;
	is_held(MEMBERSHIP_NO_ADDRESS);
	make(0x01, 0);
	finding.implicit = true;
	is_held(MEMBERSHIP_NO_MX);
	scene.trust = true;
	ck_assert_int_eq(membership_take(&members, &finding, &scene).hold,
			 MEMBERSHIP_TAKEN);
}
END_TEST

START_TEST(a_domain_that_never_had_an_mx_is_its_own_target)
{
	make(0x01, 0);
	finding.implicit = true;
	ck_assert_uint_eq(membership_take(&members, &finding, &scene).joined,
			  1);
	ck_assert(!members.explicit_mx);
	make(0x04, 0);
	finding.implicit = true;
	ck_assert_int_eq(membership_take(&members, &finding, &scene).hold,
			 MEMBERSHIP_TAKEN);
}
END_TEST

START_TEST(addresses_that_nobody_answered_for_are_held)
{
	take(0x15);
	for (int i = 0; i < 4; i++) {
		make(0x01, 0x14);
		ck_assert_uint_eq(
			membership_take(&members, &finding, &scene).missed, 0);
		pass(60);
	}
	ck_assert_uint_eq(mask_of(&members), 0x15);
}
END_TEST

START_TEST(a_preference_follows_the_answers)
{
	take(0x11);
	make(0x11, 0);
	finding.host[1].preference = 0;
	finding.host[0].preference = 50;
	membership_take(&members, &finding, &scene);
	ck_assert_str_eq(members.member[0].host, "m2.test");
	ck_assert_uint_eq(members.member[1].preference, 50);
}
END_TEST

static bool
serves_never(void *arg, const struct mx_addr *addr)
{
	(void)arg, (void)addr;
	return false;
}

START_TEST(a_flood_of_addresses_has_a_limit)
{
	memset(&finding, 0, sizeof(finding));
	finding.hosts = 1;
	strcpy(finding.host[0].name, "m.test");
	for (uint32_t round = 0; round < 100; round++) {
		finding.addresses = FINDING_ADDRESSES_MAX;
		for (uint32_t i = 0; i < FINDING_ADDRESSES_MAX; i++)
			finding.address[i].addr = mx_addr_from4(
				htonl(0x0b000000u + round * 256 + i));
		scene.serves = serves_never;
		scene.others = 1;
		scene.others_serve = true;
		scene.join_max = round < 50 ? MEMBERSHIP_MAX : 10;
		const struct membership_step step =
			membership_take(&members, &finding, &scene);
		ck_assert_uint_le(members.count, MEMBERSHIP_MAX);
		ck_assert_uint_le(step.joined, scene.join_max);
		ck_assert_uint_gt(step.no_place, 0);
		pass(60);
	}
}
END_TEST

/* The twin: all answers that were taken, as masks. */
#define ANSWERS_MAX 64
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

	setup();
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
		const unsigned before = mask_of(&members);

		for (int i = 0; i < ADDRESSES; i++)
			serving[i] = random_below(3) > 0;
		scene.ttl_s = random_below(4) == 0 ? 0 : random_below(100);
		scene.join_max =
			(uint16_t)(answers == 0 ? ADDRESSES : random_below(4));
		pass(5 + random_below(100));
		make(mask, failed);
		const struct membership_step step =
			membership_take(&members, &finding, &scene);
		if ((mask & ~failed) == 0) {
			ck_assert_int_ne(step.hold, MEMBERSHIP_TAKEN);
			ck_assert_uint_eq(mask_of(&members), twin);
			continue;
		}
		history[answers].seen = mask | failed;
		history[answers].expires_ms =
			scene.now_ms + UINT64_C(1000) * scene.ttl_s;
		answers++;
		twin = twin_take(twin, mask & ~failed);
		ck_assert_uint_eq(mask_of(&members), twin);
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
	Suite *s = suite_create("membership");
	TCase *t = tcase_create("rules");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, targets_join_at_once_by_preference);
	tcase_add_test(t, names_of_members_change_as_far_as_there_are_places);
	tcase_add_test(t, a_target_leaves_after_two_answers_and_a_ttl);
	tcase_add_test(t, half_of_the_members_leave_by_one_answer);
	tcase_add_test(t, members_that_never_served_do_not_count_for_the_half);
	tcase_add_test(t, members_that_served_once_leave_by_half_too);
	tcase_add_test(t, with_trust_all_of_them_may_but_the_last);
	tcase_add_test(t, the_last_one_that_serves_stays);
	tcase_add_test(t, one_of_the_file_may_serve_in_its_place);
	tcase_add_test(t, an_answer_that_nobody_wants_changes_nothing);
	tcase_add_test(t, a_domain_that_never_had_an_mx_is_its_own_target);
	tcase_add_test(t, addresses_that_nobody_answered_for_are_held);
	tcase_add_test(t, a_preference_follows_the_answers);
	tcase_add_test(t, a_flood_of_addresses_has_a_limit);
	tcase_add_test(t, random_histories_are_those_of_the_twin);
	suite_add_tcase(s, t);
	return s;
}
