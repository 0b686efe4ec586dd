/* SPDX-License-Identifier: BSD-3-Clause */
#include "live.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
live_begin(struct live *live)
{
	*live = (struct live){.interval_s = LIVE_INTERVAL_S, .rows_shown = 1};
	for (int i = 0; i < VIEWS; i++)
		live->place[i].column = ROWLIST_TROUBLE;
}

void
live_end(struct live *live)
{
	sample_free(&live->sample);
	free(live->pane);
	live->pane = NULL;
}

void
live_say(struct live *live, bool complains, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(live->message, sizeof(live->message), format, list);
	va_end(list);
	live->complains = complains;
}

bool
live_has_pane(const struct live *live)
{
	return live->detail[0] != '\0' || live->view == VIEW_EVENTS;
}

void
live_pane_command(const struct live *live,
		  char command[static LIVE_COMMAND_MAX])
{
	command[0] = '\0';
	if (live->detail[0] != '\0')
		snprintf(command, LIVE_COMMAND_MAX, "show backend %s",
			 live->detail);
	else if (live->view == VIEW_EVENTS)
		snprintf(command, LIVE_COMMAND_MAX, "show events 200");
}

void
live_forget_pane(struct live *live)
{
	free(live->pane);
	live->pane = NULL;
	live->pane_top = 0;
	live->hurry = true;
}

static size_t
count_lines(const char *text)
{
	size_t lines = 0;

	for (; text != NULL && *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

size_t
live_pane_end(const struct live *live)
{
	const size_t lines = count_lines(live->pane);

	return lines > live->rows_shown ? lines - live->rows_shown : 0;
}

void
live_take_pane(struct live *live, char *text)
{
	/* The newest event is below: the end stays in sight. */
	const bool follows =
		live->pane == NULL
			? live->view == VIEW_EVENTS && live->detail[0] == '\0'
			: live->pane_top > 0 &&
				  live->pane_top >= live_pane_end(live);

	free(live->pane);
	live->pane = text;
	if (follows || live->pane_top > live_pane_end(live))
		live->pane_top = live_pane_end(live);
}

bool
live_rows(struct live *live, struct rowlist *list)
{
	struct live_place *place = &live->place[live->view];
	const struct rowlist_wish wish = {
		.view = live->view,
		.filter = live->filter,
		.column = place->column,
		.upward = place->upward,
	};

	if (!rowlist_make(list, &live->sample, &wish))
		return false;
	const size_t found = rowlist_find(list, place->selected);
	if (!place->held)
		place->at = 0;
	else if (found < list->count)
		place->at = found;
	else if (place->at >= list->count)
		place->at = list->count > 0 ? list->count - 1 : 0;
	if (list->count > 0)
		snprintf(place->selected, sizeof(place->selected), "%s",
			 sample_text(list->row[place->at], "name"));
	if (place->at < place->top)
		place->top = place->at;
	if (place->at >= place->top + live->rows_shown)
		place->top = place->at - live->rows_shown + 1;
	if (place->top + live->rows_shown > list->count)
		place->top = list->count > live->rows_shown
				     ? list->count - live->rows_shown
				     : 0;
	return true;
}
