/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcapng.h"

#include <string.h>

enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_FRAME = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

/* The numbers of options depend on the block, but for the first two. */
enum option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_PROGRAM = 4,
	INTERFACE_NAME = 2,
	INTERFACE_DESCRIPTION = 3,
	INTERFACE_MAC = 6,
	INTERFACE_TIME_UNIT = 9,
	FRAME_FLAGS = 2,
	FRAME_ID = 5,
	FRAME_QUEUE = 6,
	STATISTICS_OS_LOST = 7,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINK_ETHERNET 1
#define NANOSECONDS 9 /* a unit of 10^-9 s */

static const uint8_t zeros[4];

/* A block is written in one pass: all sizes are known before. */
static void
put(FILE *out, const void *bytes, size_t length)
{
	fwrite(bytes, 1, length, out);
}

static void
put16(FILE *out, uint16_t number)
{
	put(out, &number, sizeof(number));
}

static void
put32(FILE *out, uint32_t number)
{
	put(out, &number, sizeof(number));
}

static uint32_t
padded(uint32_t length)
{
	return (length + 3) & ~3u;
}

static void
put_padded(FILE *out, const void *bytes, uint32_t length)
{
	put(out, bytes, length);
	put(out, zeros, padded(length) - length);
}

static void
put_option(FILE *out, enum option option, const void *bytes, uint32_t length)
{
	put16(out, (uint16_t)option);
	put16(out, (uint16_t)length);
	put_padded(out, bytes, length);
}

static uint32_t
option_bytes(uint32_t length)
{
	return 4 + padded(length);
}

static uint32_t
text_bytes(const char *text)
{
	return (uint32_t)strnlen(text, PCAPNG_NAME_MAX);
}

/* The bytes of a block besides its body: type, length twice, end of options. */
#define FRAME_OF_BLOCK 16u

static uint32_t
begin(FILE *out, enum block_type type, uint32_t body_bytes)
{
	const uint32_t total = body_bytes + FRAME_OF_BLOCK;

	put32(out, type);
	put32(out, total);
	return total;
}

static void
end(FILE *out, uint32_t total)
{
	put32(out, OPTION_END); /* and its length, 0 */
	put32(out, total);
}

void
pcapng_section(FILE *out, const char *program)
{
	const uint64_t unknown_length = UINT64_MAX;
	const uint32_t length = text_bytes(program);
	const uint32_t total =
		begin(out, BLOCK_SECTION, 16 + option_bytes(length));

	put32(out, BYTE_ORDER_MAGIC);
	put16(out, 1); /* version 1.0 */
	put16(out, 0);
	put(out, &unknown_length, sizeof(unknown_length));
	put_option(out, SECTION_PROGRAM, program, length);
	end(out, total);
}

void
pcapng_interface(FILE *out, const struct pcapng_interface *interface)
{
	const uint32_t name = text_bytes(interface->name);
	const uint32_t description = text_bytes(interface->description);
	const uint8_t unit = NANOSECONDS;
	const uint32_t total =
		begin(out, BLOCK_INTERFACE,
		      8 + option_bytes(name) + option_bytes(description) +
			      option_bytes(6) + option_bytes(1));

	put16(out, LINK_ETHERNET);
	put16(out, 0);
	put32(out, interface->bytes_max);
	put_option(out, INTERFACE_NAME, interface->name, name);
	put_option(out, INTERFACE_DESCRIPTION, interface->description,
		   description);
	put_option(out, INTERFACE_MAC, interface->mac, 6);
	put_option(out, INTERFACE_TIME_UNIT, &unit, 1);
	end(out, total);
}

static void
put_time(FILE *out, uint64_t time_ns)
{
	put32(out, (uint32_t)(time_ns >> 32));
	put32(out, (uint32_t)time_ns);
}

void
pcapng_frame(FILE *out, const struct pcapng_frame *frame)
{
	const uint32_t flags = frame->direction;
	const uint32_t comment =
		frame->comment != NULL ? text_bytes(frame->comment) : 0;
	const uint32_t total = begin(
		out, BLOCK_FRAME,
		20 + padded(frame->captured) + option_bytes(sizeof(flags)) +
			option_bytes(sizeof(frame->id)) +
			option_bytes(sizeof(frame->queue)) +
			(frame->comment != NULL ? option_bytes(comment) : 0));

	put32(out, frame->interface);
	put_time(out, frame->time_ns);
	put32(out, frame->captured);
	put32(out, frame->bytes);
	put_padded(out, frame->data, frame->captured);
	if (frame->comment != NULL)
		put_option(out, OPTION_COMMENT, frame->comment, comment);
	put_option(out, FRAME_FLAGS, &flags, sizeof(flags));
	put_option(out, FRAME_ID, &frame->id, sizeof(frame->id));
	put_option(out, FRAME_QUEUE, &frame->queue, sizeof(frame->queue));
	end(out, total);
}

void
pcapng_lost(FILE *out, uint32_t interface, uint64_t time_ns, uint64_t lost)
{
	const uint32_t total =
		begin(out, BLOCK_STATISTICS, 12 + option_bytes(sizeof(lost)));

	put32(out, interface);
	put_time(out, time_ns);
	put_option(out, STATISTICS_OS_LOST, &lost, sizeof(lost));
	end(out, total);
}
