/* SPDX-License-Identifier: BSD-3-Clause */
/* The ring of events: records come out whole and in order, those that were
 * overwritten are counted, and a writer never waits.
 * Method: bursts of random lengths against a plain count, and a writer and a
 * reader in two threads.  Each record tells its number in every field. */
#include <stdlib.h>
#include <string.h>

#include "besidewriter.h"
#include "eventring.h"
#include "runner.h"

static struct mx_event_ring *ring;
static uint64_t tail, lost;

static void
setup(void)
{
	ring = aligned_alloc(64, sizeof(*ring));
	memset(ring, 0, sizeof(*ring));
	tail = lost = 0;
	srand(1);
}

static void
teardown(void)
{
	free(ring);
}

static void
put(uint64_t number)
{
	struct mx_event event;

	memset(&event, (int)(number * 7), sizeof(event));
	event.at_tsc = number;
	mx_event_put(ring, &event);
}

/* Take the next record, and check that it is whole.  Returns its number, or 0 if
 * there is none. */
static uint64_t
take(void)
{
	struct mx_event event;
	uint8_t same[sizeof(event)];
	const size_t rest = offsetof(struct mx_event, at_s);

	if (!mx_event_get(ring, &tail, &event, &lost))
		return 0;
	memset(same, (int)(event.at_tsc * 7), sizeof(same));
	ck_assert_mem_eq((const uint8_t *)&event + rest, same,
			 sizeof(event) - rest);
	ck_assert_uint_eq(event.serial, event.at_tsc);
	return event.at_tsc;
}

START_TEST(records_come_out_in_order_and_each_one_that_is_lost_counts)
{
	uint64_t in = 0, last = 0;

	while (in < 20 * MX_EVENTS) {
		const uint64_t lost_before = lost;

		for (int i = rand() % (3 * (int)MX_EVENTS); i > 0; i--)
			put(++in);
		for (uint64_t next; (next = take()) != 0; last = next)
			ck_assert_uint_eq(
				next - last - 1,
				last + 1 == next ? 0 : lost - lost_before);
		ck_assert_uint_eq(last, in);
		ck_assert_uint_eq(tail, in);
	}
	ck_assert_uint_gt(lost, 0);
	ck_assert_uint_lt(lost, in);
}
END_TEST

START_TEST(a_ring_that_is_full_loses_none_and_one_more_loses_one)
{
	for (uint64_t i = 1; i <= MX_EVENTS; i++)
		put(i);
	ck_assert_uint_eq(take(), 1);
	ck_assert_uint_eq(lost, 0);
	put(MX_EVENTS + 1);
	put(MX_EVENTS + 2);
	ck_assert_uint_eq(take(), 3);
	ck_assert_uint_eq(lost, 1);
}
END_TEST

START_TEST(a_ring_that_was_begun_anew_is_read_from_its_start)
{
	for (uint64_t i = 1; i <= 100; i++)
		put(i);
	while (take() != 0)
		;
	memset(ring, 0, sizeof(*ring));
	ck_assert_uint_eq(take(), 0);
	put(1);
	ck_assert_uint_eq(take(), 1);
	ck_assert_uint_eq(lost, 0);
}
END_TEST

#define THREAD_RECORDS (200u * MX_EVENTS)

START_TEST(a_reader_beside_a_writer_gets_no_torn_record)
{
	const uint64_t came = take_beside_writer(put, take, THREAD_RECORDS);

	ck_assert_uint_eq(came + lost, THREAD_RECORDS);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("eventring");
	TCase *t = tcase_create("eventring");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(
		t, records_come_out_in_order_and_each_one_that_is_lost_counts);
	tcase_add_test(t,
		       a_ring_that_is_full_loses_none_and_one_more_loses_one);
	tcase_add_test(t, a_ring_that_was_begun_anew_is_read_from_its_start);
	tcase_add_test(t, a_reader_beside_a_writer_gets_no_torn_record);
	suite_add_tcase(s, t);
	return s;
}
