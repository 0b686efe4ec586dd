/* SPDX-License-Identifier: BSD-3-Clause */
/* A recorder makes a whole pcapng file of what the workers put into their
 * rings, and ends a capture for every reason that there is.
 * Method: the test plays the data plane on the real file of a capture; a reader
 * of pcapng that knows nothing of the writer; a clock that the test moves. */
#include <errno.h>
#include <stdlib.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "faketime.h"
#include "keptlog.h"
#include "pcapread.h"
#include "recorder.h"
#include "regionfile.h"
#include "runner.h"

#define WORKERS 2
#define PORTS 2

static struct event_base *base;
static char instance[MX_NAME_MAX];
static struct mx_region *region;
static int region_fd;
static struct recorder *recorder;
static struct mx_capture dataplane; /* the data plane's end */
static uint64_t head[WORKERS];
static struct pcapread reader;
static char *piece;
static size_t piece_bytes;

static void
setup(void)
{
	keptlog_begin();
	base = event_base_new();
	snprintf(instance, sizeof(instance), "test-%d", (int)getpid());
	region = mx_region_create(instance, &region_fd);
	ck_assert_ptr_nonnull(region);
	region->header.workers = WORKERS;
	region->header.ports = PORTS;
	strcpy(region->header.port[0].name, "wan");
	strcpy(region->header.port[1].name, "lan");
	recorder = recorder_new(base, instance);
	ck_assert_ptr_nonnull(recorder);
	memset(head, 0, sizeof(head));
	reader = (struct pcapread){0};
	piece = NULL;
}

static void
teardown(void)
{
	recorder_free(recorder);
	/* No capture outlives its recorder. */
	ck_assert_int_eq(mx_capture_unlink(instance), -ENOENT);
	if (dataplane.file != NULL)
		mx_capture_close(&dataplane);
	mx_region_close(region, region_fd);
	ck_assert_int_eq(mx_region_unlink(instance), 0);
	event_base_free(base);
	free(piece);
	keptlog_end();
}

static void
begin(uint32_t frames)
{
	const struct recorder_request wanted = {
		.filter = {.bytes = 256, .has_backend = 1, .backend = {6}},
		.frames = frames,
	};

	ck_assert_int_eq(recorder_start(recorder, region, &wanted), 0);
}

/* The data plane takes the capture up. */
static void
take(void)
{
	ck_assert_int_eq(mx_capture_attach(&dataplane, instance, WORKERS), 0);
	mx_capture_take(&dataplane);
}

static void
carry(void)
{
	ck_assert_int_eq(mx_capture_carry(&dataplane), 0);
}

/* Write to the control plane's file, as only it may. */
static void
overwrite(size_t at, const void *bytes, size_t count)
{
	ck_assert_int_eq(pwrite(dataplane.fd, bytes, count, (off_t)at),
			 (ssize_t)count);
}

static void
capture(uint16_t worker, enum mx_capture_event event, uint64_t time_ns,
	uint64_t packet)
{
	struct mx_capture_ring *ring = &dataplane.file->ring[worker];
	struct mx_capture_record *record = mx_capture_put(
		ring, &head[worker], (uint16_t)(60 + packet % 7));

	ck_assert_ptr_nonnull(record);
	record->event = (uint8_t)event;
	record->why = event == MX_CAPTURE_DROPPED  ? MX_DROP_NO_SESSION
		      : event == MX_CAPTURE_UNSENT ? MX_DROP_TX_FULL
						   : MX_DROP_NONE;
	record->frame_bytes = 1000;
	record->port = packet % 2;
	record->time_ns = time_ns;
	record->packet = packet;
	memset(record + 1, (int)packet, record->captured);
	atomic_store(&ring->head, head[worker]);
	carry();
}

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

/* Read the next piece.  Returns whether it is the last. */
static bool
read_piece(void)
{
	free(piece);
	FILE *out = open_memstream(&piece, &piece_bytes);
	const bool last = recorder_write(recorder, out);
	fclose(out);
	pcapread_piece(&reader, piece, piece_bytes);
	return last;
}

static void
assert_frame(uint64_t time_ns, uint64_t packet, uint32_t direction,
	     const char *comment)
{
	ck_assert(pcapread_next(&reader));
	ck_assert_uint_eq(reader.time_ns, time_ns);
	ck_assert_uint_eq(reader.interface, packet % 2);
	ck_assert_uint_eq(reader.captured, 60 + packet % 7);
	ck_assert_uint_eq(reader.bytes, 1000);
	ck_assert_uint_eq(reader.direction, direction);
	ck_assert_str_eq(reader.comment, comment);
	ck_assert_uint_eq(reader.id & 0xffffff, packet);
	for (uint32_t i = 0; i < reader.captured; i++)
		ck_assert_uint_eq(reader.data[i], packet);
}

START_TEST(frames_of_all_workers_become_one_file_in_the_order_of_time)
{
	begin(1000);
	ck_assert_int_eq(state(), RECORDER_WAITS);
	ck_assert(!has_news());
	take();
	ck_assert_uint_eq(dataplane.filter.bytes, 256);
	ck_assert_uint_eq(dataplane.filter.backend[0], 6);
	/* The start of the file tells the client that the capture runs. */
	ck_assert(has_news());
	ck_assert(!read_piece());
	ck_assert(!pcapread_next(&reader));
	ck_assert_uint_eq(reader.sections, 1);
	ck_assert_uint_eq(reader.interfaces, PORTS);
	ck_assert_str_eq(reader.name[0], "wan");
	ck_assert_str_eq(reader.name[1], "lan");
	ck_assert(!has_news());
	capture(0, MX_CAPTURE_IN, 5000000000123, 3);
	capture(1, MX_CAPTURE_DROPPED, 5000000000200, 4);
	capture(0, MX_CAPTURE_OUT, 5000000000300, 3);
	capture(1, MX_CAPTURE_KERNEL, 5000000000250, 5);
	capture(1, MX_CAPTURE_MADE, 5000000000400, 6);
	capture(0, MX_CAPTURE_UNSENT, 5000000000500, 7);
	capture(0, MX_CAPTURE_KERNEL_OUT, 5000000000600, 8);
	ck_assert(has_news());
	ck_assert(!read_piece());
	assert_frame(5000000000123, 3, 1, "");
	ck_assert_uint_eq(reader.queue, 0);
	const uint64_t id = reader.id;
	assert_frame(5000000000200, 4, 1,
		     "dropped: no-session (belongs to no session and opens "
		     "none)");
	ck_assert_uint_eq(reader.queue, 1);
	assert_frame(5000000000250, 5, 1, "left to the kernel");
	assert_frame(5000000000300, 3, 2, "");
	ck_assert_uint_eq(reader.id, id);
	assert_frame(5000000000400, 6, 2, "made by mxsteer");
	assert_frame(5000000000500, 7, 2,
		     "dropped: tx-full (the port took no more frames)");
	assert_frame(5000000000600, 8, 2, "sent by the kernel");
	ck_assert(!pcapread_next(&reader));
	ck_assert_uint_eq(recorder_sums(recorder).frames, 7);
}
END_TEST

START_TEST(a_capture_ends_after_its_last_frame)
{
	begin(3);
	take();
	for (uint64_t i = 0; i < 5; i++)
		capture(0, MX_CAPTURE_IN, 1000 + i, i);
	atomic_store(&dataplane.file->ring[0].lost[0], 4);
	atomic_store(&dataplane.file->ring[1].lost[1], 3);
	carry();
	ck_assert(read_piece());
	for (uint64_t i = 0; i < 3; i++)
		assert_frame(1000 + i, i, 1, "");
	ck_assert(!pcapread_next(&reader));
	ck_assert_uint_eq(reader.lost, 7);
	ck_assert_uint_eq(recorder_sums(recorder).lost, 7);
	ck_assert_int_eq(state(), RECORDER_OFF);
	ck_assert(!mx_capture_is_named(&dataplane));
}
END_TEST

START_TEST(an_end_that_was_asked_for_brings_what_is_in_the_rings)
{
	begin(1000);
	take();
	ck_assert_int_eq(state(), RECORDER_RUNS);
	capture(1, MX_CAPTURE_IN, 1000, 1);
	recorder_stop(recorder);
	ck_assert(!mx_capture_is_named(&dataplane));
	ck_assert(has_news());
	ck_assert(read_piece());
	assert_frame(1000, 1, 1, "");
	ck_assert(!pcapread_next(&reader));
	ck_assert_int_eq(state(), RECORDER_OFF);
}
END_TEST

START_TEST(a_data_plane_that_does_not_begin_is_noticed)
{
	begin(1000);
	faketime_run(base, RECORDER_BEGIN_MS - 1);
	ck_assert_int_eq(state(), RECORDER_WAITS);
	faketime_run(base, 1);
	ck_assert_int_eq(state(), RECORDER_LATE);
	recorder_forget(recorder);
	/* A refusal is noticed at once. */
	begin(1000);
	ck_assert_int_eq(mx_capture_unlink(instance), 0);
	ck_assert_int_eq(state(), RECORDER_LATE);
}
END_TEST

START_TEST(a_client_that_has_gone_ends_its_capture)
{
	begin(1000);
	take();
	for (int i = 0; i < 30; i++) {
		faketime_run(base, 1000);
		ck_assert_int_eq(state(), RECORDER_RUNS);
		read_piece();
		/* The lease is renewed as long as someone reads. */
		carry();
		const uint32_t lease_s = atomic_load(&dataplane.file->lease_s);
		faketime_run(base, 2000);
		carry();
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
	begin(1000);
	take();
	capture(0, MX_CAPTURE_IN, 1000, 1);
	ck_assert_int_eq(state(), RECORDER_RUNS);
	ck_assert_int_eq(mx_capture_unlink(instance), 0);
	ck_assert_int_eq(state(), RECORDER_OVER);
	ck_assert(read_piece());
	assert_frame(1000, 1, 1, "");
}
END_TEST

START_TEST(there_is_one_capture_at_a_time)
{
	const struct recorder_request wanted = {.filter = {.bytes = 64},
						.frames = 1};

	begin(1000);
	ck_assert_int_eq(recorder_start(recorder, region, &wanted), -EBUSY);
	recorder_forget(recorder);
	ck_assert_int_eq(recorder_start(recorder, region, &wanted), 0);
}
END_TEST

START_TEST(a_file_that_does_not_fit_is_refused)
{
	begin(1000);
	ck_assert_int_eq(mx_capture_attach(&dataplane, instance, WORKERS + 1),
			 -EPROTO);
	ck_assert_int_eq(mx_capture_attach(&dataplane, instance, WORKERS), 0);
	const uint32_t layout = MX_CAPTURE_LAYOUT + 1;
	overwrite(offsetof(struct mx_capture_file, layout), &layout,
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
	begin(1000);
	ck_assert_int_eq(mx_capture_attach(&dataplane, instance, WORKERS), 0);
	const uint16_t bytes = MX_CAPTURE_BYTES_MAX + 1;
	overwrite(offsetof(struct mx_capture_file, filter.bytes), &bytes,
		  sizeof(bytes));
	ck_assert_uint_eq(dataplane.filter.bytes, 256);
	mx_capture_close(&dataplane);
	ck_assert_int_eq(mx_capture_attach(&dataplane, instance, WORKERS),
			 -EPROTO);
}
END_TEST

/* A mapping of such a file would end the data plane with SIGBUS. */
START_TEST(a_file_that_is_cut_ends_the_capture_and_no_process)
{
	begin(1000);
	take();
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
	begin(1000);
	take();
	const char *bytes = (const char *)dataplane.file->ring[0].bytes;
	overwrite(offsetof(struct mx_capture_file, ring[0].tail), &tails[_i],
		  sizeof(tails[_i]));
	carry();
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
	carry();
}
END_TEST

START_TEST(a_ring_that_lies_ends_with_no_frame_of_it)
{
	begin(1000);
	take();
	memset(dataplane.file->ring[0].bytes, 0xff, 4096);
	atomic_store(&dataplane.file->ring[0].head, 4096);
	capture(1, MX_CAPTURE_IN, 1000, 1);
	ck_assert(!read_piece());
	assert_frame(1000, 1, 1, "");
	ck_assert(!pcapread_next(&reader));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("recorder");
	TCase *t = tcase_create("recorder");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(
		t, frames_of_all_workers_become_one_file_in_the_order_of_time);
	tcase_add_test(t, a_capture_ends_after_its_last_frame);
	tcase_add_test(t,
		       an_end_that_was_asked_for_brings_what_is_in_the_rings);
	tcase_add_test(t, a_data_plane_that_does_not_begin_is_noticed);
	tcase_add_test(t, a_client_that_has_gone_ends_its_capture);
	tcase_add_test(t, a_capture_that_the_data_plane_ends_is_over);
	tcase_add_test(t, there_is_one_capture_at_a_time);
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
