/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COMMANDROWS_H
#define MX_COMMANDROWS_H

/* The rows of commandlist.h as a table.
 * Threads    any. */
#include <stdbool.h>

#include "commandlist.h"

enum command_kind {
	COMMAND_REPORT, /* shows something */
	COMMAND_RUN,    /* does something */
	COMMAND_LOCAL,  /* the program mxsteer does it itself */
	COMMAND_HIDDEN, /* the program mxsteer asks for it */
	COMMAND_ALIAS,  /* help is the command that it stands for */
};

struct command_row {
	const char *words;
	const char *arguments; /* the grammar */
	const char *help;
	enum command_kind kind;
};

/* The text of an alias is shorter. */
#define COMMANDALIAS_MAX 128

#define COMMAND_ONE(...) 0,
#define COMMAND_ROWS                                                           \
	sizeof((const char[]){COMMAND_LIST(COMMAND_ONE, COMMAND_ONE,           \
					   COMMAND_ONE, COMMAND_ONE)           \
				      COMMAND_ALIASES(COMMAND_ONE)})

extern const struct command_row command_rows[COMMAND_ROWS];

/* Does the command change nothing?  Then it may be abbreviated, and options may stand
 * behind it. */
bool command_only_shows(const struct command_row *row);

#endif /* MX_COMMANDROWS_H */
