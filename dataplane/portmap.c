/* SPDX-License-Identifier: BSD-3-Clause */
#include "portmap.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* The first offset from PORT_FIRST that portmap_owner() gives to a worker. */
static uint32_t
share_first(uint16_t worker, uint16_t workers)
{
	return (worker * PORT_COUNT + workers - 1) / workers;
}

static void
used_add(struct portmap *map, uint32_t change)
{
	/* One writer: a plain add, made visible to readers. */
	const uint32_t used =
		atomic_load_explicit(&map->used, memory_order_relaxed);
	atomic_store_explicit(&map->used, used + change, memory_order_relaxed);
}

int
portmap_make(struct portmap *map, uint32_t address_be, uint16_t worker,
	     uint16_t workers)
{
	const uint32_t first = share_first(worker, workers);
	const uint32_t count = share_first(worker + 1, workers) - first;
	uint32_t *entry = malloc(count * sizeof(*entry));

	if (entry == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		entry[i] = PORTMAP_FREE | PORTMAP_END;
	*map = (struct portmap){
		.address_be = address_be,
		.first = PORT_FIRST + first,
		.count = count,
		.free_head = PORTMAP_END,
		.free_tail = PORTMAP_END,
		.entry = entry,
	};
	return 0;
}

bool
portmap_claim(struct portmap *map, uint16_t port, uint32_t session)
{
	const uint32_t at = port - map->first;

	if (at >= map->count || !(map->entry[at] & PORTMAP_FREE))
		return false;
	map->entry[at] = session;
	used_add(map, 1);
	return true;
}

static void
free_list_put(struct portmap *map, uint32_t at)
{
	map->entry[at] = PORTMAP_FREE | PORTMAP_END;
	if (map->free_head == PORTMAP_END)
		map->free_head = at;
	else
		map->entry[map->free_tail] = PORTMAP_FREE | at;
	map->free_tail = at;
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

void
portmap_free(struct portmap *map)
{
	free(map->entry);
	*map = (struct portmap){0};
}

uint16_t
portmap_take(struct portmap *map, uint32_t session)
{
	const uint32_t at = map->free_head;

	if (at == PORTMAP_END)
		return 0;
	map->free_head = map->entry[at] & ~PORTMAP_FREE;
	map->entry[at] = session;
	used_add(map, 1);
	return (uint16_t)(map->first + at);
}

void
portmap_give(struct portmap *map, uint16_t port)
{
	const uint32_t at = port - map->first;

	assert(at < map->count && !(map->entry[at] & PORTMAP_FREE));
	free_list_put(map, at);
	used_add(map, (uint32_t)-1);
}
