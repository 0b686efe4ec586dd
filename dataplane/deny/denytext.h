/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENYTEXT_H
#define MX_DENYTEXT_H

/* The text of a list of prefixes, as the files of block lists have it.
 *
 * A line has one prefix ("192.0.2.0/24", "2001:db8::/32") or one address, or
 * nothing.  Spaces around it do not count.  `#` or `;` begins a comment.
 *
 * Threads    pure functions: any. */
#include <stddef.h>
#include <stdint.h>

#include "denylist.h"

/* The lines that a text may have: each prefix with three lines of comment. */
#define MX_DENY_LINES_MAX (4 * MX_DENY_PREFIXES_MAX)

/* What is wrong with a text, and where. */
struct mx_deny_fault {
	uint32_t line;
	char text[160];
};

/* Read one prefix or address of `length` bytes.  Returns 0, or -EINVAL with the
 * reason in *fault, but no line. */
int mx_deny_prefix(const char *text, size_t length, struct mx_deny_key *key,
		   uint32_t *bits, struct mx_deny_fault *fault);

/* Add all prefixes of a text to a list with one verdict.  A text may come in
 * parts that end with a line; list->lines is 0 before its first part.
 * Returns 0; or -EINVAL, -E2BIG or -ENOMEM with *fault, and the list is of no
 * use any more. */
int mx_deny_read(struct mx_deny_list *list, const char *text, size_t size_bytes,
		 enum mx_deny_verdict verdict, struct mx_deny_fault *fault);

#endif /* MX_DENYTEXT_H */
