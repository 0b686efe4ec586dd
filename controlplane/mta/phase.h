/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PHASE_H
#define MX_PHASE_H

/* The phases of a check of an MTA: what the probe waits for.  One list, each
 * with a word for programs.
 * Threads    pure functions: any. */

/* clang-format off */
#define SMTP_PHASE_LIST(X) \
	X(CONNECT,  "connect")  /* the TCP handshake */ \
	X(BANNER,   "banner") \
	X(EHLO,     "ehlo") \
	X(HELO,     "helo") \
	X(STARTTLS, "starttls") /* the reply to the command */ \
	X(TLS,      "tls")      /* the TLS handshake */ \
	X(EHLO2,    "ehlo_tls") /* EHLO again, inside TLS after STARTTLS */ \
	X(MAIL,     "mail") \
	X(RCPT,     "rcpt") \
	X(RSET,     "rset") \
	X(QUIT,     "quit") \
	X(DONE,     "done")
/* clang-format on */

enum smtp_phase {
#define X(id, name) SMTP_##id,
	SMTP_PHASE_LIST(X)
#undef X
		SMTP_PHASES,
};

const char *smtp_phase_name(enum smtp_phase phase);

#endif /* MX_PHASE_H */
