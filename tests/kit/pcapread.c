/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcapread.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static uint32_t
u32(const uint8_t *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

static uint16_t
u16(const uint8_t *at)
{
	uint16_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

static uint64_t
u64(const uint8_t *at)
{
	uint64_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

void
pcapread_piece(struct pcapread *reader, const void *bytes, size_t length)
{
	reader->at = bytes;
	reader->end = reader->at + length;
}

static void
take_option(struct pcapread *reader, uint32_t type, uint16_t code,
	    const uint8_t *value, uint16_t length)
{
	if (type == 1 && code == 2)
		snprintf(reader->name[reader->interfaces], 32, "%.*s", length,
			 (const char *)value);
	if (type == 1 && code == 9)
		ck_assert_uint_eq(value[0], 9);
	if (type == 5 && code == 7)
		reader->lost += u64(value);
	if (type != 6)
		return;
	if (code == 1)
		snprintf(reader->comment, sizeof(reader->comment), "%.*s",
			 length, (const char *)value);
	if (code == 2)
		reader->direction = u32(value) & 3;
	if (code == 5)
		reader->id = u64(value);
	if (code == 6)
		reader->queue = u32(value);
}

static void
take_options(struct pcapread *reader, uint32_t type, const uint8_t *at,
	     const uint8_t *end)
{
	while (at < end) {
		const uint16_t code = u16(at);
		const uint16_t length = u16(at + 2);

		ck_assert(at + 4 + length <= end);
		if (code == 0) {
			ck_assert_uint_eq(length, 0);
			ck_assert_ptr_eq(at + 4, end);
			return;
		}
		take_option(reader, type, code, at + 4, length);
		at += 4 + (length + 3) / 4 * 4;
	}
	ck_abort_msg("options without their end");
}

static void
take_frame(struct pcapread *reader, const uint8_t *body, const uint8_t *end)
{
	reader->comment[0] = '\0';
	reader->interface = u32(body);
	ck_assert_uint_lt(reader->interface, reader->interfaces);
	reader->time_ns = (uint64_t)u32(body + 4) << 32 | u32(body + 8);
	reader->captured = u32(body + 12);
	reader->bytes = u32(body + 16);
	reader->data = body + 20;
	const uint8_t *options = body + 20 + (reader->captured + 3) / 4 * 4;
	ck_assert(options <= end);
	take_options(reader, 6, options, end);
}

bool
pcapread_next(struct pcapread *reader)
{
	while (reader->at < reader->end) {
		const uint8_t *block = reader->at;
		const uint32_t type = u32(block);
		const uint32_t total = u32(block + 4);

		ck_assert_uint_eq(total % 4, 0);
		ck_assert_uint_ge(total, 12);
		ck_assert(block + total <= reader->end);
		ck_assert_uint_eq(u32(block + total - 4), total);
		const uint8_t *end = block + total - 4;
		reader->at += total;
		switch (type) {
		case 0x0a0d0d0a:
			ck_assert_uint_eq(u32(block + 8), 0x1a2b3c4d);
			ck_assert_uint_eq(u16(block + 12), 1);
			take_options(reader, type, block + 24, end);
			reader->sections++;
			break;
		case 1:
			ck_assert_uint_eq(u16(block + 8), 1); /* Ethernet */
			take_options(reader, type, block + 16, end);
			reader->interfaces++;
			break;
		case 5:
			take_options(reader, type, block + 20, end);
			break;
		case 6:
			take_frame(reader, block + 8, end);
			return true;
		default:
			ck_abort_msg("block %u", type);
		}
	}
	return false;
}
