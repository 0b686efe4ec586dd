/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ANSWER_H
#define MX_ANSWER_H

/* The outcome of a request: the first word of its reply, and the exit status of
 * the CLI.  WARNING and CRITICAL are outcomes of questions such as `status`, and have
 * the exit status of monitoring plugins.
 * Threads    any. */
#include <stdbool.h>

enum answer {
	ANSWER_REFUSED,  /* nothing has changed */
	ANSWER_OK,       /* done, and in force */
	ANSWER_USAGE,    /* the request itself is malformed */
	ANSWER_NOTED,    /* done, and not in force yet */
	ANSWER_WARNING,  /* mail flows, and something is wrong */
	ANSWER_PROGRESS, /* the answer comes later; this is how it goes on */
	ANSWER_CRITICAL, /* mail is being lost, or the state is unknown */
	ANSWERS,
};

/* The word on the socket, such as "ok" or "error". */
const char *answer_word(enum answer answer);

/* The word in the JSON, such as "done" or "refused". */
const char *answer_outcome(enum answer answer);

/* Returns false if no answer has that word. */
bool answer_find(const char *word, enum answer *answer);

int answer_exit_status(enum answer answer);

/* Does the text belong on stderr? */
bool answer_complains(enum answer answer);

#endif /* MX_ANSWER_H */
