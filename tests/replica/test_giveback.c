/* SPDX-License-Identifier: BSD-3-Clause */
/* What a peer is told of its own sessions, when it may have lost them.  Method: the
 * shadow of box 2 is written as a stream would, and box 2 is an array. */
#include <string.h>

#include "boxrig.h"
#include "clocks.h"
#include "giveback.h"
#include "runner.h"
#include "scan.h"
#include "wiresession.h"

#define PEER 2
#define COUNT 1000u
#define SLOTS (2 * COUNT)
#define KEPT 100u

static struct boxrig rig;
static struct source source;
static struct sink sink;
static struct giveback give;
static struct wire_hello hello;

/* What box 2 has: the client's number of each slot plus one, or 0. */
static uint32_t has[SLOTS];

static void
scan(void)
{
	while (scan_slice(&source))
		;
}

/* Box 2 tells a session by a slot of its own. */
static void
peer_tells(uint32_t slot, uint32_t number, uint8_t home)
{
	struct mx_session *scratch = boxrig_at(&rig, 0);
	struct wire_session session;

	boxrig_put(&rig, 0, number, home);
	ck_assert(wiresession_from(&session, slot, scratch, NULL, now_s()));
	ck_assert(sink_put(&sink, &session));
	atomic_store(&scratch->state, MX_SESSION_FREE);
}

/* The shadow has KEPT sessions of box 2, by its slots 500 and on, and box 2 is gone. */
static void
setup(void)
{
	boxrig_open(&rig, 1, &(struct boxrig){.workers = 2, .count = COUNT});
	ck_assert_int_eq(source_open(&source, rig.instance), 0);
	source_set_homes(&source, &rig.sheet, 0);
	hello = (struct wire_hello){.box = PEER,
				    .workers = 2,
				    .sessions_max = SLOTS,
				    .ports = 2,
				    .port = {"wan", "lan"}};
	sink_open(&sink, rig.instance, PEER, &rig.key);
	ck_assert_int_eq(sink_begin(&sink, &hello, &rig.sheet), 0);
	for (uint32_t i = 0; i < KEPT; i++)
		peer_tells(500 + i, i, PEER);
	sink_synced(&sink);
	sink_lose(&sink);
	memset(has, 0, sizeof(has));
	give = (struct giveback){0};
	scan();
	giveback_begin(&give, &source, &sink);
}

static void
teardown(void)
{
	giveback_end(&give);
	sink_close(&sink);
	source_close(&source);
	boxrig_close(&rig);
}

/* Box 2 is told what there is.  Returns how many messages that is. */
static uint32_t
tell_all(void)
{
	struct wire_message message;
	uint32_t messages = 0, left;

	for (int i = 0; i < 4; i++) {
		left = 10 * SLOTS;
		giveback_rest(&give);
		while (giveback_next(&give, &left, &message)) {
			const bool ends = message.type == WIRE_END;
			const uint32_t slot =
				ends ? message.slot : message.session.slot;

			ck_assert_uint_lt(slot, SLOTS);
			ck_assert_int_eq(ends, has[slot] != 0);
			has[slot] = ends ? 0 : message.session.client_seq + 1;
			messages++;
		}
		ck_assert_uint_gt(left, 0);
	}
	ck_assert(giveback_is_through(&give));
	return messages;
}

static uint32_t
has_in_all(void)
{
	uint32_t sum = 0;

	for (uint32_t slot = 0; slot < SLOTS; slot++)
		sum += has[slot] != 0;
	ck_assert_uint_eq(sum, give.given);
	return sum;
}

static uint32_t
slot_of(uint32_t number)
{
	uint32_t found = SLOTS;

	for (uint32_t slot = 0; slot < SLOTS; slot++)
		if (has[slot] == number + 1) {
			ck_assert_uint_eq(found, SLOTS);
			found = slot;
		}
	return found;
}

START_TEST(what_is_kept_is_told_once)
{
	boxrig_put(&rig, SLOTS - 1, 900, 1);
	scan();
	ck_assert_uint_eq(tell_all(), KEPT);
	for (uint32_t i = 0; i < KEPT; i++)
		ck_assert_uint_lt(slot_of(i), SLOTS - 1);
	ck_assert_uint_eq(tell_all(), 0);
}
END_TEST

START_TEST(a_portion_is_not_all)
{
	struct wire_message message;
	uint32_t left = 500;

	ck_assert(!giveback_next(&give, &left, &message));
	ck_assert_uint_eq(left, 0);
	ck_assert(!giveback_is_through(&give));
	ck_assert_uint_eq(tell_all(), KEPT);
}
END_TEST

START_TEST(what_the_peer_tells_itself_is_ended)
{
	tell_all();
	ck_assert_int_eq(sink_begin(&sink, &hello, &rig.sheet), 0);
	ck_assert_uint_eq(tell_all(), 0);
	peer_tells(3, 3, PEER);   /* by another slot: both are there for now */
	peer_tells(505, 5, PEER); /* as before */
	ck_assert_uint_eq(tell_all(), 1);
	ck_assert_uint_eq(slot_of(5), SLOTS);
	ck_assert_uint_eq(has_in_all(), KEPT - 1);
	/* The stream is cut: no more is known. */
	sink_lose(&sink);
	ck_assert_uint_eq(tell_all(), 0);
	ck_assert_int_eq(sink_begin(&sink, &hello, &rig.sheet), 0);
	sink_synced(&sink);
	ck_assert_uint_eq(tell_all(), KEPT - 1);
	ck_assert_uint_eq(has_in_all(), 0);
}
END_TEST

START_TEST(what_the_peer_has_told_is_not_given)
{
	ck_assert_int_eq(sink_begin(&sink, &hello, &rig.sheet), 0);
	peer_tells(505, 5, PEER);
	ck_assert_uint_eq(tell_all(), KEPT - 1);
	sink_synced(&sink);
	giveback_begin(&give, &source, &sink);
	memset(has, 0, sizeof(has));
	ck_assert_uint_eq(tell_all(), 0);
}
END_TEST

/* Over, of another home, or with a port that has no name here. */
START_TEST(what_the_peer_cannot_take_home_is_not_given)
{
	struct mx_shadow_entry entry;

	ck_assert(mx_shadow_at(&sink.map, 500, &entry));
	entry.session.deadline_s = now_s() - 1;
	mx_shadow_put(sink.file, &sink.key, 500, &entry.session, &entry.ends);
	ck_assert(mx_shadow_at(&sink.map, 501, &entry));
	entry.session.client_port = UINT8_MAX;
	mx_shadow_put(sink.file, &sink.key, 501, &entry.session, &entry.ends);
	ck_assert(mx_shadow_at(&sink.map, 502, &entry));
	entry.session.client_port = 2;
	mx_shadow_put(sink.file, &sink.key, 502, &entry.session, &entry.ends);
	ck_assert_int_eq(sink_begin(&sink, &hello, &rig.sheet), 0);
	peer_tells(503, 3, 3);
	peer_tells(504, 4, 1);
	sink_lose(&sink);
	ck_assert_uint_eq(tell_all(), KEPT - 5);
	for (uint32_t i = 0; i < 5; i++)
		ck_assert_uint_eq(slot_of(i), SLOTS);
}
END_TEST

/* This box takes a session over; ends it; and one that its home has heard of later. */
START_TEST(what_is_taken_over_is_not_given)
{
	struct wire_session session;

	tell_all();
	boxrig_put(&rig, 7, 7, PEER);
	ck_assert(wiresession_from(&session, 7, boxrig_at(&rig, 7), NULL,
				   now_s()));
	sink_take_over(&sink, &session);
	ck_assert_uint_eq(tell_all(), 1);
	ck_assert_uint_eq(slot_of(7), SLOTS);
	boxrig_put(&rig, 8, 8, PEER);
	boxrig_at(&rig, 8)->deadline_s -= 10;
	ck_assert(wiresession_from(&session, 8, boxrig_at(&rig, 8), NULL,
				   now_s()));
	sink_take_over(&sink, &session);
	ck_assert_uint_eq(tell_all(), 0);
	/* What the peer has told is not dropped. */
	ck_assert_int_eq(sink_begin(&sink, &hello, &rig.sheet), 0);
	peer_tells(509, 9, PEER);
	boxrig_put(&rig, 9, 9, PEER);
	ck_assert(wiresession_from(&session, 9, boxrig_at(&rig, 9), NULL,
				   now_s()));
	sink_take_over(&sink, &session);
	ck_assert_uint_eq(sink_used(&sink), KEPT - 1);
}
END_TEST

START_TEST(a_slot_that_gets_a_session_is_left)
{
	tell_all();
	const uint32_t slot = slot_of(7);
	ck_assert(giveback_has(&give, slot));
	boxrig_put(&rig, slot, 900, 1);
	scan();
	giveback_yield(&give, slot);
	has[slot] = 0;
	ck_assert(!giveback_has(&give, slot));
	ck_assert(!giveback_is_through(&give));
	ck_assert_uint_eq(tell_all(), 1);
	ck_assert_uint_ne(slot_of(7), slot);
	ck_assert_uint_eq(has_in_all(), KEPT);
}
END_TEST

START_TEST(without_free_slots_some_are_left_out)
{
	for (uint32_t slot = 0; slot < SLOTS - 10; slot++)
		boxrig_put(&rig, slot, 1000 + slot, 1);
	scan();
	ck_assert_uint_eq(tell_all(), 10);
	ck_assert_uint_eq(give.unplaced, KEPT - 10);
}
END_TEST

START_TEST(another_shadow_ends_all)
{
	tell_all();
	hello.sessions_max = SLOTS / 2;
	ck_assert_int_eq(sink_begin(&sink, &hello, &rig.sheet), 0);
	ck_assert_uint_eq(tell_all(), KEPT);
	ck_assert_uint_eq(has_in_all(), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("giveback");
	TCase *tc = tcase_create("giveback");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_kept_is_told_once);
	tcase_add_test(tc, a_portion_is_not_all);
	tcase_add_test(tc, what_the_peer_tells_itself_is_ended);
	tcase_add_test(tc, what_the_peer_has_told_is_not_given);
	tcase_add_test(tc, what_the_peer_cannot_take_home_is_not_given);
	tcase_add_test(tc, what_is_taken_over_is_not_given);
	tcase_add_test(tc, a_slot_that_gets_a_session_is_left);
	tcase_add_test(tc, without_free_slots_some_are_left_out);
	tcase_add_test(tc, another_shadow_ends_all);
	suite_add_tcase(s, tc);
	return s;
}
