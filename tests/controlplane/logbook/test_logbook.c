/* SPDX-License-Identifier: BSD-3-Clause */
/* What mxsteer-log has not read is shown while it does not run. */
#include <stdio.h>
#include <unistd.h>

#include "changed.h"
#include "ended.h"
#include "logbook.h"
#include "runner.h"

#define SLOTS 8u

static const struct mx_ring ended = {
	.kind = MX_RING_ENDED, .words = MX_ENDED_WORDS, .slots = SLOTS};
static const struct mx_ring changed = {
	.kind = MX_RING_CHANGED, .words = MX_CHANGED_WORDS, .slots = SLOTS};
static char instance[MX_NAME_MAX];
static struct mx_ring_file ring[3];

static void
put(struct mx_ring_file *file, unsigned count)
{
	static const uint64_t record[MX_RING_WORDS_MAX];

	while (count-- > 0)
		mx_ring_put(file->ring, record, file->ring->words);
}

static void
setup(void)
{
	snprintf(instance, sizeof(instance), "logbook-%d", (int)getpid());
	ck_assert_int_eq(
		mx_ring_file_open(&ring[0], instance, "ended.0", &ended), 0);
	ck_assert_int_eq(
		mx_ring_file_open(&ring[1], instance, "ended.1", &ended), 0);
	ck_assert_int_eq(mx_ring_file_open(&ring[2], instance, MX_CHANGED_NAME,
					   &changed),
			 0);
}

static void
teardown(void)
{
	for (unsigned i = 0; i < 3; i++)
		mx_ring_file_close(&ring[i]);
	mx_ring_files_remove(instance);
}

START_TEST(records_that_nobody_reads_wait_or_are_lost)
{
	struct logged logged = {.waiting = 77,
				.lost = {[LOGGED_LOSS_SLOW] = 1}};

	put(&ring[0], SLOTS + 5);
	logged.ring[0] = (struct logged_ring){
		.identity = ring[0].ring->identity, .tail = 3};
	put(&ring[2], 4); /* of which the notes know nothing */
	logbook_add_unread(instance, &logged);
	ck_assert_uint_eq(logged.waiting, SLOTS + 4);
	ck_assert_uint_eq(logged.lost[LOGGED_LOSS_SLOW], 1 + 2);
}
END_TEST

START_TEST(without_rings_nothing_waits)
{
	struct logged logged = {.waiting = 77};

	mx_ring_files_remove(instance);
	logbook_add_unread(instance, &logged);
	ck_assert_uint_eq(logged.waiting, 0);
	ck_assert_uint_eq(logged.lost[LOGGED_LOSS_SLOW], 0);
}
END_TEST

/* The writer may have put anything there. */
START_TEST(rings_that_cannot_be_count_for_nothing)
{
	static const uint64_t heads[] = {SLOTS + 6, UINT64_C(1) << 49,
					 UINT64_MAX};
	struct logged logged = {.waiting = 77};

	put(&ring[0], SLOTS + 5);
	put(&ring[1], 2);
	ring[1].ring->slots = 1u << 20;
	ring[0].ring->head = heads[_i];
	logbook_add_unread(instance, &logged);
	ck_assert_uint_eq(logged.waiting, 0);
	ck_assert_uint_eq(logged.lost[LOGGED_LOSS_SLOW], 0);
	ring[1].ring->slots = SLOTS;
	logbook_add_unread(instance, &logged);
	ck_assert_uint_eq(logged.waiting, 2);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("logbook");
	TCase *t = tcase_create("logbook");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, records_that_nobody_reads_wait_or_are_lost);
	tcase_add_test(t, without_rings_nothing_waits);
	tcase_add_loop_test(t, rings_that_cannot_be_count_for_nothing, 0, 3);
	suite_add_tcase(s, t);
	return s;
}
