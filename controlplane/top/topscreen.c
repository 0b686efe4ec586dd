/* SPDX-License-Identifier: BSD-3-Clause */
#include "topscreen.h"

#include <math.h>
#include <string.h>

#include "liveaction.h"
#include "style.h"
#include "tophead.h"

#define GAP 2 /* blanks between columns */
#define NAME_MAX_WIDTH 40

/* A screen of fewer lines has none about the selected row. */
#define HEIGHT_SELECTED 14

/* The columns that fit, and how wide each is; 0: it is left out. */
struct layout {
	size_t width[VIEW_COLUMNS_MAX];
};

static size_t
width_of(const struct layout *layout, size_t count)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += layout->width[i] > 0 ? layout->width[i] + GAP : 0;
	return sum > 0 ? sum - GAP : 0;
}

/* Leave out the column of the highest rank.  Returns false if all have to stay. */
static bool
leave_out(struct layout *layout, const struct view *view)
{
	size_t worst = 0;

	for (size_t i = 1; i < view->count; i++)
		if (layout->width[i] > 0 &&
		    view->columns[i].rank > view->columns[worst].rank)
			worst = i;
	if (view->columns[worst].rank == 0)
		return false;
	layout->width[worst] = 0;
	return true;
}

/* A wide column that was left out may have made room for narrow ones.  Returns false
 * if none fits. */
static bool
take_back(struct layout *layout, const struct view *view,
	  const struct canvas *canvas)
{
	const size_t used = width_of(layout, view->count);
	size_t best = view->count;

	for (size_t i = 0; i < view->count; i++) {
		const struct view_column *column = &view->columns[i];

		if (layout->width[i] == 0 &&
		    used + GAP + column->width <= canvas->width &&
		    (column->kind != VIEW_LINE || canvas->reader.utf8) &&
		    (best == view->count ||
		     column->rank < view->columns[best].rank))
			best = i;
	}
	if (best == view->count)
		return false;
	layout->width[best] = view->columns[best].width;
	return true;
}

static size_t
name_width(const struct rowlist *list, size_t least)
{
	for (size_t i = 0; i < list->count; i++) {
		const size_t width =
			cell_width(sample_text(list->row[i], "name"));

		least = width > least ? width : least;
	}
	return least < NAME_MAX_WIDTH ? least : NAME_MAX_WIDTH;
}

static bool
takes_rest(enum view_kind kind)
{
	return kind == VIEW_LAST || kind == VIEW_LINE;
}

static struct layout
make_layout(const struct canvas *canvas, const struct view *view,
	    const struct rowlist *list)
{
	struct layout layout = {{0}};

	for (size_t i = 0; i < view->count; i++)
		if (view->columns[i].kind != VIEW_LINE || canvas->reader.utf8)
			layout.width[i] = view->columns[i].width;
	layout.width[0] = name_width(list, layout.width[0]);
	while (width_of(&layout, view->count) > canvas->width &&
	       leave_out(&layout, view))
		;
	while (take_back(&layout, view, canvas))
		;
	/* The last text has what is left. */
	const size_t used = width_of(&layout, view->count);
	const size_t last = view->count - 1;
	if (takes_rest(view->columns[last].kind) && layout.width[last] > 0 &&
	    used < canvas->width)
		layout.width[last] += canvas->width - used;
	return layout;
}

static bool
is_number(enum view_kind kind)
{
	return kind == VIEW_COUNT || kind == VIEW_NUMBER || kind == VIEW_RATE ||
	       kind == VIEW_AGE || kind == VIEW_PART || kind == VIEW_BAD_RATE;
}

static void
put_titles(const struct live *live, struct canvas *canvas, unsigned y,
	   const struct layout *layout)
{
	const struct view *view = view_get(live->view);

	for (size_t i = 0; i < view->count; i++) {
		const struct view_column *column = &view->columns[i];
		const bool sorted = (int)i == live->place[live->view].column;
		const unsigned style =
			CANVAS_REVERSE |
			(sorted ? CANVAS_BOLD | CANVAS_CYAN : CANVAS_DIM);

		if (layout->width[i] == 0)
			continue;
		if (is_number(column->kind))
			canvas_put_right(canvas, y, style, column->title,
					 layout->width[i]);
		else
			canvas_put_left(canvas, y, style, column->title,
					layout->width[i]);
		canvas_format(canvas, y, CANVAS_REVERSE | CANVAS_DIM, "%*s",
			      GAP, "");
	}
	canvas_pad(canvas, y, CANVAS_REVERSE | CANVAS_DIM, canvas->width);
}

static unsigned
cell_style(const struct live *live, const struct view_column *column,
	   const json_t *row, const char *cell)
{
	if (column->kind == VIEW_LINE)
		return CANVAS_CYAN;
	if (column->kind == VIEW_BAD_RATE &&
	    sample_rate(&live->sample, (enum sample_list)live->view, row,
			column->key) > 0)
		return CANVAS_YELLOW | CANVAS_BOLD;
	if (column->kind != VIEW_STATE)
		return CANVAS_PLAIN;
	switch (style_mood(cell)) {
	case STYLE_TROUBLE:
		return CANVAS_RED | CANVAS_BOLD;
	case STYLE_NOTICE:
		return CANVAS_YELLOW;
	default:
		return CANVAS_GREEN;
	}
}

static void
put_row(const struct live *live, struct canvas *canvas, unsigned y,
	const struct layout *layout, const json_t *row)
{
	const struct view *view = view_get(live->view);
	const bool selected = strcmp(sample_text(row, "name"),
				     live->place[live->view].selected) == 0 &&
			      canvas->reader.styles;
	const unsigned base = live->silent ? CANVAS_DIM : CANVAS_PLAIN;
	char cell[CELL_MAX];

	for (size_t i = 0; i < view->count; i++) {
		const struct view_column *column = &view->columns[i];

		if (layout->width[i] == 0)
			continue;
		view_cell(&live->sample, live->view, column, row, cell);
		const unsigned style =
			selected ? CANVAS_REVERSE
				 : base | cell_style(live, column, row, cell);
		if (is_number(column->kind))
			canvas_put_right(canvas, y, style, cell,
					 layout->width[i]);
		else
			canvas_put_left(canvas, y, style, cell,
					layout->width[i]);
		canvas_format(canvas, y, selected ? CANVAS_REVERSE : base,
			      "%*s", GAP, "");
	}
	if (selected)
		canvas_pad(canvas, y, CANVAS_REVERSE, canvas->width);
}

/* Say why there is no row. */
static void
put_nothing(const struct live *live, struct canvas *canvas, unsigned y)
{
	if (live->filter[0] != '\0')
		canvas_format(
			canvas, y, CANVAS_DIM,
			"of the %s none has \"%.200s\" (Escape shows all)",
			view_get(live->view)->about, live->filter);
	else if (live->answered)
		canvas_format(canvas, y, CANVAS_DIM, "there are no %s",
			      live->view == VIEW_WORKERS
				      ? "workers: no data plane runs"
				      : view_get(live->view)->about);
}

/* What the columns of the selected row may have no room for. */
static void
put_selected(const struct live *live, struct canvas *canvas, unsigned y,
	     const json_t *row)
{
	char cell[CELL_MAX];

	if (live->view == VIEW_MTAS) {
		canvas_format(canvas, y, CANVAS_BOLD, "%s ",
			      sample_text(row, "name"));
		canvas_format(canvas, y, CANVAS_PLAIN, "%s  ",
			      sample_text(row, "address"));
		cell_format(json_object_get(row, "reason"), cell);
		canvas_put(canvas, y,
			   view_badness(VIEW_MTAS, row) > 0 ? CANVAS_YELLOW
							    : CANVAS_DIM,
			   cell);
	} else if (live->view == VIEW_SERVICES) {
		cell_format(json_object_get(row, "vips"), cell);
		canvas_format(canvas, y, CANVAS_BOLD, "%s ",
			      sample_text(row, "name"));
		canvas_format(canvas, y, CANVAS_DIM, "%.700s -> pool %s", cell,
			      sample_text(row, "pool"));
	}
}

static void
put_table(struct live *live, struct canvas *canvas, unsigned y)
{
	const struct view *view = view_get(live->view);
	struct rowlist list;

	const unsigned below =
		canvas->height >= HEIGHT_SELECTED && canvas->reader.styles ? 2
									   : 1;
	live->rows_shown = canvas->height > y + 1 + below
				   ? canvas->height - y - 1 - below
				   : 1;
	if (!live_rows(live, &list))
		return;
	const struct layout layout = make_layout(canvas, view, &list);
	const struct live_place *place = &live->place[live->view];
	put_titles(live, canvas, y++, &layout);
	if (list.count == 0)
		put_nothing(live, canvas, y);
	for (size_t i = place->top;
	     i < list.count && i < place->top + live->rows_shown; i++)
		put_row(live, canvas, y++, &layout, list.row[i]);
	if (below > 1 && list.count > 0)
		put_selected(live, canvas, canvas->height - 2u,
			     list.row[place->at]);
	rowlist_free(&list);
}

/* Put lines of a text, the first one of them at `top`. */
static void
put_text(struct canvas *canvas, unsigned y, const char *text, size_t top)
{
	char line[CELL_MAX];

	while (text != NULL && *text != '\0' && y + 1 < canvas->height) {
		const size_t length = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s",
			 (int)(length < CELL_MAX ? length : CELL_MAX), text);
		if (top > 0)
			top--;
		else
			canvas_put(canvas, y++, CANVAS_PLAIN, line);
		text += length + (text[length] == '\n');
	}
}

static void
put_pane(struct live *live, struct canvas *canvas, unsigned y)
{
	canvas_put(canvas, y, CANVAS_REVERSE | CANVAS_DIM,
		   live->detail[0] != '\0' ? live->detail : "the newest below");
	canvas_pad(canvas, y++, CANVAS_REVERSE | CANVAS_DIM, canvas->width);
	live->rows_shown = canvas->height > y + 1 ? canvas->height - y - 1 : 1;
	if (live->pane_top > live_pane_end(live))
		live->pane_top = live_pane_end(live);
	put_text(canvas, y, live->pane, live->pane_top);
}

static const char help[] =
	"1 2 3 4 5, Tab     services, pools, MTAs, workers, events\n"
	"arrows, j k, g G   move; PageUp and PageDown: by screens\n"
	"< >, left right    sort by another column; i: the other way round\n"
	"/                  rows with this text alone; Escape: all\n"
	"Enter              on an MTA: its checks and replies; Escape: back\n"
	"d r m w            drain, ready, maint, weight of the MTA selected\n"
	"                   (a reason is asked for, then y or n)\n"
	"p, blank           pause          + -   ask less or more often\n"
	"Ctrl-L             draw again     q     leave\n"
	"\n"
	"Trouble comes first. Rates are those between the last two answers; `-`\n"
	"is not known yet. BANNER ms: half of the sessions got their greeting\n"
	"within that time. UNSERVED: sessions that an MTA did not greet.\n";

static void
put_keys(const struct live *live, struct canvas *canvas, unsigned y)
{
	static const char *const keys[][2] = {
		{"?", "help"},   {"q", "quit"},  {"Tab", "view"},
		{"/", "filter"}, {"<>", "sort"}, {"Enter", "detail"},
		{"d", "drain"},  {"r", "ready"}, {"m", "maint"},
		{"w", "weight"}, {"p", "pause"}, {"+-", "interval"},
	};

	if (live->detail[0] != '\0') {
		canvas_put(canvas, y, CANVAS_BOLD, "Esc");
		canvas_put(canvas, y, CANVAS_DIM, " back  ");
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (live->read_only && strchr("drmw", keys[i][0][0]) != NULL)
			continue;
		if (strlen(keys[i][0]) + strlen(keys[i][1]) + 3 >
		    canvas_left(canvas, y))
			return;
		canvas_put(canvas, y, CANVAS_BOLD, keys[i][0]);
		canvas_format(canvas, y, CANVAS_DIM, " %s  ", keys[i][1]);
	}
}

static void
put_last_line(const struct live *live, struct canvas *canvas, unsigned y)
{
	char question[LIVE_MESSAGE_MAX];

	if (live->entry != ENTRY_NONE) {
		canvas_put(canvas, y, CANVAS_BOLD,
			   liveaction_question(live, question));
		if (live->entry != ENTRY_CONFIRM)
			canvas_put(canvas, y, CANVAS_PLAIN, live->typed);
		canvas_put(canvas, y, CANVAS_REVERSE, " ");
	} else if (live->message[0] != '\0') {
		canvas_put(canvas, y,
			   live->complains ? CANVAS_RED | CANVAS_BOLD
					   : CANVAS_BOLD,
			   live->message);
	} else {
		put_keys(live, canvas, y);
	}
}

void
topscreen_draw(struct live *live, struct canvas *canvas, int64_t wall_s)
{
	const unsigned y = tophead_draw(live, canvas, wall_s);

	if (live->help)
		put_text(canvas, y + 1, help, 0);
	else if (live_has_pane(live))
		put_pane(live, canvas, y);
	else
		put_table(live, canvas, y);
	if (canvas->height > 1 && canvas->reader.styles)
		put_last_line(live, canvas, canvas->height - 1u);
}

size_t
topscreen_lines(const struct live *live)
{
	const size_t head = 12;
	size_t lines = 0;

	if (!live_has_pane(live))
		return head +
		       json_array_size(sample_rows(
			       &live->sample, (enum sample_list)live->view));
	for (const char *c = live->pane; c != NULL && *c != '\0'; c++)
		lines += *c == '\n';
	return head + lines;
}
