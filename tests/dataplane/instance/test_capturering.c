/* SPDX-License-Identifier: BSD-3-Clause */
/* The ring of a capture: records come out whole and in order, a full ring
 * refuses records, and no content of a ring makes the reader leave it.
 * Method: records of random sizes against a plain count; random bytes; and a
 * writer and a reader in two threads.  A step past the end of the ring ends the
 * test: the memory behind it can be neither read nor written. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capturering.h"
#include "runner.h"

static struct mx_capture_ring *ring;
static uint64_t head, tail;
static uint8_t *memory;
static size_t room;

static void
setup(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	room = (sizeof(*ring) + page - 1) / page * page;
	memory = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(memory, MAP_FAILED);
	ck_assert_int_eq(mprotect(memory + room, page, PROT_NONE), 0);
	ring = (void *)(memory + room - sizeof(*ring));
	head = tail = 0;
	srand(1);
}

static void
teardown(void)
{
	munmap(memory, room + (size_t)sysconf(_SC_PAGESIZE));
}

/* Put a record whose bytes tell its number.  Returns false if there is no
 * room. */
static bool
put(uint64_t number)
{
	const uint16_t captured =
		(uint16_t)(number * 131 % (MX_CAPTURE_BYTES_MAX + 1));
	struct mx_capture_record *record =
		mx_capture_put(ring, &head, captured);

	if (record == NULL)
		return false;
	record->event = MX_CAPTURE_IN;
	record->packet = number;
	memset(record + 1, (int)number, captured);
	return true;
}

/* Take the next record, which must be that number. */
static void
take(uint64_t number, uint64_t until)
{
	struct mx_capture_record record;
	const uint8_t *bytes = mx_capture_get(ring, &tail, until, &record);

	ck_assert_ptr_nonnull(bytes);
	ck_assert_uint_eq(record.packet, number);
	ck_assert_uint_eq(record.captured,
			  number * 131 % (MX_CAPTURE_BYTES_MAX + 1));
	for (uint16_t i = 0; i < record.captured; i++)
		if (bytes[i] != (uint8_t)number)
			ck_abort_msg("record %lu is not whole", number);
	tail += record.size_bytes;
}

static void
take_none(uint64_t until)
{
	struct mx_capture_record record;

	ck_assert_ptr_null(mx_capture_get(ring, &tail, until, &record));
	ck_assert_uint_eq(tail, until);
}

static void
publish_tail(void)
{
	atomic_store_explicit(&ring->tail, tail, memory_order_release);
}

START_TEST(records_come_out_whole_and_in_order)
{
	uint64_t in = 0, out = 0;

	while (in < 20000) {
		for (int i = rand() % 50; i > 0; i--)
			in += put(in);
		while (out < in && rand() % 40 != 0)
			take(out++, head);
		publish_tail();
	}
	while (out < in)
		take(out++, head);
	take_none(head);
	ck_assert_uint_gt(head, 5 * MX_CAPTURE_RING_BYTES);
}
END_TEST

START_TEST(a_full_ring_refuses_records_and_keeps_those_it_has)
{
	uint64_t in = 0;

	while (put(in))
		in++;
	ck_assert_uint_gt(in,
			  MX_CAPTURE_RING_BYTES / (2 * MX_CAPTURE_BYTES_MAX));
	const uint64_t full = head;
	ck_assert(!put(in));
	ck_assert_uint_eq(head, full);
	for (uint64_t out = 0; out < in; out++)
		take(out, head);
	publish_tail();
	ck_assert(put(in));
	take(in, head);
}
END_TEST

START_TEST(a_tail_that_is_wrong_does_not_move_the_writer_out_of_the_ring)
{
	static const uint64_t wrong[] = {1, UINT64_MAX, UINT64_MAX / 2,
					 1000000};

	ck_assert(put(1));
	atomic_store(&ring->tail, wrong[_i]);
	for (uint64_t i = 0; i < 10000; i++)
		put(i);
	ck_assert_uint_le(head - 0, 10001 * sizeof(*ring));
}
END_TEST

START_TEST(no_bytes_make_the_reader_leave_the_ring)
{
	for (uint32_t i = 0; i < MX_CAPTURE_RING_BYTES; i++)
		ring->bytes[i] = (uint8_t)rand();
	for (uint64_t at = 0; at < 4096; at += 8) {
		/* A size that could be, for more than one step. */
		((struct mx_capture_record *)(void *)&ring->bytes[at])
			->size_bytes = (uint32_t)(rand() % 300) * 8;
		tail = at;
		head = at + (uint32_t)rand() % (2 * MX_CAPTURE_RING_BYTES);
		struct mx_capture_record record;
		const uint8_t *bytes;
		while ((bytes = mx_capture_get(ring, &tail, head, &record)) !=
		       NULL) {
			ck_assert(bytes + record.captured <=
				  ring->bytes + MX_CAPTURE_RING_BYTES);
			ck_assert_uint_ge(record.size_bytes,
					  sizeof(record) + record.captured);
			tail += record.size_bytes;
		}
		ck_assert_uint_eq(tail, head);
	}
}
END_TEST

START_TEST(a_place_between_records_keeps_both_ends_in_the_ring)
{
	static const uint64_t laps[] = {1, 7,
					UINT64_MAX / MX_CAPTURE_RING_BYTES};
	const uint64_t wrong = laps[_i] * MX_CAPTURE_RING_BYTES - 3;

	atomic_store(&ring->head, wrong);
	atomic_store(&ring->tail, wrong);
	head = mx_capture_head(ring);
	ck_assert(put(1));
	tail = wrong - 5;
	take_none(wrong);
	take_none(wrong + 100);
	take_none(head);
	ck_assert(put(2));
	take(2, head);
}
END_TEST

/* What was copied is what was checked, whatever the worker writes next. */
START_TEST(a_record_that_changes_while_it_is_read_stays_as_it_was_checked)
{
	struct mx_capture_record record;

	ck_assert(put(1));
	const uint8_t *bytes = mx_capture_get(ring, &tail, head, &record);
	memset(ring->bytes, 0xff, sizeof(record));
	ck_assert_ptr_eq(bytes, ring->bytes + sizeof(record));
	ck_assert_uint_eq(record.captured, 131);
	ck_assert_uint_eq(record.event, MX_CAPTURE_IN);
	tail += record.size_bytes;
	ck_assert_uint_eq(tail, head);
}
END_TEST

#define THREAD_RECORDS 50000

static void *
write_all(void *arg)
{
	(void)arg;
	for (uint64_t in = 0; in < THREAD_RECORDS;) {
		if (put(in))
			in++;
		else
			sched_yield();
		atomic_store_explicit(&ring->head, head, memory_order_release);
	}
	return NULL;
}

START_TEST(a_writer_and_a_reader_need_no_lock)
{
	pthread_t writer;

	ck_assert_int_eq(pthread_create(&writer, NULL, write_all, NULL), 0);
	for (uint64_t out = 0; out < THREAD_RECORDS;) {
		const uint64_t until =
			atomic_load_explicit(&ring->head, memory_order_acquire);
		if (tail == until)
			sched_yield();
		while (tail != until)
			take(out++, until);
		publish_tail();
	}
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("capturering");
	TCase *t = tcase_create("capturering");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, records_come_out_whole_and_in_order);
	tcase_add_test(t, a_full_ring_refuses_records_and_keeps_those_it_has);
	tcase_add_loop_test(
		t,
		a_tail_that_is_wrong_does_not_move_the_writer_out_of_the_ring,
		0, 4);
	tcase_add_loop_test(
		t, a_place_between_records_keeps_both_ends_in_the_ring, 0, 3);
	tcase_add_test(
		t,
		a_record_that_changes_while_it_is_read_stays_as_it_was_checked);
	tcase_add_test(t, no_bytes_make_the_reader_leave_the_ring);
	tcase_add_test(t, a_writer_and_a_reader_need_no_lock);
	suite_add_tcase(s, t);
	return s;
}
