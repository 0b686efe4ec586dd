/* SPDX-License-Identifier: BSD-3-Clause */
/* The health of a backend as its sessions tell it.
 * Method: random sessions and checks beside a plain twin, which keeps the whole
 * history and counts backwards; and the cases that the header names. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "passive.h"
#include "runner.h"

#define STEPS 200000u
#define START_S 1000

static struct passive passive;
static int64_t now_s;

static void
setup(void)
{
	passive = (struct passive){.out = false};
	now_s = START_S;
	srand(1);
}

static bool
serve(void)
{
	const struct passive_session session = {.sign = PASSIVE_SERVED};

	return passive_step(&passive, &session, true, now_s) != PASSIVE_STAYS;
}

/* Fail so many sessions, whatever their clients are.  Returns whether any of them
 * put the backend out. */
static bool
fail_all(uint32_t sessions)
{
	const struct passive_session session = {.sign = PASSIVE_REFUSED};
	bool out = false;

	while (sessions-- > 0)
		out |= passive_step(&passive, &session, true, now_s) ==
		       PASSIVE_OUT;
	return out;
}

/* A session of this client fails, who may be the cause. */
static enum passive_result
reject(uint32_t client_be)
{
	const struct passive_session session = {
		.sign = PASSIVE_REJECTS,
		.by_client = true,
		.client = mx_addr_from4(client_be),
	};

	return passive_step(&passive, &session, true, now_s);
}

/* The address of a host of a network /24. */
static uint32_t
host_be(uint32_t network, uint32_t host)
{
	return htonl(0xc0000000 + (network << 8) + host);
}

START_TEST(
	the_last_of_a_row_puts_it_out_and_a_session_that_is_served_ends_a_row)
{
	ck_assert(!fail_all(PASSIVE_ROW - 1));
	ck_assert(!serve());
	ck_assert(!fail_all(PASSIVE_ROW - 1));
	ck_assert(fail_all(1));
	ck_assert(passive.out);
	ck_assert(!fail_all(1)); /* it is out already */
}
END_TEST

START_TEST(failures_far_apart_are_no_row)
{
	ck_assert(!fail_all(PASSIVE_ROW - 1));
	now_s += PASSIVE_ROW_S + 1;
	ck_assert(!fail_all(PASSIVE_ROW - 1));
	now_s += PASSIVE_ROW_S;
	ck_assert(fail_all(1));
}
END_TEST

START_TEST(sessions_do_not_bring_it_back_and_a_check_that_passes_does)
{
	fail_all(PASSIVE_ROW);
	serve();
	ck_assert(passive.out);
	ck_assert(!passive_check(&passive, false, false));
	ck_assert(passive.out);
	ck_assert(passive_check(&passive, _i == 0, _i == 1));
	ck_assert(!passive.out);
	ck_assert(!passive_check(&passive, true, false));
}
END_TEST

START_TEST(who_may_not_leave_stays_until_it_may)
{
	const struct passive_session busy = {.sign = PASSIVE_BUSY};

	for (int i = 0; i < 3 * PASSIVE_ROW; i++)
		ck_assert_int_ne(passive_step(&passive, &busy, false, now_s),
				 PASSIVE_OUT);
	ck_assert_int_eq(passive_step(&passive, &busy, true, now_s),
			 PASSIVE_OUT);
}
END_TEST

START_TEST(one_client_that_is_rejected_again_and_again_puts_nobody_out)
{
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert_int_ne(reject(host_be(1, i % 256)), PASSIVE_OUT);
	ck_assert_uint_eq(passive.row, 1);
	/* Nor do as many as are not enough. */
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert_int_ne(reject(host_be(i % (PASSIVE_ROW - 1), 1)),
				 PASSIVE_OUT);
}
END_TEST

START_TEST(as_many_clients_as_a_row_is_long_put_it_out)
{
	for (uint32_t i = 1; i < PASSIVE_ROW; i++)
		ck_assert_int_eq(reject(host_be(i, 1)), PASSIVE_STAYS);
	ck_assert_int_eq(reject(host_be(PASSIVE_ROW, 1)), PASSIVE_OUT);
}
END_TEST

static struct mx_addr
address_of(const char *text)
{
	struct mx_addr addr;
	struct in_addr four;

	if (inet_pton(AF_INET, text, &four) == 1)
		return mx_addr_from4(four.s_addr);
	ck_assert_int_eq(inet_pton(AF_INET6, text, addr.byte), 1);
	return addr;
}

START_TEST(networks_of_both_families_are_told_apart)
{
	static const struct {
		const char *first, *second;
		bool same;
	} pairs[] = {
		{"192.0.2.1", "192.0.2.254", true},
		{"192.0.2.1", "192.0.3.1", false},
		{"2001:db8:1:1::1", "2001:db8:1:ffff::2", true},
		{"2001:db8:1::1", "2001:db8:2::1", false},
		{"::", "::1", true},
	};
	struct passive_session session = {.sign = PASSIVE_BUSY,
					  .by_client = true};

	session.client = address_of(pairs[_i].first);
	passive_step(&passive, &session, true, now_s);
	ck_assert_uint_eq(passive.row, 1);
	session.client = address_of(pairs[_i].second);
	passive_step(&passive, &session, true, now_s);
	ck_assert_uint_eq(passive.row, pairs[_i].same ? 1 : 2);
}
END_TEST

START_TEST(a_row_of_one_client_asks_for_a_check_once_a_second)
{
	for (int i = 1; i < PASSIVE_ROW; i++)
		ck_assert_int_eq(reject(host_be(1, 1)), PASSIVE_STAYS);
	ck_assert_int_eq(reject(host_be(1, 1)), PASSIVE_DOUBTED);
	ck_assert_int_eq(reject(host_be(1, 1)), PASSIVE_STAYS);
	now_s++;
	ck_assert_int_eq(reject(host_be(1, 1)), PASSIVE_DOUBTED);
	serve();
	now_s++;
	ck_assert_int_eq(reject(host_be(1, 1)), PASSIVE_STAYS);
}
END_TEST

START_TEST(a_check_that_passes_ends_the_doubt)
{
	for (int i = 0; i < PASSIVE_ROW; i++)
		reject(host_be(1, 1));
	passive_check(&passive, true, false);
	now_s++;
	for (int i = 1; i < PASSIVE_ROW; i++)
		ck_assert_int_eq(reject(host_be(1, 1)), PASSIVE_STAYS);
	ck_assert_int_eq(reject(host_be(1, 1)), PASSIVE_DOUBTED);
}
END_TEST

/* No greeting after a wait that may be usual, once in so many seconds. */
START_TEST(silence_that_may_be_usual_asks_for_a_check_and_puts_nobody_out)
{
	const struct passive_session unsure = {.sign = PASSIVE_UNSURE};
	int doubts = 0;

	for (int i = 0; i < 100 * PASSIVE_ROW; i++) {
		const enum passive_result result =
			passive_step(&passive, &unsure, true, now_s);

		ck_assert_int_ne(result, PASSIVE_OUT);
		doubts += result == PASSIVE_DOUBTED;
		now_s += 5;
	}
	ck_assert_uint_eq(passive.row, 0);
	ck_assert_int_gt(doubts, 10);
}
END_TEST

/* Of ten clients nine are rejected, for what they are. */
START_TEST(rejections_that_are_usual_put_it_out_a_few_times_and_no_more)
{
	int outs = 0;

	for (uint32_t i = 0; i < 100000; i++) {
		if (rand() % 10 == 0)
			serve();
		else if (reject(host_be(i, 1)) == PASSIVE_OUT) {
			outs++;
			passive_check(&passive, true, false);
		}
		now_s += i % 4 == 0;
	}
	ck_assert_int_gt(outs, 1);
	ck_assert_int_lt(outs, 8);
}
END_TEST

START_TEST(a_wait_is_late_beside_the_usual_ones)
{
	ck_assert(!passive_is_late(&passive, 300000000));
	passive_note_wait(&passive, 1000000);
	ck_assert(!passive_is_late(&passive, 1000000 * PASSIVE_LATE_TIMES));
	ck_assert(passive_is_late(&passive, 1000000 * PASSIVE_LATE_TIMES + 1));
	/* A row of late ones is late to the last. */
	for (int i = 0; i < PASSIVE_ROW; i++) {
		ck_assert(passive_is_late(&passive, 25000000));
		passive_note_wait(&passive, 25000000);
	}
	/* In the end it is a delay on purpose. */
	for (int i = 0; i < 2 * PASSIVE_USUAL_PART; i++)
		passive_note_wait(&passive, 25000000);
	ck_assert(!passive_is_late(&passive, 25000000));
	ck_assert(passive_is_late(&passive, 250000000));
}
END_TEST

START_TEST(one_client_that_opens_its_window_late_does_not_move_what_is_usual)
{
	/* The first one knows no usual wait. */
	passive_note_wait(&passive, 300000000);
	ck_assert(passive_is_late(&passive,
				  PASSIVE_LATE_TIMES * PASSIVE_FIRST_US + 1));
	passive = (struct passive){.out = false};
	passive_note_wait(&passive, 1000000);
	for (int i = 0; i < 1000; i++) {
		passive_note_wait(&passive, i % 4 == 0 ? 300000000 : 1000000);
		ck_assert(passive_is_late(&passive,
					  2 * PASSIVE_LATE_TIMES * 1000000));
	}
}
END_TEST

START_TEST(what_is_usual_can_grow_from_next_to_nothing)
{
	for (int i = 0; i < 1000; i++)
		passive_note_wait(&passive, i == 0 ? 1 : 1000);
	ck_assert(!passive_is_late(&passive, PASSIVE_LATE_TIMES * 1000));
}
END_TEST

START_TEST(each_check_that_passes_doubles_the_row_until_there_is_quiet)
{
	for (uint32_t row = PASSIVE_ROW; row < PASSIVE_ROW_MAX; row *= 2) {
		ck_assert(!fail_all(row - 1));
		ck_assert(fail_all(1));
		passive_check(&passive, true, false);
		now_s++;
	}
	for (int i = 0; i < 3; i++) {
		ck_assert(!fail_all(PASSIVE_ROW_MAX - 1));
		ck_assert(fail_all(1));
		passive_check(&passive, true, false);
	}
	/* A row that is too short now is no quiet. */
	now_s += PASSIVE_QUIET_S - 1;
	ck_assert(!fail_all(PASSIVE_ROW));
	serve();
	now_s += PASSIVE_QUIET_S - 1;
	ck_assert(!fail_all(PASSIVE_ROW - 1));
	serve();
	now_s++;
	ck_assert(fail_all(PASSIVE_ROW));
	passive_check(&passive, true, false);
	ck_assert(!fail_all(2 * PASSIVE_ROW - 1));
	ck_assert(fail_all(1));
}
END_TEST

START_TEST(without_a_check_it_is_out_for_a_minute_at_most)
{
	fail_all(PASSIVE_ROW);
	now_s += PASSIVE_OUT_S - 1;
	ck_assert(!passive_expire(&passive, now_s));
	now_s++;
	ck_assert(passive_expire(&passive, now_s));
	ck_assert(!passive.out);
	ck_assert(!passive_expire(&passive, now_s));
}
END_TEST

/* The twin keeps all sessions since the last one that was served, or since it came
 * back. */
struct twin {
	struct passive_session session[STEPS];
	bool counts[STEPS];
	uint32_t sessions;
	uint32_t fails; /* that count */
	int64_t failed_s;
	bool out;
	int64_t row_s;
	uint32_t acquittals; /* since the last quiet */
};

static uint32_t
twin_row(const struct twin *twin)
{
	uint32_t row = PASSIVE_ROW;

	if (now_s - twin->row_s >= PASSIVE_QUIET_S)
		return row;
	for (uint32_t i = 0; i < twin->acquittals; i++)
		row = row * 2 < PASSIVE_ROW_MAX ? row * 2 : PASSIVE_ROW_MAX;
	return row;
}

static bool
twin_counts(const struct twin *twin, const struct passive_session *session)
{
	int others = 0;

	if (!session->by_client)
		return true;
	for (uint32_t i = twin->sessions;
	     i-- > 0 && others < PASSIVE_ROW - 1;) {
		if (!twin->counts[i] || !twin->session[i].by_client)
			continue;
		if (memcmp(&twin->session[i].client, &session->client, 15) == 0)
			return false;
		others++;
	}
	return true;
}

static void
twin_forget(struct twin *twin)
{
	twin->sessions = twin->fails = 0;
}

static void
twin_session(struct twin *twin, const struct passive_session *session,
	     bool may_leave)
{
	if (session->sign == PASSIVE_SERVED ||
	    now_s > twin->failed_s + PASSIVE_ROW_S)
		twin_forget(twin);
	if (session->sign == PASSIVE_SERVED)
		return;
	const bool counts = twin_counts(twin, session);
	const uint32_t row = twin_row(twin);

	twin->counts[twin->sessions] = counts;
	twin->session[twin->sessions++] = *session;
	if (!counts)
		return;
	twin->fails++;
	twin->failed_s = now_s;
	if (now_s - twin->row_s >= PASSIVE_QUIET_S)
		twin->acquittals = 0;
	if (twin->fails >= PASSIVE_ROW)
		twin->row_s = now_s;
	if (!twin->out && may_leave && twin->fails >= row)
		twin->out = true;
}

START_TEST(it_does_as_its_plain_twin)
{
	static struct twin twin;
	uint32_t outs = 0;

	memset(&twin, 0, sizeof(twin));

	for (uint32_t i = 0; i < STEPS; i++) {
		const int what = rand() % 100;
		const bool was_out = twin.out;

		now_s += rand() % 300 == 0 ? rand() % 900 : 0;
		if (what < 94) {
			const bool may_leave = rand() % 4 != 0;
			const struct passive_session session = {
				.sign = rand() % 12 == 0 ? PASSIVE_SERVED
							 : PASSIVE_SILENT,
				.by_client = rand() % 2 == 0,
				.client = mx_addr_from4(
					host_be((uint32_t)rand() % 7,
						(uint32_t)rand() % 256)),
			};

			twin_session(&twin, &session, may_leave);
			passive_step(&passive, &session, may_leave, now_s);
		} else {
			const bool passed = what < 97;

			if (twin.out) {
				twin_forget(&twin);
				twin.out = false;
				twin.acquittals += passed;
			}
			passive_check(&passive, passed, !passed);
		}
		outs += twin.out && !was_out;
		ck_assert(passive.out == twin.out);
		ck_assert_uint_eq(passive_row(&passive, now_s),
				  twin_row(&twin));
	}
	ck_assert_uint_gt(outs, 100);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("passive");
	TCase *t = tcase_create("passive");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(
		t,
		the_last_of_a_row_puts_it_out_and_a_session_that_is_served_ends_a_row);
	tcase_add_test(t, failures_far_apart_are_no_row);
	tcase_add_loop_test(
		t, sessions_do_not_bring_it_back_and_a_check_that_passes_does,
		0, 2);
	tcase_add_test(t, who_may_not_leave_stays_until_it_may);
	tcase_add_test(
		t, each_check_that_passes_doubles_the_row_until_there_is_quiet);
	tcase_add_test(t, without_a_check_it_is_out_for_a_minute_at_most);
	tcase_add_test(
		t, one_client_that_is_rejected_again_and_again_puts_nobody_out);
	tcase_add_test(t, as_many_clients_as_a_row_is_long_put_it_out);
	tcase_add_loop_test(t, networks_of_both_families_are_told_apart, 0, 5);
	tcase_add_test(t, a_row_of_one_client_asks_for_a_check_once_a_second);
	tcase_add_test(t, a_check_that_passes_ends_the_doubt);
	tcase_add_test(
		t,
		silence_that_may_be_usual_asks_for_a_check_and_puts_nobody_out);
	tcase_add_test(
		t,
		one_client_that_opens_its_window_late_does_not_move_what_is_usual);
	tcase_add_test(t, what_is_usual_can_grow_from_next_to_nothing);
	tcase_add_test(
		t,
		rejections_that_are_usual_put_it_out_a_few_times_and_no_more);
	tcase_add_test(t, a_wait_is_late_beside_the_usual_ones);
	tcase_add_test(t, it_does_as_its_plain_twin);
	suite_add_tcase(s, t);
	return s;
}
