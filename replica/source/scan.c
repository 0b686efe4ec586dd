/* SPDX-License-Identifier: BSD-3-Clause */
#include "scan.h"

#include "clocks.h"

/* Free slots behind the last used one that a scan looks at: the data plane takes
 * them by their order, so that a longer run of them has no session behind it. */
#define TAIL 32768u

/* A scan takes a 40th of the time, unless they would be too seldom. */
#define SHARE 40u
#define PAUSE_MAX_MS 2000u

/* One scan of so many is of all slots, whatever the order. */
#define WHOLE_EVERY 64u

static struct freechain_worker
worker_of(const struct source *source, uint16_t worker)
{
	const struct sessionmap *map = &source->map;

	return (struct freechain_worker){
		.session = map->file[worker].at->session,
		.count = map->count,
		.first = worker * map->count,
		.worker = worker,
	};
}

/* Look at the slots of a worker that were taken since. */
static void
look_at_taken(struct source *source, const struct freechain_worker *of)
{
	uint32_t *used_to = &source->used_to[of->worker];
	uint32_t index;

	while ((index = freechain_take(&source->chain, of)) != FREECHAIN_NONE) {
		const uint32_t slot = of->first + index;

		source_look(source, slot, &of->session[index]);
		source->fresh[source->fresh_head++ & (SOURCE_NEW - 1)] = slot;
		if (index >= *used_to)
			*used_to = index + 1;
	}
}

/* Has the scan of this worker more to look at? */
static bool
goes_on(const struct source *source, const struct freechain_worker *of)
{
	const uint32_t index = source->place.index;

	return index < of->count &&
	       (source->place.whole ||
		index < source->used_to[of->worker] + TAIL);
}

/* Scan slots of the present worker.  Returns how many. */
static uint32_t
scan_worker(struct source *source, uint32_t most)
{
	struct source_place *place = &source->place;
	const struct freechain_worker of = worker_of(source, place->worker);
	uint32_t done = 0;

	for (; done < most && goes_on(source, &of); done++) {
		const uint32_t i = place->index++;

		if (!source_look(source, of.first + i, &of.session[i])) {
			freechain_note(&source->chain, &of, i);
			continue;
		}
		if (i >= source->used_to[of.worker])
			source->used_to[of.worker] = i + 1;
		if (freechain_meet(&source->chain, &of, i))
			look_at_taken(source, &of);
	}
	if (done < most) {
		place->worker++;
		place->index = 0;
	}
	return done;
}

static const struct mx_session *
session_at(const struct source *source, uint32_t slot)
{
	const struct sessionmap *map = &source->map;

	return &map->file[slot / map->count].at->session[slot % map->count];
}

/* Is there a data plane whose sessions these are?  If not, they are forgotten. */
static bool
is_live(struct source *source)
{
	if (source->shape != 0 && !sessionmap_is_live(&source->map))
		source_forget(source);
	return source->shape != 0;
}

void
scan_glance(struct source *source)
{
	const struct sessionmap *map = &source->map;
	uint64_t from;

	if (!is_live(source) || source->rounds == 0)
		return;
	source->place.at_s = now_s();
	from = source->fresh_from[1];
	if (source->fresh_head - from > SOURCE_NEW)
		from = source->fresh_head - SOURCE_NEW;
	for (; from != source->fresh_head; from++) {
		const uint32_t slot = source->fresh[from & (SOURCE_NEW - 1)];

		source_look(source, slot, session_at(source, slot));
	}
	for (uint16_t i = 0; i < map->workers; i++) {
		const struct freechain_worker of = worker_of(source, i);

		look_at_taken(source, &of);
	}
}

static void
begin_scan(struct source *source)
{
	source->place = (struct source_place){
		.whole = source->rounds % WHOLE_EVERY == 0,
		.anew = source->anew,
		.at_s = now_s(),
	};
	source->anew = false;
	source->slice_us = 0;
	source->fresh_from[1] = source->fresh_from[0];
	source->fresh_from[0] = source->fresh_head;
}

bool
scan_slice(struct source *source)
{
	const struct source_place *place = &source->place;
	const int64_t began_us = clock_us(CLOCK_MONOTONIC);
	uint32_t left = SCAN_SLICE;

	if (!is_live(source))
		return false;
	if (place->worker == 0 && place->index == 0)
		begin_scan(source);
	while (left > 0 && place->worker < source->map.workers)
		left -= scan_worker(source, left);
	source->slice_us += (uint64_t)(clock_us(CLOCK_MONOTONIC) - began_us);
	if (place->worker < source->map.workers)
		return true;
	source->place = (struct source_place){0};
	source->scan_us = source->slice_us;
	source->rounds++;
	return false;
}

uint64_t
scan_pause_ms(const struct source *source)
{
	const uint64_t pause_ms = source->scan_us * SHARE / 1000;

	if (pause_ms < SCAN_GLANCE_MS)
		return SCAN_GLANCE_MS;
	return pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS;
}
