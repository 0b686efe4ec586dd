/* SPDX-License-Identifier: BSD-3-Clause */
#include "commandrows.h"

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
