/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_VISIT_H
#define MX_VISIT_H

/* One message is brought to a server, as any client of SMTP does, and each step
 * is told as it happens.
 *
 *   CONNECT, [TLS], BANNER, EHLO, [STARTTLS, TLS, EHLO], MAIL, RCPT, DATA,
 *   MESSAGE, QUIT
 *
 * Turns are strict: one command, then its reply.  With no_data the message stays
 * here: RSET comes in place of DATA.  Whatever is refused, QUIT ends the dialogue
 * if the server still listens.
 *
 * Trust      every text of a reply is the server's: cut, and printable.
 * Threads    any; it blocks. */
#include <stdbool.h>
#include <stdint.h>

#include "certificate.h"
#include "config.h"
#include "mailwire.h"

#define VISIT_ID_MAX 33 /* 16 bytes in hexadecimal */
#define VISIT_TEXT_MAX 256

/* clang-format off */
#define VISIT_LIST(X) \
	X(CONNECT,  "connect") \
	X(BANNER,   "banner") \
	X(EHLO,     "EHLO") \
	X(STARTTLS, "STARTTLS") \
	X(TLS,      "TLS") \
	X(MAIL,     "MAIL") \
	X(RCPT,     "RCPT") \
	X(DATA,     "DATA") \
	X(MESSAGE,  "message") \
	X(RSET,     "RSET") \
	X(QUIT,     "QUIT")
/* clang-format on */

enum visit_step {
#define X(id, name) VISIT_##id,
	VISIT_LIST(X)
#undef X
		VISIT_STEPS,
};

enum visit_end {
	VISIT_YES,    /* 2xx or 3xx, as the step wants */
	VISIT_LATER,  /* 4xx */
	VISIT_NO,     /* 5xx */
	VISIT_ODD,    /* another code, or no reply of SMTP */
	VISIT_SILENT, /* nothing came in time */
	VISIT_CLOSED,
	VISIT_RESET,
	VISIT_BROKEN, /* by TLS, or by this host: see text */
};

struct visit_task {
	struct mx_endpoint to;
	bool has_from;
	struct mx_addr from; /* of this host */
	char recipient[MAILBOX_TEXT_MAX];
	char sender[MAILBOX_TEXT_MAX]; /* empty: <> */
	char helo[MX_HOSTNAME_MAX];
	char id[VISIT_ID_MAX]; /* in the header X-mxsteer-doctor */
	uint32_t limit_ms;     /* for each reply */
	bool no_data;
	bool no_tls;
};

/* What one step came to. */
struct visit_event {
	enum visit_step step;
	enum visit_end end;
	double at_ms;   /* since the visit began */
	double took_ms; /* this step */
	uint16_t code;  /* 0: no reply */
	const char *text;
};

struct visit {
	const struct visit_task *task;
	void (*tell)(void *arg, const struct visit *visit,
		     const struct visit_event *event);
	void *arg;

	struct mailwire wire;
	struct smtpreply reply; /* the last one */
	uint64_t began_ns, step_ns;

	/* What is known in the end. */
	enum visit_step last; /* the last step but for QUIT and RSET */
	enum visit_end end;   /* of that step */
	uint16_t code;        /* of its reply */
	int error;            /* an errno of CONNECT, or 0 */
	double last_ms;       /* that it took */
	char text[VISIT_TEXT_MAX];
	char banner[VISIT_TEXT_MAX]; /* its first line */
	char hello[VISIT_TEXT_MAX];  /* of EHLO, the first line */
	char extra[VISIT_TEXT_MAX]; /* a reply that answers no command, or "" */
	bool offers_tls;
	struct certificate certificate; /* not known: no TLS */
};

/* Bring the message.  tell: gets each step while the connection is there.
 * Returns true if the server took what it was to take. */
bool visit_run(struct visit *visit, const struct visit_task *task,
	       void (*tell)(void *arg, const struct visit *visit,
			    const struct visit_event *event),
	       void *arg);

const char *visit_step_name(enum visit_step step);

#endif /* MX_VISIT_H */
