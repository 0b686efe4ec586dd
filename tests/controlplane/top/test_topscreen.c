/* SPDX-License-Identifier: BSD-3-Clause */
/* What keys make of the live screen, and what it then shows.
 * Method: an answer that the test writes; keys, as a terminal sends them; and the
 * screen as text, without a terminal. */
#include <stdlib.h>
#include <string.h>

#include "keystroke.h"
#include "livekey.h"
#include "runner.h"
#include "topscreen.h"

#define WALL_S 1000000

static struct live live;
static char screen[65536];

static json_t *
mta(const char *name, const char *health, bool well, int opened,
    const char *reason)
{
	return json_pack("{s:s s:s s:s s:s s:b s:i s:i s:i s:s}", "name", name,
			 "address", "192.0.2.11:25", "health", health, "admin",
			 "ready", "well", well, "effective_weight",
			 well ? 100 : 0, "sessions", 3, "opened", opened,
			 "reason", reason);
}

static json_t *
answer(int at_ms, const char *level)
{
	return json_pack(
		"{s:i s:i s:i s:s s:s s:s s:[s s] s:[]"
		" s:[{s:s s:s s:i s:i s:i s:[i i]}] s:[] s:[o o o] s:[]}",
		"at_ms", at_ms, "started_s", WALL_S - 3700, "wall_s", WALL_S,
		"instance", "main", "level", level, "status", "CRITICAL",
		"critical", "pool mx is EMPTY", "and so is out", "warnings",
		"services", "name", "inbound", "state", "EMPTY", "serving", 0,
		"members", 3, "opened", at_ms / 10, "opened_per_step", 1, 2,
		"pools", "backends", mta("mx/a", "up", true, at_ms / 100, "ok"),
		mta("mx/b", "up", true, at_ms / 50, "ok"),
		mta("mx/c", "down", false, 0,
		    "down: \033[2J\xc2\x9b said\xe2\x80\xae it"),
		"workers");
}

static void
setup(void)
{
	live_begin(&live);
	ck_assert(sample_take(&live.sample, answer(1000, "admin")));
	ck_assert(sample_take(&live.sample, answer(2000, "admin")));
	live.answered = true;
}

static void
teardown(void)
{
	live_end(&live);
}

static void
draw(unsigned width, unsigned height)
{
	const struct canvas_reader reader = {.utf8 = true, .styles = true};
	struct canvas canvas;
	size_t used = 0;

	ck_assert(canvas_begin(&canvas, width, height, reader));
	topscreen_draw(&live, &canvas, WALL_S + 7);
	for (unsigned y = 0; y < height; y++) {
		ck_assert_uint_le(canvas.line[y].columns, width);
		used += (size_t)snprintf(screen + used, sizeof(screen) - used,
					 "%.*s\n", (int)canvas.line[y].used,
					 canvas.line[y].text);
	}
	canvas_end(&canvas);
}

static bool
shows(const char *part)
{
	draw(100, 24);
	return strstr(screen, part) != NULL;
}

/* Type bytes as a terminal sends them. */
static void
type(const char *bytes)
{
	size_t length = strlen(bytes), used = 0, one;
	int key;

	while ((one = keystroke_read(bytes + used, length - used, &key)) > 0) {
		livekey_press(&live, key);
		used += one;
	}
	ck_assert_uint_eq(used, length);
}

START_TEST(keys_are_read_of_bytes)
{
	static const struct {
		const char *bytes;
		size_t length;
		int key;
	} keys[] = {
		{"a", 1, 'a'},
		{"\r", 1, KEY_ENTER},
		{"\b", 1, KEY_BACKSPACE},
		{"\033[A", 3, KEY_UP},
		{"\033OB", 3, KEY_DOWN},
		{"\033[6~", 4, KEY_PAGE_DOWN},
		{"\033[1;5C", 6, KEY_NONE},
		{"\033q", 1, KEY_ESCAPE},
		{"\033", 0, 0},
		{"\033[", 0, 0},
		{"\033[1", 0, 0},
		{"", 0, 0},
		{"\033[0000000000000000000000", 17, KEY_NONE},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int key = 0;

		ck_assert_uint_eq(keystroke_read(keys[i].bytes,
						 strlen(keys[i].bytes), &key),
				  keys[i].length);
		ck_assert_int_eq(key, keys[i].key);
	}
}
END_TEST

START_TEST(trouble_comes_first)
{
	ck_assert(shows("CRITICAL \033[0mpool mx is EMPTY") ||
		  shows("pool mx is EMPTY"));
	ck_assert(shows("and 1 more"));
	ck_assert(shows("up 1h1m"));
	type("3");
	draw(100, 24);
	ck_assert(strstr(screen, "mx/c") < strstr(screen, "mx/a"));
	ck_assert(shows("mx/c "));
	ck_assert(shows("20 ")); /* of mx/b: a rate */
}
END_TEST

START_TEST(no_text_of_an_mta_reaches_the_terminal_as_it_is)
{
	type("3");
	ck_assert(shows("down: ?[2J? said? it"));
	draw(100, 24);
	ck_assert_ptr_null(strstr(screen, "\033[2J"));
	ck_assert_ptr_null(strstr(screen, "\xc2\x9b"));
}
END_TEST

START_TEST(every_size_is_drawn)
{
	static const unsigned widths[] = {1, 2, 20, 40, 80, 160, 512};
	static const unsigned heights[] = {1, 2, 3, 5, 10, 24, 50};

	for (char view = '1'; view <= '5'; view++)
		for (size_t w = 0; w < 7; w++)
			for (size_t h = 0; h < 7; h++) {
				const char key[] = {view, '\0'};

				type(key);
				draw(widths[w], heights[h]);
				type("?");
				draw(widths[w], heights[h]);
				type("?");
			}
	draw(40, 10);
	type("3");
	draw(40, 10);
	ck_assert_ptr_nonnull(strstr(screen, "mx/b"));
}
END_TEST

START_TEST(a_selected_row_stays_selected_when_the_order_changes)
{
	type("3jj>>>>>>>>>"); /* by NEW/s */
	draw(160, 24);
	ck_assert_ptr_nonnull(strstr(screen, "by NEW/s"));
	ck_assert_str_eq(live.place[VIEW_MTAS].selected, "mx/b");
	ck_assert_uint_eq(live.place[VIEW_MTAS].at, 0);
	type("i");
	draw(160, 24);
	ck_assert_str_eq(live.place[VIEW_MTAS].selected, "mx/b");
	type("G\033[Ag");
	draw(160, 24);
	ck_assert_uint_eq(live.place[VIEW_MTAS].at, 0);
}
END_TEST

START_TEST(a_filter_hides_the_other_rows)
{
	type("3/mx/B");
	ck_assert(shows("mx/b"));
	ck_assert(!shows("mx/a"));
	type("\x7f\x7fzz\r");
	ck_assert(shows("none has \"mxzz\""));
	type("/\033[Z\x15"
	     "down\r");
	ck_assert(shows("mx/c"));
	livekey_press(&live, KEY_ESCAPE);
	ck_assert(shows("mx/a"));
}
END_TEST

START_TEST(an_action_is_sent_after_y_alone)
{
	type("3jdkernel upgrade\r");
	ck_assert(shows("drain mx/a kernel upgrade -- do it? y/n"));
	ck_assert(!live.send);
	type("n");
	ck_assert(!live.send);
	ck_assert(shows("nothing was changed"));
	type("w 50% \rfor 2h \ry");
	ck_assert(live.send);
	ck_assert_str_eq(live.command, "weight mx/a 50% for 2h");
	live.send = false;
	type("w\r\r");
	livekey_press(&live, KEY_ESCAPE);
	type("r\ry");
	ck_assert(live.send);
	ck_assert_str_eq(live.command, "ready mx/a");
}
END_TEST

START_TEST(who_may_not_act_is_told_so)
{
	type("d");
	ck_assert(shows("choose an MTA in the view MTAs"));
	live.read_only = true;
	type("3d");
	ck_assert(shows("--read-only"));
	live.read_only = false;
	sample_take(&live.sample, answer(3000, "read"));
	type("m");
	ck_assert(shows("you may read alone"));
	sample_take(&live.sample, answer(4000, "operate"));
	type("mdisk\r");
	live.silent = true;
	type("y");
	ck_assert(!live.send);
	ck_assert(shows("the control plane does not answer"));
	ck_assert(shows("no answer since"));
}
END_TEST

START_TEST(an_mta_is_shown_in_detail)
{
	char command[LIVE_COMMAND_MAX];

	type("3j\r");
	live_pane_command(&live, command);
	ck_assert_str_eq(command, "show backend mx/a");
	live_take_pane(&live, strdup("one\ntwo \033[31m\nthree\n"));
	ck_assert(shows("two ?[31m"));
	type("dx\ry");
	ck_assert_str_eq(live.command, "drain mx/a x");
	live.send = false;
	livekey_press(&live, KEY_ESCAPE);
	ck_assert(!live_has_pane(&live));
	type("5");
	live_pane_command(&live, command);
	ck_assert_str_eq(command, "show events 200");
	type("q");
	ck_assert(live.left);
}
END_TEST

START_TEST(the_interval_has_steps)
{
	ck_assert_uint_eq(live.interval_s, 2);
	type("+");
	ck_assert_uint_eq(live.interval_s, 5);
	type("--");
	ck_assert_uint_eq(live.interval_s, 1);
	type("-");
	ck_assert_uint_eq(live.interval_s, 1);
	live.interval_s = 7;
	type("+");
	ck_assert_uint_eq(live.interval_s, 10);
	type("++++");
	ck_assert_uint_eq(live.interval_s, 60);
	type("p");
	ck_assert(shows("PAUSED"));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("topscreen");
	TCase *t = tcase_create("topscreen");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, keys_are_read_of_bytes);
	tcase_add_test(t, trouble_comes_first);
	tcase_add_test(t, no_text_of_an_mta_reaches_the_terminal_as_it_is);
	tcase_add_test(t, every_size_is_drawn);
	tcase_add_test(t, a_selected_row_stays_selected_when_the_order_changes);
	tcase_add_test(t, a_filter_hides_the_other_rows);
	tcase_add_test(t, an_action_is_sent_after_y_alone);
	tcase_add_test(t, who_may_not_act_is_told_so);
	tcase_add_test(t, an_mta_is_shown_in_detail);
	tcase_add_test(t, the_interval_has_steps);
	suite_add_tcase(s, t);
	return s;
}
