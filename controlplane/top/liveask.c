/* SPDX-License-Identifier: BSD-3-Clause */
#include "liveask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "livetty.h"

/* An answer that takes longer does not come, for the reader. */
#define SILENCE_MS 3000

static void
send_line(struct liveask *ask, enum liveask_kind asked, const char *line)
{
	ask->asked = asked;
	ask->asked_ms = clock_ms();
	livelink_ask(ask->link, line);
}

void
liveask_counts(struct liveask *ask)
{
	if (livelink_is_busy(ask->link))
		return;
	ask->wants_pane = live_has_pane(ask->live);
	send_line(ask, ASKED_COUNTS, "-j top read");
}

/* Ask for the text that is shown: as wide as the screen. */
static void
ask_pane(struct liveask *ask)
{
	char command[LIVE_COMMAND_MAX], line[LIVE_COMMAND_MAX + 32];
	unsigned width, height;

	ask->wants_pane = false;
	live_pane_command(ask->live, command);
	if (command[0] == '\0')
		return;
	livetty_size(&width, &height);
	snprintf(line, sizeof(line), "-w %u %s",
		 width < 20     ? 20
		 : width > 4096 ? 4096
				: width,
		 command);
	send_line(ask, ASKED_PANE, line);
}

void
liveask_next(struct liveask *ask)
{
	if (livelink_is_busy(ask->link))
		return;
	if (ask->live->send) {
		ask->live->send = false;
		send_line(ask, ASKED_ACTION, ask->live->command);
	} else if (ask->live->hurry) {
		ask->live->hurry = false;
		if (live_has_pane(ask->live))
			ask_pane(ask);
		else if (!ask->live->paused)
			liveask_counts(ask);
	} else if (ask->wants_pane) {
		ask_pane(ask);
	}
}

/* An answer of many lines is shown as one. */
static void
tell_outcome(struct live *live, enum answer answer, char *text)
{
	size_t length = strlen(text);

	while (length > 0 && text[length - 1] == '\n')
		text[--length] = '\0';
	for (char *c = text; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	live_say(live, answer != ANSWER_OK, "%s", text);
	live->hurry = true;
}

static void
take_counts(struct liveask *ask, enum answer answer, char *text, size_t length)
{
	json_t *data =
		answer == ANSWER_OK ? json_loadb(text, length, 0, NULL) : NULL;

	free(text);
	if (!sample_take(&ask->live->sample, data))
		live_say(ask->live, true,
			 "the control plane does not know `top`: it is of "
			 "another version");
}

static void
take_answer(struct liveask *ask, enum answer answer, char *text, size_t length)
{
	struct live *live = ask->live;

	switch (ask->asked) {
	case ASKED_COUNTS:
		take_counts(ask, answer, text, length);
		break;
	case ASKED_PANE:
		live_take_pane(live, text);
		break;
	default:
		tell_outcome(live, answer, text);
		free(text);
	}
}

static void
on_answer(void *arg, enum answer answer, char *text, size_t length)
{
	struct liveask *ask = arg;

	ask->live->answered = true;
	ask->live->silent = false;
	ask->live->fault = NULL;
	ask->live->heard_s = clock_wall_s();
	take_answer(ask, answer, text, length);
	liveask_next(ask);
	ask->changed(ask->arg);
}

static void
on_lost(void *arg, const char *why)
{
	struct liveask *ask = arg;

	if (ask->asked == ASKED_ACTION)
		live_say(ask->live, true,
			 "no answer to `%.300s`: look whether it was done",
			 ask->live->command);
	ask->live->silent = true;
	ask->live->fault = why;
	ask->wants_pane = false;
	ask->changed(ask->arg);
}

void
liveask_look(struct liveask *ask)
{
	if (!livelink_is_busy(ask->link) ||
	    clock_ms() - ask->asked_ms <= SILENCE_MS)
		return;
	ask->live->silent = true;
	ask->live->fault = NULL;
}

bool
liveask_begin(struct liveask *ask, struct event_base *base, const char *path)
{
	const struct livelink_reader reader = {on_answer, on_lost, ask};

	ask->link = livelink_new(base, path, &reader);
	return ask->link != NULL;
}

void
liveask_end(struct liveask *ask)
{
	livelink_free(ask->link);
}
