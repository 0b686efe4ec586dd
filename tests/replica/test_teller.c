/* SPDX-License-Identifier: BSD-3-Clause */
/* What a peer is told, and in which order; a peer that does not read; and one that may
 * have lost sessions. */
#include <string.h>

#include "boxrig.h"
#include "runner.h"
#include "scan.h"
#include "teller.h"
#include "wiresession.h"

#define COUNT 50000u
#define SLOTS (2 * COUNT)

static struct boxrig rig;
static struct source source;
static struct teller teller;

/* What the peer has: the client's number of each slot, and if it has one. */
static uint32_t number[SLOTS];
static bool has[SLOTS];

static uint32_t portion; /* slots and entries that are looked at together */

static void
scan(void)
{
	while (scan_slice(&source))
		;
}

static void
setup(void)
{
	boxrig_open(&rig, 1, &(struct boxrig){.workers = 2, .count = COUNT});
	ck_assert_int_eq(source_open(&source, rig.instance), 0);
	source_set_homes(&source, &rig.sheet, 0);
	memset(has, 0, sizeof(has));
	portion = 100;
	for (uint32_t i = 0; i < SLOTS; i += 2)
		boxrig_put(&rig, i, i, 1);
	scan();
	teller_begin(&teller, &source, NULL);
}

static void
teardown(void)
{
	source_close(&source);
	boxrig_close(&rig);
}

/* The peer takes the batch. */
static void
take_batch(void)
{
	struct wire_message message;
	size_t at = 0;

	while (at < teller.bytes) {
		const int got = wire_take(teller.batch + at, teller.bytes - at,
					  &message);

		ck_assert_int_gt(got, 0);
		at += (size_t)got;
		if (message.type == WIRE_END) {
			has[message.slot] = false;
			continue;
		}
		ck_assert_int_eq(message.type, WIRE_SESSION4);
		has[message.session.slot] = true;
		number[message.session.slot] = message.session.client_seq;
	}
	teller.bytes = 0;
}

static enum teller_progress
fill(void)
{
	uint32_t left = portion;
	const enum teller_progress progress = teller_fill(&teller, &left);

	ck_assert_uint_gt(teller.bytes + left, 0);
	ck_assert_uint_le(teller.bytes, TELLER_BATCH);
	take_batch();
	return progress;
}

static void
check_peer(void)
{
	for (uint32_t i = 0; i < SLOTS; i++) {
		const struct mx_session *s = boxrig_at(&rig, i);

		ck_assert_int_eq(has[i], s->state == MX_SESSION_ESTABLISHED);
		ck_assert(!has[i] || number[i] == s->client_seq);
	}
}

/* Sessions come, change and go while the others are told. */
START_TEST(a_peer_that_was_told_all_has_all)
{
	for (uint32_t i = 0; i < SLOTS / 2; i += 1000) {
		boxrig_put(&rig, i + 1, i, 1);
		boxrig_end(&rig, i);
		boxrig_at(&rig, SLOTS - i - 2)->client_seq++;
		ck_assert_int_eq(fill(), TELLER_MORE);
		scan();
	}
	while (fill() == TELLER_MORE)
		;
	check_peer();
	ck_assert_int_eq(fill(), TELLER_ALL);
	boxrig_end(&rig, 2);
	boxrig_put(&rig, 3, 3, 1);
	scan();
	ck_assert_int_eq(fill(), TELLER_ALL);
	check_peer();
}
END_TEST

#define KEPT 1000u
#define KEPT_FIRST 1000000u

/* A shadow of box 2, which is gone. */
static void
make_shadow(struct sink *sink)
{
	const struct wire_hello hello = {.box = 2,
					 .workers = 2,
					 .sessions_max = SLOTS,
					 .ports = 2,
					 .port = {"wan", "lan"}};
	struct wire_session session;

	sink_open(sink, rig.instance, 2, &rig.key);
	ck_assert_int_eq(sink_begin(sink, &hello, &rig.sheet), 0);
	for (uint32_t i = 0; i < KEPT; i++) {
		boxrig_put(&rig, 1, KEPT_FIRST + i, 2);
		ck_assert(wiresession_from(&session, i, boxrig_at(&rig, 1),
					   NULL, boxrig_at(&rig, 1)->opened_s));
		ck_assert(sink_put(sink, &session));
	}
	boxrig_at(&rig, 1)->state = MX_SESSION_FREE;
	sink_lose(sink);
}

/* How many kept sessions has the peer?  All others are those of the files. */
static uint32_t
check_kept(void)
{
	static bool seen[KEPT];
	uint32_t kept = 0;

	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < SLOTS; i++) {
		const struct mx_session *s = boxrig_at(&rig, i);

		if (s->state == MX_SESSION_ESTABLISHED) {
			ck_assert(has[i] && number[i] == s->client_seq);
		} else if (has[i]) {
			ck_assert_uint_ge(number[i], KEPT_FIRST);
			ck_assert(!seen[number[i] - KEPT_FIRST]);
			seen[number[i] - KEPT_FIRST] = true;
			kept++;
		}
	}
	return kept;
}

/* Sessions come to the slots by which they are given, and go. */
START_TEST(a_peer_is_given_back_what_it_may_have_lost)
{
	struct sink sink;

	make_shadow(&sink);
	portion = SLOTS + 1;
	teller_begin(&teller, &source, &sink);
	while (fill() == TELLER_MORE)
		;
	ck_assert(!teller_is_through(&teller));
	ck_assert_uint_eq(check_kept(), 1);
	teller.gives = true;
	for (uint32_t i = 1; i < 2 * KEPT; i += 20) {
		fill();
		boxrig_put(&rig, SLOTS - i, i, 1);
		scan();
		fill();
		if (i % 40 == 1)
			boxrig_end(&rig, SLOTS - i);
		/* Over before the peer could hear of it. */
		boxrig_put(&rig, SLOTS - i - 2, i, 1);
		scan();
		boxrig_end(&rig, SLOTS - i - 2);
		scan();
	}
	while (fill() == TELLER_MORE)
		;
	ck_assert(teller_is_through(&teller));
	ck_assert_uint_eq(check_kept(), KEPT);
	/* The peer is there. */
	sink.file->state = MX_SHADOW_SYNCED;
	for (uint32_t i = 0; i < SLOTS / 1000; i++)
		fill();
	ck_assert_uint_eq(check_kept(), 0);
	teller_end(&teller);
	sink_close(&sink);
}
END_TEST

START_TEST(a_peer_that_does_not_read_is_taught_anew)
{
	while (fill() == TELLER_MORE)
		;
	for (uint32_t n = 0; n <= SOURCE_RING / (SLOTS / 2); n++) {
		ck_assert_uint_le(source.head - teller.cursor, SOURCE_RING);
		for (uint32_t i = 0; i < SLOTS; i += 2)
			boxrig_at(&rig, i)->client_seq++;
		scan();
	}
	ck_assert_int_eq(fill(), TELLER_OVERTAKEN);
	teller_begin(&teller, &source, NULL);
	while (fill() == TELLER_MORE)
		;
	check_peer();
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("teller");
	TCase *tc = tcase_create("teller");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_peer_that_was_told_all_has_all);
	tcase_add_test(tc, a_peer_is_given_back_what_it_may_have_lost);
	tcase_add_test(tc, a_peer_that_does_not_read_is_taught_anew);
	suite_add_tcase(s, tc);
	return s;
}
