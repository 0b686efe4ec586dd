/* SPDX-License-Identifier: BSD-3-Clause */
#include "view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quantity.h"
#include "style.h"
#include "table.h"

#define LINE_VALUES_MAX 64

/* clang-format off */
static const struct view_column services[] = {
	{"SERVICE",   "name",            VIEW_TEXT,   10, 0},
	{"STATE",     "state",           VIEW_STATE,   8, 0},
	{"SERVING",   "serving",         VIEW_PART,    7, 3},
	{"SESSIONS",  "sessions",        VIEW_COUNT,   8, 0},
	{"HALF",      "half_open",       VIEW_COUNT,   5, 6},
	{"NEW/s",     "opened",          VIEW_RATE,    6, 0},
	{"IN B/s",    "bytes_in",        VIEW_RATE,    6, 2},
	{"OUT B/s",   "bytes_out",       VIEW_RATE,    7, 4},
	{"PKT/s",     "packets",         VIEW_RATE,    6, 5},
	{"REFUSED/s", "refused",         VIEW_BAD_RATE,    9, 1},
	{"REFUSED",   "refused",         VIEW_COUNT,   7, 7},
	{"POOL",      "pool",            VIEW_TEXT,    8, 8},
	{"NEW OF LATE", "opened_per_step", VIEW_LINE, 20, 9},
};
static const struct view_column pools[] = {
	{"POOL",       "name",      VIEW_TEXT,  10, 0},
	{"STATE",      "state",     VIEW_STATE,  8, 0},
	{"SERVING",    "serving",   VIEW_PART,   7, 0},
	{"TIER",       "tier",      VIEW_COUNT,  4, 6},
	{"SESSIONS",   "sessions",  VIEW_COUNT,  8, 0},
	{"HALF",       "half_open", VIEW_COUNT,  5, 7},
	{"NEW/s",      "opened",    VIEW_RATE,   6, 0},
	{"IN B/s",     "bytes_in",  VIEW_RATE,   6, 2},
	{"OUT B/s",    "bytes_out", VIEW_RATE,   7, 3},
	{"PKT/s",      "packets",   VIEW_RATE,   6, 4},
	{"UNSERVED/s", "unserved",  VIEW_BAD_RATE,  10, 1},
	{"UNSERVED",   "unserved",  VIEW_COUNT,  8, 5},
};
static const struct view_column mtas[] = {
	{"MTA",        "name",             VIEW_TEXT,  12, 0},
	{"HEALTH",     "health",           VIEW_STATE,  7, 0},
	{"ADMIN",      "admin",            VIEW_STATE,  5, 1},
	{"SINCE",      "since_s",          VIEW_AGE,    6, 6},
	{"WEIGHT",     "weight",           VIEW_COUNT,  6, 8},
	{"NOW",        "effective_weight", VIEW_COUNT,  4, 7},
	{"SESSIONS",   "sessions",         VIEW_COUNT,  8, 0},
	{"MAX",        "connections_max",  VIEW_COUNT,  5, 11},
	{"NEW/s",      "opened",           VIEW_RATE,   6, 0},
	{"IN B/s",     "bytes_in",         VIEW_RATE,   6, 5},
	{"OUT B/s",    "bytes_out",        VIEW_RATE,   7, 9},
	{"PKT/s",      "packets",          VIEW_RATE,   6, 10},
	{"BANNER ms",  "banner_ms",        VIEW_NUMBER, 9, 2},
	{"UNSERVED/s", "unserved",         VIEW_BAD_RATE,  10, 3},
	{"UNSERVED",   "unserved",         VIEW_COUNT,  8, 12},
	{"ADDRESS",    "address",          VIEW_TEXT,  18, 13},
	{"WHY",        "reason",           VIEW_LAST,  36, 4},
};
static const struct view_column workers[] = {
	{"WORKER",       "name",         VIEW_TEXT,   6, 0},
	{"CORE",         "core",         VIEW_COUNT,  4, 2},
	{"BUSY %",       "busy_percent", VIEW_NUMBER, 6, 0},
	{"SESSIONS",     "sessions",     VIEW_COUNT,  8, 0},
	{"SLOTS",        "slots_used",   VIEW_COUNT,  7, 4},
	{"RX/s",         "rx",           VIEW_RATE,   6, 0},
	{"TX/s",         "tx",           VIEW_RATE,   6, 0},
	{"DROPPED/s",    "dropped",      VIEW_BAD_RATE,   9, 0},
	{"DROPPED",      "dropped",      VIEW_COUNT,  7, 1},
	{"TO KERNEL/s",  "to_kernel",    VIEW_RATE,  11, 3},
	{"HANDED OFF/s", "handed_off",   VIEW_RATE,  12, 5},
	{"COOKIES ON",   "cookies_on",   VIEW_COUNT, 10, 6},
};
#define COLUMNS(list) list, sizeof(list) / sizeof((list)[0])
static const struct view views[VIEWS] = {
	[VIEW_SERVICES] = {"Services", "services", COLUMNS(services)},
	[VIEW_POOLS]    = {"Pools", "pools", COLUMNS(pools)},
	[VIEW_MTAS]     = {"MTAs", "MTAs", COLUMNS(mtas)},
	[VIEW_WORKERS]  = {"Workers", "workers", COLUMNS(workers)},
	[VIEW_EVENTS]   = {"Events", "events", NULL, 0},
};
/* clang-format on */

const struct view *
view_get(enum view_id id)
{
	return &views[id];
}

static void
write_age(const struct sample *sample, const json_t *row, const char *key,
	  char cell[static CELL_MAX])
{
	const double age =
		sample_count(sample->now, "wall_s") - sample_count(row, key);

	if (isnan(age))
		strcpy(cell, "-");
	else
		table_age((int64_t)age, cell);
}

static void
write_line(const json_t *row, const struct view_column *column,
	   char cell[static CELL_MAX])
{
	const json_t *steps = json_object_get(row, column->key);
	double values[LINE_VALUES_MAX];
	size_t count = 0, i;
	json_t *step;

	json_array_foreach(steps, i, step) {
		if (count < LINE_VALUES_MAX)
			values[count++] = json_is_number(step)
						  ? json_number_value(step)
						  : NAN;
	}
	quantity_line(values, count, LINE_VALUES_MAX, cell);
}

bool
view_number(const struct sample *sample, enum view_id id,
	    const struct view_column *column, const json_t *row, double *number)
{
	switch (column->kind) {
	case VIEW_COUNT:
	case VIEW_NUMBER:
	case VIEW_PART:
		*number = sample_count(row, column->key);
		return true;
	case VIEW_AGE: /* the longest time is the greatest number */
		*number = -sample_count(row, column->key);
		return true;
	case VIEW_RATE:
	case VIEW_BAD_RATE:
		*number = sample_rate(sample, (enum sample_list)id, row,
				      column->key);
		return true;
	default:
		return false;
	}
}

void
view_cell(const struct sample *sample, enum view_id id,
	  const struct view_column *column, const json_t *row,
	  char cell[static CELL_MAX])
{
	double number = NAN;

	view_number(sample, id, column, row, &number);
	switch (column->kind) {
	case VIEW_COUNT:
		quantity_count(number, cell);
		break;
	case VIEW_NUMBER:
	case VIEW_RATE:
	case VIEW_BAD_RATE:
		quantity_rate(number, cell);
		break;
	case VIEW_AGE:
		write_age(sample, row, column->key, cell);
		break;
	case VIEW_PART:
		snprintf(cell, CELL_MAX, "%.0f/%.0f", number,
			 sample_count(row, "members"));
		break;
	case VIEW_LINE:
		write_line(row, column, cell);
		break;
	default:
		cell_format(json_object_get(row, column->key), cell);
	}
}

/* One that is not well, and does not serve, is worse than one that serves. */
static int
mta_badness(const json_t *row)
{
	if (json_is_true(json_object_get(row, "well")))
		return 0;
	return sample_count(row, "effective_weight") > 0 ? 1 : 2;
}

int
view_badness(enum view_id id, const json_t *row)
{
	switch (id) {
	case VIEW_MTAS:
		return mta_badness(row);
	case VIEW_SERVICES:
	case VIEW_POOLS:
		switch (style_mood(sample_text(row, "state"))) {
		case STYLE_TROUBLE:
			return 2;
		case STYLE_NOTICE:
			return 1;
		default:
			return 0;
		}
	default:
		return 0;
	}
}
