/* SPDX-License-Identifier: BSD-3-Clause */
#include "tophead.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "quantity.h"
#include "style.h"
#include "table.h"

/* A screen of fewer lines has no line of sums; a higher one has more lines of
 * trouble. */
#define HEIGHT_SMALL 12
#define HEIGHT_LARGE 30
#define TROUBLES_MAX 4

/* A narrower screen has the name of the view in force alone. */
#define WIDTH_SMALL 56

#define STEPS_MAX 64
#define CLOCK_TEXT_MAX 16

static const char *
clock_text(int64_t wall_s, char text[static CLOCK_TEXT_MAX])
{
	const time_t at = (time_t)wall_s;
	struct tm local;

	text[0] = '\0';
	if (localtime_r(&at, &local) != NULL)
		strftime(text, CLOCK_TEXT_MAX, "%H:%M:%S", &local);
	return text;
}

/* The style of a word such as "CRITICAL" that has a place of its own. */
static unsigned
badge_style(const char *word)
{
	switch (style_mood(word)) {
	case STYLE_TROUBLE:
		return CANVAS_RED | CANVAS_BOLD | CANVAS_REVERSE;
	case STYLE_NOTICE:
		return CANVAS_YELLOW | CANVAS_BOLD | CANVAS_REVERSE;
	default:
		return CANVAS_GREEN | CANVAS_BOLD;
	}
}

static void
put_uptime(const struct live *live, char *text, size_t size)
{
	const double started = sample_count(live->sample.now, "started_s");
	const double wall = sample_count(live->sample.now, "wall_s");
	char age[TABLE_AGE_MAX];

	text[0] = '\0';
	if (started > 0)
		snprintf(text, size, "up %s  ",
			 table_age((int64_t)(wall - started), age));
}

static void
put_title(const struct live *live, struct canvas *canvas, int64_t wall_s)
{
	const char *status = sample_text(live->sample.now, "status");
	char now[CLOCK_TEXT_MAX], uptime[32], right[96];
	char since[CLOCK_TEXT_MAX], age[TABLE_AGE_MAX];

	canvas_put(canvas, 0, CANVAS_BOLD, "mxsteer ");
	canvas_format(canvas, 0, CANVAS_BOLD | CANVAS_CYAN, "%s ",
		      sample_text(live->sample.now, "instance"));
	if (live->silent)
		canvas_format(canvas, 0, badge_style("CRITICAL"),
			      " no answer since %s (%s) ",
			      clock_text(live->heard_s, since),
			      table_age(wall_s - live->heard_s, age));
	else
		canvas_format(canvas, 0, badge_style(status), " %s ", status);
	put_uptime(live, uptime, sizeof(uptime));
	snprintf(right, sizeof(right), "%s%severy %us  %s", uptime,
		 live->paused ? "PAUSED  " : "", live->interval_s,
		 clock_text(wall_s, now));
	if (strlen(right) + 1 > canvas_left(canvas, 0))
		snprintf(right, sizeof(right), "%s%s",
			 live->paused ? "PAUSED " : "", now);
	canvas_put_end(canvas, 0, live->paused ? CANVAS_YELLOW : CANVAS_PLAIN,
		       right);
}

/* Put lines of one list of trouble, up to line `end`.  Returns the next line. */
static unsigned
put_troubles(const struct live *live, struct canvas *canvas, const char *key,
	     unsigned y, unsigned end)
{
	const bool critical = strcmp(key, "critical") == 0;
	const json_t *list = json_object_get(live->sample.now, key);
	const json_t *text;
	char cell[CELL_MAX];
	size_t i;

	json_array_foreach(list, i, text) {
		if (y >= end)
			return y;
		cell_format(text, cell);
		canvas_put(canvas, y,
			   critical ? CANVAS_RED | CANVAS_BOLD : CANVAS_YELLOW,
			   critical ? "CRITICAL " : "WARNING  ");
		canvas_put(canvas, y++, critical ? CANVAS_RED : CANVAS_YELLOW,
			   cell);
	}
	return y;
}

/* Returns the next line. */
static unsigned
put_trouble(const struct live *live, struct canvas *canvas)
{
	const size_t all =
		json_array_size(json_object_get(live->sample.now, "critical")) +
		json_array_size(json_object_get(live->sample.now, "warnings"));
	const unsigned most = canvas->height >= HEIGHT_LARGE ? TROUBLES_MAX : 1;
	char more[32];

	if (live->silent) {
		canvas_put(canvas, 1, CANVAS_RED,
			   live->fault != NULL
				   ? live->fault
				   : "the control plane is stopped, or hangs");
		return 2;
	}
	if (all == 0) {
		canvas_put(canvas, 1, CANVAS_DIM,
			   live->answered ? "nothing is wrong"
					  : "no answer yet");
		return 2;
	}
	unsigned y = put_troubles(live, canvas, "critical", 1, 1 + most);
	y = put_troubles(live, canvas, "warnings", y, 1 + most);
	if (all > y - 1) {
		snprintf(more, sizeof(more), "  and %zu more", all - y + 1);
		canvas_put_end(canvas, y - 1, CANVAS_DIM, more);
	}
	return y;
}

static void
put_sum(struct canvas *canvas, unsigned y, const char *title, const char *value,
	unsigned style)
{
	canvas_format(canvas, y, CANVAS_DIM, "%s%s ",
		      canvas_left(canvas, y) < canvas->width ? "  " : "",
		      title);
	canvas_put(canvas, y, style, value);
}

static void
put_sum_rate(const struct live *live, struct canvas *canvas, unsigned y,
	     const char *title, const char *key)
{
	const double rate =
		sample_total_rate(&live->sample, SAMPLE_SERVICES, key);
	char text[QUANTITY_MAX];
	const bool bad = strcmp(key, "refused") == 0 && rate > 0;

	put_sum(canvas, y, title, quantity_rate(rate, text),
		bad ? CANVAS_YELLOW | CANVAS_BOLD : CANVAS_BOLD);
}

/* The sessions that began, of all services, as a line at the right. */
static void
put_line(const struct live *live, struct canvas *canvas, unsigned y)
{
	const json_t *rows = sample_rows(&live->sample, SAMPLE_SERVICES);
	double sums[STEPS_MAX];
	const json_t *row, *step;
	size_t i, s, count = 0;
	char text[3 * STEPS_MAX + 8];

	json_array_foreach(rows, i, row) {
		json_array_foreach(json_object_get(row, "opened_per_step"), s,
				   step) {
			if (s >= STEPS_MAX)
				break;
			if (s >= count)
				sums[count++] = NAN;
			if (json_is_number(step))
				sums[s] = json_number_value(step) +
					  (isnan(sums[s]) ? 0 : sums[s]);
		}
	}
	const unsigned left = canvas_left(canvas, y);
	if (!canvas->reader.utf8 || left < 20)
		return;
	strcpy(text, "  ");
	quantity_line(sums, count, left - 2 < STEPS_MAX ? left - 2 : STEPS_MAX,
		      text + 2);
	canvas_put_end(canvas, y, CANVAS_CYAN, text);
}

static void
put_sums(const struct live *live, struct canvas *canvas, unsigned y)
{
	const json_t *mtas = sample_rows(&live->sample, SAMPLE_MTAS);
	const json_t *row;
	char text[64];
	size_t i, serving = 0;

	json_array_foreach(mtas, i, row)
		serving += sample_count(row, "effective_weight") > 0;
	put_sum(canvas, y, "sessions",
		quantity_count(sample_total(&live->sample, SAMPLE_SERVICES,
					    "sessions"),
			       text),
		CANVAS_BOLD);
	put_sum_rate(live, canvas, y, "new/s", "opened");
	put_sum_rate(live, canvas, y, "in B/s", "bytes_in");
	put_sum_rate(live, canvas, y, "out B/s", "bytes_out");
	put_sum_rate(live, canvas, y, "refused/s", "refused");
	snprintf(text, sizeof(text), "%zu/%zu", serving, json_array_size(mtas));
	put_sum(canvas, y, "MTAs serving", text, CANVAS_BOLD);
	put_line(live, canvas, y);
}

static void
put_tabs(const struct live *live, struct canvas *canvas, unsigned y)
{
	const struct live_place *place = &live->place[live->view];
	const struct view *view = view_get(live->view);
	char right[LIVE_TYPED_MAX + 64] = "";
	size_t used = 0;

	for (int i = 0; i < VIEWS; i++)
		canvas_format(
			canvas, y,
			i == (int)live->view ? CANVAS_REVERSE | CANVAS_BOLD
					     : CANVAS_PLAIN,
			" %d %s ", i + 1, view_get((enum view_id)i)->title);
	if (live->filter[0] != '\0')
		used = (size_t)snprintf(right, sizeof(right), " /%s",
					live->filter);
	if (place->column >= 0)
		snprintf(right + used, sizeof(right) - used, "  by %s%s",
			 view->columns[place->column].title,
			 place->upward ? ", least first" : "");
	canvas_put_end(canvas, y, CANVAS_CYAN, right);
}

unsigned
tophead_draw(const struct live *live, struct canvas *canvas, int64_t wall_s)
{
	put_title(live, canvas, wall_s);
	unsigned y = put_trouble(live, canvas);

	if (canvas->height >= HEIGHT_SMALL)
		put_sums(live, canvas, y++);
	put_tabs(live, canvas, y++);
	return y;
}
