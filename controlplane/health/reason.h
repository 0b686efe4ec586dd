/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REASON_H
#define MX_REASON_H

/* The ends of a probe: one list, each with a word for programs and a text for
 * people.  Threads: pure functions, any. */
#include <stdbool.h>

/* The stored part of a server's reply: one row of a terminal. */
#define REASON_REPLY_MAX 81

/* What the end of a probe says about the backend. */
enum reason_kind {
	REASON_PASSES,
	REASON_DEGRADES, /* it serves, and lacks something */
	REASON_SOFT,     /* it is well, and says "try later" now */
	REASON_FAILS,
	REASON_SAYS_NOTHING, /* a fault of this host, or no end at all */
};

/* The same as one result that counts.
 *
 * SOFT acts at once and ends with the next result that passes.  It is not a
 * failure: an MTA under stress says 421 for seconds and is well after that. */
enum verdict {
	VERDICT_UP,
	VERDICT_DEGRADED,
	VERDICT_SOFT,
	VERDICT_DOWN,
};

/* Does the verdict count as a pass? */
static inline bool
verdict_passes(enum verdict verdict)
{
	return verdict == VERDICT_UP || verdict == VERDICT_DEGRADED;
}

/* clang-format off */
#define REASONS(X) \
	X(NONE,             SAYS_NOTHING, "none",             "not over yet") \
	X(OK,               PASSES,       "ok",               "ok") \
	X(NO_GOODBYE,       PASSES,       "no-goodbye",       "ok, but no 221 after QUIT") \
	X(LOCAL_FAULT,      SAYS_NOTHING, "local-fault",      "this host could not open a connection") \
	X(FULL,             SAYS_NOTHING, "full",             "mxsteer's own sessions use all of its connections-max") \
	X(RESUME_TIMEOUT,   SAYS_NOTHING, "resume-timeout",   "timeout resuming a TLS session: the next check makes a whole handshake") \
	X(CONNECT_REFUSED,  FAILS,        "connect-refused",  "no server listens on that port") \
	X(CONNECT_NO_ROUTE, FAILS,        "connect-no-route", "no route to the backend") \
	X(CONNECT_TIMEOUT,  FAILS,        "connect-timeout",  "timeout connecting") \
	X(CONNECT_FAILED,   FAILS,        "connect-failed",   "connecting failed") \
	X(BANNER_REFUSED,   FAILS,        "banner-refused",   "banner refuses service (5xx)") \
	X(BANNER_LATER,     SOFT,         "banner-later",     "banner says try later (4xx)") \
	X(BANNER_CLOSED,    FAILS,        "banner-closed",    "closed before the banner was complete") \
	X(BANNER_RESET,     FAILS,        "banner-reset",     "reset before the banner was complete") \
	X(BANNER_TIMEOUT,   FAILS,        "banner-timeout",   "timeout waiting for the banner") \
	X(HELLO_REFUSED,    FAILS,        "hello-refused",    "EHLO and HELO refused (5xx)") \
	X(HELLO_LATER,      SOFT,         "hello-later",      "EHLO or HELO answered with try later (4xx)") \
	X(HELLO_CLOSED,     FAILS,        "hello-closed",     "closed before EHLO was answered") \
	X(HELLO_RESET,      FAILS,        "hello-reset",      "reset before EHLO was answered") \
	X(HELLO_TIMEOUT,    FAILS,        "hello-timeout",    "timeout waiting for the reply to EHLO") \
	X(UNEXPECTED_CODE,  FAILS,        "unexpected-code",  "a reply code that has no place here") \
	X(NOT_SMTP,         FAILS,        "not-smtp",         "the answer is not an SMTP reply") \
	X(NUL_BYTE,         FAILS,        "nul-byte",         "a NUL byte in a reply") \
	X(MIXED_CODES,      FAILS,        "mixed-codes",      "the lines of one reply differ in code") \
	X(LINE_TOO_LONG,    FAILS,        "line-too-long",    "a reply line of over 2048 bytes") \
	X(REPLY_TOO_LONG,   FAILS,        "reply-too-long",   "a reply without end") \
	X(EARLY_DATA,       FAILS,        "early-data",       "the server spoke out of turn") \
	X(STARTTLS_MISSING, DEGRADES,     "starttls-missing", "EHLO does not offer STARTTLS") \
	X(STARTTLS_REFUSED, DEGRADES,     "starttls-refused", "STARTTLS is offered and refused") \
	X(TLS_PLAIN,        DEGRADES,     "tls-plain",        "the answer to TLS is not TLS") \
	X(TLS_TOO_OLD,      DEGRADES,     "tls-too-old",      "no TLS 1.2 or newer") \
	X(TLS_FAILED,       DEGRADES,     "tls-failed",       "the TLS handshake failed") \
	X(TLS_CLOSED,       DEGRADES,     "tls-closed",       "closed before EHLO was answered in TLS") \
	X(TLS_TIMEOUT,      DEGRADES,     "tls-timeout",      "timeout before EHLO was answered in TLS") \
	X(TLS_HELLO_REFUSED, DEGRADES,    "tls-hello-refused", "EHLO refused in TLS (5xx)") \
	X(CERTIFICATE,      DEGRADES,     "certificate",      "the certificate has faults") \
	X(CA_UNREADABLE,    DEGRADES,     "ca-unreadable",    "this host cannot read the check's `ca`") \
	X(EXPECT_MISSING,   FAILS,        "expect-missing",   "EHLO does not offer what the check expects") \
	X(MAIL_REFUSED,     FAILS,        "mail-refused",     "MAIL FROM:<> refused (5xx)") \
	X(MAIL_LATER,       SOFT,         "mail-later",       "MAIL FROM:<> answered with try later (4xx)") \
	X(RCPT_REFUSED,     FAILS,        "rcpt-refused",     "probe-recipient refused (5xx)") \
	X(RCPT_LATER,       SOFT,         "rcpt-later",       "probe-recipient answered with try later (4xx)") \
	X(WORK_CLOSED,      FAILS,        "work-closed",      "closed before it took the probe-recipient") \
	X(WORK_TIMEOUT,     FAILS,        "work-timeout",     "timeout before it took the probe-recipient") \
	X(CLOSING,          SOFT,         "closing",          "says 421 in the middle of the dialogue")
/* clang-format on */

enum reason {
#define X(id, kind, name, text) REASON_##id,
	REASONS(X)
#undef X
		REASON_COUNT,
};

enum reason_kind reason_kind(enum reason reason);

/* The verdict that follows from a reason.  A reason that says nothing has none:
 * such a result must not reach the health. */
enum verdict reason_verdict(enum reason reason);

/* The reason's word for programs.  It never changes. */
const char *reason_name(enum reason reason);

/* The reason's text for people. */
const char *reason_text(enum reason reason);

#endif /* MX_REASON_H */
