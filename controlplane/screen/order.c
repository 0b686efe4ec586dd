/* SPDX-License-Identifier: BSD-3-Clause */
#include "order.h"

#include <assert.h>

#include "style.h"

static_assert(STYLE_TROUBLE == ORDER_WORST, "a mood is a badness");

void
order_worst_first(json_t *rows, int (*badness)(const json_t *row))
{
	json_t *ordered = json_array();
	size_t index;
	json_t *row;

	for (int level = ORDER_WORST; level >= 0; level--)
		json_array_foreach(rows, index, row)
			if (badness(row) == level)
				json_array_append(ordered, row);
	json_array_clear(rows);
	json_array_extend(rows, ordered);
	json_decref(ordered);
}

int
order_by_state(const json_t *row)
{
	const char *state = json_string_value(json_object_get(row, "state"));

	return state != NULL ? (int)style_mood(state) : 0;
}
