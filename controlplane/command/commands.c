/* SPDX-License-Identifier: BSD-3-Clause */
#include "commands.h"

#include <string.h>

#include "accessing.h"
#include "applying.h"
#include "capturing.h"
#include "change.h"
#include "commandalias.h"
#include "commandfind.h"
#include "comparing.h"
#include "completing.h"
#include "denying.h"
#include "endings.h"
#include "listing.h"
#include "lookup.h"
#include "options.h"
#include "reloading.h"
#include "revising.h"
#include "reply.h"
#include "showagents.h"
#include "showannounce.h"
#include "showclients.h"
#include "showdenied.h"
#include "showbackend.h"
#include "showdiscovery.h"
#include "showevents.h"
#include "showgroup.h"
#include "showlog.h"
#include "showwishes.h"
#include "showhttp.h"
#include "wait.h"
#include "watching.h"
#include "wishing.h"

/* What answers each row of the table of commands: a function, a report, or
 * neither if the program mxsteer does it itself. */
static const struct {
	void (*run)(const struct request *request,
		    const struct arguments *arguments);
	const struct report *report;
} answers[] = {
#define REPORT(id, words, arguments, help) {NULL, &report_##id},
#define RUN(id, words, arguments, help) {command_##id, NULL},
#define LOCAL(words, arguments, help) {NULL, NULL},
#define HIDDEN(id, words, arguments) {command_##id, NULL},
	COMMAND_LIST(REPORT, RUN, LOCAL, HIDDEN)
#undef REPORT
#undef RUN
#undef LOCAL
#undef HIDDEN
};

static void
strip_end(char *line)
{
	size_t length = strlen(line);

	while (length > 0 && strchr(" \t", line[length - 1]) != NULL)
		line[--length] = '\0';
}

/* Others read the sources too, so what this caller may not see is said for this
 * call alone. */
static void
answer_report(const struct request *request, const struct report *report,
	      const struct arguments *arguments)
{
	bool *no_clients = &request->desk->sources.no_clients;

	*no_clients = !accessing_sees_clients(request);
	listing_answer(request, report, arguments);
	*no_clients = false;
}

static void
answer_row(const struct request *request, const struct command_row *row,
	   char *text)
{
	const size_t index = (size_t)(row - command_rows);
	struct arguments arguments;
	char why[ARGUMENTS_WHY_MAX];

	if (!accessing_may(request, row))
		return;
	if (!command_only_shows(row) && row->kind != COMMAND_HIDDEN)
		watching_forget(request->desk);
	if (row->kind == COMMAND_LOCAL)
		reply_usage(request, "the program mxsteer does this by itself");
	else if (!arguments_parse(row->arguments, command_only_shows(row), text,
				  &arguments, why))
		reply_usage(request, "%s\nexpected: %s%s%s", why, row->words,
			    *row->arguments ? " " : "", row->arguments);
	else if (row->kind == COMMAND_REPORT)
		answer_report(request, answers[index].report, &arguments);
	else
		answers[index].run(request, &arguments);
}

void
commands_answer(void *arg, struct ctl_request *ctl, char *line)
{
	struct desk *desk = arg;
	struct request request = {.desk = desk, .ctl = ctl};
	struct command_match match;
	char text[COMMAND_TEXT_MAX], why[OPTIONS_WHY_MAX];
	char ours[CTL_LINE_MAX];

	publisher_look(desk->publisher);
	strip_end(line);
	line += strspn(line, " \t");
	if (!options_read(&request, &line, why)) {
		reply_usage(&request, "%s", why);
		return;
	}
	command_find(line, true, &match);
	if (match.result == COMMAND_FOUND && match.row->kind == COMMAND_ALIAS) {
		if (!commandalias_put(match.row, line + (match.rest - line),
				      ours, text)) {
			reply_usage(&request, "%s\nexpected: %s%s%s", text,
				    match.row->words,
				    *match.row->arguments ? " " : "",
				    match.row->arguments);
			return;
		}
		line = ours;
		command_find(line, false, &match);
	}
	if (match.result == COMMAND_FOUND) {
		answer_row(&request, match.row, line + (match.rest - line));
		return;
	}
	command_explain(line, &match, text);
	reply_usage(&request, "%s", text);
}
