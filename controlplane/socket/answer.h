/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ANSWER_H
#define MX_ANSWER_H

/* How a request ended: the first word of its reply, and the exit status that
 * the CLI makes of it.  The last two are those of `status`, with the exit
 * status that monitoring plugins have.
 * Threads    any. */
#include <stdbool.h>

enum answer {
	ANSWER_REFUSED,  /* nothing has changed */
	ANSWER_OK,       /* done, and in force */
	ANSWER_USAGE,    /* the request itself is wrong */
	ANSWER_NOTED,    /* done, and not in force yet */
	ANSWER_WARNING,  /* mail flows, and something is wrong */
	ANSWER_CRITICAL, /* mail is being lost, or nobody can tell */
	ANSWERS,
};

/* "ok", "error": the word on the socket. */
const char *answer_word(enum answer answer);

/* Returns false if no answer has that word. */
bool answer_find(const char *word, enum answer *answer);

int answer_exit_status(enum answer answer);

/* Is the text a complaint, which belongs on stderr? */
bool answer_complains(enum answer answer);

#endif /* MX_ANSWER_H */
