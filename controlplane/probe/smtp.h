/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SMTP_H
#define MX_SMTP_H

/* The SMTP dialogue of a probe, with no socket and no clock: bytes of the
 * server go in, bytes for the server and a verdict come out.
 *
 *   BANNER --2xx--> EHLO --2xx-------------> QUIT --any--> DONE
 *      |             '---50x--> HELO --any--> ^
 *      '--4xx, 5xx----------------------------'
 *
 * Turns are strict: the probe sends nothing before the banner is complete, and
 * then one command at a time.  A server that refuses still gets a QUIT, so that
 * its log shows an orderly end.  A grammar fault ends the dialogue at once.
 *
 * Usage      smtp_start(); then until smtp_over(): feed all that can be read,
 *            then send out[0..out_bytes) and call smtp_sent().
 * Invariant  bytes fed while out_bytes > 0 came before the server's turn.
 * Invariant  the verdict does not depend on how the bytes of one turn of the
 *            server are split into feeds.
 * Threads    pure functions on the caller's memory: any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "reason.h"

/* RFC 5321 4.5.3.1.5 allows 512 with CRLF; real servers write longer. */
#define SMTP_LINE_BYTES_MAX 2048
/* EHLO replies of real servers have 10 to 20 lines. */
#define SMTP_REPLY_LINES_MAX 128
#define SMTP_REPLY_BYTES_MAX 65536 /* that many lines of 512 */

#define SMTP_OUT_MAX (MX_HOSTNAME_MAX + 7) /* "EHLO ", name, CRLF */

enum smtp_phase {
	SMTP_BANNER, /* what the probe waits for */
	SMTP_EHLO,
	SMTP_HELO,
	SMTP_QUIT,
	SMTP_DONE,
	SMTP_PHASES,
};

struct smtp_dialogue {
	const char *helo; /* the probe's name; outlives the dialogue */
	enum smtp_phase phase;
	enum reason verdict; /* final once smtp_over() */

	/* The last reply before the verdict, for the operator: the code of its
	 * last complete line, and the beginning of that line. '?' stands for
	 * what is not printable. */
	uint16_t code;
	char text[REASON_REPLY_MAX];

	size_t out_bytes; /* to send; 0: it is the server's turn */
	char out[SMTP_OUT_MAX];

	/* The reply under way. */
	uint16_t reply_code; /* of its first line */
	uint16_t reply_lines;
	uint32_t reply_bytes;
	uint32_t line_bytes;
	char head[4]; /* of the line: code and separator */
	char last;    /* the last byte, to tell CRLF from LF */
};

/* helo: a name of less than MX_HOSTNAME_MAX bytes. */
void smtp_start(struct smtp_dialogue *d, const char *helo);

/* Take n bytes from the server.  Bytes after the end of the dialogue are
 * ignored. */
void smtp_feed(struct smtp_dialogue *d, const void *bytes, size_t n);

/* The caller has sent out[]. */
void smtp_sent(struct smtp_dialogue *d);

/* The server will send no more: it closed, it reset, or the deadline passed.
 * Each ends the dialogue. */
void smtp_closed(struct smtp_dialogue *d);
void smtp_reset(struct smtp_dialogue *d);
void smtp_timeout(struct smtp_dialogue *d);

static inline bool
smtp_over(const struct smtp_dialogue *d)
{
	return d->phase == SMTP_DONE;
}

#endif /* MX_SMTP_H */
