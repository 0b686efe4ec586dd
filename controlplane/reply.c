/* SPDX-License-Identifier: BSD-3-Clause */
#include "reply.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 8192
#define FATE_MAX 256 /* of a generation, in words */

static void
send_text(const struct asker *asker, bool ok, const char *text)
{
	if (text == NULL)
		ctl_reply(asker->request, false, "out of memory\n", 14);
	else
		ctl_reply(asker->request, ok, text, strlen(text));
}

static void
send_json(const struct asker *asker, bool ok, json_t *data)
{
	char *text = json_dumps(data, JSON_COMPACT);

	json_decref(data);
	send_text(asker, ok, text);
	free(text);
}

/* What probes were told may not be UTF-8, and then is no JSON text. */
static json_t *
json_words(const char *text)
{
	json_t *value = json_string(text);

	return value != NULL ? value : json_string("(not UTF-8)");
}

static void
send_words(const struct asker *asker, bool ok, const char *words)
{
	char line[MESSAGE_MAX + FATE_MAX + 2];

	if (asker->json) {
		send_json(asker, ok,
			  json_pack("{s:o}", ok ? "message" : "error",
				    json_words(words)));
		return;
	}
	snprintf(line, sizeof(line), "%s\n", words);
	send_text(asker, ok, line);
}

void
reply_error(const struct asker *asker, const char *format, ...)
{
	char words[MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	send_words(asker, false, words);
}

void
reply_message(const struct asker *asker, const char *format, ...)
{
	char words[MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	send_words(asker, true, words);
}

void
reply_data(const struct asker *asker, json_t *data,
	   void (*print)(FILE *out, json_t *data))
{
	char *text = NULL;
	size_t length;

	if (asker->json) {
		send_json(asker, true, data);
		return;
	}
	FILE *out = open_memstream(&text, &length);
	if (out != NULL) {
		print(out, data);
		fclose(out);
	}
	json_decref(data);
	send_text(asker, true, text);
	free(text);
}

/* The generation's fate in words, for the end of a reply. */
static void
describe(const struct publish_outcome *outcome, char *text, size_t size)
{
	if (!outcome->attached || !outcome->running)
		snprintf(text, size,
			 "no data plane is running: it takes this up when it "
			 "starts");
	else if (!outcome->answered)
		snprintf(text, size,
			 "generation %" PRIu64
			 ": the data plane has not taken it up yet",
			 outcome->generation);
	else if (outcome->fault != MX_PLAN_OK)
		snprintf(text, size,
			 "generation %" PRIu64
			 " was refused by the data plane: %s; generation "
			 "%" PRIu64 " stays in force",
			 outcome->generation,
			 mx_plan_fault_text(outcome->fault), outcome->adopted);
	else
		snprintf(text, size,
			 "generation %" PRIu64 ", %u/%u workers in %.1f ms",
			 outcome->generation, outcome->workers,
			 outcome->workers, outcome->took_ms);
}

struct change {
	struct asker asker;
	char message[MESSAGE_MAX];
};

static void
on_settled(void *arg, const struct publish_outcome *outcome)
{
	struct change *change = arg;
	char fate[FATE_MAX];
	char words[MESSAGE_MAX + FATE_MAX];
	const bool refused = outcome->running && outcome->answered &&
			     outcome->fault != MX_PLAN_OK;

	describe(outcome, fate, sizeof(fate));
	if (refused || !change->asker.json) {
		snprintf(words, sizeof(words), "%s\n%s", change->message, fate);
		send_words(&change->asker, !refused, words);
	} else {
		const bool adopted = outcome->running && outcome->answered;
		send_json(&change->asker, true,
			  json_pack("{s:o s:I s:b s:i s:f}", "message",
				    json_words(change->message), "generation",
				    (json_int_t)outcome->generation, "adopted",
				    adopted, "workers",
				    adopted ? outcome->workers : 0, "took_ms",
				    outcome->took_ms));
	}
	free(change);
}

void
reply_when_settled(const struct asker *asker, const char *format, ...)
{
	struct change *change = malloc(sizeof(*change));
	va_list arguments;

	if (change == NULL) {
		reply_message(asker, "done; not enough memory to wait for "
				     "the data plane");
		return;
	}
	change->asker = *asker;
	va_start(arguments, format);
	vsnprintf(change->message, sizeof(change->message), format, arguments);
	va_end(arguments);
	if (publisher_when_settled(asker->control->publisher, on_settled,
				   change) < 0) {
		reply_message(asker, "%s", change->message);
		free(change);
	}
}
