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

/* A word behind the name of the file.  Names may have blanks, so there is none if all
 * words name a file.  If not, it is an option, or what is left when the words before
 * it name a file.  Returns the word, or NULL. */
static const char *
word_behind(const char *name)
{
	char front[CTL_LINE_MAX];
	const char *option = strstr(name, " --");

	if (access(name, F_OK) == 0)
		return NULL;
	if (option != NULL)
		return option + 1;
	for (const char *end = strchr(name, ' '); end != NULL;
	     end = strchr(end + 1, ' ')) {
		snprintf(front, sizeof(front), "%.*s", (int)(end - name), name);
		if (access(front, F_OK) == 0)
			return end + strspn(end, " ");
	}
	return NULL;
}

/* The name of a file must end where the line ends.  Returns true if it does, and
 * complains if not. */
static bool
check_name_end(const struct asking *asking, const char *words, const char *name)
{
	char text[256];
	const char *behind = word_behind(name);

	if (behind == NULL)
		return true;
	snprintf(text, sizeof(text),
		 "'%.60s' does not belong there: expected nothing behind the "
		 "name of the file; see help %s",
		 behind, words);
	asking_misused(asking, text);
	return false;
}

static enum status
check_file(struct asking *asking, const struct arguments *arguments)
{
	const char *name = arguments_get(arguments, "FILE");

	if (!check_name_end(asking, "config check", name))
		return NOT_ASKED;
	const bool good = checkfile(name, arguments_has(arguments, "--host"),
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

/* The option may stand behind the file too.  Cut it off the name.  Returns its time,
 * "" if that was forgotten, or NULL if there is no such option. */
static const char *
cut_trial(char *name)
{
	static const char option[] = " --confirm-within";
	char *behind = strstr(name, option);

	if (behind == NULL || strchr(" ", behind[strlen(option)]) == NULL)
		return NULL;
	*behind = '\0';
	behind += strlen(option);
	return behind + strspn(behind, " ");
}

static enum status
apply_file(struct asking *asking, const struct arguments *arguments)
{
	const char *time = arguments_get(arguments, "TIME");
	char name[CTL_LINE_MAX], words[64] = "config apply";

	snprintf(name, sizeof(name), "%s", arguments_get(arguments, "FILE"));
	if (time == NULL)
		time = cut_trial(name);
	if (time != NULL && (*time == '\0' || strchr(time, ' ') != NULL))
		return asking_misused(asking,
				      "--confirm-within: expected one time "
				      "from 1s to 24h, such as 60s; nothing "
				      "was applied");
	if (!check_name_end(asking, words, name))
		return NOT_ASKED;
	if (time != NULL)
		snprintf(words, sizeof(words),
			 "config apply --confirm-within %.16s", time);
	return send_with_file(asking, words, name);
}

/* The statuses of diff(1): 2 is trouble of any kind. */
static enum status
diff_file(struct asking *asking, const struct arguments *arguments)
{
	const char *path = arguments_get(arguments, "FILE");

	asking->compares = true;
	if (path == NULL)
		return asking_ask(asking, "config diff");
	if (!check_name_end(asking, "config diff", path))
		return NOT_ASKED;
	return send_with_file(asking, "config diff", path);
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
	if (asking->json && wish.once)
		return asking_ask(asking, "top read");
	if (asking->json) {
		return asking_misused(asking,
				      "a live screen is for people; programs "
				      "ask for -j top --once, or for -j show "
				      "services, and so on");
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
	snprintf(complaint, sizeof(complaint), "%s\nexpected: %s%s%s", why,
		 row->words, *row->arguments ? " " : "", row->arguments);
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
