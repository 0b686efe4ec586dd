/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLY_H
#define MX_REPLY_H

/* Answers to commands, in text for people or, after "-j", in JSON.
 * Each of these ends the request; one of them must be called once.
 * Threads    the event loop. */
#include <jansson.h>
#include <stdio.h>

#include "control.h"
#include "reports.h"

/* The request that is answered: its control plane, client and form.  A handler
 * that answers later copies it. */
struct asker {
	struct control *control;
	struct ctl_request *request;
	bool json;
	uint16_t about; /* the backend whose state a reply tells; or none */
};

/* {"error": text}: the request was refused, and nothing has changed. */
void reply_error(const struct asker *asker, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* {"error": text}: the request itself is wrong. */
void reply_usage(const struct asker *asker, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* {"message": text} */
void reply_message(const struct asker *asker, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* data is given away; print makes the text of it. */
void reply_data(const struct asker *asker, json_t *data,
		void (*print)(FILE *out, json_t *data));

/* The same for what is no plain success. */
void reply_data_as(const struct asker *asker, enum answer answer, json_t *data,
		   void (*print)(FILE *out, json_t *data));

/* Make the rows of a report and answer with them, or with the reason why there
 * are none. */
void reply_report(const struct asker *asker, const struct report *report,
		  int argc, char **argv);

/* A change was made: answer when the data plane has it, or cannot have it, with
 * {"message", "generation", "adopted", "workers", "took_ms", "obstacle",
 * "warnings"}. */
void reply_when_settled(const struct asker *asker, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for a file, of which the reply says whether it is in force; rest
 * follows that. */
void reply_file_when_settled(const struct asker *asker, const char *path,
			     const char *rest);

#endif /* MX_REPLY_H */
