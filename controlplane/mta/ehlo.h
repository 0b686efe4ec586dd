/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_EHLO_H
#define MX_EHLO_H

/* What an MTA offers: the lines of its reply to EHLO (RFC 5321 4.1.1.1), but
 * for the first, which names its host.
 *
 * Limit      lines that do not fit are left out, and `cut` says so.  The mark is
 *            of all lines.
 * Invariant  words has only printable ASCII and line feeds.
 * Threads    pure functions on the caller's memory: any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "expectation.h"

#define EHLO_WORDS_MAX 1024 /* real MTAs use 200 to 400 bytes */

struct ehlo {
	uint16_t lines; /* with the first one; 0: no reply yet */
	bool cut;
	uint16_t bytes;
	char words[EHLO_WORDS_MAX]; /* lines that end in a line feed, then a
				     * terminator */
	uint64_t mark;              /* of all lines, in whatever order */
};

/* FNV-1a of a text.  An MTA that makes two texts agree harms itself alone. */
uint64_t ehlo_hash(const char *text, size_t length);

void ehlo_clear(struct ehlo *ehlo);

/* Take the next line of the reply, without its code and its end. */
void ehlo_add(struct ehlo *ehlo, const char *line);

/* Does a line meet the expectation? */
bool ehlo_meets(const struct ehlo *ehlo, const struct expectation *expectation);

/* Does it offer the keyword, such as STARTTLS? */
bool ehlo_offers(const struct ehlo *ehlo, const char *keyword);

#endif /* MX_EHLO_H */
