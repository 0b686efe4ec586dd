/* SPDX-License-Identifier: BSD-3-Clause */
#include "commandalias.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The row's text names the parts of its grammar.  A word that names none stands
 * for itself; a part that was left out is left out. */
bool
commandalias_put(const struct command_row *row, char *arguments,
		 char line[CTL_LINE_MAX], char why[ARGUMENTS_WHY_MAX])
{
	struct arguments found;
	char text[COMMANDALIAS_MAX];
	char *next = NULL;
	size_t used = 0;

	assert(row->kind == COMMAND_ALIAS && strlen(row->help) < sizeof(text));
	if (!arguments_parse(row->arguments, false, arguments, &found, why))
		return false;
	snprintf(text, sizeof(text), "%s", row->help);
	line[0] = '\0';
	for (char *word = strtok_r(text, " ", &next); word != NULL;
	     word = strtok_r(NULL, " ", &next)) {
		const char *value = arguments_get(&found, word);
		if (value == NULL && strstr(row->arguments, word) != NULL)
			continue;
		used += (size_t)snprintf(line + used, CTL_LINE_MAX - used,
					 "%s%s", used > 0 ? " " : "",
					 value != NULL ? value : word);
		if (used >= CTL_LINE_MAX) {
			snprintf(why, ARGUMENTS_WHY_MAX,
				 "the line is too long");
			return false;
		}
	}
	return true;
}
