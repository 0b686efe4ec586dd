/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HELP_H
#define MX_HELP_H

/* Help for an operator.  It needs no control plane. */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "commandfind.h"

/* Does the line ask for help: "help drain", "drain -h", "drain ?"?  Returns the
 * words that it asks about, *length bytes of them; or NULL. */
const char *help_asked(const char *line, size_t *length);

/* Does the mark at the end of such a line stand behind arguments of a command that
 * is no report?  Then it may be the end of a reason: "drain mx/a is it alive ?". */
bool help_is_doubtful(const char *line);

/* Print the commands that begin with those words, or all.  If it is one command,
 * print what its values are, and an example.  json: as one object.
 * Returns false, with nothing printed and the reason in why, if there is
 * none. */
bool help_print(const char *words, size_t length, bool json, FILE *out,
		char why[COMMAND_TEXT_MAX]);

/* Write an example of a command into text, with all arguments that have a value:
 * not all of the options without one fit each other. */
#define HELP_EXAMPLE_MAX 256
void help_example(const struct command_row *row, char text[HELP_EXAMPLE_MAX]);

#endif /* MX_HELP_H */
