/* SPDX-License-Identifier: BSD-3-Clause */
#include "homing.h"

#include "borrow.h"
#include "shadows.h"

/* How long a start waits for peers at most. */
#define WAIT_S 5

/* How many entries are looked at in each step. */
#define STEPS 64

/* How many steps are made before a sleep. */
#define REST_STEPS 64

void
homing_begin(struct worker *w)
{
	w->homing = (struct homing){
		.on = true,
		.until_s = w->now_s + WAIT_S,
	};
}

bool
homing_waits(const struct worker *w, uint32_t now_s)
{
	return now_s <
	       atomic_load_explicit(&w->homing.until_s, memory_order_relaxed);
}

/* The next shadow that is SYNCED and has not been gone through, or NULL.  Sets
 * *left: there are shadows that have not been. */
static const struct mx_shadow_map *
next_shadow(const struct worker *w, const struct shadows *shadows, bool *left)
{
	*left = false;
	for (uint16_t i = 0; i < shadows->count; i++) {
		const struct mx_shadow_map *map = &shadows->map[i];

		if (w->homing.done >> map->box & 1)
			continue;
		*left = true;
		if (shadows_is_synced(shadows, map))
			return map;
	}
	return NULL;
}

static void
begin_shadow(struct worker *w, const struct shadows *shadows)
{
	bool left;
	const struct mx_shadow_map *map = next_shadow(w, shadows, &left);

	if (map != NULL) {
		w->homing.box = map->box;
		w->homing.at = 0;
	} else if (!left) {
		/* All have told what they had. */
		atomic_store_explicit(&w->homing.until_s, 0,
				      memory_order_relaxed);
	}
}

void
homing_step(struct worker *w, const struct active_plan *active)
{
	struct homing *homing = &w->homing;
	const struct shadows *shadows =
		atomic_load_explicit(&w->shadows, memory_order_acquire);
	struct mx_shadow_entry entry;

	if (shadows == NULL || active->plan.box == 0)
		return;
	if (homing->box == 0)
		begin_shadow(w, shadows);
	if (homing->box == 0)
		return;
	const struct mx_shadow_map *map = shadows_of(shadows, homing->box);
	for (int i = 0; i < STEPS && map != NULL && homing->at < map->count;
	     i++)
		if (mx_shadow_at(map, homing->at++, &entry))
			borrow_home(w, active, &entry);
	if (map == NULL || homing->at >= map->count) {
		homing->done |= map == NULL ? 0 : 1u << homing->box;
		homing->box = 0;
	}
}

void
homing_rest(struct worker *w, const struct active_plan *active)
{
	for (int i = 0; i < REST_STEPS && w->homing.box != 0; i++)
		homing_step(w, active);
}
