/* SPDX-License-Identifier: BSD-3-Clause */
#include "applying.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applyqueue.h"
#include "changereply.h"
#include "log.h"
#include "reloading.h"
#include "reply.h"
#include "timer.h"

/* A request for a file that is being applied. */
struct apply_request {
	struct request request;
	bool answered; /* the caller has not waited for the end */
	struct timer *patience;
	char path[PATH_MAX];
};

static void
reply_config_errors(const struct request *request,
		    const struct mx_config_errors *errors)
{
	char text[MX_CONFIG_ERRORS_MAX * MX_CONFIG_ERROR_TEXT_MAX] = "";
	size_t used = 0;

	for (uint16_t i = 0; i < errors->count && i < MX_CONFIG_ERRORS_MAX &&
			     used < sizeof(text);
	     i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s%s", i > 0 ? "\n" : "",
					 errors->text[i]);
	reply_error(request, "%s", text);
}

/* Describe what a file changed, after the words that it is in force.
 * Returns the text, to be freed; NULL if there is no memory. */
static char *
describe_apply(const struct desk *desk, const struct mx_config_errors *errors)
{
	const char *start_path = desk->sources.start_path;
	const char *changes = desk->applier->changes;
	char *text = NULL;
	size_t length;

	FILE *out = open_memstream(&text, &length);
	if (out == NULL)
		return NULL;
	if (strcmp(start_path, desk->applier->path) != 0)
		fprintf(out, "; a restart will read %s instead", start_path);
	for (uint16_t i = 0; i < errors->warnings && i < MX_CONFIG_ERRORS_MAX;
	     i++)
		fprintf(out, "\n%s", errors->warning[i]);
	if (changes != NULL && *changes != '\0')
		fprintf(out, "\n%s", changes);
	fclose(out);
	return text;
}

static void
on_applied(void *arg, int error, const struct mx_config_errors *errors)
{
	struct apply_request *apply = arg;
	const struct request *request = &apply->request;

	if (apply->answered) {
		if (error != 0)
			apply_log_errors(errors);
	} else if (error != 0) {
		reply_config_errors(request, errors);
	} else {
		char *text = describe_apply(request->desk, errors);
		reply_file_when_settled(request, apply->path,
					text != NULL ? text : "");
		free(text);
	}
	timer_free(apply->patience);
	free(apply);
}

static void
on_patience_over(void *arg)
{
	struct apply_request *apply = arg;
	char lists[RELOADING_TEXT_MAX];

	apply->answered = true;
	reloading_describe(apply->request.desk->applier->denials, lists);
	reply_noted(&apply->request,
		    "noted, not in force: %s waits until its lists are read "
		    "(%s); the log will say what became of it",
		    apply->path, lists);
}

void
command_config_apply(const struct request *request, int argc, char **argv)
{
	struct caller caller = ctl_caller(request->ctl);
	char who[CALLER_TEXT_MAX];

	(void)argc;
	if (argv[0][0] != '/') {
		reply_usage(request, "'%s': expected a path that starts with /",
			    argv[0]);
		return;
	}
	struct apply_request *apply = calloc(1, sizeof(*apply));
	if (apply != NULL)
		apply->patience =
			timer_new(request->desk->base, on_patience_over, apply);
	if (apply == NULL || apply->patience == NULL) {
		reply_error(request, "not enough memory");
		free(apply);
		return;
	}
	log_line(LOG_LEVEL_INFO, "config apply %s, by command of %s", argv[0],
		 caller_text(&caller, who));
	apply->request = *request;
	strncat(apply->path, argv[0], sizeof(apply->path) - 1);
	timer_set(apply->patience, RELOADING_PATIENCE_MS);
	apply_file(request->desk->applier, apply->path, on_applied, apply);
}
