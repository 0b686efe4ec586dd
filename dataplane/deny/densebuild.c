/* SPDX-License-Identifier: BSD-3-Clause */
#include "densebuild.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 1024u

void
dense_free(struct dense_draft *draft)
{
	free(draft->line);
	free(draft->base);
	free(draft->block);
	free(draft->map);
	*draft = (struct dense_draft){0};
}

static uint32_t
addr_of(const struct mx_deny_entry *entry)
{
	return (uint32_t)(entry->high >> 32);
}

/* Set or clear `count` bits from `first` on. */
static void
paint(uint64_t *word, uint32_t first, uint32_t count, bool on)
{
	while (count > 0) {
		const uint32_t bit = first % 64;
		const uint32_t here = count < 64 - bit ? count : 64 - bit;
		const uint64_t mask =
			(here < 64 ? ((uint64_t)1 << here) - 1 : UINT64_MAX)
			<< bit;

		if (on)
			word[first / 64] |= mask;
		else
			word[first / 64] &= ~mask;
		first += here;
		count -= here;
	}
}

/* Prefixes of up to 24 bits.  One that is inside another comes later. */
static void
paint_wide(struct dense_draft *draft, const struct mx_deny_entry *entry)
{
	uint32_t slice = addr_of(entry) >> 8;
	uint32_t left = 1u << (24 - entry->bits);

	while (left > 0) {
		const uint32_t here = left < 256 ? left : 256;

		paint(draft->line[slice >> 8].whole, slice & 255, here,
		      entry->denied);
		slice += here;
		left -= here;
	}
}

/* Make room for one more in an array that doubles. */
static int
grow(void **array, uint32_t count, uint32_t *room, size_t item_bytes)
{
	if (count < *room)
		return 0;
	const uint32_t more = *room == 0 ? ROOM_FIRST : 2 * *room;
	void *grown = realloc(*array, more * item_bytes);
	if (grown == NULL)
		return -ENOMEM;
	*array = grown;
	*room = more;
	return 0;
}

static uint32_t
hosts_of(const struct dense_map *map)
{
	uint32_t count = 0;

	for (int i = 0; i < 4; i++)
		count += (uint32_t)__builtin_popcountll(map->host[i]);
	return count;
}

/* The block of at most three addresses. */
static uint32_t
name_hosts(const struct dense_map *map)
{
	uint32_t host[DENSE_HOSTS] = {0}, count = 0;

	for (uint32_t word = 0; word < 4; word++)
		for (uint64_t left = map->host[word]; left != 0;
		     left &= left - 1)
			host[count++] =
				word * 64 + (uint32_t)__builtin_ctzll(left);
	while (count < DENSE_HOSTS) {
		host[count] = host[count - 1];
		count++;
	}
	return host[0] | host[1] << 8 | host[2] << 16;
}

static int
push_block(struct dense_draft *draft, uint32_t block)
{
	if (grow((void **)&draft->block, draft->blocks, &draft->blocks_room,
		 sizeof(block)) != 0)
		return -ENOMEM;
	draft->block[draft->blocks++] = block;
	return 0;
}

/* Add the block of a /24 of which a part is denied. */
static int
add_block(struct dense_draft *draft, const struct dense_map *map)
{
	if (hosts_of(map) <= DENSE_HOSTS)
		return push_block(draft, name_hosts(map));
	if (grow((void **)&draft->map, draft->maps, &draft->maps_room,
		 sizeof(*map)) != 0)
		return -ENOMEM;
	draft->map[draft->maps++] = *map;
	return push_block(draft, DENSE_IS_MAP | (draft->maps - 1));
}

/* Enter a /24 with what is denied of it. */
static int
enter_slice(struct dense_draft *draft, uint32_t slice,
	    const struct dense_map *map)
{
	struct dense_line *line = &draft->line[slice >> 8];
	const uint32_t hosts = hosts_of(map);

	paint(line->whole, slice & 255, 1, hosts == 256);
	if (hosts == 0 || hosts == 256)
		return 0;
	paint(line->part, slice & 255, 1, true);
	draft->base[slice >> 8]++;
	return add_block(draft, map);
}

static struct dense_map
map_of_slice(const struct dense_draft *draft, uint32_t slice)
{
	const uint64_t *whole = draft->line[slice >> 8].whole;
	struct dense_map map = {{0}};

	if (whole[slice % 256 / 64] >> (slice % 64) & 1)
		memset(&map, 0xff, sizeof(map));
	return map;
}

/* Prefixes of more than 24 bits: those of one /24 are neighbours. */
static int
enter_narrow(struct dense_draft *draft, const struct mx_deny_entries *entries)
{
	for (uint32_t i = 0; i < entries->count;) {
		const uint32_t slice = addr_of(&entries->entry[i]) >> 8;
		struct dense_map map = map_of_slice(draft, slice);
		bool any = false;

		for (; i < entries->count &&
		       addr_of(&entries->entry[i]) >> 8 == slice;
		     i++) {
			const struct mx_deny_entry *entry = &entries->entry[i];

			if (entry->bits <= 24)
				continue;
			paint(map.host, addr_of(entry) & 255,
			      1u << (32 - entry->bits), entry->denied);
			any = true;
		}
		if (any && enter_slice(draft, slice, &map) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* base[] has how many blocks each line has: make it how many come before. */
static void
sum_up(struct dense_draft *draft)
{
	uint32_t before = 0;

	for (uint32_t i = 0; i < DENSE_LINES; i++) {
		const uint32_t own = draft->base[i];

		draft->base[i] = before;
		before += own;
	}
}

int
dense_make(struct dense_draft *draft, const struct mx_deny_entries *entries)
{
	*draft = (struct dense_draft){
		.line = calloc(DENSE_LINES, sizeof(*draft->line)),
		.base = calloc(DENSE_LINES, sizeof(*draft->base)),
	};
	if (draft->line == NULL || draft->base == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < entries->count; i++)
		if (entries->entry[i].bits <= 24)
			paint_wide(draft, &entries->entry[i]);
	if (enter_narrow(draft, entries) != 0)
		return -ENOMEM;
	sum_up(draft);
	/* An even number, so that the maps are aligned. */
	return draft->blocks % 2 == 0 ? 0 : push_block(draft, 0);
}

void
dense_write(const struct dense_draft *draft, void *to)
{
	uint8_t *at = to;
	const size_t size[] = {
		DENSE_LINES * sizeof(*draft->line),
		DENSE_LINES * sizeof(*draft->base),
		draft->blocks * sizeof(*draft->block),
		draft->maps * sizeof(*draft->map),
	};
	const void *from[] = {draft->line, draft->base, draft->block,
			      draft->map};

	for (int i = 0; i < 4; i++) {
		if (size[i] > 0)
			memcpy(at, from[i], size[i]);
		at += size[i];
	}
}
