/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SMTPMOVES_H
#define MX_SMTPMOVES_H

/* The dialogue of a probe as a table: what each reply of the server means in each
 * phase.
 * Threads    pure functions: any. */
#include "phase.h"
#include "reason.h"

/* The events of the dialogue: each reply, read line by line, is one. */
enum smtp_event {
	EVENT_YES,     /* 2xx */
	EVENT_LATER,   /* 4xx */
	EVENT_CLOSING, /* 421: the server is about to close by itself */
	EVENT_SYNTAX,  /* 50x: the server does not know the command */
	EVENT_NO,      /* other 5xx */
	EVENT_ODD,     /* 1xx, 3xx: unexpected in this dialogue */
	EVENT_CLOSED,
	EVENT_RESET,
	EVENT_TIMEOUT,
	SMTP_EVENTS,
};

/* The next phase is one that the check asks for: smtp.c knows it. */
#define SMTP_ONWARD SMTP_PHASES

struct smtp_move {
	enum smtp_phase next;
	enum reason verdict; /* NONE: the verdict stays as it is */
};

struct smtp_move smtp_move(enum smtp_phase phase, enum smtp_event event);

/* The command that is sent on entering the phase; NULL: none. */
const char *smtp_command(enum smtp_phase phase);

#endif /* MX_SMTPMOVES_H */
