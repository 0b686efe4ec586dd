/* SPDX-License-Identifier: BSD-3-Clause */
#include "commandrows.h"

#include <stddef.h>
#include <string.h>

const struct command_row command_rows[COMMAND_ROWS] = {
#define REPORT(id, words, arguments, help)                                     \
	{words, arguments, help, COMMAND_REPORT},
#define RUN(id, words, arguments, help) {words, arguments, help, COMMAND_RUN},
#define LOCAL(words, arguments, help) {words, arguments, help, COMMAND_LOCAL},
#define HIDDEN(id, words, arguments) {words, arguments, "", COMMAND_HIDDEN},
#define ALIAS(words, arguments, becomes)                                       \
	{words, arguments, becomes, COMMAND_ALIAS},
	COMMAND_LIST(REPORT, RUN, LOCAL, HIDDEN) COMMAND_ALIASES(ALIAS)
#undef REPORT
#undef RUN
#undef LOCAL
#undef HIDDEN
#undef ALIAS
};

bool
command_only_shows(const struct command_row *row)
{
	/* They are no reports: they wait, or answer by functions of their own. */
	static const char *const others[] = {"show access", "wait",
					     "config diff", "config dump",
					     "config history"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(row->words, others[i]) == 0)
			return true;
	return row->kind == COMMAND_REPORT;
}
