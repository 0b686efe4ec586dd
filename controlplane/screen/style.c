/* SPDX-License-Identifier: BSD-3-Clause */
#include "style.h"

#include <stdlib.h>
#include <string.h>

/* The least width that is a terminal's. */
#define WIDTH_MIN 20

bool
style_has_value(char option)
{
	return option == 'w' || option == 'o';
}

static bool
set_width(struct table_style *style, const char *value)
{
	char *end;
	const unsigned long width = strtoul(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end != '\0' ||
	    width < WIDTH_MIN || width > STYLE_WIDTH_MAX)
		return false;
	style->width = (uint16_t)width;
	return true;
}

static bool
set_columns(struct table_style *style, const char *value)
{
	if (value[0] == '\0' || strlen(value) >= sizeof(style->columns))
		return false;
	memcpy(style->columns, value, strlen(value) + 1);
	return true;
}

bool
style_set(struct table_style *style, char option, const char *value,
	  char why[static STYLE_WHY_MAX])
{
	switch (option) {
	case 'a':
		style->all = true;
		return true;
	case 'c':
		style->colour = true;
		return true;
	case 'w':
		snprintf(why, STYLE_WHY_MAX,
			 "-w: expected the characters of a line, %d to %d",
			 WIDTH_MIN, STYLE_WIDTH_MAX);
		return set_width(style, value);
	case 'o':
		snprintf(why, STYLE_WHY_MAX,
			 "-o: expected columns, such as pool,backend; at most "
			 "%d characters",
			 STYLE_COLUMNS_MAX - 1);
		return set_columns(style, value);
	default:
		snprintf(why, STYLE_WHY_MAX,
			 "unknown option -%c; expected -j, -a or -o COLUMNS",
			 option);
		return false;
	}
}

enum style_mood
style_mood(const char *word)
{
	static const struct {
		const char *word;
		enum style_mood mood;
	} moods[] = {
		{"CRITICAL", STYLE_TROUBLE}, {"EMPTY", STYLE_TROUBLE},
		{"down", STYLE_TROUBLE},     {"gone", STYLE_TROUBLE},
		{"failed", STYLE_TROUBLE},   {"silent", STYLE_TROUBLE},
		{"stopped", STYLE_TROUBLE},  {"stale", STYLE_TROUBLE},
		{"unseen", STYLE_TROUBLE},   {"WARNING", STYLE_NOTICE},
		{"degraded", STYLE_NOTICE},  {"drain", STYLE_NOTICE},
		{"maint", STYLE_NOTICE},     {"soft", STYLE_NOTICE},
		{"rising", STYLE_NOTICE},    {"falling", STYLE_NOTICE},
		{"unchecked", STYLE_NOTICE}, {"held", STYLE_NOTICE},
		{"leaving", STYLE_NOTICE},   {"lost", STYLE_TROUBLE},
		{"refused", STYLE_TROUBLE},  {"teaching", STYLE_NOTICE},
		{"differs", STYLE_NOTICE},
	};

	for (size_t i = 0; i < sizeof(moods) / sizeof(moods[0]); i++)
		if (strcmp(moods[i].word, word) == 0)
			return moods[i].mood;
	return STYLE_WELL;
}

void
style_print(FILE *out, const struct table_style *style, const char *word)
{
	/* ECMA-48 SGR: red, and yellow. */
	static const char *const begin[] = {
		[STYLE_NOTICE] = "\033[33m",
		[STYLE_TROUBLE] = "\033[31m",
	};
	const enum style_mood mood =
		style->colour ? style_mood(word) : STYLE_WELL;

	if (mood == STYLE_WELL)
		fputs(word, out);
	else
		fprintf(out, "%s%s\033[0m", begin[mood], word);
}
