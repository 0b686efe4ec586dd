/* SPDX-License-Identifier: BSD-3-Clause */
/* Neither plane believes what the other one writes into the file of a capture.
 * Method: the test writes into the file what does not fit. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "recorderrig.h"
#include "runner.h"

START_TEST(a_file_that_does_not_fit_is_refused)
{
	recorderrig_begin(1000);
	ck_assert_int_eq(mx_capture_attach(&dataplane, instance, WORKERS + 1),
			 -EPROTO);
	ck_assert_int_eq(mx_capture_attach(&dataplane, instance, WORKERS), 0);
	const uint32_t layout = MX_CAPTURE_LAYOUT + 1;
	recorderrig_overwrite(offsetof(struct mx_capture_file, layout), &layout,
			      sizeof(layout));
	mx_capture_close(&dataplane);
	ck_assert_int_eq(mx_capture_attach(&dataplane, instance, WORKERS),
			 -EPROTO);
	ck_assert_ptr_null(dataplane.file);
}
END_TEST

/* The data plane copies frames by this length into memory of that size. */
START_TEST(a_length_that_does_not_fit_is_refused_and_one_that_fitted_stays)
{
	recorderrig_begin(1000);
	ck_assert_int_eq(mx_capture_attach(&dataplane, instance, WORKERS), 0);
	const uint16_t bytes = MX_CAPTURE_BYTES_MAX + 1;
	recorderrig_overwrite(offsetof(struct mx_capture_file, filter.bytes),
			      &bytes, sizeof(bytes));
	ck_assert_uint_eq(dataplane.filter.bytes, 256);
	mx_capture_close(&dataplane);
	ck_assert_int_eq(mx_capture_attach(&dataplane, instance, WORKERS),
			 -EPROTO);
}
END_TEST

/* A mapping of such a file would end the data plane with SIGBUS. */
START_TEST(a_file_that_is_cut_ends_the_capture_and_no_process)
{
	recorderrig_begin(1000);
	recorderrig_take();
	const int end = open(dataplane.path, O_RDWR);
	ck_assert_int_eq(ftruncate(end, (off_t)_i), 0);
	close(end);
	struct mx_capture_ring *ring = &dataplane.file->ring[1];
	ck_assert_ptr_nonnull(mx_capture_put(ring, &head[1], 60));
	atomic_store(&ring->head, head[1]);
	ck_assert_int_lt(mx_capture_carry(&dataplane), 0);
	recorder_forget(recorder);
}
END_TEST

/* The ring has only the bytes up to its size, whatever the tail says. */
START_TEST(a_tail_that_lies_writes_nowhere_else)
{
	static const uint64_t tails[] = {1, 7, MX_CAPTURE_RING_BYTES * 2ull,
					 UINT64_MAX, UINT64_MAX / 2};
	recorderrig_begin(1000);
	recorderrig_take();
	const char *bytes = (const char *)dataplane.file->ring[0].bytes;
	recorderrig_overwrite(offsetof(struct mx_capture_file, ring[0].tail),
			      &tails[_i], sizeof(tails[_i]));
	recorderrig_carry();
	for (int i = 0; i < 100000; i++) {
		struct mx_capture_record *record = mx_capture_put(
			&dataplane.file->ring[0], &head[0], 1000);
		const char *at = (const char *)record;
		if (record == NULL)
			continue;
		ck_assert(at >= bytes && at + record->size_bytes <=
						 bytes + MX_CAPTURE_RING_BYTES);
	}
	atomic_store(&dataplane.file->ring[0].head, head[0]);
	recorderrig_carry();
}
END_TEST

START_TEST(a_ring_that_lies_ends_with_no_frame_of_it)
{
	recorderrig_begin(1000);
	recorderrig_take();
	memset(dataplane.file->ring[0].bytes, 0xff, 4096);
	atomic_store(&dataplane.file->ring[0].head, 4096);
	recorderrig_capture(1, MX_CAPTURE_IN, 1000, 1);
	ck_assert(!recorderrig_read());
	recorderrig_expect(1000, 1, 1, "");
	ck_assert(!pcapread_next(&reader));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("capturefile");
	TCase *t = tcase_create("capturefile");

	tcase_add_checked_fixture(t, recorderrig_setup, recorderrig_teardown);
	tcase_add_test(t, a_file_that_does_not_fit_is_refused);
	tcase_add_test(
		t,
		a_length_that_does_not_fit_is_refused_and_one_that_fitted_stays);
	tcase_add_loop_test(
		t, a_file_that_is_cut_ends_the_capture_and_no_process, 0, 2);
	tcase_add_loop_test(t, a_tail_that_lies_writes_nowhere_else, 0, 5);
	tcase_add_test(t, a_ring_that_lies_ends_with_no_frame_of_it);
	suite_add_tcase(s, t);
	return s;
}
