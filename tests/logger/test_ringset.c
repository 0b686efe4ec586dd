/* SPDX-License-Identifier: BSD-3-Clause */
/* The records of a ring that is old, new, or damaged: each is read, or counted as
 * lost. */
#include <string.h>
#include <unistd.h>

#include "logrig.h"
#include "runner.h"

START_TEST(what_nobody_read_is_lost_as_the_log_did_not_run)
{
	logrig_put(10);
	logrig_work();
	logrig_kill();
	logrig_put(LOGRIG_SLOTS + 7);
	logrig_start();
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_SLOW], 7);
	ck_assert_uint_eq(logrig_logger.logged.lines, 10 + LOGRIG_SLOTS + 1);
	logger_close(&logrig_logger);
}
END_TEST

/* The data plane was upgraded while the log did not run. */
START_TEST(what_nobody_read_of_a_newer_ring_is_lost)
{
	logrig_put(10);
	logrig_work();
	logger_tend(&logrig_logger, false);
	if (_i == 1) /* no log ever ran */
		ck_assert_int_eq(ftruncate(logrig_logger.notes.fd, 0), 0);
	logrig_kill();
	ck_assert_int_eq(unlink(logrig_ring.path), 0);
	mx_ring_file_close(&logrig_ring);
	ck_assert_int_eq(mx_ring_file_open(&logrig_ring, logrig_instance,
					   "ended.0", &logrig_like),
			 0);
	logrig_put(LOGRIG_SLOTS + 7);
	logrig_start();
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_SLOW],
			  _i == 1 ? 0 : 7);
	logger_close(&logrig_logger);
}
END_TEST

START_TEST(a_ring_whose_number_went_back_is_read_on)
{
	logrig_put(10);
	logrig_work();
	logrig_ring.ring->head = 5;
	logger_tend(&logrig_logger, false);
	ck_assert_uint_eq(logrig_logger.logged.waiting, 0);
	logrig_put(3);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.lines, 13);
	logger_close(&logrig_logger);
}
END_TEST

START_TEST(a_data_plane_that_starts_anew_may_have_another_ring)
{
	logrig_put(10);
	ck_assert_int_eq(unlink(logrig_ring.path), 0);
	mx_ring_file_close(&logrig_ring);
	ck_assert_int_eq(mx_ring_file_open(&logrig_ring, logrig_instance,
					   "ended.0", &logrig_like),
			 0);
	logrig_put(4);
	logrig_work(); /* the records of the ring before come first */
	logger_tend(&logrig_logger, false);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.lines, 14);
	logger_close(&logrig_logger);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ringset");
	TCase *t = tcase_create("ringset");

	tcase_add_checked_fixture(t, logrig_setup, logrig_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, what_nobody_read_is_lost_as_the_log_did_not_run);
	tcase_add_loop_test(t, what_nobody_read_of_a_newer_ring_is_lost, 0, 2);
	tcase_add_test(t, a_ring_whose_number_went_back_is_read_on);
	tcase_add_test(t, a_data_plane_that_starts_anew_may_have_another_ring);
	suite_add_tcase(s, t);
	return s;
}
