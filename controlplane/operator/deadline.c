/* SPDX-License-Identifier: BSD-3-Clause */
#include "deadline.h"

#include "duration.h"

/* The wall clock may drift so much before the end is written anew. */
#define DRIFT_S 60

static int64_t
within(int64_t value, int64_t least, int64_t most)
{
	if (value < least)
		return least;
	return value > most ? most : value;
}

/* How much time is left by the wall clock. */
static int64_t
wall_left_s(const struct deadline *deadline, const struct moment *now)
{
	return within(deadline->wall_s, now->wall_s,
		      now->wall_s + deadline->for_s) -
	       now->wall_s;
}

struct deadline
deadline_in(int64_t for_s, const struct moment *now)
{
	if (for_s == 0)
		return (struct deadline){0};
	return (struct deadline){.for_s = for_s,
				 .at_s = now->s + for_s,
				 .wall_s = now->wall_s + for_s};
}

struct deadline
deadline_recall(const struct deadline *saved, bool same_start,
		const struct moment *now)
{
	struct deadline deadline = *saved;

	if (deadline.for_s <= 0)
		return (struct deadline){0};
	deadline.for_s = within(deadline.for_s, 1, DURATION_MAX_S);
	if (!same_start)
		deadline.settle_s = now->s + DEADLINE_SETTLE_S;
	else if (deadline.settle_s != 0)
		deadline.settle_s = within(deadline.settle_s, 1,
					   now->s + DEADLINE_SETTLE_S);
	deadline.at_s = within(deadline.at_s, 0, now->s + deadline.for_s);
	deadline.wall_s = within(deadline.wall_s, 0, INT64_MAX / 2);
	return deadline;
}

struct deadline
deadline_at(int64_t wall_s, bool same_start, const struct moment *now)
{
	if (wall_s == 0)
		return (struct deadline){0};
	const int64_t for_s = within(wall_s - now->wall_s, 1, DURATION_MAX_S);
	const struct deadline saved = {
		.for_s = for_s, .at_s = now->s + for_s, .wall_s = wall_s};
	return deadline_recall(&saved, same_start, now);
}

bool
deadline_follow(struct deadline *deadline, const struct moment *now)
{
	if (!deadline_is_set(deadline))
		return false;
	if (deadline->settle_s != 0) {
		if (now->s < deadline->settle_s)
			return false;
		deadline->at_s = now->s + wall_left_s(deadline, now);
		deadline->settle_s = 0;
		return true;
	}
	const int64_t wall_s = now->wall_s + (deadline->at_s - now->s);
	if (wall_s >= deadline->wall_s - DRIFT_S &&
	    wall_s <= deadline->wall_s + DRIFT_S)
		return false;
	deadline->wall_s = wall_s;
	return true;
}

int64_t
deadline_left_s(const struct deadline *deadline, const struct moment *now)
{
	if (!deadline_is_set(deadline))
		return 0;
	if (deadline->settle_s == 0)
		return within(deadline->at_s - now->s, 0, deadline->for_s);
	const int64_t wall_left = wall_left_s(deadline, now);
	const int64_t settling =
		within(deadline->settle_s - now->s, 0, DEADLINE_SETTLE_S);
	return wall_left > settling ? wall_left : settling;
}

bool
deadline_is_over(const struct deadline *deadline, const struct moment *now)
{
	return deadline_is_set(deadline) && deadline->settle_s == 0 &&
	       deadline->at_s <= now->s;
}
