/* SPDX-License-Identifier: BSD-3-Clause */
#include "recorderrig.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keptlog.h"

struct event_base *base;
char instance[MX_NAME_MAX];
struct mx_region *region;
static int region_fd;
struct recorder *recorder;
struct mx_capture dataplane;
uint64_t head[WORKERS];
struct pcapread reader;
static char *piece;
static size_t piece_bytes;

void
recorderrig_setup(void)
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

void
recorderrig_teardown(void)
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

void
recorderrig_begin(uint32_t frames)
{
	const struct recorder_request wanted = {
		.filter = {.bytes = 256, .has_backend = 1, .backend = {6}},
		.frames = frames,
	};

	ck_assert_int_eq(recorder_start(recorder, region, &wanted), 0);
}

void
recorderrig_take(void)
{
	ck_assert_int_eq(mx_capture_attach(&dataplane, instance, WORKERS), 0);
	mx_capture_take(&dataplane);
}

void
recorderrig_carry(void)
{
	ck_assert_int_eq(mx_capture_carry(&dataplane), 0);
}

void
recorderrig_overwrite(size_t at, const void *bytes, size_t count)
{
	ck_assert_int_eq(pwrite(dataplane.fd, bytes, count, (off_t)at),
			 (ssize_t)count);
}

void
recorderrig_capture(uint16_t worker, enum mx_capture_event event,
		    uint64_t time_ns, uint64_t packet)
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
	recorderrig_carry();
}

bool
recorderrig_read(void)
{
	free(piece);
	FILE *out = open_memstream(&piece, &piece_bytes);
	const bool last = recorder_write(recorder, out);
	fclose(out);
	pcapread_piece(&reader, piece, piece_bytes);
	return last;
}

void
recorderrig_expect(uint64_t time_ns, uint64_t packet, uint32_t direction,
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
