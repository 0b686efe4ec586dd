/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_COMMANDALIAS_H
#define MX_COMMANDALIAS_H

/* Commands in HAProxy's words (the ALIAS rows of commandlist.h), put into ours.
 * Threads    any. */
#include <stdbool.h>

#include "arguments.h"
#include "commandrows.h"
#include "ctl.h"

/* Write the command that an alias stands for into line.  row: an alias.
 * arguments: what was typed behind its words; they are changed.
 * Returns false, with the reason in why, if they do not fit the grammar. */
bool commandalias_put(const struct command_row *row, char *arguments,
		      char line[CTL_LINE_MAX], char why[ARGUMENTS_WHY_MAX]);

#endif /* MX_COMMANDALIAS_H */
