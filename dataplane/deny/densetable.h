/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENSETABLE_H
#define MX_DENSETABLE_H

/* The IPv4 part of a deny table that is made of files: which of all IPv4
 * addresses are denied.
 *
 *   line[65536] | base[65536] | block[blocks] | map[maps]
 *
 * Line       one for each first half of an address: two bits for each /24, in
 *            one cache line.  Either all of the /24 is denied, or a part of it,
 *            or nothing.
 * Block      what is denied of a /24 of which a part is.  base[] is the number
 *            of blocks before those of a line.  A block names up to three
 *            addresses, or has a map of all 256.
 *
 * A look-up of an address in a /24 without denied addresses reads one line, and
 * others read at most three lines more.  The lengths of the prefixes do not
 * matter.
 *
 * Invariant  a look-up compares each index with the table's size: a table that
 *            was written by another process is safe to use.
 * Threads    as denytable.h. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DENSE_LINES 65536u

struct dense_line {
	uint64_t whole[4];
	uint64_t part[4];
};
static_assert(sizeof(struct dense_line) == 64, "a cache line");

/* A block: its last byte is 0 and the others name addresses by their last byte,
 * some more than once; or DENSE_IS_MAP and the number of a map. */
#define DENSE_IS_MAP 0x80000000u
#define DENSE_HOSTS 3u

struct dense_map {
	uint64_t host[4];
};

struct dense_table {
	const struct dense_line *line;
	const uint32_t *base;
	const uint32_t *block;
	const struct dense_map *map;
	uint32_t blocks;
	uint32_t maps;
};

#define DENSE_SIZE(blocks, maps)                                               \
	((size_t)DENSE_LINES *                                                 \
		 (sizeof(struct dense_line) + sizeof(uint32_t)) +              \
	 (size_t)(blocks) * sizeof(uint32_t) +                                 \
	 (size_t)(maps) * sizeof(struct dense_map))

/* The parts of a table at `at`.  blocks: an even number. */
static inline struct dense_table
dense_table_at(const void *at, uint32_t blocks, uint32_t maps)
{
	struct dense_table dense = {.blocks = blocks, .maps = maps};

	dense.line = at;
	dense.base = (const uint32_t *)(dense.line + DENSE_LINES);
	dense.block = dense.base + DENSE_LINES;
	dense.map =
		(const struct dense_map *)(const void *)(dense.block + blocks);
	return dense;
}

/* Is anything denied in the /24 of an address?  addr: in host order. */
static inline bool
dense_is_touched(const struct dense_line *line, uint32_t addr)
{
	const uint32_t word = addr >> 14 & 3;

	return (line[addr >> 16].whole[word] | line[addr >> 16].part[word]) >>
		       (addr >> 8 & 63) &
	       1;
}

/* Is an address denied whose /24 is touched? */
bool dense_is_denied(const struct dense_table *dense, uint32_t addr);

#endif /* MX_DENSETABLE_H */
