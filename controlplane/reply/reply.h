/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLY_H
#define MX_REPLY_H

/* Answers to commands, in text for people or, after "-j", in JSON.
 * Each command calls one of these functions once, or one of changereply.h; it
 * ends the request.
 * Threads    the event loop. */
#include "reports.h"
#include "request.h"

/* {"error": text}: the request was refused, and nothing has changed. */
void reply_error(const struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* {"error": text}: the request itself is wrong. */
void reply_usage(const struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The request names a backend that there is not: say which names are most like
 * it. */
void reply_no_backend(const struct request *request, const char *label);

/* {"message": text} */
void reply_message(const struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* {"error": text}: the change is noted, and not in force yet. */
void reply_noted(const struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* {"message": words}, or {"error": words} if the answer is neither ANSWER_OK nor
 * ANSWER_NOTED.  NULL tells that there is no memory. */
void reply_words(const struct request *request, enum answer answer,
		 const char *words);

/* Set the key "outcome" of an answer. */
void reply_set_outcome(json_t *data, enum answer answer);

/* {"error": text}: what is wrong with a configuration, one fault a line. */
void reply_faults(const struct request *request, enum answer answer,
		  const struct mx_config_errors *errors);

/* data, an object, is given away. */
void reply_json(const struct request *request, enum answer answer,
		json_t *data);

/* Answer with the data of a report, which is given away; or, if there is none,
 * with the reason. */
void reply_report(const struct request *request, const struct report *report,
		  json_t *data, struct report_result *result);

/* The answer that a report which was made ends with. */
enum answer reply_answer(const struct report_result *result);

/* Make a JSON value of a text, for an answer.  In a text that is not UTF-8, such
 * as a mail server's reply, '?' stands for what is not shown. */
json_t *reply_value(const char *text);

#endif /* MX_REPLY_H */
