/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory of what was said to clients without a session: each thing is said
 * again twice at most, a flood of SYNs cannot use more than its bounds, and it
 * takes nothing from a client that has proven its address.
 * Method: the clock is an argument, of a million ticks a second. */
#include <stdlib.h>

#include "echo.h"
#include "runner.h"

#define HZ 1000000u

static struct echoes echoes;

static void
setup(void)
{
	ck_assert_int_eq(echo_make(&echoes, HZ), 0);
}

static void
teardown(void)
{
	echo_free(&echoes);
}

/* Client number n; clients n and n + ECHO_SLOTS share a slot. */
static uint64_t
hash_of(uint32_t n)
{
	return (uint64_t)n << 32;
}

static struct echo
entry_of(uint32_t n, enum echo_kind kind, uint32_t now_s)
{
	return (struct echo){
		.flow = {mx_addr_from4(n), mx_addr_from4(1), 40000, 25},
		.client_isn = n * 7,
		.cookie = n * 13,
		.since_s = now_s,
		.kind = (uint8_t)kind,
	};
}

static bool
note(uint32_t n, enum echo_kind kind, uint32_t now_s)
{
	const struct echo entry = entry_of(n, kind, now_s);

	return echo_note(&echoes, hash_of(n), &entry, (uint64_t)now_s * HZ);
}

static struct echo *
find(uint32_t n)
{
	const struct echo entry = entry_of(n, ECHO_EMPTY, 0);

	return echo_find(&echoes, hash_of(n), &entry.flow);
}

/* How many are said again at that time. */
static uint32_t
count_due(uint64_t at_ms)
{
	uint32_t count = 0, silent = 0;

	while (silent < ECHO_SLOTS / 16 * 4) {
		if (echo_due(&echoes, (uint32_t)(at_ms / 1000),
			     at_ms * (HZ / 1000)) != NULL)
			count++;
		else
			silent++;
	}
	return count;
}

START_TEST(a_synack_is_said_again_after_1_s_and_3_s)
{
	note(5, ECHO_SYNACK, 10);
	ck_assert_uint_eq(count_due(10999), 0);
	ck_assert_uint_eq(count_due(11000), 1);
	ck_assert_uint_eq(count_due(12999), 0);
	ck_assert_uint_eq(count_due(13000), 1);
	ck_assert_uint_eq(count_due(99000), 0);
}
END_TEST

START_TEST(a_text_is_said_again_after_400_ms_and_1600_ms)
{
	note(5, ECHO_TEXT, 10);
	ck_assert_uint_eq(count_due(10399), 0);
	ck_assert_uint_eq(count_due(10400), 1);
	ck_assert_uint_eq(count_due(11599), 0);
	ck_assert_uint_eq(count_due(11600), 1);
	ck_assert_uint_eq(count_due(99000), 0);
}
END_TEST

START_TEST(what_was_heard_is_not_said_again)
{
	note(5, ECHO_SYNACK, 10);
	note(6, ECHO_TEXT, 10);
	find(5)->kind = ECHO_HEARD;
	find(6)->kind = ECHO_HEARD;
	ck_assert_uint_eq(count_due(99000), 0);
}
END_TEST

/* The client repeats its SYN; an attacker repeats it a thousand times. */
START_TEST(repeated_syns_make_no_more_repeats)
{
	for (int i = 0; i < 1000; i++)
		ck_assert(note(5, ECHO_SYNACK, 10));
	ck_assert_uint_eq(count_due(11500), 1);
	ck_assert_uint_eq(count_due(99000), 1);
}
END_TEST

START_TEST(a_client_that_comes_back_is_a_new_one)
{
	note(5, ECHO_SYNACK, 10);
	ck_assert_uint_eq(count_due(20000), 1);
	ck_assert_uint_eq(count_due(30000), 1);
	ck_assert(note(5, ECHO_SYNACK, 40));
	ck_assert_uint_eq(count_due(41000), 1);
}
END_TEST

START_TEST(a_slot_is_held_against_syns_of_others_for_3_s)
{
	ck_assert(note(5, ECHO_SYNACK, 10));
	ck_assert(!note(5 + ECHO_SLOTS, ECHO_SYNACK, 13));
	ck_assert_ptr_nonnull(find(5));
	ck_assert(note(5 + ECHO_SLOTS, ECHO_SYNACK, 14));
	ck_assert_ptr_null(find(5));
	/* Only the newer one is said again. */
	ck_assert_ptr_eq(echo_due(&echoes, 15, 15 * HZ), find(5 + ECHO_SLOTS));
	ck_assert_uint_eq(count_due(99000), 1);
}
END_TEST

/* Of another client, and of its own address with another number. */
START_TEST(a_proven_client_gives_way_to_no_syn)
{
	struct echo forged = entry_of(5, ECHO_SYNACK, 11);

	forged.client_isn++;
	note(5 + ECHO_SLOTS, ECHO_SYNACK, 10);
	ck_assert(note(5, ECHO_TEXT, 10)); /* takes the slot of the SYN */
	ck_assert(!note(5 + ECHO_SLOTS, ECHO_SYNACK, 11));
	ck_assert(!echo_note(&echoes, hash_of(5), &forged, 11 * HZ));
	ck_assert_uint_eq(find(5)->kind, ECHO_TEXT);
	ck_assert_uint_eq(count_due(10400), 1);
	find(5)->kind = ECHO_HEARD;
	ck_assert(!echo_note(&echoes, hash_of(5), &forged, 11 * HZ));
}
END_TEST

/* A million SYNs in a second from a million clients. */
START_TEST(a_flood_has_bounds)
{
	uint32_t noted = 0;

	for (uint32_t n = 1; n <= 1000000; n++)
		noted += note(n, ECHO_SYNACK, 100);
	ck_assert_uint_le(noted, ECHO_SLOTS);
	ck_assert_uint_gt(noted, ECHO_SLOTS / 2);
	ck_assert_uint_eq(count_due(101500), ECHO_RATE);
	/* Those that were over the rate are forgotten. */
	ck_assert_uint_le(count_due(104900), ECHO_RATE);
	ck_assert_uint_eq(count_due(199000), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("echo");
	TCase *t = tcase_create("echo");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_synack_is_said_again_after_1_s_and_3_s);
	tcase_add_test(t, a_text_is_said_again_after_400_ms_and_1600_ms);
	tcase_add_test(t, what_was_heard_is_not_said_again);
	tcase_add_test(t, repeated_syns_make_no_more_repeats);
	tcase_add_test(t, a_client_that_comes_back_is_a_new_one);
	tcase_add_test(t, a_slot_is_held_against_syns_of_others_for_3_s);
	tcase_add_test(t, a_proven_client_gives_way_to_no_syn);
	tcase_add_test(t, a_flood_has_bounds);
	suite_add_tcase(s, t);
	return s;
}
