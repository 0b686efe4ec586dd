/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer-log: each record has one line, whatever is killed or removed, and a line
 * that is lost is counted. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logrig.h"
#include "runner.h"

START_TEST(each_record_has_a_line)
{
	logrig_put(LOGRIG_SLOTS);
	logrig_work();
	logrig_put(5);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 1, 0), LOGRIG_SLOTS + 5);
	ck_assert_uint_eq(logrig_logger.logged.lines, LOGRIG_SLOTS + 5);
	/* A second process is refused. */
	struct logger *second = calloc(1, sizeof(*second));
	second->instance = logrig_instance;
	ck_assert_int_eq(logger_open(second), -EBUSY);
	free(second);
	logger_close(&logrig_logger);
}
END_TEST

/* It was killed behind a batch and before its note; or within the batch, so that
 * the last line is half there. */
START_TEST(a_killed_process_writes_no_line_twice)
{
	struct logged noted;

	logrig_put(100);
	logrig_work();
	noted = logrig_logger.logged;
	logrig_put(50);
	logrig_work();
	ck_assert_int_eq(
		pwrite(logrig_logger.notes.fd, &noted, sizeof(noted), 0),
		sizeof(noted));
	if (_i == 1) {
		struct stat status;

		ck_assert_int_eq(stat(logrig_path, &status), 0);
		ck_assert_int_eq(truncate(logrig_path, status.st_size - 40), 0);
	}
	logrig_kill();
	logrig_put(10);
	logrig_start();
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 1, 0), 160);
	logger_close(&logrig_logger);
}
END_TEST

START_TEST(lost_lines_are_told_after_a_restart)
{
	char line[LINE_MAX_BYTES] = "";

	logrig_put(LOGRIG_SLOTS + 7);
	logrig_logger.lost_told_s = INT64_MAX / 2; /* not now */
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.untold.lines, 7);
	logrig_kill();
	logrig_start();
	logrig_put(1);
	logrig_work();
	logrig_kill();
	logrig_start();
	logrig_put(1);
	logrig_work();
	FILE *in = fopen(logrig_path, "r");
	unsigned told = 0;
	while (fgets(line, sizeof(line), in) != NULL)
		if (strstr(line, "event=lost lines=7 why=slow") != NULL)
			told++;
	fclose(in);
	ck_assert_uint_eq(told, 1);
	logger_close(&logrig_logger);
}
END_TEST

/* An upgrade doubles no line, and forgets none that is lost. */
START_TEST(notes_of_the_layouts_before_are_read)
{
	static const size_t ends[] = {0, offsetof(struct logged, untold),
				      offsetof(struct logged, changes),
				      offsetof(struct logged, refused),
				      sizeof(struct logged)};
	const size_t more =
		_i == 4 ? offsetof(struct logged,
				   refused[LOGGED_REFUSED_ACCESS])
			: offsetof(struct logged, lost[LOGGED_LOSS_DAMAGED]);
	const size_t size = ends[_i] - sizeof(uint64_t);
	char notes[sizeof(struct logged)];

	logrig_put(10);
	logrig_work();
	logrig_logger.logged.layout = (uint32_t)_i;
	logrig_logger.logged.lost[LOGGED_LOSS_RATE] = 77;
	logrig_logger.logged.refused[LOGGED_REFUSED_NUMBER] = 3;
	memcpy(notes, &logrig_logger.logged, sizeof(notes));
	memmove(notes + more, notes + more + sizeof(uint64_t), size - more);
	ck_assert_int_eq(pwrite(logrig_logger.notes.fd, notes, size, 0),
			 (int)size);
	ck_assert_int_eq(ftruncate(logrig_logger.notes.fd, (off_t)size), 0);
	logrig_kill();
	ck_assert_int_eq(unlink(logrig_path), 0); /* it would tell as well */
	logrig_start();
	logrig_put(1);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 11, 0), 1);
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_RATE], 77);
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_DAMAGED], 0);
	ck_assert_uint_eq(logrig_logger.logged.refused[LOGGED_REFUSED_NUMBER],
			  _i == 4 ? 3 : 0);
	ck_assert_uint_eq(logrig_logger.logged.refused[LOGGED_REFUSED_ACCESS],
			  0);
	logger_close(&logrig_logger);
}
END_TEST

START_TEST(only_what_is_wanted_has_a_line)
{
	struct mx_ended ended = {.how = MX_END_SILENT, .service = 3};

	logrig_sheet.only = LOGSHEET_FAILED;
	logrig_sheet.services = 1u << 3;
	logrig_configure(LOGSHEET_FILE);
	logger_tend(&logrig_logger, false);
	logrig_put(5);
	mx_ring_put(logrig_ring.ring, &ended, MX_ENDED_WORDS);
	ended.service = 2;
	mx_ring_put(logrig_ring.ring, &ended, MX_ENDED_WORDS);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 6, 0), 1);
	ck_assert_uint_eq(logrig_logger.logged.unwanted, 6);
	logger_close(&logrig_logger);
}
END_TEST

/* While nothing can be written, the same records are looked at again and again. */
START_TEST(each_unwanted_record_counts_once)
{
	struct mx_ended ended = {.how = MX_END_SILENT};

	logrig_sheet.only = LOGSHEET_FAILED;
	logrig_configure(LOGSHEET_FILE);
	logger_tend(&logrig_logger, false);
	signal(SIGXFSZ, SIG_IGN);
	logrig_limit_file(1);
	logrig_put(3);
	mx_ring_put(logrig_ring.ring, &ended, MX_ENDED_WORDS);
	logrig_put(5);
	for (int i = 0; i < 4; i++)
		logrig_work();
	const uint64_t before = logrig_logger.logged.unwanted;
	if (_i == 1) /* the line and two of the five are lost */
		logrig_put(LOGRIG_SLOTS - 3);
	logrig_limit_file(RLIM_INFINITY);
	ck_assert_uint_eq(before, 3);
	logrig_work();
	if (_i == 0)
		ck_assert_uint_eq(logrig_lines(logrig_path, 4, 0), 1);
	else
		ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_SPACE],
				  3);
	ck_assert_uint_eq(logrig_logger.logged.unwanted,
			  _i == 0 ? 8 : 3 + LOGRIG_SLOTS);
	logger_close(&logrig_logger);
}
END_TEST

START_TEST(without_a_log_records_are_done_with)
{
	logrig_configure(LOGSHEET_OFF);
	logger_tend(&logrig_logger, false);
	logrig_put(10);
	logrig_work();
	logrig_configure(LOGSHEET_FILE);
	logger_tend(&logrig_logger, false);
	logrig_put(1);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 11, 0), 1);
	logger_close(&logrig_logger);
}
END_TEST

START_TEST(records_wait_for_a_sheet_that_can_be_read)
{
	logrig_write_sheet(_i == 0 ? "mxsteer-log 2\n" : "");
	logger_tend(&logrig_logger, false);
	logrig_put(10);
	logrig_work();
	logrig_configure(LOGSHEET_FILE);
	logger_tend(&logrig_logger, false);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 1, 0), 10);
	logger_close(&logrig_logger);
}
END_TEST

/* Returns how many lines of the log are of changes. */
static unsigned
change_lines(void)
{
	FILE *in = fopen(logrig_path, "r");
	char line[LINE_MAX_BYTES];
	unsigned count = 0;

	ck_assert_ptr_nonnull(in);
	while (fgets(line, sizeof(line), in) != NULL)
		count += strstr(line, "event=change id=") != NULL &&
			 strstr(line, " subject=mx/mta1 who=alice\n") != NULL;
	fclose(in);
	return count;
}

static const struct mx_changed changed = {.subject = "mx/mta1", .who = "alice"};

/* Make the ring of changes. */
static void
open_changes(struct mx_ring_file *file)
{
	static const struct mx_ring changes = {.kind = MX_RING_CHANGED,
					       .words = MX_CHANGED_WORDS,
					       .slots = 64};

	ck_assert_int_eq(mx_ring_file_open(file, logrig_instance,
					   MX_CHANGED_NAME, &changes),
			 0);
}

START_TEST(changes_have_lines_too)
{
	struct mx_ring_file file;

	open_changes(&file);
	logrig_sheet.only = LOGSHEET_FAILED;
	logrig_configure(LOGSHEET_FILE);
	logger_tend(&logrig_logger, false);
	for (int i = 0; i < 3; i++)
		mx_ring_put(file.ring, &changed, MX_CHANGED_WORDS);
	logrig_put(5); /* not wanted */
	logrig_work();
	ck_assert_uint_eq(change_lines(), 3);
	ck_assert_uint_eq(logrig_logger.logged.lines, 3);
	logrig_kill();
	mx_ring_file_close(&logrig_logger.rings.file[CHANGELINE_RING]);
	logrig_start();
	mx_ring_put(file.ring, &changed, MX_CHANGED_WORDS);
	logrig_work();
	ck_assert_uint_eq(change_lines(), 4);
	mx_ring_file_close(&file);
	logger_close(&logrig_logger);
}
END_TEST

START_TEST(a_removed_instance_stays_removed)
{
	struct mx_folder folder;

	logrig_put(10);
	logrig_work();
	mx_ring_files_remove(logrig_instance);
	logger_tend(&logrig_logger, false);
	logrig_put(5);
	logrig_work();
	ck_assert_int_eq(
		mx_folder_open_control(&folder, logrig_instance, false),
		-ENOENT);
	ck_assert_uint_eq(logrig_lines(logrig_path, 1, 0), 10);
	/* The planes start again. */
	ck_assert_int_eq(mx_folder_open_control(&folder, logrig_instance, true),
			 0);
	mx_folder_close(&folder);
	logger_tend(&logrig_logger, false);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 1, 0), 15);
	logger_close(&logrig_logger);
}
END_TEST

/* Files were removed, and a second mxsteer-log made its own before. */
START_TEST(a_second_process_takes_over_without_doubled_lines)
{
	static struct logger second;
	struct mx_folder folder;

	logrig_put(10);
	logrig_work();
	logrig_remove_folder();
	ck_assert_int_eq(mx_folder_open_control(&folder, logrig_instance, true),
			 0);
	mx_folder_close(&folder);
	logrig_configure(LOGSHEET_FILE);
	memset(&second, 0, sizeof(second));
	second.instance = logrig_instance;
	ck_assert_int_eq(logger_open(&second), 0);
	logger_tend(&logrig_logger, false);
	logrig_put(5);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 1, 0), 10);
	while (logger_work(&second))
		;
	ck_assert_uint_eq(logrig_lines(logrig_path, 1, 0), 15);
	logger_close(&second);
	close(second.notes.fd);
	logger_tend(&logrig_logger, false);
	logrig_put(5);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 1, 0), 20);
	logger_close(&logrig_logger);
}
END_TEST

/* A session and a change: one of them has a line. */
START_TEST(lines_may_be_of_one_kind_only)
{
	struct mx_ring_file file;

	open_changes(&file);
	logrig_sheet.lines = _i == 0 ? LOGSHEET_SESSIONS : LOGSHEET_CHANGES;
	logrig_configure(LOGSHEET_FILE);
	logger_tend(&logrig_logger, false);
	mx_ring_put(file.ring, &changed, MX_CHANGED_WORDS);
	logrig_put(1);
	logrig_work();
	ck_assert_uint_eq(change_lines(), _i == 0 ? 0 : 1);
	ck_assert_uint_eq(logrig_logger.logged.lines, 1);
	ck_assert_uint_eq(logrig_logger.logged.unwanted, 1);
	mx_ring_file_close(&file);
	logger_close(&logrig_logger);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("logger");
	TCase *t = tcase_create("logger");

	tcase_add_checked_fixture(t, logrig_setup, logrig_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, each_record_has_a_line);
	tcase_add_loop_test(t, a_killed_process_writes_no_line_twice, 0, 2);
	tcase_add_test(t, lost_lines_are_told_after_a_restart);
	tcase_add_loop_test(t, notes_of_the_layouts_before_are_read, 1, 5);
	tcase_add_test(t, changes_have_lines_too);
	tcase_add_loop_test(t, lines_may_be_of_one_kind_only, 0, 2);
	tcase_add_test(t, only_what_is_wanted_has_a_line);
	tcase_add_loop_test(t, each_unwanted_record_counts_once, 0, 2);
	tcase_add_test(t, without_a_log_records_are_done_with);
	tcase_add_loop_test(t, records_wait_for_a_sheet_that_can_be_read, 0, 2);
	tcase_add_test(t, a_removed_instance_stays_removed);
	tcase_add_test(t, a_second_process_takes_over_without_doubled_lines);
	suite_add_tcase(s, t);
	return s;
}
