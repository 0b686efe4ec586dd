/* SPDX-License-Identifier: BSD-3-Clause */
#include "portmap.h"

#include <assert.h>

/* All ports in one class. */
static const struct mx_class_byte one_class[2];

/* The first offset from MX_LOCAL_PORT_FIRST that portmap_owner() gives to a
 * worker. */
static uint32_t
share_first(uint16_t worker, uint16_t workers)
{
	return (worker * MX_LOCAL_PORTS + workers - 1) / workers;
}

static void
used_add(struct portmap *map, uint32_t change)
{
	/* One writer: a plain add, made visible to readers. */
	const uint32_t used =
		atomic_load_explicit(&map->used, memory_order_relaxed);
	atomic_store_explicit(&map->used, used + change, memory_order_relaxed);
}

void
portmap_make(struct portmap *map, const struct mx_addr *address,
	     uint16_t worker, uint16_t workers, uint32_t *entry)
{
	const uint32_t first = share_first(worker, workers);
	const uint32_t count = share_first(worker + 1, workers) - first;

	for (uint32_t i = 0; i < count; i++)
		entry[i] = PORTMAP_FREE | PORTMAP_END;
	*map = (struct portmap){
		.address = *address,
		.first = MX_LOCAL_PORT_FIRST + first,
		.count = count,
		.byte = one_class,
		.entry = entry,
	};
}

bool
portmap_claim(struct portmap *map, uint16_t port, uint32_t session)
{
	const uint32_t at = port - map->first;

	if (at >= map->count || !(map->entry[at] & PORTMAP_FREE))
		return false;
	map->entry[at] = session;
	map->stale = map->linked;
	used_add(map, 1);
	return true;
}

static uint32_t
class_of(const struct portmap *map, uint32_t at)
{
	const uint32_t port = map->first + at;

	return map->byte[0].class[port >> 8] ^ map->byte[1].class[port & 0xff];
}

static void
free_list_put(struct portmap *map, uint32_t at)
{
	const uint32_t class = class_of(map, at);

	map->entry[at] = PORTMAP_FREE | PORTMAP_END;
	if (map->ready >> class & 1)
		map->entry[map->free_tail[class]] = PORTMAP_FREE | at;
	else
		map->free_head[class] = (uint16_t)at;
	map->free_tail[class] = (uint16_t)at;
	map->ready |= UINT64_C(1) << class;
}

void
portmap_sort(struct portmap *map, const struct mx_class_byte *byte)
{
	if (!map->linked)
		map->byte = byte;
}

void
portmap_link(struct portmap *map, uint32_t start)
{
	if (map->linked)
		return;
	map->linked = true;
	for (uint32_t i = 0; i < map->count; i++) {
		const uint32_t at = (start % map->count + i) % map->count;

		if (map->entry[at] & PORTMAP_FREE)
			free_list_put(map, at);
	}
}

/* String the free ports together anew, from one on that has rested long. */
static void
relink(struct portmap *map)
{
	const uint32_t start =
		map->ready == 0 ? 0
				: map->free_head[__builtin_ctzll(map->ready)];

	map->stale = false;
	map->linked = false;
	map->ready = 0;
	portmap_link(map, start);
}

/* The first class in a set, counted round from `turn`. */
static uint32_t
next_class(uint64_t classes, uint32_t turn)
{
	const uint64_t turned = classes >> turn | classes << (-turn & 63);

	return ((uint32_t)__builtin_ctzll(turned) + turn) & 63;
}

uint16_t
portmap_take_of(struct portmap *map, uint32_t session, uint64_t classes)
{
	if (unlikely(map->stale))
		relink(map);
	if ((map->ready & classes) == 0)
		return 0;
	const uint32_t class = next_class(map->ready & classes, map->turn);
	const uint32_t at = map->free_head[class];
	const uint32_t next = map->entry[at] & ~PORTMAP_FREE;

	map->turn = (class + 1) & 63;
	map->free_head[class] = (uint16_t)next;
	if (next == PORTMAP_END)
		map->ready &= ~(UINT64_C(1) << class);
	map->entry[at] = session;
	used_add(map, 1);
	return (uint16_t)(map->first + at);
}

uint16_t
portmap_take(struct portmap *map, uint32_t session)
{
	return portmap_take_of(map, session, RSS_OWNER_ANY);
}

void
portmap_give(struct portmap *map, uint16_t port)
{
	const uint32_t at = port - map->first;

	assert(at < map->count && !(map->entry[at] & PORTMAP_FREE));
	if (unlikely(map->stale))
		relink(map);
	if (likely(map->linked))
		free_list_put(map, at);
	else
		map->entry[at] = PORTMAP_FREE | PORTMAP_END;
	used_add(map, (uint32_t)-1);
}
