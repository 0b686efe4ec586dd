/* SPDX-License-Identifier: BSD-3-Clause */
#include "capturerig.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct capturerig captures;

const struct capturerig_kind capturerig_kinds[CAPTURERIG_KINDS] = {
	{RIG_FULLNAT_TO4, false}, {RIG_FULLNAT_TO6, true},
	{RIG_FULLNAT_TO6, false}, {RIG_FULLNAT_TO4, true},
	{RIG_NAT_TO4, false},     {RIG_NAT_TO6, true},
};

void
capturerig_setup(void)
{
	captures.filter =
		(struct mx_capture_filter){.bytes = MX_CAPTURE_BYTES_MAX};
}

void
capturerig_teardown(void)
{
	for (uint16_t i = 0; i < captures.rig->workers; i++) {
		atomic_store(&captures.rig->worker[i]->capture, NULL);
		capture_free(captures.capture[i]);
		free(captures.ring[i]);
	}
	rig_free(captures.rig);
}

void
capturerig_want(const struct mx_addr *addr, uint8_t last_byte_mask)
{
	captures.filter.has_from = 1;
	memset(&captures.filter.mask, 0xff, sizeof(captures.filter.mask));
	captures.filter.mask.byte[15] = last_byte_mask;
	captures.filter.from = *addr;
	captures.filter.from.byte[15] &= last_byte_mask;
}

void
capturerig_begin(uint16_t workers)
{
	captures.rig = rig_make(workers);
	for (uint16_t i = 0; i < workers; i++) {
		captures.ring[i] = aligned_alloc(64, sizeof(*captures.ring[i]));
		ck_assert_ptr_nonnull(captures.ring[i]);
		memset(captures.ring[i], 0, sizeof(*captures.ring[i]));
		captures.tail[i] = 0;
		captures.capture[i] =
			capture_make(&captures.filter, captures.ring[i]);
		ck_assert_ptr_nonnull(captures.capture[i]);
		atomic_store(&captures.rig->worker[i]->capture,
			     captures.capture[i]);
	}
}

void
capturerig_look(void)
{
	struct mx_capture_record record;
	const uint8_t *bytes;

	captures.count = 0;
	for (uint16_t i = 0; i < captures.rig->workers; i++) {
		const uint64_t head = atomic_load(&captures.ring[i]->head);

		while ((bytes = mx_capture_get(captures.ring[i],
					       &captures.tail[i], head,
					       &record)) != NULL) {
			ck_assert_uint_lt(captures.count,
					  CAPTURERIG_RECORDS_MAX);
			captures.found[captures.count].record = record;
			memcpy(captures.found[captures.count].bytes, bytes,
			       record.captured);
			captures.count++;
			captures.tail[i] += record.size_bytes;
		}
		atomic_store(&captures.ring[i]->tail, captures.tail[i]);
	}
}

void
capturerig_assert(uint32_t i, enum mx_capture_event event, uint16_t port,
		  const struct segment *segment)
{
	uint8_t frame[FRAME_MAX];
	const uint16_t bytes = frame_tcp(frame, segment);

	ck_assert_uint_lt(i, captures.count);
	ck_assert_uint_eq(captures.found[i].record.event, event);
	ck_assert_uint_eq(captures.found[i].record.port, port);
	ck_assert_uint_eq(captures.found[i].record.frame_bytes, bytes);
	ck_assert_uint_eq(captures.found[i].record.captured, bytes);
	ck_assert_mem_eq(captures.found[i].bytes, frame, bytes);
}

struct talk
capturerig_open(enum rig_service service, bool six, uint16_t port)
{
	const struct end client = talk_client(six, port);

	return talk_open(captures.rig, service, &client);
}
