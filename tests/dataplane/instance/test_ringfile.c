/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of rings: a writer that starts again goes on behind the last record,
 * a file of another layout is no ring, and a reader gets each record whole or
 * counts it.
 * Method: real files in /dev/shm, and a writer and a reader in two threads.  Each
 * record tells its number in every field. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "besidewriter.h"
#include "ended.h"
#include "ringfile.h"
#include "runner.h"

#define SLOTS 256u

static const struct mx_ring like = {.kind = MX_RING_ENDED,
				    .words = MX_ENDED_WORDS,
				    .slots = SLOTS,
				    .tsc_hz = 1000};
static char instance[MX_NAME_MAX];
static struct mx_ring_file writer, reader;
static struct mx_ring_missed missed;
static uint64_t tail;

static void
setup(void)
{
	snprintf(instance, sizeof(instance), "ring-%d", (int)getpid());
	tail = 0;
	missed = (struct mx_ring_missed){0};
	ck_assert_int_eq(mx_ring_file_open(&writer, instance, "ended.0", &like),
			 0);
	ck_assert(!writer.kept);
	ck_assert_int_eq(mx_ring_file_attach(&reader, instance, "ended.0",
					     MX_RING_ENDED),
			 0);
}

static void
teardown(void)
{
	mx_ring_file_close(&writer);
	mx_ring_file_close(&reader);
	mx_ring_files_remove(instance);
}

static void
put(uint64_t number)
{
	struct mx_ended ended;

	memset(&ended, (int)(number * 7), sizeof(ended));
	ended.at_tsc = number;
	mx_ring_put(writer.ring, &ended, MX_ENDED_WORDS);
}

/* The number of the next record, which must be whole; 0: there is none. */
static uint64_t
take(void)
{
	struct mx_ended ended, same;

	if (!mx_ring_get(&reader.view, &tail, &ended, &missed))
		return 0;
	memset(&same, (int)(ended.at_tsc * 7), sizeof(same));
	same.serial = same.at_tsc = ended.at_tsc;
	ck_assert_mem_eq(&ended, &same, sizeof(same));
	return ended.at_tsc;
}

START_TEST(a_writer_that_starts_again_goes_on_behind_the_last_record)
{
	const uint32_t identity = writer.ring->identity;

	put(1);
	put(2);
	mx_ring_file_close(&writer);
	ck_assert_int_eq(mx_ring_file_open(&writer, instance, "ended.0", &like),
			 0);
	ck_assert(writer.kept);
	ck_assert_uint_eq(writer.ring->identity, identity);
	put(3);
	for (uint64_t i = 1; i <= 3; i++)
		ck_assert_uint_eq(take(), i);
	ck_assert_uint_eq(take(), 0);
	ck_assert_uint_eq(missed.overwritten + missed.damaged, 0);
	/* A start that fails takes away what it made, and no more. */
	mx_ring_file_abandon(&writer, instance);
	ck_assert(!mx_ring_file_is_lost(&reader));
}
END_TEST

/* A writer that is killed while it writes a record has not put it. */
START_TEST(a_record_that_was_half_written_is_none)
{
	struct mx_ring *ring = writer.ring;

	put(1);
	atomic_store(&ring->word[(size_t)2 * MX_ENDED_WORDS], 0);
	atomic_store(&ring->word[(size_t)2 * MX_ENDED_WORDS + 1], 99);
	ck_assert_uint_eq(take(), 1);
	ck_assert_uint_eq(take(), 0);
	put(2);
	ck_assert_uint_eq(take(), 2);
	ck_assert_uint_eq(missed.overwritten + missed.damaged, 0);
}
END_TEST

START_TEST(a_full_ring_loses_its_oldest_records_and_counts_them)
{
	for (uint64_t i = 1; i <= SLOTS; i++)
		put(i);
	ck_assert_uint_eq(take(), 1);
	ck_assert_uint_eq(missed.overwritten + missed.damaged, 0);
	put(SLOTS + 1);
	put(SLOTS + 2);
	ck_assert_uint_eq(take(), 3);
	ck_assert_uint_eq(missed.overwritten, 1);
	ck_assert_uint_eq(missed.damaged, 0);
}
END_TEST

START_TEST(another_ring_takes_the_place_of_one_of_another_layout)
{
	struct mx_ring other = like;
	const uint32_t identity = writer.ring->identity;

	put(1);
	mx_ring_file_close(&writer);
	other.slots = 2 * SLOTS;
	ck_assert_int_eq(
		mx_ring_file_open(&writer, instance, "ended.0", &other), 0);
	ck_assert(!writer.kept);
	ck_assert_uint_ne(writer.ring->identity, identity);
	ck_assert(mx_ring_file_is_lost(&reader));
	/* The reader still has the last records of the other one. */
	ck_assert_uint_eq(take(), 1);
	mx_ring_file_abandon(&writer, instance);
	ck_assert_int_eq(mx_ring_file_attach(&writer, instance, "ended.0",
					     MX_RING_ENDED),
			 -ENOENT);
}
END_TEST

/* Of each: an offset in the file, and what stands there. */
static const struct {
	off_t at;
	uint64_t value;
	size_t bytes;
	int error;
} damage[] = {
	{offsetof(struct mx_ring, magic), 0, 8, -EAGAIN},
	{offsetof(struct mx_ring, magic), 1, 8, -EPROTO},
	{offsetof(struct mx_ring, layout), MX_RING_LAYOUT + 1, 4, -EPROTO},
	{offsetof(struct mx_ring, kind), MX_RING_CHANGED, 2, -EPROTO},
	{offsetof(struct mx_ring, words), 0, 2, -EBADMSG},
	{offsetof(struct mx_ring, words), MX_ENDED_WORDS + 1, 2, -EBADMSG},
	{offsetof(struct mx_ring, slots), SLOTS - 1, 4, -EBADMSG},
	{offsetof(struct mx_ring, slots), 0, 4, -EBADMSG},
	{offsetof(struct mx_ring, slots), 2 * SLOTS, 4, -EBADMSG},
	{offsetof(struct mx_ring, words), 0xffff, 2, -EBADMSG},
	{offsetof(struct mx_ring, slots), 0xffffffff, 4, -EBADMSG},
};

START_TEST(a_damaged_header_is_no_ring)
{
	ck_assert_int_eq(pwrite(writer.fd, &damage[_i].value, damage[_i].bytes,
				damage[_i].at),
			 (ssize_t)damage[_i].bytes);
	mx_ring_file_close(&reader);
	ck_assert_int_eq(mx_ring_file_attach(&reader, instance, "ended.0",
					     MX_RING_ENDED),
			 damage[_i].error);
	mx_ring_file_close(&writer);
	ck_assert_int_eq(mx_ring_file_open(&writer, instance, "ended.0", &like),
			 0);
	ck_assert(!writer.kept);
}
END_TEST

START_TEST(a_file_that_was_removed_is_written_anew_with_its_records)
{
	put(1);
	ck_assert_int_eq(unlink(writer.path), 0);
	ck_assert(mx_ring_file_is_lost(&writer));
	ck_assert_int_eq(mx_ring_file_rewrite(&writer, instance), 0);
	ck_assert(!mx_ring_file_is_lost(&writer));
	put(2);
	ck_assert(mx_ring_file_is_lost(&reader));
	mx_ring_file_close(&reader);
	ck_assert_int_eq(mx_ring_file_attach(&reader, instance, "ended.0",
					     MX_RING_ENDED),
			 0);
	ck_assert_uint_eq(take(), 1);
	ck_assert_uint_eq(take(), 2);
}
END_TEST

#define THREAD_RECORDS (1000u * SLOTS)

START_TEST(a_reader_beside_a_writer_gets_no_torn_record)
{
	const uint64_t came = take_beside_writer(put, take, THREAD_RECORDS);

	ck_assert_uint_eq(came + missed.overwritten, THREAD_RECORDS);
	ck_assert_uint_eq(missed.damaged, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ringfile");
	TCase *t = tcase_create("ringfile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(
		t, a_writer_that_starts_again_goes_on_behind_the_last_record);
	tcase_add_test(t, a_record_that_was_half_written_is_none);
	tcase_add_test(t, a_full_ring_loses_its_oldest_records_and_counts_them);
	tcase_add_test(t,
		       another_ring_takes_the_place_of_one_of_another_layout);
	tcase_add_loop_test(t, a_damaged_header_is_no_ring, 0,
			    sizeof(damage) / sizeof(damage[0]));
	tcase_add_test(
		t, a_file_that_was_removed_is_written_anew_with_its_records);
	tcase_add_test(t, a_reader_beside_a_writer_gets_no_torn_record);
	suite_add_tcase(s, t);
	return s;
}
