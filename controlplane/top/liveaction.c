/* SPDX-License-Identifier: BSD-3-Clause */
#include "liveaction.h"

#include <stdio.h>
#include <string.h>

static const struct {
	int key;
	const char *verb;
} actions[] = {{'d', "drain"}, {'r', "ready"}, {'m', "maint"}, {'w', "weight"}};

bool
liveaction_may(const struct live *live, char why[static LIVE_MESSAGE_MAX])
{
	const char *level = sample_text(live->sample.now, "level");

	if (live->read_only)
		strcpy(why, "nothing can be changed: top was started with "
			    "--read-only");
	else if (live->silent || !live->answered)
		strcpy(why, "nothing was sent: the control plane does not "
			    "answer");
	else if (strcmp(level, "read") == 0)
		strcpy(why, "you may read alone: to change anything, ask for "
			    "membership of the group mxsteer, or use sudo");
	else
		return true;
	return false;
}

/* Write the name of the MTA that an action is about.  Returns false if there is
 * none. */
static bool
find_target(struct live *live)
{
	struct rowlist list;
	bool found = false;

	if (live->detail[0] != '\0') {
		snprintf(live->target, sizeof(live->target), "%s",
			 live->detail);
		return true;
	}
	if (live->view != VIEW_MTAS || !live_rows(live, &list))
		return false;
	found = list.count > 0;
	if (found)
		snprintf(live->target, sizeof(live->target), "%s",
			 live->place[VIEW_MTAS].selected);
	rowlist_free(&list);
	return found;
}

bool
liveaction_begin(struct live *live, int key)
{
	char why[LIVE_MESSAGE_MAX];

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (actions[i].key != key)
			continue;
		if (!liveaction_may(live, why)) {
			live_say(live, true, "%s", why);
		} else if (!find_target(live)) {
			live_say(live, true,
				 "%s: choose an MTA in the view MTAs (key 3)",
				 actions[i].verb);
		} else {
			strcpy(live->verb, actions[i].verb);
			live->weight[0] = live->typed[0] = '\0';
			live->entry = key == 'w' ? ENTRY_WEIGHT : ENTRY_REASON;
		}
		return true;
	}
	return false;
}

/* Blanks at the ends are none of the reason. */
static void
strip(char *text)
{
	const size_t begin = strspn(text, " ");
	size_t length;

	memmove(text, text + begin, strlen(text + begin) + 1);
	length = strlen(text);
	while (length > 0 && text[length - 1] == ' ')
		text[--length] = '\0';
}

static void
make_command(struct live *live)
{
	const char *weight = live->weight, *reason = live->typed;

	strip(live->typed);
	snprintf(live->command, sizeof(live->command), "%s %s%s%s%s%s",
		 live->verb, live->target, *weight != '\0' ? " " : "", weight,
		 *reason != '\0' ? " " : "", reason);
}

static void
finish_step(struct live *live)
{
	switch (live->entry) {
	case ENTRY_FILTER:
		live->entry = ENTRY_NONE;
		break;
	case ENTRY_WEIGHT:
		strip(live->typed);
		if (live->typed[0] == '\0')
			return;
		snprintf(live->weight, sizeof(live->weight), "%s", live->typed);
		live->typed[0] = '\0';
		live->entry = ENTRY_REASON;
		break;
	case ENTRY_REASON:
		make_command(live);
		live->entry = ENTRY_CONFIRM;
		break;
	default:
		break;
	}
}

static void
give_up(struct live *live)
{
	if (live->entry == ENTRY_FILTER)
		live->filter[0] = '\0';
	else
		live_say(live, false, "nothing was changed");
	live->entry = ENTRY_NONE;
	live->typed[0] = '\0';
}

static void
confirm_key(struct live *live, int key)
{
	char why[LIVE_MESSAGE_MAX];

	if (key != 'y' && key != 'Y') {
		give_up(live);
		return;
	}
	live->entry = ENTRY_NONE;
	if (!liveaction_may(live, why)) { /* since it was begun */
		live_say(live, true, "%s", why);
		return;
	}
	live->send = true;
	live_say(live, false, "sent: %.400s", live->command);
}

/* Take the last character away, all bytes of it. */
static void
erase(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && ((unsigned char)text[length - 1] & 0xc0) == 0x80)
		length--;
	text[length > 0 ? length - 1 : 0] = '\0';
}

static void
type_key(struct live *live, int key)
{
	const size_t length = strlen(live->typed);

	if (key == KEY_BACKSPACE)
		erase(live->typed);
	else if (key == 0x15) /* Ctrl-U */
		live->typed[0] = '\0';
	else if (key >= ' ' && key < 256 && length < sizeof(live->typed) - 1) {
		live->typed[length] = (char)key;
		live->typed[length + 1] = '\0';
	}
	if (live->entry == ENTRY_FILTER)
		strcpy(live->filter, live->typed);
}

void
liveaction_key(struct live *live, int key)
{
	if (live->entry == ENTRY_CONFIRM)
		confirm_key(live, key);
	else if (key == KEY_ESCAPE)
		give_up(live);
	else if (key == KEY_ENTER)
		finish_step(live);
	else
		type_key(live, key);
}

const char *
liveaction_question(const struct live *live, char text[static LIVE_MESSAGE_MAX])
{
	switch (live->entry) {
	case ENTRY_FILTER:
		strcpy(text, "filter: ");
		break;
	case ENTRY_WEIGHT:
		snprintf(text, LIVE_MESSAGE_MAX,
			 "weight of %.200s (0 to 1000, 50%%, default): ",
			 live->target);
		break;
	case ENTRY_REASON:
		snprintf(text, LIVE_MESSAGE_MAX,
			 "%s %.200s: why? (`for 2h` sets a time) ", live->verb,
			 live->target);
		break;
	case ENTRY_CONFIRM:
		snprintf(text, LIVE_MESSAGE_MAX, "%.450s -- do it? y/n ",
			 live->command);
		break;
	default:
		text[0] = '\0';
	}
	return text;
}
