/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_PCAPREAD_H
#define MX_TESTS_PCAPREAD_H

/* A plain reader of pcapng, made from the draft and not from the writer. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pcapread {
	const uint8_t *at;
	const uint8_t *end;
	uint32_t sections;
	uint32_t interfaces;
	char name[8][32]; /* of the interfaces */
	uint64_t lost;    /* the sum that the statistics tell */

	/* The last frame. */
	uint32_t interface;
	uint64_t time_ns;
	uint32_t captured;
	uint32_t bytes;
	const uint8_t *data;
	char comment[256];
	uint32_t direction; /* 1: in, 2: out */
	uint64_t id;
	uint32_t queue;
};

/* Begin a file, or go on with the next piece of it. */
void pcapread_piece(struct pcapread *reader, const void *bytes, size_t length);

/* Read up to the next frame.  Returns false at the end of the piece.  A block
 * that cannot be is a failure of the test. */
bool pcapread_next(struct pcapread *reader);

#endif /* MX_TESTS_PCAPREAD_H */
