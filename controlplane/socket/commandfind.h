/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COMMANDFIND_H
#define MX_COMMANDFIND_H

/* Which command a line means.
 *
 * The words of a command that only shows something may be abbreviated, as long as
 * one alone is meant: "sh ba" is "show backends".  If the words mean several, that
 * one is taken whose grammar takes the arguments, if it is only one.
 *
 * A command that changes something is written whole, so that no slip and no new
 * command of a later version makes a change of what was something else.  Values
 * are never abbreviated.
 * Threads    any. */
#include <stdbool.h>
#include <stddef.h>

#include "commandrows.h"

enum command_result {
	COMMAND_FOUND,   /* row and rest are set */
	COMMAND_UNKNOWN, /* no command begins so */
	COMMAND_SEVERAL, /* several commands begin so */
	COMMAND_SHORT,   /* it is short for row, which must be written whole */
};

struct command_match {
	enum command_result result;
	const struct command_row *row;
	const char *rest; /* of the line, behind the words of the command */
	size_t words;     /* how many words of the line belong to a command */
	bool fits[COMMAND_ROWS]; /* the commands that begin with these words */
};

/* Find the command of a line.  hidden: hidden rows count too. */
void command_find(const char *line, bool hidden, struct command_match *match);

#define COMMAND_TEXT_MAX 2048 /* at least ARGUMENTS_WHY_MAX */

/* Say why no command was found, and what was meant or may be meant. */
void command_explain(const char *line, const struct command_match *match,
		     char text[COMMAND_TEXT_MAX]);

/* What follows `words` in the line, without blanks before it; NULL if the line
 * begins with other words. */
const char *command_after(const char *line, const char *words);

#endif /* MX_COMMANDFIND_H */
