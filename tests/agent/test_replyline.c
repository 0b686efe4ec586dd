/* SPDX-License-Identifier: BSD-3-Clause */
/* The line that a balancer gets: `ready` is said only to lift what this agent has
 * said before. */
#include <stdio.h>
#include <string.h>

#include "replyline.h"
#include "runner.h"

#define START_MS 5000

static struct replies replies;
static char line[REPLY_LINE_MAX];

static void
setup(void)
{
	replies_begin(&replies, START_MS);
}

/* Ask as the balancer of this number. */
static const char *
ask(uint8_t number, uint64_t ms)
{
	const uint8_t address[16] = {0xfd, [15] = number};

	const size_t length =
		reply_write(&replies, address, START_MS + ms, 70, "", line);
	ck_assert_uint_eq(length, strlen(line));
	return line;
}

START_TEST(ready_is_said_ten_times_after_the_start)
{
	for (int i = 0; i < REPLY_READY; i++)
		ck_assert_str_eq(ask(1, 0), "ready up 70%\n");
	ck_assert_str_eq(ask(1, 0), "up 70%\n");
	ck_assert_str_eq(ask(1, 0), "up 70%\n");
}
END_TEST

START_TEST(each_balancer_hears_it_ten_times)
{
	for (int i = 0; i < REPLY_READY; i++) {
		ck_assert_str_eq(ask(1, 0), "ready up 70%\n");
		ck_assert_str_eq(ask(2, 0), "ready up 70%\n");
	}
	ck_assert_str_eq(ask(1, 0), "up 70%\n");
	ck_assert_str_eq(ask(2, 0), "up 70%\n");
}
END_TEST

START_TEST(a_balancer_that_comes_late_does_not_hear_it)
{
	ck_assert_str_eq(ask(1, REPLY_READY_MS - 1), "ready up 70%\n");
	ck_assert_str_eq(ask(2, REPLY_READY_MS), "up 70%\n");
}
END_TEST

START_TEST(one_that_was_told_drain_hears_it_however_seldom_it_asks)
{
	replies_set(&replies, ADMIN_IS_DRAIN, START_MS);
	ask(1, 0);
	replies_set(&replies, ADMIN_IS_READY, START_MS);
	for (uint64_t i = 1; i <= REPLY_READY; i++)
		ck_assert_str_eq(ask(1, i * 2 * REPLY_READY_MS),
				 "ready up 70%\n");
	ck_assert_str_eq(ask(1, 30 * REPLY_READY_MS), "up 70%\n");
}
END_TEST

START_TEST(drain_is_said_each_time_and_ready_ten_times_after_it)
{
	for (int i = 0; i < 20; i++)
		ask(1, 0);
	replies_set(&replies, ADMIN_IS_DRAIN, START_MS);
	for (int i = 0; i < 30; i++)
		ck_assert_str_eq(ask(1, 0), "drain up 70%\n");
	replies_set(&replies, ADMIN_IS_MAINT, START_MS);
	ck_assert_str_eq(ask(1, 0), "maint up 70%\n");
	replies_set(&replies, ADMIN_IS_READY, START_MS);
	for (int i = 0; i < REPLY_READY; i++)
		ck_assert_str_eq(ask(1, 0), "ready up 70%\n");
	ck_assert_str_eq(ask(1, 0), "up 70%\n");
}
END_TEST

START_TEST(to_be_ready_still_is_no_change)
{
	for (int i = 0; i < REPLY_READY; i++)
		ask(1, 0);
	replies_set(&replies, ADMIN_IS_READY, START_MS);
	ck_assert_str_eq(ask(1, 0), "up 70%\n");
}
END_TEST

START_TEST(many_askers_push_out_the_one_that_was_heard_longest_ago)
{
	for (int i = 0; i < REPLY_READY; i++)
		ask(1, 1);
	for (uint8_t i = 2; i < 2 + REPLY_ASKERS_MAX - 1; i++)
		ask(i, i);
	ck_assert_str_eq(ask(1, 100), "up 70%\n");
	/* Number 2 gives way. */
	ask(200, 101);
	ck_assert_str_eq(ask(1, 102), "up 70%\n");
}
END_TEST

START_TEST(the_words_follow_and_are_cut)
{
	const uint8_t address[16] = {0xfd};
	char why[500];

	memset(why, 'x', sizeof(why));
	why[sizeof(why) - 1] = '\0';
	replies_set(&replies, ADMIN_IS_DRAIN, START_MS);
	reply_write(&replies, address, START_MS, 5, "kernel", line);
	ck_assert_str_eq(line, "drain up 5% # kernel\n");
	const size_t length =
		reply_write(&replies, address, START_MS, 100, why, line);
	ck_assert_uint_eq(length, strlen(line));
	ck_assert_int_eq(line[length - 1], '\n');
}
END_TEST

START_TEST(without_a_known_state_no_word_lifts_a_restriction)
{
	ck_assert_uint_eq(reply_write_unknown(5, "a disk", line), 15);
	ck_assert_str_eq(line, "up 5% # a disk\n");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("replyline");
	TCase *t = tcase_create("replyline");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, ready_is_said_ten_times_after_the_start);
	tcase_add_test(t, each_balancer_hears_it_ten_times);
	tcase_add_test(t, a_balancer_that_comes_late_does_not_hear_it);
	tcase_add_test(t,
		       one_that_was_told_drain_hears_it_however_seldom_it_asks);
	tcase_add_test(t, drain_is_said_each_time_and_ready_ten_times_after_it);
	tcase_add_test(t, to_be_ready_still_is_no_change);
	tcase_add_test(t,
		       many_askers_push_out_the_one_that_was_heard_longest_ago);
	tcase_add_test(t, the_words_follow_and_are_cut);
	tcase_add_test(t, without_a_known_state_no_word_lifts_a_restriction);
	suite_add_tcase(s, t);
	return s;
}
