/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLY_H
#define MX_REPLY_H

/* Answers to commands, in text for people or, after "-j", in JSON.
 * Each of these ends the request; one of them must be called once.
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

/* Make the rows of a report and answer with them, or with the reason why there
 * are none. */
void reply_report(const struct request *request, const struct report *report,
		  int argc, char **argv);

/* A change was made: answer when the data plane has it, or cannot have it, with
 * {"message", "generation", "adopted", "workers", "took_ms", "obstacle",
 * "warnings"}. */
void reply_when_settled(const struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for a file, of which the reply says whether it is in force; rest
 * follows that. */
void reply_file_when_settled(const struct request *request, const char *path,
			     const char *rest);

#endif /* MX_REPLY_H */
