/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SMTPREPLY_H
#define MX_SMTPREPLY_H

/* One reply of an SMTP server (RFC 5321 4.2), kept for a person to read.
 *
 * Limit      a line has at most SMTP_LINE_BYTES_MAX bytes and a reply
 *            SMTP_REPLY_LINES_MAX lines; what is longer is a fault.  Of the text
 *            SMTPREPLY_TEXT_MAX bytes are kept.
 * Invariant  text has only printable ASCII and line feeds.
 * Threads    pure functions on the caller's memory: any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtp.h"

#define SMTPREPLY_TEXT_MAX 2048

struct smtpreply {
	uint16_t code;     /* 0: no line is complete */
	bool whole;        /* the last line is there */
	const char *fault; /* why it is no reply, or NULL */
	/* Its lines without codes, with line feeds between them. */
	char text[SMTPREPLY_TEXT_MAX];

	size_t text_bytes;
	uint16_t lines;
	uint32_t line_bytes;
	char head[4]; /* of the line under way: code and separator */
};

void smtpreply_begin(struct smtpreply *reply);

/* Take bytes until the reply is whole or faulty.  Returns how many it took. */
size_t smtpreply_feed(struct smtpreply *reply, const char *bytes, size_t count);

/* The first line of the text, as a precision for "%.*s". */
int smtpreply_first_line(const struct smtpreply *reply);

/* The line that begins behind the first one with this word, such as STARTTLS. */
bool smtpreply_offers(const struct smtpreply *reply, const char *keyword);

#endif /* MX_SMTPREPLY_H */
