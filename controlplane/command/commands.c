/* SPDX-License-Identifier: BSD-3-Clause */
#include "commands.h"

#include <string.h>

#include "nearest.h"

static void command_help(const struct asker *asker, int argc, char **argv);
static void command_config_check(const struct asker *asker, int argc,
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
	{"show backends",   "",              0, 0, false, .report = &report_backends,   .help = "backends: wish, health, weight, sessions"},
	{"show sessions",   "[N]",           0, 1, false, .report = &report_sessions,   .help = "sessions by state, and N of them (20)"},
	{"show snat",       "",              0, 0, false, .report = &report_snat,       .help = "snat addresses, how far their ports are used"},
	{"show resting",    "",              0, 0, false, .report = &report_resting,    .help = "what left the file and has sessions still"},
	{"show drops",      "",              0, 0, false, .report = &report_drops,      .help = "why packets were dropped, and the sum"},
	{"show workers",    "",              0, 0, false, .report = &report_workers,    .help = "what each worker forwards, how busy it is"},
	{"show ports",      "",              0, 0, false, .report = &report_ports,      .help = "ports: link, frames, who claims our addresses"},
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
	{"config apply",    "FILE",          1, 1, true,  .run = command_config_apply,  .help = "put a file in force, all of it or nothing"},
	{"config check",    "[--host] FILE", 1, 1, true,  .run = command_config_check,  .help = "what is wrong in a file, or with this host for it"},
	{"help",            "[COMMAND]",     0, 1, true,  .run = command_help,          .help = "this list, or what of it begins so"},
	/* clang-format on */
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char blanks[] = " \t";

/* Every row whose first word is the line's, or else every first word. */
static void
reply_unknown(const struct asker *asker, const char *line)
{
	char list[1024] = "";
	const char *last = "";
	const size_t length = strcspn(line, blanks);

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strncmp(commands[i].words, line, length) != 0 ||
		    commands[i].words[length] != ' ')
			continue;
		strcat(strcat(list, *list ? ", " : ""), commands[i].words);
	}
	for (size_t i = 0; i < COMMANDS && (*list == '\0' || *last); i++) {
		const size_t first = strcspn(commands[i].words, " ");
		if (*last && strncmp(last, commands[i].words, first) == 0)
			continue;
		last = commands[i].words;
		strcat(list, *list ? ", " : "");
		strncat(list, last, first);
	}
	reply_usage(asker, "unknown command '%.40s'; expected one of: %s", line,
		    list);
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

static void
command_help(const struct asker *asker, int argc, char **argv)
{
	const char *words = argc > 0 ? argv[0] : "";
	json_t *rows = json_array();

	for (size_t i = 0; i < COMMANDS; i++)
		if (strncmp(commands[i].words, words, strlen(words)) == 0)
			json_array_append_new(
				rows, json_pack("{s:s s:s s:s}", "command",
						commands[i].words, "arguments",
						commands[i].arguments, "help",
						commands[i].help));
	if (json_array_size(rows) > 0) {
		reply_data(asker, json_pack("{s:o}", "commands", rows),
			   print_help);
		return;
	}
	json_decref(rows);
	reply_unknown(asker, words);
}

/* Here so that `help` lists it. */
static void
command_config_check(const struct asker *asker, int argc, char **argv)
{
	(void)argc, (void)argv;
	reply_usage(asker, "the program mxsteer does this by itself");
}

uint16_t
command_backend(const struct asker *asker, const char *label)
{
	const struct state *state = asker->control->state;
	const uint16_t id = state_find(state, label);
	char list[NEAREST_TEXT_MAX];

	if (id != MX_BACKEND_NONE)
		return id;
	const uint32_t count = nearest_backends(state, label, list);
	if (count <= NEAREST_MAX)
		reply_error(asker,
			    "there is no backend %.64s; expected one of: %s",
			    label, list);
	else
		reply_error(asker,
			    "there is no backend %.64s; the nearest of %u: %s; "
			    "see show backends",
			    label, count, list);
	return MX_BACKEND_NONE;
}

/* What follows `words` in line, or NULL if line starts with other words. */
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

/* Split text in place; returns how many, or one more than row->most. */
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
commands_answer(void *control, struct ctl_request *request, char *line)
{
	struct asker asker = {.control = control, .request = request};
	char *argv[COMMAND_ARGS_MAX + 1] = {NULL};

	publisher_look(asker.control->publisher);
	strip_end(line);
	line += strspn(line, blanks);
	char *after_option = after_words(line, "-j");
	if (after_option != NULL) {
		asker.json = true;
		line = after_option;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *row = &commands[i];
		char *arguments = after_words(line, row->words);
		if (arguments == NULL)
			continue;
		const int argc = split(row, arguments, argv);
		if (argc < row->least || argc > row->most)
			reply_usage(&asker, "expected: %s%s%s", row->words,
				    *row->arguments ? " " : "", row->arguments);
		else if (row->report != NULL)
			reply_report(&asker, row->report, argc, argv);
		else
			row->run(&asker, argc, argv);
		return;
	}
	reply_unknown(&asker, line);
}
