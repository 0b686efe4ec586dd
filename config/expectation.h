/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CONFIG_EXPECTATION_H
#define MX_CONFIG_EXPECTATION_H

/* What the file expects of an MTA's reply to EHLO, one word at a time:
 *
 *   STARTTLS           the keyword is there
 *   AUTH PLAIN         the keyword is there, with this parameter
 *   SIZE>=35000000     the keyword is there, and its number is not smaller; 0
 *                      or no number is no limit (RFC 1870, 4)
 *
 * Keywords and parameters are of RFC 5321 4.1.1.1; case does not matter.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#define EXPECTATION_TEXT_MAX 48

struct expectation {
	char keyword[EXPECTATION_TEXT_MAX];
	char parameter[EXPECTATION_TEXT_MAX]; /* or empty */
	uint64_t least;                       /* 0: no number is expected */
};

/* Returns 0, or -EINVAL with *out untouched. */
int expectation_parse(const char *text, struct expectation *out);

/* The expectation as the file has it, in capitals.  Returns text. */
#define EXPECTATION_FORMAT_MAX (2 * EXPECTATION_TEXT_MAX + 24)
const char *expectation_format(const struct expectation *expectation,
			       char text[static EXPECTATION_FORMAT_MAX]);

bool expectation_equal(const struct expectation *a,
		       const struct expectation *b);

/* Does the line of an EHLO reply meet it?  line: without its code, such as
 * "SIZE 10240000".  Lines of other keywords do not. */
bool expectation_is_met_by(const struct expectation *expectation,
			   const char *line);

#endif /* MX_CONFIG_EXPECTATION_H */
