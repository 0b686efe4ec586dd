/* SPDX-License-Identifier: BSD-3-Clause */
#include "owncommand.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "checkfile.h"
#include "ctl.h"
#include "doctormail.h"
#include "frommx.h"
#include "jsonschema.h"
#include "load.h"
#include "path.h"
#include "savecapture.h"
#include "top.h"

static enum status
check_file(struct asking *asking, const struct arguments *arguments)
{
	const bool good = checkfile(arguments_get(arguments, "FILE"),
				    arguments_has(arguments, "--host"),
				    asking->json, stdout);

	return good ? DONE : FAILED;
}

/* Read a file by the rights of this user.  Returns its text, which the caller frees;
 * or NULL, and says why. */
static char *
read_file(struct asking *asking, const char *path, size_t *size)
{
	struct mx_config_errors errors = {0};
	char *text = mx_config_read(path, size, &errors);

	if (text == NULL)
		asking_complain(asking, errors.count > 0 ? errors.text[0]
							 : "out of memory");
	return text;
}

/* Send a command with the text of its file, and with its absolute path, which
 * messages and the history name. */
static enum status
send_with_file(struct asking *asking, const char *words, const char *path)
{
	char absolute[PATH_MAX];
	char command[PATH_MAX + 64];
	size_t size;
	const int error = path_absolute(path, absolute);

	if (error != 0)
		return asking_complain(asking, strerror(-error));
	snprintf(command, sizeof(command), "%s %s", words, absolute);
	if (!ctl_is_line(command, strlen(command)))
		return asking_ask(asking, command); /* which refuses it */
	char *text = read_file(asking, absolute, &size);
	if (text == NULL)
		return asking_trouble(asking);
	asking->text = text;
	asking->text_size = size;
	const enum status status = asking_ask(asking, command);
	asking->text = NULL;
	free(text);
	return status;
}

/* The option may stand behind the file too: there a file's name would go on. */
static enum status
apply_file(struct asking *asking, const struct arguments *arguments)
{
	static const char option[] = " --confirm-within ";
	const char *time = arguments_get(arguments, "TIME");
	char path[PATH_MAX], words[64] = "config apply";

	snprintf(path, sizeof(path), "%s", arguments_get(arguments, "FILE"));
	char *behind = strstr(path, option);
	if (behind != NULL && time == NULL) {
		time = behind + strlen(option);
		*behind = '\0';
	}
	if (time != NULL)
		snprintf(words, sizeof(words),
			 "config apply --confirm-within %.16s", time);
	return send_with_file(asking, words, path);
}

/* The statuses of diff(1): 2 is trouble of any kind. */
static enum status
diff_file(struct asking *asking, const struct arguments *arguments)
{
	const char *path = arguments_get(arguments, "FILE");

	asking->compares = true;
	return path == NULL ? asking_ask(asking, "config diff")
			    : send_with_file(asking, "config diff", path);
}

static enum status
complain_of(const struct asking *asking, int status, const char *text)
{
	if (status == NOT_ASKED)
		asking_misused(asking, text);
	else if (status != DONE)
		asking_complain(asking, text);
	return (enum status)status;
}

static enum status
capture_file(struct asking *asking, const struct arguments *arguments)
{
	char text[SAVECAPTURE_TEXT_MAX];
	const enum status connected = asking_connect(asking);

	if (connected != DONE)
		return connected;
	const int status =
		savecapture(asking->fd, arguments, asking->json, text);
	if (status < 0) {
		close(asking->fd);
		asking->fd = -1;
		return asking_lost(asking, asking->path, status);
	}
	return complain_of(asking, status, text);
}

static enum status
write_from_mx(struct asking *asking, const struct arguments *arguments)
{
	char text[FROMMX_TEXT_MAX];
	const int status =
		frommx(arguments_get(arguments, "DOMAIN"),
		       arguments_get(arguments, "RESOLVER"), stdout, text);

	return complain_of(asking, status, text);
}

static enum status
print_schema(struct asking *asking, const struct arguments *arguments)
{
	(void)asking, (void)arguments;
	json_t *schema = jsonschema_new();
	json_dumpf(schema, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(schema);
	return DONE;
}

static enum status
print_lints(struct asking *asking, const struct arguments *arguments)
{
	(void)arguments;
	checkfile_lints(asking->json, stdout);
	return DONE;
}

/* The screen has a connection of its own: this one finds the socket, and tells whether
 * anybody answers there. */
static enum status
show_top(struct asking *asking, const struct arguments *arguments)
{
	static const char *const views[VIEWS] = {"services", "pools", "mtas",
						 "workers", "events"};
	const char *seconds = arguments_get(arguments, "SECONDS");
	const char *view =
		arguments_get(arguments, "services|pools|mtas|workers|events");
	struct top_wish wish = {
		.path = asking->path,
		.read_only = arguments_has(arguments, "--read-only|-r"),
		.once = arguments_has(arguments, "--once|-b"),
		.interval_s = seconds != NULL ? (unsigned)atoi(seconds)
					      : LIVE_INTERVAL_S,
	};
	char why[TOP_WHY_MAX];

	for (int i = 0; view != NULL && i < VIEWS; i++)
		if (strcmp(view, views[i]) == 0)
			wish.view = (enum view_id)i;
	if (wish.interval_s < 1 || wish.interval_s > LIVE_INTERVAL_MAX_S) {
		return asking_misused(asking,
				      "every: expected 1 to 3600 seconds");
	}
	if (asking->json) {
		return asking_misused(asking,
				      "top is for people; programs ask "
				      "for -j show services, and so on");
	}
	const enum status connected = asking_connect(asking);
	if (connected != DONE)
		return connected;
	if (top_run(&wish, why))
		return DONE;
	return asking_misused(asking, why);
}

/* Commands that the program runs itself, or sends in another form. */
static const struct own {
	const char *words;
	enum status (*run)(struct asking *asking,
			   const struct arguments *arguments);
} own[] = {
	/* clang-format off */
	{"config check", check_file},
	{"config from-mx", write_from_mx},
	{"config schema", print_schema},
	{"config lints", print_lints},
	{"config apply", apply_file},
	{"config diff", diff_file},
	{"capture", capture_file},
	{"doctor mail", doctormail},
	{"top", show_top},
	/* clang-format on */
};

static enum status
run_own(struct asking *asking, const struct own *command,
	const struct command_row *row, const char *text)
{
	char words[CTL_LINE_MAX];
	char why[ARGUMENTS_WHY_MAX];
	char complaint[ARGUMENTS_WHY_MAX + 256];
	struct arguments arguments;

	if (snprintf(words, sizeof(words), "%s", text) >= (int)sizeof(words))
		return asking_too_long(asking);
	if (arguments_parse(row->arguments, false, words, &arguments, why))
		return command->run(asking, &arguments);
	snprintf(complaint, sizeof(complaint), "%s\nexpected: %s %s", why,
		 row->words, row->arguments);
	return asking_misused(asking, complaint);
}

bool
owncommand_run(struct asking *asking, const struct command_row *row,
	       const char *text, enum status *status)
{
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (strcmp(row->words, own[i].words) != 0)
			continue;
		*status = run_own(asking, &own[i], row, text);
		return true;
	}
	return false;
}
