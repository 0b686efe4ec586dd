/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REMARK_H
#define MX_REMARK_H

/* What an operator adds to a command: why, and for how long.
 *
 *   kernel upgrade for 2h      for 2h kernel upgrade      kernel upgrade
 *
 * Belief     The text is shown to others, on terminals, in logs and on a page.
 *            So it is short, and it is UTF-8 whose characters can neither move a
 *            cursor nor change the direction of writing.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#define REMARK_TEXT_MAX                                                        \
	161 /* bytes: two rows of a terminal, and a terminator */
#define REMARK_FAULT_MAX 160

struct remark {
	char text[REMARK_TEXT_MAX]; /* "": none */
	int64_t for_s;              /* 0: for good */
};

/* Read the words.  "for" and a number are a time wherever they stand: a time that
 * is mistyped, or stands in the middle, is refused, since it would otherwise be a
 * part of the text, and the command would be for good.  So is a text that is a
 * time alone.  A word like an option is refused, since it would be no option.
 * Returns 0, or -EINVAL with the fault in words. */
int remark_parse(const char *words, struct remark *remark,
		 char fault[static REMARK_FAULT_MAX]);

/* Is the text one that remark_parse() would take? */
bool remark_is_text(const char *text);

#endif /* MX_REMARK_H */
