/* SPDX-License-Identifier: BSD-3-Clause */
#include "reply.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "character.h"
#include "columns.h"
#include "nearest.h"
#include "targets.h"

static void
send_text(const struct request *request, enum answer answer, const char *text)
{
	if (text == NULL)
		ctl_reply(request->ctl, ANSWER_REFUSED, "out of memory\n", 14);
	else
		ctl_reply(request->ctl, answer, text, strlen(text));
}

void
reply_set_outcome(json_t *data, enum answer answer)
{
	json_object_set_new(data, "outcome",
			    json_string(answer_outcome(answer)));
}

void
reply_json(const struct request *request, enum answer answer, json_t *data)
{
	reply_set_outcome(data, answer);
	char *text = json_dumps(data, JSON_COMPACT);

	json_decref(data);
	send_text(request, answer, text);
	free(text);
}

json_t *
reply_value(const char *text)
{
	json_t *value = json_string(text);
	char *copy;

	if (value != NULL || text == NULL)
		return value != NULL ? value : json_null();
	copy = strdup(text);
	if (copy != NULL)
		character_make_shown(copy);
	value = copy != NULL ? json_string(copy) : NULL;
	free(copy);
	return value != NULL ? value : json_null();
}

void
reply_words(const struct request *request, enum answer answer,
	    const char *words)
{
	char *line = NULL;
	size_t length;

	if (words == NULL) {
		send_text(request, answer, NULL);
		return;
	}
	if (request->json) {
		reply_json(
			request, answer,
			json_pack("{s:o}",
				  answer == ANSWER_OK || answer == ANSWER_NOTED
					  ? "message"
					  : "error",
				  reply_value(words)));
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
	char *words = NULL;

	if (vasprintf(&words, format, arguments) < 0)
		words = NULL;
	reply_words(request, answer, words);
	free(words);
}

void
reply_faults(const struct request *request, enum answer answer,
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
	reply_words(request, answer, text);
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
reply_noted(const struct request *request, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	send_format(request, ANSWER_NOTED, format, arguments);
	va_end(arguments);
}

void
reply_no_backend(const struct request *request, const char *label)
{
	const struct state *state = request->desk->state;
	char list[NEAREST_TEXT_MAX];

	if (targets_are_many(label)) {
		reply_error(request,
			    "%.64s means no backend; expected a pattern of a "
			    "pool and a backend such as */mta1, or a host such "
			    "as @10.0.2.11; see show backends",
			    label);
		return;
	}
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

/* Print what the style asks for.  Returns false, with the reason in why, if it
 * chooses columns that there are not. */
static bool
print_report(FILE *out, const struct report *report, json_t *data,
	     const struct table_style *style, char why[static COLUMNS_WHY_MAX])
{
	struct table_choice choice;

	if (report->complete != NULL)
		report->complete(data);
	if (style->columns[0] == '\0') {
		report->print(out, data, style);
		return true;
	}
	if (!columns_choose(&choice, report->tables, data, style->columns, why,
			    COLUMNS_WHY_MAX))
		return false;
	table_print(out, json_object_get(data, choice.table.rows),
		    &choice.table, style);
	return true;
}

/* data is given away. */
static void
send_data(const struct request *request, enum answer answer,
	  const struct report *report, json_t *data)
{
	char why[COLUMNS_WHY_MAX];
	char *text = NULL;
	size_t length;
	bool printed = true;

	if (request->json) {
		reply_json(request, answer, data);
		return;
	}
	FILE *out = open_memstream(&text, &length);
	if (out != NULL) {
		printed = print_report(out, report, data, &request->style, why);
		fclose(out);
	}
	json_decref(data);
	if (printed)
		send_text(request, answer, text);
	else
		reply_usage(request, "%s", why);
	free(text);
}

enum answer
reply_answer(const struct report_result *result)
{
	static const enum answer answers[REPORT_ENDS] = {
		[REPORT_OK] = ANSWER_OK,
		[REPORT_WARNING] = ANSWER_WARNING,
		[REPORT_CRITICAL] = ANSWER_CRITICAL,
		[REPORT_REFUSED] = ANSWER_REFUSED,
		[REPORT_USAGE] = ANSWER_USAGE,
	};

	return answers[result->end];
}

void
reply_report(const struct request *request, const struct report *report,
	     json_t *data, struct report_result *result)
{
	if (data == NULL && result->text[0] == '\0')
		report_refuse(result, "out of memory");
	if (data == NULL)
		reply_words(request, reply_answer(result), result->text);
	else
		send_data(request, reply_answer(result), report, data);
}
