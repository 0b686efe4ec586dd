/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SMTP_H
#define MX_SMTP_H

/* The SMTP dialogue of a probe, with no socket and no clock: bytes of the
 * server go in, bytes for the server and a verdict come out.
 *
 *   BANNER --2xx--> EHLO --2xx--> [STARTTLS, TLS, EHLO2] --> [MAIL, RCPT, RSET]
 *      |             '---50x--> HELO --2xx--^                         |
 *      '--4xx, 5xx--> QUIT <------------------------------------------'
 *                       '--any--> DONE
 *
 * What stands in brackets is done if the check asks for it.  `smtps` has TLS
 * first of all, and then the banner.
 *
 * Turns are strict: the probe sends nothing before the banner is complete, and
 * then one command at a time.  A server that refuses still gets a QUIT, so that
 * its log shows an orderly end.  A grammar fault ends the dialogue at once.
 *
 * TLS        A byte that comes after the 220 to STARTTLS and before the
 *            handshake is an injection (RFC 3207, 6), and a fault.  A handshake
 *            alone proves nothing: EHLO must be answered inside TLS.
 * Thorough   TLS costs more than all the rest.  So a check that is not thorough
 *            leaves it out, unless the banner's host or the words of EHLO are
 *            others than those of the last thorough check, or the server takes no MAIL without TLS.
 *            Only a thorough check judges the words.
 * Usage      smtp_start(); then until smtp_over(): if smtp_wants_tls(), make the
 *            handshake and call smtp_secured(), or smtp_break(); else feed all
 *            that can be read, send out[0..out_bytes) and call smtp_sent().
 * Invariant  bytes fed while out_bytes > 0 came before the server's turn.
 * Invariant  the verdict does not depend on how the bytes of one turn of the
 *            server are split into feeds.
 * Threads    pure functions on the caller's memory: any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "ehlo.h"
#include "phase.h"
#include "reason.h"

/* RFC 5321 4.5.3.1.5 allows 512 with CRLF; real servers write longer. */
#define SMTP_LINE_BYTES_MAX 2048
/* EHLO replies of real servers have 10 to 20 lines. */
#define SMTP_REPLY_LINES_MAX 128
#define SMTP_REPLY_BYTES_MAX 65536 /* that many lines of 512 */

/* "RCPT TO:<", "EHLO ": the longer of both, with what follows and CRLF. */
#define SMTP_OUT_MAX 320
static_assert(SMTP_OUT_MAX > MX_HOSTNAME_MAX + 12 &&
		      SMTP_OUT_MAX > MAILBOX_TEXT_MAX + 12,
	      "each command fits");

#define SMTP_LINE_KEPT_MAX 256 /* the kept part of a line */

struct smtp_plan {
	const struct mx_config_check *check; /* outlives the dialogue */
	bool thorough;
	bool plain;          /* it does not become thorough by new words */
	uint64_t known_mark; /* smtp_mark() of the last thorough check */
};

struct smtp_dialogue {
	const struct mx_config_check *check;
	uint64_t known_mark;
	enum smtp_phase phase; /* what the probe waits for */
	enum reason verdict;   /* final once smtp_over() */
	bool thorough;         /* it became so, or was from the start */
	bool plain;            /* new words make it not so */
	bool work_needs_tls;   /* the server takes no MAIL without TLS */
	bool tls_asked;        /* STARTTLS was sent */
	bool secured;          /* inside TLS */

	uint64_t host_mark;   /* of the host in the banner */
	struct ehlo ehlo;     /* of the first EHLO */
	struct ehlo ehlo_tls; /* inside TLS, after STARTTLS */

	/* The last reply before the verdict, for the operator: the beginning of
	 * its last line.  '?' stands for what is not printable. */
	char text[REASON_REPLY_MAX];

	size_t out_bytes; /* to send; 0: it is the server's turn */
	char out[SMTP_OUT_MAX];

	/* The reply under way. */
	uint16_t reply_code; /* of its first line */
	uint16_t reply_lines;
	uint16_t last_code; /* of its last complete line, or of the reply
			     * before */
	uint32_t reply_bytes;
	uint32_t line_bytes;
	char head[4]; /* of the line: code and separator */
	char last;    /* the last byte, to tell CRLF from LF */
	char line
		[SMTP_LINE_KEPT_MAX]; /* the line under way, or else the last */
};

void smtp_start(struct smtp_dialogue *d, const struct smtp_plan *plan);

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

/* The handshake that smtp_wants_tls() asked for is done.  resumed: if not, it
 * makes the check thorough. */
void smtp_secured(struct smtp_dialogue *d, bool resumed);

/* The caller found a flaw that is no end of the dialogue; text: for the
 * operator, in place of a reply. */
void smtp_flaw(struct smtp_dialogue *d, enum reason reason, const char *text);

/* The connection is of no more use. */
void smtp_break(struct smtp_dialogue *d, enum reason reason, const char *text);

/* A mark of the banner's host and the words of the first EHLO. */
uint64_t smtp_mark(const struct smtp_dialogue *d);

/* The verdict for this check: lack of TLS is worse if the check requires TLS, or
 * if the server does so itself. */
enum verdict smtp_verdict(const struct smtp_dialogue *d);

static inline bool
smtp_over(const struct smtp_dialogue *d)
{
	return d->phase == SMTP_DONE;
}

static inline bool
smtp_wants_tls(const struct smtp_dialogue *d)
{
	return d->phase == SMTP_TLS;
}

#endif /* MX_SMTP_H */
