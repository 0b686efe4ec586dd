/* SPDX-License-Identifier: BSD-3-Clause */
#include "reply.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"
#include "trouble.h"

#define MESSAGE_MAX 16384
#define WARNINGS_MAX 5 /* beside a change */

static void
send_text(const struct request *request, enum answer answer, const char *text)
{
	if (text == NULL)
		ctl_reply(request->ctl, ANSWER_REFUSED, "out of memory\n", 14);
	else
		ctl_reply(request->ctl, answer, text, strlen(text));
}

static void
send_json(const struct request *request, enum answer answer, json_t *data)
{
	char *text = json_dumps(data, JSON_COMPACT);

	json_decref(data);
	send_text(request, answer, text);
	free(text);
}

/* A mail server's reply may not be UTF-8, and then cannot be a JSON text. */
static json_t *
json_words(const char *text)
{
	json_t *value = json_string(text);

	return value != NULL ? value : json_string("(not UTF-8)");
}

static void
send_words(const struct request *request, enum answer answer, const char *words)
{
	char *line = NULL;
	size_t length;

	if (request->json) {
		send_json(request, answer,
			  json_pack("{s:o}",
				    answer == ANSWER_OK ? "message" : "error",
				    json_words(words)));
		return;
	}
	FILE *out = open_memstream(&line, &length);
	if (out != NULL) {
		fprintf(out, "%s\n", words);
		fclose(out);
	}
	send_text(request, answer, line);
	free(line);
}

static void
send_format(const struct request *request, enum answer answer,
	    const char *format, va_list arguments)
{
	char words[MESSAGE_MAX];

	vsnprintf(words, sizeof(words), format, arguments);
	send_words(request, answer, words);
}

void
reply_error(const struct request *request, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	send_format(request, ANSWER_REFUSED, format, arguments);
	va_end(arguments);
}

void
reply_usage(const struct request *request, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	send_format(request, ANSWER_USAGE, format, arguments);
	va_end(arguments);
}

void
reply_no_backend(const struct request *request, const char *label)
{
	const struct state *state = request->desk->state;
	char list[NEAREST_TEXT_MAX];

	const uint32_t count = nearest_backends(state, label, list);
	if (count <= NEAREST_MAX)
		reply_error(request,
			    "there is no backend %.64s; expected one of: %s",
			    label, list);
	else
		reply_error(request,
			    "there is no backend %.64s; the nearest of %u: %s; "
			    "see show backends",
			    label, count, list);
}

void
reply_message(const struct request *request, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	send_format(request, ANSWER_OK, format, arguments);
	va_end(arguments);
}

/* data is given away; print makes the text of it. */
static void
send_data(const struct request *request, enum answer answer, json_t *data,
	  void (*print)(FILE *out, json_t *data))
{
	char *text = NULL;
	size_t length;

	if (request->json) {
		send_json(request, answer, data);
		return;
	}
	FILE *out = open_memstream(&text, &length);
	if (out != NULL) {
		print(out, data);
		fclose(out);
	}
	json_decref(data);
	send_text(request, answer, text);
	free(text);
}

void
reply_report(const struct request *request, const struct report *report,
	     int argc, char **argv)
{
	static const enum answer answers[REPORT_ENDS] = {
		[REPORT_OK] = ANSWER_OK,
		[REPORT_WARNING] = ANSWER_WARNING,
		[REPORT_CRITICAL] = ANSWER_CRITICAL,
		[REPORT_REFUSED] = ANSWER_REFUSED,
		[REPORT_USAGE] = ANSWER_USAGE,
	};
	struct report_result result = {0};
	json_t *data =
		report->rows(&request->desk->sources, argc, argv, &result);

	if (data == NULL && result.text[0] == '\0')
		report_refuse(&result, "out of memory");
	if (data == NULL)
		send_words(request, answers[result.end], result.text);
	else
		send_data(request, answers[result.end], data, report->print);
}

/* A change that waits for the data plane.  file: the path, if the change is a
 * configuration file; the reply then says first whether the file is in force,
 * and the message follows. */
struct change {
	struct request request;
	char file[PATH_MAX];
	char message[MESSAGE_MAX];
};

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

/* The subject of the reply and what was done to it. */
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
		fprintf(out, "generation %" PRIu64 ", %u/%u workers in %.1f ms",
			outcome->generation, outcome->workers, outcome->workers,
			outcome->took_ms);
	else
		fprintf(out, "%s%s",
			answer == ANSWER_NOTED ? "noted, not in force: " : "",
			outcome_obstacle(outcome, obstacle));
}

/* The warnings that the operator should know, in an array. */
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
pack_change(const struct request *request,
	    const struct publish_outcome *outcome, enum answer answer,
	    const char *message)
{
	const bool adopted = answer == ANSWER_OK;
	char obstacle[OUTCOME_TEXT_MAX];

	return json_pack(
		"{s:o s:I s:b s:i s:f s:o s:o}", "message", json_words(message),
		"generation", (json_int_t)outcome->generation, "adopted",
		adopted, "workers", adopted ? outcome->workers : 0, "took_ms",
		outcome->took_ms, "obstacle",
		adopted ? json_null()
			: json_string(outcome_obstacle(outcome, obstacle)),
		"warnings", find_warnings(request));
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
	if (text == NULL)
		send_text(request, answer, text);
	else if (answer == ANSWER_REFUSED || !request->json)
		send_words(request, answer, text);
	else
		send_json(request, answer,
			  pack_change(request, outcome, answer, text));
	free(text);
	free(change);
}

static void
wait_for_outcome(const struct request *request, const char *file,
		 const char *format, va_list arguments)
{
	struct change *change = calloc(1, sizeof(*change));

	if (change == NULL) {
		send_words(request, ANSWER_NOTED,
			   "noted; not enough memory to wait for the data "
			   "plane");
		return;
	}
	change->request = *request;
	strncat(change->file, file, sizeof(change->file) - 1);
	vsnprintf(change->message, sizeof(change->message), format, arguments);
	if (publisher_when_settled(request->desk->publisher, on_settled,
				   change) < 0) {
		send_words(request, ANSWER_NOTED, change->message);
		free(change);
	}
}

void
reply_when_settled(const struct request *request, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	wait_for_outcome(request, "", format, arguments);
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
	wait_for_outcome(request, path, format, arguments);
	va_end(arguments);
}

void
reply_file_when_settled(const struct request *request, const char *path,
			const char *rest)
{
	wait_for_file(request, path, "%s", rest);
}
