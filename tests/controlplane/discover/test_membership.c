/* SPDX-License-Identifier: BSD-3-Clause */
/* Who belongs to a pool by DNS, over hours of answers.
 * Method: each rule by hand.  test_memberhistory.c has random histories. */
#include <stdio.h>
#include <string.h>

#include "memberrig.h"
#include "runner.h"

START_TEST(targets_join_at_once_by_preference)
{
	const struct membership_step step = memberrig_take(0x11 | 0x2);

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
	memberrig_take(0x15);
	scene.join_max = 2;
	memberrig_make(0x15, 0);
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
	memberrig_take(0x15);
	ck_assert_uint_eq(memberrig_take(0x05).missed,
			  1); /* the first without it */
	memberrig_pass(30);
	ck_assert_uint_eq(memberrig_take(0x05).left,
			  0); /* two, and no TTL yet */
	memberrig_pass(29);
	ck_assert_uint_eq(memberrig_take(0x05).left, 0);
	memberrig_pass(1);
	ck_assert_uint_eq(memberrig_take(0x05).left, 1);
	ck_assert_uint_eq(memberrig_mask(), 0x05);

	memberrig_take(0x01);
	memberrig_pass(600);  /* a TTL and more, and one answer */
	memberrig_take(0x05); /* it is back */
	memberrig_pass(600);
	ck_assert_uint_eq(memberrig_take(0x01).left, 0);
	ck_assert_uint_eq(memberrig_mask(), 0x05);
}
END_TEST

START_TEST(half_of_the_members_leave_by_one_answer)
{
	memberrig_take(0x155);
	memberrig_take(0x40);
	memberrig_pass(60);
	const struct membership_step step = memberrig_take(0x40);
	ck_assert_uint_eq(step.left, 2);
	ck_assert_uint_eq(step.kept, 2);
	ck_assert_uint_eq(memberrig_take(0x40).left, 1);
	ck_assert_uint_eq(memberrig_take(0x40).left, 1);
	ck_assert_uint_eq(memberrig_mask(), 0x40);
}
END_TEST

/* A liar names six new addresses beside the honest ones, and then the new ones
 * alone. */
START_TEST(members_that_never_served_do_not_count_for_the_half)
{
	memset(serving, false, sizeof(serving));
	serving[0] = serving[2] = serving[4] = serving[6] = true;
	memberrig_take(0x55);
	memberrig_take(0x55 | 0x3aa);
	ck_assert_uint_eq(members.count, 10);
	memberrig_take(0x3aa);
	memberrig_pass(60);
	ck_assert_uint_eq(memberrig_take(0x3aa).left,
			  2); /* not all four of ten */
	memberrig_take(0x55); /* the truth is back */
	ck_assert_uint_eq(memberrig_mask() & 0x55, 0x55);
}
END_TEST

/* One that has served is counted while it is down. */
START_TEST(members_that_served_once_leave_by_half_too)
{
	memberrig_take(0x55);
	memset(serving, false, sizeof(serving));
	serving[8] = true;
	memberrig_take(0x100);
	memberrig_pass(60);
	ck_assert_uint_eq(memberrig_take(0x100).left, 2);
	ck_assert_uint_eq(memberrig_take(0x100).left, 1);
	ck_assert_uint_eq(memberrig_take(0x100).left, 1);
	ck_assert_uint_eq(memberrig_mask(), 0x100);
}
END_TEST

START_TEST(with_trust_all_of_them_may_but_the_last)
{
	scene.trust = true;
	memberrig_take(0x155);
	memberrig_take(0x01);
	memberrig_pass(60);
	ck_assert_uint_eq(memberrig_take(0x01).left, 4);
	ck_assert_uint_eq(memberrig_mask(), 0x01);
}
END_TEST

START_TEST(the_last_one_that_serves_stays)
{
	memberrig_take(0x01);
	memset(serving, false, sizeof(serving));
	serving[0] = true;
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(memberrig_take(0x14).left, 0);
		memberrig_pass(60);
	}
	ck_assert_uint_eq(memberrig_mask(), 0x15);
	serving[2] = true;
	ck_assert_uint_eq(memberrig_take(0x14).left, 1);
	ck_assert_uint_eq(memberrig_mask(), 0x14);
}
END_TEST

START_TEST(one_of_the_file_may_serve_in_its_place)
{
	memberrig_take(0x01);
	memset(serving, false, sizeof(serving));
	serving[0] = true;
	memberrig_take(0x04);
	memberrig_pass(60);
	ck_assert_uint_eq(memberrig_take(0x04).kept, 1);
	scene.others = 1;
	scene.others_serve = true;
	ck_assert_uint_eq(memberrig_take(0x04).left, 1);
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

	memberrig_take(0x15);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		memberrig_make(0, 0);
		finding.end = failures[i];
		is_held(MEMBERSHIP_NO_ANSWER);
	}
	memberrig_make(0, 0);
	finding.null_mx = true;
	is_held(MEMBERSHIP_NULL_MX);
	memberrig_make(0, 0);
	finding.refused = 3;
	is_held(MEMBERSHIP_NO_TARGET);
	memberrig_make(0, 0x15);
	is_held(MEMBERSHIP_NO_ANSWER);
	memberrig_make(0, 0x15);
	for (uint16_t i = 0; i < finding.hosts; i++)
		finding.host[i].end[0] = DNS_EMPTY;
	is_held(MEMBERSHIP_NO_ADDRESS);
	memberrig_make(0x01, 0);
	finding.implicit = true;
	is_held(MEMBERSHIP_NO_MX);
	scene.trust = true;
	ck_assert_int_eq(membership_take(&members, &finding, &scene).hold,
			 MEMBERSHIP_TAKEN);
}
END_TEST

START_TEST(a_domain_that_never_had_an_mx_is_its_own_target)
{
	memberrig_make(0x01, 0);
	finding.implicit = true;
	ck_assert_uint_eq(membership_take(&members, &finding, &scene).joined,
			  1);
	ck_assert(!members.explicit_mx);
	memberrig_make(0x04, 0);
	finding.implicit = true;
	ck_assert_int_eq(membership_take(&members, &finding, &scene).hold,
			 MEMBERSHIP_TAKEN);
}
END_TEST

START_TEST(addresses_that_nobody_answered_for_are_held)
{
	memberrig_take(0x15);
	for (int i = 0; i < 4; i++) {
		memberrig_make(0x01, 0x14);
		ck_assert_uint_eq(
			membership_take(&members, &finding, &scene).missed, 0);
		memberrig_pass(60);
	}
	ck_assert_uint_eq(memberrig_mask(), 0x15);
}
END_TEST

START_TEST(a_preference_follows_the_answers)
{
	memberrig_take(0x11);
	memberrig_make(0x11, 0);
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
		memberrig_pass(60);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("membership");
	TCase *t = tcase_create("rules");

	tcase_add_checked_fixture(t, memberrig_setup, NULL);
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
	suite_add_tcase(s, t);
	return s;
}
