/* SPDX-License-Identifier: BSD-3-Clause */
#include "top.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "keystroke.h"
#include "liveask.h"
#include "livekey.h"
#include "livetty.h"
#include "timer.h"
#include "topscreen.h"

/* The screen shows the time, and since when no answer comes. */
#define CLOCK_MS 1000

/* How long the rest of a sequence of a key may take. */
#define ESCAPE_MS 50

/* The screen of a program that is no terminal. */
#define ONCE_WIDTH 200

#define KEYS_MAX 256

#define SIGNALS 6

struct top {
	struct live live;
	struct event_base *base;
	struct liveask ask;
	struct timer *refresh; /* asks */
	struct timer *clock;   /* draws */
	struct timer *escape;
	struct event *keys;
	struct event *signal[SIGNALS];
	char pending[KEYS_MAX]; /* bytes of a key that is not whole */
	size_t pending_count;
	bool once;
	int ended_by; /* a signal, or 0 */
};

static void
draw(struct top *top, bool all)
{
	struct canvas canvas;
	unsigned width, height;

	if (top->once)
		return;
	livetty_size(&width, &height);
	if (!canvas_begin(&canvas, width, height, livetty_reader()))
		return;
	topscreen_draw(&top->live, &canvas, clock_wall_s());
	livetty_show(&canvas, all);
	canvas_end(&canvas);
}

/* Has the reader of text what he asked for: two samples, or a text? */
static bool
has_once(const struct top *top)
{
	return top->live.silent ||
	       (!livelink_is_busy(top->ask.link) &&
		(top->live.sample.before != NULL || live_has_pane(&top->live)));
}

static void
on_change(void *arg)
{
	struct top *top = arg;

	draw(top, false);
	if (top->once && has_once(top))
		event_base_loopbreak(top->base);
}

static void
on_refresh(void *arg)
{
	struct top *top = arg;

	if (!top->live.paused)
		liveask_counts(&top->ask);
	timer_set(top->refresh, top->live.interval_s * 1000u);
}

static void
on_clock(void *arg)
{
	struct top *top = arg;

	liveask_look(&top->ask);
	on_change(top);
}

static void
press(struct top *top, int key)
{
	const unsigned interval_s = top->live.interval_s;

	livekey_press(&top->live, key);
	if (top->live.interval_s != interval_s)
		timer_set(top->refresh, top->live.interval_s * 1000u);
	if (top->live.left)
		event_base_loopbreak(top->base);
}

/* Press all keys that are whole. */
static void
press_pending(struct top *top)
{
	size_t used = 0, length;
	bool all = false;
	int key;

	while ((length = keystroke_read(top->pending + used,
					top->pending_count - used, &key)) > 0) {
		used += length;
		all |= key == KEY_REDRAW;
		press(top, key);
	}
	top->pending_count -= used;
	memmove(top->pending, top->pending + used, top->pending_count);
	if (top->pending_count > 0)
		timer_set(top->escape, ESCAPE_MS);
	liveask_next(&top->ask);
	draw(top, all);
}

/* The bytes that are left are the escape key, and then other keys. */
static void
on_escape(void *arg)
{
	struct top *top = arg;

	if (top->pending_count == 0)
		return;
	press(top, KEY_ESCAPE);
	top->pending_count--;
	memmove(top->pending, top->pending + 1, top->pending_count);
	press_pending(top);
}

static void
on_keys(evutil_socket_t fd, short what, void *arg)
{
	struct top *top = arg;
	const ssize_t got = read(fd, top->pending + top->pending_count,
				 sizeof(top->pending) - top->pending_count);

	(void)what;
	if (got <= 0) { /* the terminal is gone */
		event_base_loopbreak(top->base);
		return;
	}
	top->pending_count += (size_t)got;
	press_pending(top);
}

/* Give the terminal back, stop, and take it again. */
static void
stop(struct top *top)
{
	livetty_leave();
	kill(getpid(), SIGSTOP);
	livetty_enter();
	draw(top, true);
}

static void
on_signal(evutil_socket_t number, short what, void *arg)
{
	struct top *top = arg;

	(void)what;
	switch (number) {
	case SIGWINCH:
		draw(top, true);
		break;
	case SIGTSTP:
		stop(top);
		break;
	case SIGCONT: /* another program may have had the terminal */
		livetty_leave();
		livetty_enter();
		draw(top, true);
		break;
	default:
		top->ended_by = (int)number;
		event_base_loopbreak(top->base);
	}
}

/* Returns false if there is no memory. */
static bool
listen_to_reader(struct top *top)
{
	static const int numbers[SIGNALS] = {SIGINT,   SIGTERM, SIGHUP,
					     SIGWINCH, SIGTSTP, SIGCONT};

	for (int i = 0; i < SIGNALS; i++) {
		top->signal[i] =
			evsignal_new(top->base, numbers[i], on_signal, top);
		if (top->signal[i] == NULL ||
		    event_add(top->signal[i], NULL) < 0)
			return false;
	}
	top->keys = event_new(top->base, STDIN_FILENO, EV_READ | EV_PERSIST,
			      on_keys, top);
	return top->keys != NULL && event_add(top->keys, NULL) == 0;
}

static bool
begin(struct top *top, const struct top_wish *wish)
{
	live_begin(&top->live);
	top->live.read_only = wish->read_only;
	top->live.interval_s = wish->interval_s;
	top->live.view = wish->view;
	top->live.heard_s = clock_wall_s();
	top->once = wish->once;
	top->base = event_base_new();
	if (top->base == NULL)
		return false;
	top->ask = (struct liveask){
		.live = &top->live, .changed = on_change, .arg = top};
	top->refresh = timer_new(top->base, on_refresh, top);
	top->clock = timer_new(top->base, on_clock, top);
	top->escape = timer_new(top->base, on_escape, top);
	return liveask_begin(&top->ask, top->base, wish->path) &&
	       top->refresh != NULL && top->clock != NULL &&
	       top->escape != NULL && timer_repeat(top->clock, CLOCK_MS) == 0 &&
	       (wish->once || listen_to_reader(top));
}

static void
end(struct top *top)
{
	for (int i = 0; i < SIGNALS; i++)
		if (top->signal[i] != NULL)
			event_free(top->signal[i]);
	if (top->keys != NULL)
		event_free(top->keys);
	timer_free(top->refresh);
	timer_free(top->clock);
	timer_free(top->escape);
	liveask_end(&top->ask);
	live_end(&top->live);
	if (top->base != NULL)
		event_base_free(top->base);
}

/* Print the screen as text, all rows of it. */
static void
print_once(struct top *top)
{
	struct canvas canvas;
	unsigned width = ONCE_WIDTH, height;
	struct canvas_reader reader = livetty_reader();

	if (isatty(STDOUT_FILENO))
		livetty_size(&width, &height);
	reader.styles = false;
	if (!canvas_begin(&canvas, width, (unsigned)topscreen_lines(&top->live),
			  reader))
		return;
	topscreen_draw(&top->live, &canvas, clock_wall_s());
	for (unsigned y = 0; y < canvas.height; y++) {
		struct canvas_line *line = &canvas.line[y];

		while (line->used > 0 && line->text[line->used - 1] == ' ')
			line->used--;
		if (line->used > 0)
			printf("%.*s\n", (int)line->used, line->text);
	}
	canvas_end(&canvas);
}

bool
top_run(const struct top_wish *wish, char why[static TOP_WHY_MAX])
{
	struct top top = {.ended_by = 0};
	int ended_by;
	bool done = true;

	if (!wish->once && !livetty_fits(why))
		return false;
	if (!begin(&top, wish)) {
		strcpy(why, "not enough memory");
		end(&top);
		return false;
	}
	const sighandler_t before = signal(SIGPIPE, SIG_IGN);
	if (!wish->once)
		livetty_enter();
	on_refresh(&top);
	draw(&top, true);
	event_base_dispatch(top.base);
	livetty_leave();
	signal(SIGPIPE, before);
	ended_by = top.ended_by;
	if (wish->once && top.live.silent) {
		snprintf(why, TOP_WHY_MAX, "%s",
			 top.live.fault != NULL
				 ? top.live.fault
				 : "the control plane does not answer: it is "
				   "stopped, or hangs");
		done = false;
	} else if (wish->once) {
		print_once(&top);
	}
	end(&top);
	/* The caller learns of the signal, as if it had not been caught. */
	if (ended_by != 0 && ended_by != SIGINT) {
		signal(ended_by, SIG_DFL);
		raise(ended_by);
	}
	return done;
}
