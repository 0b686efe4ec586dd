/* SPDX-License-Identifier: BSD-3-Clause */
#include "livekey.h"

#include <stdio.h>

#include "liveaction.h"

static const unsigned intervals_s[] = {1, 2, 5, 10, 30, 60};
#define INTERVALS (sizeof(intervals_s) / sizeof(intervals_s[0]))

static void
enter_view(struct live *live, enum view_id view)
{
	live->view = view;
	live->detail[0] = '\0';
	live->help = false;
	live_forget_pane(live);
}

/* Move by so many rows; a number beyond the ends moves to the end. */
static void
move_selection(struct live *live, long by)
{
	struct live_place *place = &live->place[live->view];
	struct rowlist list;

	if (!live_rows(live, &list))
		return;
	if (list.count > 0) {
		const long last = (long)list.count - 1;
		long at = (long)place->at + by;

		at = at < 0 ? 0 : at > last ? last : at;
		place->at = (size_t)at;
		place->held = at > 0;
		snprintf(place->selected, sizeof(place->selected), "%s",
			 sample_text(list.row[at], "name"));
	}
	rowlist_free(&list);
}

static void
move_pane(struct live *live, long by)
{
	const long last = (long)live_pane_end(live);
	const long at = (long)live->pane_top + by;

	live->pane_top = (size_t)(at < 0 ? 0 : at > last ? last : at);
}

/* Returns false if the key does not move anything. */
static bool
move_key(struct live *live, int key)
{
	const long page = live->rows_shown > 1 ? (long)live->rows_shown - 1 : 1;
	const struct {
		int key, other;
		long by;
	} moves[] = {
		{KEY_UP, 'k', -1},          {KEY_DOWN, 'j', 1},
		{KEY_PAGE_UP, 0x02, -page}, {KEY_PAGE_DOWN, 0x06, page},
		{KEY_HOME, 'g', -1000000},  {KEY_END, 'G', 1000000},
	};

	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		if (moves[i].key != key && moves[i].other != key)
			continue;
		if (live_has_pane(live))
			move_pane(live, moves[i].by);
		else
			move_selection(live, moves[i].by);
		return true;
	}
	return false;
}

/* Sort by the column at the left or right; before the first one is trouble. */
static void
move_column(struct live *live, int by)
{
	struct live_place *place = &live->place[live->view];
	const struct view *view = view_get(live->view);
	const int columns = (int)view->count;

	if (columns == 0 || live_has_pane(live))
		return;
	do {
		place->column += by;
		if (place->column >= columns)
			place->column = ROWLIST_TROUBLE;
		else if (place->column < ROWLIST_TROUBLE)
			place->column = columns - 1;
	} while (place->column >= 0 &&
		 view->columns[place->column].kind == VIEW_LINE);
	live_say(live, false, "sorted by %s",
		 place->column < 0 ? "trouble"
				   : view->columns[place->column].title);
}

static void
change_interval(struct live *live, int by)
{
	size_t i = 0;

	while (i < INTERVALS - 1 && intervals_s[i] < live->interval_s)
		i++;
	if (by < 0 && i > 0)
		i--;
	else if (by > 0 && intervals_s[i] <= live->interval_s &&
		 i < INTERVALS - 1)
		i++;
	live->interval_s = intervals_s[i];
	live->hurry = true;
	live_say(live, false, "every %u s", live->interval_s);
}

static void
show_detail(struct live *live)
{
	struct rowlist list;

	if (live->view != VIEW_MTAS || live_has_pane(live) ||
	    !live_rows(live, &list))
		return;
	if (list.count > 0) {
		snprintf(live->detail, sizeof(live->detail), "%s",
			 live->place[live->view].selected);
		live_forget_pane(live);
	}
	rowlist_free(&list);
}

/* Leave what is shown above the rest: the innermost first. */
static void
step_back(struct live *live)
{
	if (live->detail[0] != '\0') {
		live->detail[0] = '\0';
		live_forget_pane(live);
	} else {
		live->filter[0] = '\0';
	}
}

static void
toggle_pause(struct live *live)
{
	live->paused = !live->paused;
	live->hurry = !live->paused;
}

static void
view_key(struct live *live, int key)
{
	switch (key) {
	case KEY_TAB:
		enter_view(live, (live->view + 1) % VIEWS);
		break;
	case KEY_BACK_TAB:
		enter_view(live, (live->view + VIEWS - 1) % VIEWS);
		break;
	case KEY_ENTER:
		show_detail(live);
		break;
	case KEY_ESCAPE:
	case KEY_BACKSPACE:
		step_back(live);
		break;
	case '<':
	case KEY_LEFT:
		move_column(live, -1);
		break;
	case '>':
	case KEY_RIGHT:
		move_column(live, 1);
		break;
	case 'i':
		live->place[live->view].upward ^= true;
		break;
	default:
		if (key >= '1' && key < '1' + VIEWS)
			enter_view(live, (enum view_id)(key - '1'));
	}
}

static void
plain_key(struct live *live, int key)
{
	switch (key) {
	case 'q':
		live->left = true;
		break;
	case '?':
	case 'h':
		live->help = true;
		break;
	case ' ':
	case 'p':
		toggle_pause(live);
		break;
	case '+':
	case '=':
		change_interval(live, 1);
		break;
	case '-':
		change_interval(live, -1);
		break;
	case '/':
		live->entry = ENTRY_FILTER;
		snprintf(live->typed, sizeof(live->typed), "%s", live->filter);
		break;
	default:
		if (!move_key(live, key) && !liveaction_begin(live, key))
			view_key(live, key);
	}
}

void
livekey_press(struct live *live, int key)
{
	if (key == KEY_NONE)
		return;
	if (live->entry != ENTRY_NONE) {
		liveaction_key(live, key);
		return;
	}
	live->message[0] = '\0';
	if (live->help && (key == 'q' || key == KEY_ESCAPE || key == '?')) {
		live->help = false;
		return;
	}
	live->help = false;
	plain_key(live, key);
}
