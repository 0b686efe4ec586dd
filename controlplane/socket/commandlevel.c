/* SPDX-License-Identifier: BSD-3-Clause */
#include "commandlevel.h"

#include <string.h>

/* Commands that begin with these words. */
static const struct {
	const char *words;
	enum level level;
} rows[] = {
	{"config", LEVEL_ADMIN},
	/* Addresses of clients are of persons who write mail. */
	{"show sessions", LEVEL_OPERATE},
	{"show clients", LEVEL_OPERATE},
	{"show denied", LEVEL_OPERATE},
	{"lookup", LEVEL_OPERATE},
	{"show access", LEVEL_OPERATE},
	{"wait", LEVEL_READ},
	{"complete", LEVEL_READ}, /* see completing.c */
	{"top", LEVEL_READ},
	{"text", LEVEL_READ}, /* does nothing: see enclosure.h */
	{"drain", LEVEL_OPERATE},
	{"ready", LEVEL_OPERATE},
	{"maint", LEVEL_OPERATE},
	{"weight", LEVEL_OPERATE},
	{"agent", LEVEL_OPERATE},
	{"end sessions", LEVEL_OPERATE},
	{"end session", LEVEL_OPERATE},
	{"deny", LEVEL_OPERATE},
	{"allow", LEVEL_OPERATE},
	{"forget", LEVEL_OPERATE},
};

static bool
begins_with(const char *text, const char *words)
{
	const size_t length = strlen(words);

	return strncmp(text, words, length) == 0 &&
	       (text[length] == '\0' || text[length] == ' ');
}

enum level
command_level(const struct command_row *row)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (begins_with(row->words, rows[i].words))
			return rows[i].level;
	return row->kind == COMMAND_REPORT || row->kind == COMMAND_LOCAL
		       ? LEVEL_READ
		       : LEVEL_ADMIN;
}
