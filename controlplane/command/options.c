/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <string.h>

static const char blanks[] = " \t";

/* Take the next word off the line, and end it.  An empty one: there is none. */
static char *
take_word(char **line)
{
	char *word = *line;

	*line += strcspn(*line, blanks);
	if (**line != '\0')
		*(*line)++ = '\0';
	*line += strspn(*line, blanks);
	return word;
}

bool
options_read(struct request *request, char **line,
	     char why[static OPTIONS_WHY_MAX])
{
	while (**line == '-') {
		const char *word = take_word(line);

		if (word[1] == '\0' || word[2] != '\0') {
			snprintf(why, OPTIONS_WHY_MAX,
				 "unknown option %.40s; expected -j, -a or -o "
				 "COLUMNS",
				 word);
			return false;
		}
		if (word[1] == 'j') {
			request->json = true;
			continue;
		}
		if (word[1] == 'p') {
			request->progress = true;
			continue;
		}
		const char *value =
			style_has_value(word[1]) ? take_word(line) : "";
		if (!style_set(&request->style, word[1], value, why))
			return false;
	}
	return true;
}
