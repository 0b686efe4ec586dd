/* SPDX-License-Identifier: BSD-3-Clause */
#include "changereply.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outcome.h"
#include "plural.h"
#include "reply.h"
#include "trouble.h"

#define NO_SESSIONS (-1)
#define WARNINGS_MAX 5

/* A change that waits for the data plane.  file: the path of a configuration
 * file, or empty.  With a path, the reply begins with whether the file is in
 * force; then the message follows. */
struct change {
	struct request request;
	char file[PATH_MAX];
	int64_t sessions; /* that it ends; NO_SESSIONS: it is about others */
	char *message;
};

static void
change_free(struct change *change)
{
	free(change->message);
	free(change);
}

/* A plan that the data plane looked at and did not take is refused.  A plan
 * that it has not looked at waits for it in the region. */
static enum answer
change_answer(const struct publish_outcome *outcome)
{
	if (outcome_in_force(outcome))
		return ANSWER_OK;
	return outcome->running && outcome->answered &&
			       outcome->fault != MX_PLAN_OK
		       ? ANSWER_REFUSED
		       : ANSWER_NOTED;
}

/* Write what was changed. */
static void
print_change(FILE *out, const struct change *change, enum answer answer)
{
	if (change->file[0] != '\0')
		fprintf(out, "%s is %s", change->file,
			answer == ANSWER_OK ? "in force" : "not in force yet");
	fputs(change->message, out);
}

/* Write a line that says what became of the plan. */
static void
print_outcome(FILE *out, const struct publish_outcome *outcome,
	      enum answer answer)
{
	char obstacle[OUTCOME_TEXT_MAX];

	if (answer == ANSWER_OK)
		fprintf(out,
			"in force: generation %" PRIu64
			", %u/%u workers in %.1f ms",
			outcome->generation, outcome->workers, outcome->workers,
			outcome->took_ms);
	else
		fprintf(out, "%s%s",
			answer == ANSWER_NOTED ? "noted, not in force: " : "",
			outcome_obstacle(outcome, obstacle));
}

/* Returns an array of warnings. */
static json_t *
find_warnings(const struct request *request)
{
	struct troubles troubles = troubles_new();
	json_t *warnings = json_array();

	troubles_of_change(&troubles, &request->desk->sources, request->about);
	for (int i = 0; i < TROUBLE_LEVELS; i++)
		json_array_extend(warnings, troubles.list[i]);
	troubles_free(&troubles);
	return warnings;
}

static void
print_warnings(FILE *out, const struct request *request)
{
	json_t *warnings = find_warnings(request);
	json_t *text;
	size_t i;

	json_array_foreach(warnings, i, text)
		if (i < WARNINGS_MAX)
			fprintf(out, "\nwarning: %s", json_string_value(text));
	json_decref(warnings);
}

static json_t *
pack_change(const struct change *change, const struct publish_outcome *outcome,
	    enum answer answer, const char *message)
{
	const bool adopted = answer == ANSWER_OK;
	char obstacle[OUTCOME_TEXT_MAX];

	json_t *data = json_pack(
		"{s:o s:I s:b s:i s:f s:o s:o}", "message",
		reply_value(message), "generation",
		(json_int_t)outcome->generation, "adopted", adopted, "workers",
		adopted ? outcome->workers : 0, "took_ms", outcome->took_ms,
		"obstacle",
		adopted ? json_null()
			: json_string(outcome_obstacle(outcome, obstacle)),
		"warnings", find_warnings(&change->request));
	if (change->sessions != NO_SESSIONS)
		json_object_set_new(data, "sessions",
				    json_integer(change->sessions));
	return data;
}

static void
on_settled(void *arg, const struct publish_outcome *outcome)
{
	struct change *change = arg;
	const struct request *request = &change->request;
	const enum answer answer = change_answer(outcome);
	char *text = NULL;
	size_t length;

	FILE *out = open_memstream(&text, &length);
	if (out != NULL) {
		print_change(out, change, answer);
		if (answer == ANSWER_REFUSED || !request->json) {
			fputc('\n', out);
			print_outcome(out, outcome, answer);
			print_warnings(out, request);
		}
		fclose(out);
	}
	if (text == NULL || answer == ANSWER_REFUSED || !request->json)
		reply_words(request, answer, text);
	else
		reply_json(request, answer,
			   pack_change(change, outcome, answer, text));
	free(text);
	change_free(change);
}

static void
wait_for_outcome(const struct request *request, const char *file,
		 int64_t sessions, const char *format, va_list arguments)
{
	struct change *change = calloc(1, sizeof(*change));

	if (change == NULL ||
	    vasprintf(&change->message, format, arguments) < 0) {
		free(change);
		reply_words(request, ANSWER_NOTED,
			    "noted; not enough memory to wait for the data "
			    "plane");
		return;
	}
	change->request = *request;
	strncat(change->file, file, sizeof(change->file) - 1);
	change->sessions = sessions;
	if (publisher_when_settled(request->desk->publisher, on_settled,
				   change) < 0) {
		reply_words(request, ANSWER_NOTED, change->message);
		change_free(change);
	}
}

void
reply_when_settled(const struct request *request, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	wait_for_outcome(request, "", NO_SESSIONS, format, arguments);
	va_end(arguments);
}

void
reply_ends_when_settled(const struct request *request, uint64_t sessions,
			const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	wait_for_outcome(request, "", (int64_t)sessions, format, arguments);
	va_end(arguments);
}

static void wait_for_file(const struct request *request, const char *path,
			  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void
wait_for_file(const struct request *request, const char *path,
	      const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	wait_for_outcome(request, path, NO_SESSIONS, format, arguments);
	va_end(arguments);
}

void
reply_file_when_settled(const struct request *request, const char *path,
			const char *rest)
{
	wait_for_file(request, path, "%s", rest);
}
