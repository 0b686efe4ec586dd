/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings whose writer lies: mxsteer-log reads nothing beyond them, refuses what it
 * cannot believe, and counts it.
 * Method: the test is the writer, and changes the mapped file between the steps of
 * the logger, or in a thread beside it. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "changed.h"
#include "cutguard.h"
#include "logrig.h"
#include "runner.h"

static const uint64_t *
refused(void)
{
	return logrig_logger.logged.refused;
}

/* Of each: an offset in the header, what stands there then, and why the ring is
 * refused when it is looked at anew; REFUSALS: it is another ring. */
static const struct {
	size_t at;
	uint64_t value;
	size_t bytes;
	enum logged_refusal then;
} headers[] = {
	{offsetof(struct mx_ring, slots), 1u << 20, 4, LOGGED_REFUSED_SIZES},
	{offsetof(struct mx_ring, slots), UINT32_MAX, 4, LOGGED_REFUSED_SIZES},
	{offsetof(struct mx_ring, slots), LOGRIG_SLOTS - 1, 4,
	 LOGGED_REFUSED_SIZES},
	{offsetof(struct mx_ring, slots), 0, 4, LOGGED_REFUSED_SIZES},
	{offsetof(struct mx_ring, words), UINT16_MAX, 2, LOGGED_REFUSED_SIZES},
	{offsetof(struct mx_ring, words), MX_CHANGED_WORDS, 2,
	 LOGGED_REFUSED_SIZES},
	{offsetof(struct mx_ring, words), 0, 2, LOGGED_REFUSED_SIZES},
	{offsetof(struct mx_ring, kind), MX_RING_CHANGED, 2,
	 LOGGED_REFUSED_VERSION},
	{offsetof(struct mx_ring, kind), UINT16_MAX, 2, LOGGED_REFUSED_VERSION},
	{offsetof(struct mx_ring, layout), MX_RING_LAYOUT + 1, 4,
	 LOGGED_REFUSED_VERSION},
	{offsetof(struct mx_ring, magic), 1, 8, LOGGED_REFUSED_VERSION},
	{offsetof(struct mx_ring, tsc_hz), 0, 8, LOGGED_REFUSALS},
	{offsetof(struct mx_ring, tsc_hz), UINT64_MAX, 8, LOGGED_REFUSALS},
	{offsetof(struct mx_ring, identity), 0x12345678, 4, LOGGED_REFUSALS},
};

START_TEST(a_header_that_changes_is_not_used_and_is_refused)
{
	char *at = (char *)logrig_ring.ring + headers[_i].at;
	uint64_t before = 0;

	logrig_put(10);
	memcpy(&before, at, headers[_i].bytes);
	memcpy(at, &headers[_i].value, headers[_i].bytes);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 1, 0), 10);
	logger_tend(&logrig_logger, false);
	ck_assert_uint_eq(refused()[LOGGED_REFUSED_CHANGED], 1);
	if (headers[_i].then != LOGGED_REFUSALS) {
		logger_tend(&logrig_logger, false);
		ck_assert_uint_eq(refused()[headers[_i].then], 1);
		ck_assert_uint_eq(logrig_logger.logged.unread, 1);
	}
	memcpy(at, &before, headers[_i].bytes);
	logger_tend(&logrig_logger, false);
	ck_assert_uint_eq(logrig_logger.logged.unread, 0);
	logrig_put(5);
	logrig_work();
	ck_assert_uint_ge(logrig_logger.logged.lines, 15);
	logger_close(&logrig_logger);
}
END_TEST

/* Numbers of records that the ring cannot have. */
static const uint64_t heads[] = {
	0, 5, 10 + LOGRIG_SLOTS + 1, UINT64_C(1) << 63, UINT64_MAX,
};

START_TEST(a_number_of_records_that_cannot_be_is_refused)
{
	logrig_put(10);
	logrig_work();
	logrig_ring.ring->head = heads[_i];
	logrig_work();
	logger_tend(&logrig_logger, false);
	ck_assert_uint_eq(refused()[LOGGED_REFUSED_NUMBER], 1);
	ck_assert_uint_eq(logrig_logger.logged.waiting, 0);
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_SLOW], 0);
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_DAMAGED], 0);
	if (heads[_i] == UINT64_MAX)
		logrig_ring.ring->head = 10; /* the next is 0: no record */
	logger_tend(&logrig_logger, false);
	logrig_put(3);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.lines, 13);
	logger_close(&logrig_logger);
}
END_TEST

/* A number a little too high: each record that is not there is lost. */
START_TEST(records_that_are_not_there_are_lost_by_damage)
{
	_Atomic uint64_t *slot = logrig_ring.ring->word;

	logrig_put(10);
	slot[(size_t)4 * MX_ENDED_WORDS] = 7777;
	slot[(size_t)5 * MX_ENDED_WORDS] = 0;
	logrig_ring.ring->head = 12;
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_DAMAGED], 4);
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_SLOW], 0);
	ck_assert_uint_eq(logrig_logger.logged.unwanted, 0);
	ck_assert_uint_eq(logrig_logger.logged.lines, 8 + 1 /* of lost ones */);
	logger_close(&logrig_logger);
}
END_TEST

START_TEST(a_file_that_is_cut_is_refused)
{
	const off_t whole = (off_t)logrig_ring.size_bytes;

	mx_cutguard_begin();
	logrig_put(10);
	ck_assert_int_eq(ftruncate(logrig_ring.fd, _i == 0 ? 0 : 4096), 0);
	logrig_work();
	logger_tend(&logrig_logger, false);
	ck_assert_uint_eq(refused()[LOGGED_REFUSED_CUT], 1);
	logger_tend(&logrig_logger, false);
	ck_assert_uint_eq(logrig_logger.logged.unread, 1);
	ck_assert_int_eq(ftruncate(logrig_ring.fd, whole), 0);
	logger_tend(&logrig_logger, false);
	logrig_work();
	logger_close(&logrig_logger);
}
END_TEST

/* What was cut off is lost, and what comes then is read. */
START_TEST(a_file_that_was_cut_for_a_moment_is_mapped_anew)
{
	const off_t whole = (off_t)logrig_ring.size_bytes;

	mx_cutguard_begin();
	logger_tend(&logrig_logger, false);
	logrig_put(LOGRIG_SLOTS);
	ck_assert_int_eq(ftruncate(logrig_ring.fd, 4096), 0);
	logrig_work();
	const uint64_t lost = logrig_logger.logged.lost[LOGGED_LOSS_DAMAGED];
	ck_assert_uint_gt(lost, 0);
	ck_assert_int_eq(ftruncate(logrig_ring.fd, whole), 0);
	logger_tend(&logrig_logger, false);
	const uint64_t before = logrig_logger.logged.lines;
	logrig_put(LOGRIG_SLOTS);
	logrig_work();
	ck_assert_uint_ge(logrig_logger.logged.lines, before + LOGRIG_SLOTS);
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_DAMAGED], lost);
	logger_close(&logrig_logger);
}
END_TEST

/* Nobody can open a socket, not even root. */
START_TEST(a_ring_that_cannot_be_opened_is_refused)
{
	char aside[MX_PATH_MAX + 8];

	snprintf(aside, sizeof(aside), "%s.x", logrig_ring.path);
	ck_assert_int_eq(rename(logrig_ring.path, aside), 0);
	ck_assert_int_eq(mknod(logrig_ring.path, S_IFSOCK | 0600, 0), 0);
	logger_tend(&logrig_logger, false);
	logger_tend(&logrig_logger, false);
	/* Of both looks, only the first counts. */
	ck_assert_uint_eq(refused()[LOGGED_REFUSED_ACCESS], 1);
	ck_assert_uint_eq(logrig_logger.logged.unread, 1);
	ck_assert_int_eq(rename(aside, logrig_ring.path), 0);
	logger_tend(&logrig_logger, false);
	ck_assert_uint_eq(logrig_logger.logged.unread, 0);
	logrig_put(5);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.lines, 5);
	logger_close(&logrig_logger);
}
END_TEST

/* Fill a record with any bytes. */
static void
fill(void *record, size_t size, size_t number)
{
	static const int bytes[] = {0x00, 0xff, 0x7f, 0x80, 0x0a, 0x22, 0x5c};

	if (number < sizeof(bytes) / sizeof(bytes[0]))
		memset(record, bytes[number], size);
	else
		for (size_t i = 0; i < size; i++)
			((char *)record)[i] = (char)random();
}

/* Check that each line of the log is whole, of its format, and printable. */
static unsigned
count_lines(bool json)
{
	const char *first = json ? "{\"time\":\"" : "time=";
	char line[LINE_MAX_BYTES + 1];
	FILE *in = fopen(logrig_path, "r");
	unsigned count = 0;

	for (; fgets(line, sizeof(line), in) != NULL; count++) {
		const size_t length = strlen(line);

		ck_assert_int_eq(strncmp(line, first, strlen(first)), 0);
		ck_assert_int_eq(line[length - 1], '\n');
		for (size_t i = 0; i < length - 1; i++)
			ck_assert((uint8_t)line[i] >= ' ' && line[i] != 0x7f);
	}
	fclose(in);
	return count;
}

#define ANY 300u

START_TEST(a_record_of_any_bytes_has_a_line)
{
	const struct mx_ring like = {.kind = MX_RING_CHANGED,
				     .words = MX_CHANGED_WORDS,
				     .slots = LOGRIG_SLOTS};
	struct mx_ring_file changes;
	struct mx_changed changed;
	struct mx_ended ended;

	logrig_sheet.format = _i % 2 == 0 ? LOGSHEET_LOGFMT : LOGSHEET_JSON;
	logrig_configure(LOGSHEET_FILE);
	ck_assert_int_eq(mx_ring_file_open(&changes, logrig_instance,
					   MX_CHANGED_NAME, &like),
			 0);
	logger_tend(&logrig_logger, false);
	srandom((unsigned)_i);
	for (size_t i = 0; i < ANY; i++) {
		fill(&ended, sizeof(ended), i);
		fill(&changed, sizeof(changed), i);
		mx_ring_put(logrig_ring.ring, &ended, MX_ENDED_WORDS);
		mx_ring_put(changes.ring, &changed, MX_CHANGED_WORDS);
	}
	logrig_work();
	ck_assert_uint_eq(count_lines(_i % 2 != 0), 2 * ANY);
	mx_ring_file_close(&changes);
	logger_close(&logrig_logger);
}
END_TEST

static atomic_bool done;

/* Write anything anywhere in the ring, but for the header's constants. */
static void *
scribble(void *arg)
{
	const size_t words = (size_t)LOGRIG_SLOTS * MX_ENDED_WORDS;
	struct mx_ring *ring = logrig_ring.ring;
	uint64_t chance = 88172645463325252u;

	(void)arg;
	while (!atomic_load(&done)) {
		chance ^= chance << 13;
		chance ^= chance >> 7;
		chance ^= chance << 17;
		atomic_store(&ring->word[chance % words], chance >> 40);
		if (chance % 16 == 0)
			atomic_store(&ring->head,
				     chance % 32 == 0 ? chance : chance >> 50);
		if (chance % 64 == 0)
			logrig_put(1);
	}
	return NULL;
}

START_TEST(a_writer_that_scribbles_holds_nobody_up)
{
	pthread_t thread;

	atomic_store(&done, false);
	ck_assert_int_eq(pthread_create(&thread, NULL, scribble, NULL), 0);
	/* Until all has happened: a loaded machine may let the thread wait. */
	for (int i = 0; i < 100 || refused()[LOGGED_REFUSED_NUMBER] == 0 ||
			logrig_logger.logged.lost[LOGGED_LOSS_DAMAGED] == 0;
	     i++) {
		logrig_logger.outlet.retry_ms = 0;
		logger_work(&logrig_logger);
		logger_tend(&logrig_logger, false);
		sched_yield();
	}
	atomic_store(&done, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	logger_close(&logrig_logger);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ringlies");
	TCase *t = tcase_create("ringlies");

	tcase_add_checked_fixture(t, logrig_setup, logrig_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_header_that_changes_is_not_used_and_is_refused,
			    0, sizeof(headers) / sizeof(headers[0]));
	tcase_add_loop_test(t, a_number_of_records_that_cannot_be_is_refused, 0,
			    sizeof(heads) / sizeof(heads[0]));
	tcase_add_test(t, records_that_are_not_there_are_lost_by_damage);
	tcase_add_loop_test(t, a_file_that_is_cut_is_refused, 0, 2);
	tcase_add_test(t, a_file_that_was_cut_for_a_moment_is_mapped_anew);
	tcase_add_test(t, a_ring_that_cannot_be_opened_is_refused);
	tcase_add_loop_test(t, a_record_of_any_bytes_has_a_line, 0, 4);
	tcase_add_test(t, a_writer_that_scribbles_holds_nobody_up);
	suite_add_tcase(s, t);
	return s;
}
