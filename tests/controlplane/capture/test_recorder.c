/* SPDX-License-Identifier: BSD-3-Clause */
/* A recorder makes a whole pcapng file of what the workers put into their
 * rings, and ends a capture for every reason that there is.
 * Method: the test plays the data plane on the real file of a capture; a reader
 * of pcapng that knows nothing of the writer; a clock that the test moves. */
#include <errno.h>

#include "faketime.h"
#include "recorderrig.h"
#include "runner.h"

static enum recorder_state
state(void)
{
	bool news;

	return recorder_look(recorder, &news);
}

static bool
has_news(void)
{
	bool news;

	recorder_look(recorder, &news);
	return news;
}

START_TEST(frames_of_all_workers_become_one_file_in_the_order_of_time)
{
	recorderrig_begin(1000);
	ck_assert_int_eq(state(), RECORDER_WAITS);
	ck_assert(!has_news());
	recorderrig_take();
	ck_assert_uint_eq(dataplane.filter.bytes, 256);
	ck_assert_uint_eq(dataplane.filter.backend[0], 6);
	/* The start of the file tells the client that the capture runs. */
	ck_assert(has_news());
	ck_assert(!recorderrig_read());
	ck_assert(!pcapread_next(&reader));
	ck_assert_uint_eq(reader.sections, 1);
	ck_assert_uint_eq(reader.interfaces, PORTS);
	ck_assert_str_eq(reader.name[0], "wan");
	ck_assert_str_eq(reader.name[1], "lan");
	ck_assert(!has_news());
	recorderrig_capture(0, MX_CAPTURE_IN, 5000000000123, 3);
	recorderrig_capture(1, MX_CAPTURE_DROPPED, 5000000000200, 4);
	recorderrig_capture(0, MX_CAPTURE_OUT, 5000000000300, 3);
	recorderrig_capture(1, MX_CAPTURE_KERNEL, 5000000000250, 5);
	recorderrig_capture(1, MX_CAPTURE_MADE, 5000000000400, 6);
	recorderrig_capture(0, MX_CAPTURE_UNSENT, 5000000000500, 7);
	recorderrig_capture(0, MX_CAPTURE_KERNEL_OUT, 5000000000600, 8);
	ck_assert(has_news());
	ck_assert(!recorderrig_read());
	recorderrig_expect(5000000000123, 3, 1, "");
	ck_assert_uint_eq(reader.queue, 0);
	const uint64_t id = reader.id;
	recorderrig_expect(
		5000000000200, 4, 1,
		"dropped: no-session (belongs to no session and opens "
		"none)");
	ck_assert_uint_eq(reader.queue, 1);
	recorderrig_expect(5000000000250, 5, 1, "left to the kernel");
	recorderrig_expect(5000000000300, 3, 2, "");
	ck_assert_uint_eq(reader.id, id);
	recorderrig_expect(5000000000400, 6, 2, "made by mxsteer");
	recorderrig_expect(5000000000500, 7, 2,
			   "dropped: tx-full (the port took no more frames)");
	recorderrig_expect(5000000000600, 8, 2, "sent by the kernel");
	ck_assert(!pcapread_next(&reader));
	ck_assert_uint_eq(recorder_sums(recorder).frames, 7);
}
END_TEST

START_TEST(a_capture_ends_after_its_last_frame)
{
	recorderrig_begin(3);
	recorderrig_take();
	for (uint64_t i = 0; i < 5; i++)
		recorderrig_capture(0, MX_CAPTURE_IN, 1000 + i, i);
	atomic_store(&dataplane.file->ring[0].lost[0], 4);
	atomic_store(&dataplane.file->ring[1].lost[1], 3);
	recorderrig_carry();
	ck_assert(recorderrig_read());
	for (uint64_t i = 0; i < 3; i++)
		recorderrig_expect(1000 + i, i, 1, "");
	ck_assert(!pcapread_next(&reader));
	ck_assert_uint_eq(reader.lost, 7);
	ck_assert_uint_eq(recorder_sums(recorder).lost, 7);
	ck_assert_int_eq(state(), RECORDER_OFF);
	ck_assert(!mx_capture_is_named(&dataplane));
}
END_TEST

START_TEST(an_end_that_was_asked_for_brings_what_is_in_the_rings)
{
	recorderrig_begin(1000);
	recorderrig_take();
	ck_assert_int_eq(state(), RECORDER_RUNS);
	recorderrig_capture(1, MX_CAPTURE_IN, 1000, 1);
	recorder_stop(recorder);
	ck_assert(!mx_capture_is_named(&dataplane));
	ck_assert(has_news());
	ck_assert(recorderrig_read());
	recorderrig_expect(1000, 1, 1, "");
	ck_assert(!pcapread_next(&reader));
	ck_assert_int_eq(state(), RECORDER_OFF);
}
END_TEST

START_TEST(a_data_plane_that_does_not_begin_is_noticed)
{
	recorderrig_begin(1000);
	faketime_run(base, RECORDER_BEGIN_MS - 1);
	ck_assert_int_eq(state(), RECORDER_WAITS);
	faketime_run(base, 1);
	ck_assert_int_eq(state(), RECORDER_LATE);
	recorder_forget(recorder);
	/* A refusal is noticed at once. */
	recorderrig_begin(1000);
	ck_assert_int_eq(mx_capture_unlink(instance), 0);
	ck_assert_int_eq(state(), RECORDER_LATE);
}
END_TEST

START_TEST(a_client_that_has_gone_ends_its_capture)
{
	recorderrig_begin(1000);
	recorderrig_take();
	for (int i = 0; i < 30; i++) {
		faketime_run(base, 1000);
		ck_assert_int_eq(state(), RECORDER_RUNS);
		recorderrig_read();
		/* The lease is renewed as long as someone reads. */
		recorderrig_carry();
		const uint32_t lease_s = atomic_load(&dataplane.file->lease_s);
		faketime_run(base, 2000);
		recorderrig_carry();
		ck_assert_uint_gt(atomic_load(&dataplane.file->lease_s),
				  lease_s);
	}
	faketime_run(base, (RECORDER_SILENCE_S + 2) * 1000);
	ck_assert_int_eq(state(), RECORDER_OFF);
	ck_assert(!mx_capture_is_named(&dataplane));
}
END_TEST

START_TEST(a_capture_that_the_data_plane_ends_is_over)
{
	recorderrig_begin(1000);
	recorderrig_take();
	recorderrig_capture(0, MX_CAPTURE_IN, 1000, 1);
	ck_assert_int_eq(state(), RECORDER_RUNS);
	ck_assert_int_eq(mx_capture_unlink(instance), 0);
	ck_assert_int_eq(state(), RECORDER_OVER);
	ck_assert(recorderrig_read());
	recorderrig_expect(1000, 1, 1, "");
}
END_TEST

START_TEST(there_is_one_capture_at_a_time)
{
	const struct recorder_request wanted = {.filter = {.bytes = 64},
						.frames = 1};

	recorderrig_begin(1000);
	ck_assert_int_eq(recorder_start(recorder, region, &wanted), -EBUSY);
	recorder_forget(recorder);
	ck_assert_int_eq(recorder_start(recorder, region, &wanted), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("recorder");
	TCase *t = tcase_create("recorder");

	tcase_add_checked_fixture(t, recorderrig_setup, recorderrig_teardown);
	tcase_add_test(
		t, frames_of_all_workers_become_one_file_in_the_order_of_time);
	tcase_add_test(t, a_capture_ends_after_its_last_frame);
	tcase_add_test(t,
		       an_end_that_was_asked_for_brings_what_is_in_the_rings);
	tcase_add_test(t, a_data_plane_that_does_not_begin_is_noticed);
	tcase_add_test(t, a_client_that_has_gone_ends_its_capture);
	tcase_add_test(t, a_capture_that_the_data_plane_ends_is_over);
	tcase_add_test(t, there_is_one_capture_at_a_time);
	suite_add_tcase(s, t);
	return s;
}
