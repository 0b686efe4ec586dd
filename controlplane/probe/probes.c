/* SPDX-License-Identifier: BSD-3-Clause */
#include "probes.h"

#include <assert.h>
#include <stdlib.h>

struct probes {
	struct event_base *base;
	uint32_t at_once;
	uint32_t under_way;
	struct probe_turn *first; /* the first probe in line */
	struct probe_turn **end;  /* the place of the next probe in line */
};

struct probes *
probes_new(struct event_base *base, uint32_t at_once)
{
	struct probes *probes = calloc(1, sizeof(*probes));

	assert(at_once > 0);
	if (probes == NULL)
		return NULL;
	probes->base = base;
	probes->at_once = at_once;
	probes->end = &probes->first;
	return probes;
}

void
probes_free(struct probes *probes)
{
	assert(probes->under_way == 0 && probes->first == NULL);
	free(probes);
}

struct event_base *
probes_base(const struct probes *probes)
{
	return probes->base;
}

bool
probes_take_turn(struct probes *probes, struct probe_turn *turn)
{
	if (turn->state == TURN_NONE) {
		if (probes->under_way < probes->at_once) {
			probes->under_way++;
			turn->state = TURN_HAS;
		} else {
			turn->state = TURN_WAITS;
			turn->next = NULL;
			*probes->end = turn;
			probes->end = &turn->next;
		}
	}
	return turn->state == TURN_HAS;
}

static void
leave_line(struct probes *probes, struct probe_turn *turn)
{
	struct probe_turn **link = &probes->first;

	while (*link != turn)
		link = &(*link)->next;
	*link = turn->next;
	if (probes->end == &turn->next)
		probes->end = link;
}

void
probes_end_turn(struct probes *probes, struct probe_turn *turn)
{
	struct probe_turn *next = probes->first;

	if (turn->state == TURN_WAITS) {
		leave_line(probes, turn);
	} else if (turn->state == TURN_HAS && next != NULL) {
		leave_line(probes, next);
		next->state = TURN_HAS;
		next->comes(next->arg);
	} else if (turn->state == TURN_HAS) {
		probes->under_way--;
	}
	turn->state = TURN_NONE;
}
