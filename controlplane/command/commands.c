/* SPDX-License-Identifier: BSD-3-Clause */
#include "commands.h"

#include <string.h>

#include "capturing.h"
#include "change.h"
#include "reply.h"
#include "wait.h"

#define ARGUMENTS_MAX 3

static void command_config_check(const struct request *request, int argc,
				 char **argv);

static const struct report report_help;

/* argv[argc..ARGUMENTS_MAX) are NULL. */
typedef void (*command_run)(const struct request *request, int argc,
			    char **argv);

static const struct command {
	const char *words;
	const char *arguments; /* as help shows them */
	int least, most;       /* how many */
	bool rest;             /* the last one is the rest of the line */
	command_run run;       /* or: */
	const struct report *report;
	const char *help;
} commands[] = {
	/* clang-format off */
	{"status",          "",              0, 0, false, .report = &report_status,     .help = "trouble first; exit 0 OK, 1 WARNING, 2 CRITICAL"},
	{"show services",   "",              0, 0, false, .report = &report_services,   .help = "services, their VIPs and traffic"},
	{"show pools",      "",              0, 0, false, .report = &report_pools,      .help = "pools, how many of their backends are up"},
	{"show backends",   "",              0, 0, false, .report = &report_backends,   .help = "backends: admin state, health, weight, sessions"},
	{"show sessions",   "[N]",           0, 1, false, .report = &report_sessions,   .help = "sessions by state, and N of them (20)"},
	{"show snat",       "",              0, 0, false, .report = &report_snat,       .help = "snat addresses, and the use of their ports"},
	{"show retired",    "",              0, 0, false, .report = &report_retired,    .help = "what left the file and still has sessions"},
	{"show drops",      "",              0, 0, false, .report = &report_drops,      .help = "drop reasons, and the sum of all frames"},
	{"show workers",    "",              0, 0, false, .report = &report_workers,    .help = "the frames and the load of each worker"},
	{"show ports",      "",              0, 0, false, .report = &report_ports,      .help = "ports: link, frames, address conflicts"},
	{"show generation", "",              0, 0, false, .report = &report_generation, .help = "the plan published and the one in force"},
	{"drain",           "POOL/BACKEND",  1, 1, false, .run = command_drain,         .help = "no new sessions; old ones go on"},
	{"ready",           "POOL/BACKEND",  1, 1, false, .run = command_ready,         .help = "new sessions again, if it is up"},
	{"maint",           "POOL/BACKEND",  1, 1, false, .run = command_maint,         .help = "as drain, and it is not checked"},
	{"weight",          "POOL/BACKEND N",2, 2, false, .run = command_weight,        .help = "its share of new sessions, 0 to 1000 or default"},
	{"end sessions",    "POOL/BACKEND",  1, 1, false, .run = command_end_sessions,  .help = "reset the sessions that it has now"},
	{"wait",            "SECONDS drained POOL/BACKEND",
	                                     3, 3, false, .run = command_wait,          .help = "until it is drained, and has no session left"},
	{"lookup",          "SRC:PORT VIP:PORT",
	                                     2, 2, false, .report = &report_lookup,     .help = "the backend a new session would get, and why"},
	{"capture",         "[from PREFIX] [backend POOL/BACKEND] [packets N] [bytes N] FILE",
	                                     1, 1, true,  .run = command_capture,       .help = "frames before and after the rewrite, as pcapng"},
	{"config apply",    "FILE",          1, 1, true,  .run = command_config_apply,  .help = "put a file in force, all of it or nothing"},
	{"config check",    "[--host] FILE", 1, 1, true,  .run = command_config_check,  .help = "the mistakes of a file, or hazards of this host"},
	{"help",            "[COMMAND]",     0, 1, true,  .report = &report_help,       .help = "this list, or the commands that begin so"},
	/* clang-format on */
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char blanks[] = " \t";

static void
add_words(char text[static REPORT_TEXT_MAX], const char *words, size_t length)
{
	const size_t used = strlen(text);

	snprintf(text + used, REPORT_TEXT_MAX - used, "%s%.*s",
		 used > 0 ? ", " : "", (int)length, words);
}

/* List the commands that have the same first word as the line. */
static void
list_commands(const char *line, char text[static REPORT_TEXT_MAX])
{
	const size_t length = strcspn(line, blanks);

	text[0] = '\0';
	for (size_t i = 0; i < COMMANDS; i++) {
		const char *words = commands[i].words;
		if (strncmp(words, line, length) == 0 && words[length] == ' ')
			add_words(text, words, strlen(words));
	}
}

/* List the first words of all commands.  Rows of one first word are
 * neighbours in the table. */
static void
list_first_words(char text[static REPORT_TEXT_MAX])
{
	text[0] = '\0';
	for (size_t i = 0; i < COMMANDS; i++) {
		const char *words = commands[i].words;
		const size_t length = strcspn(words, " ");
		if (i == 0 ||
		    strncmp(commands[i - 1].words, words, length) != 0)
			add_words(text, words, length);
	}
}

/* Set the text that says which commands there are. */
static void
describe_unknown(const char *line, struct report_result *result)
{
	char list[REPORT_TEXT_MAX];

	list_commands(line, list);
	if (list[0] == '\0')
		list_first_words(list);
	report_misused(result, "unknown command '%.40s'; expected one of: %s",
		       line, list);
}

static void
print_help(FILE *out, json_t *data)
{
	size_t i;
	const json_t *row;

	json_array_foreach(json_object_get(data, "commands"), i, row) {
		char usage[80];
		snprintf(usage, sizeof(usage), "%s %s",
			 json_string_value(json_object_get(row, "command")),
			 json_string_value(json_object_get(row, "arguments")));
		fprintf(out, "%-34s %s\n", usage,
			json_string_value(json_object_get(row, "help")));
	}
}

static json_t *
help_rows(const struct sources *sources, int argc, char **argv,
	  struct report_result *result)
{
	const char *words = argc > 0 ? argv[0] : "";
	json_t *rows = json_array();

	(void)sources;
	for (size_t i = 0; i < COMMANDS; i++)
		if (strncmp(commands[i].words, words, strlen(words)) == 0)
			json_array_append_new(
				rows, json_pack("{s:s s:s s:s}", "command",
						commands[i].words, "arguments",
						commands[i].arguments, "help",
						commands[i].help));
	if (json_array_size(rows) > 0)
		return json_pack("{s:o}", "commands", rows);
	json_decref(rows);
	describe_unknown(words, result);
	return NULL;
}

static const struct report report_help = {help_rows, print_help};

/* The program mxsteer answers this command itself.  The row exists so that
 * `help` lists it. */
static void
command_config_check(const struct request *request, int argc, char **argv)
{
	(void)argc, (void)argv;
	reply_usage(request, "the program mxsteer does this by itself");
}

/* Returns what follows `words` in the line, or NULL if the line starts with
 * other words. */
static char *
after_words(char *line, const char *words)
{
	while (*words != '\0') {
		const size_t length = strcspn(words, " ");
		line += strspn(line, blanks);
		if (strncmp(line, words, length) != 0 ||
		    strchr(blanks, line[length]) == NULL)
			return NULL; /* strchr finds the terminator too */
		line += length;
		words += length;
		words += *words == ' ';
	}
	return line + strspn(line, blanks);
}

/* Split the text in place.  Returns the number of arguments, or row->most + 1
 * if there are too many. */
static int
split(const struct command *row, char *text, char **argv)
{
	int argc = 0;

	while (*text != '\0' && argc < row->most) {
		argv[argc++] = text;
		if (row->rest && argc == row->most)
			return argc;
		text += strcspn(text, blanks);
		if (*text != '\0')
			*text++ = '\0';
		text += strspn(text, blanks);
	}
	return *text == '\0' ? argc : row->most + 1;
}

static void
strip_end(char *line)
{
	size_t length = strlen(line);

	while (length > 0 && strchr(blanks, line[length - 1]) != NULL)
		line[--length] = '\0';
}

void
commands_answer(void *arg, struct ctl_request *ctl, char *line)
{
	struct desk *desk = arg;
	struct request request = {.desk = desk, .ctl = ctl};
	struct report_result unknown;
	char *argv[ARGUMENTS_MAX + 1] = {NULL};

	publisher_look(desk->publisher);
	strip_end(line);
	line += strspn(line, blanks);
	char *after_option = after_words(line, "-j");
	if (after_option != NULL) {
		request.json = true;
		line = after_option;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *row = &commands[i];
		char *arguments = after_words(line, row->words);
		if (arguments == NULL)
			continue;
		const int argc = split(row, arguments, argv);
		if (argc < row->least || argc > row->most)
			reply_usage(&request, "expected: %s%s%s", row->words,
				    *row->arguments ? " " : "", row->arguments);
		else if (row->report != NULL)
			reply_report(&request, row->report, argc, argv);
		else
			row->run(&request, argc, argv);
		return;
	}
	describe_unknown(line, &unknown);
	reply_usage(&request, "%s", unknown.text);
}
