/* SPDX-License-Identifier: BSD-3-Clause */
#include "smtp.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The events of the dialogue: each reply, read line by line, is one. */
enum event {
	EVENT_YES,     /* 2xx */
	EVENT_LATER,   /* 4xx */
	EVENT_CLOSING, /* 421: the server is about to close by itself */
	EVENT_SYNTAX,  /* 50x: the server does not know the command */
	EVENT_NO,      /* other 5xx */
	EVENT_ODD,     /* 1xx, 3xx: unexpected in this dialogue */
	EVENT_CLOSED,
	EVENT_RESET,
	EVENT_TIMEOUT,
	EVENTS,
};

struct move {
	enum smtp_phase next;
	enum reason verdict; /* NONE: the verdict stays as it is */
};

/* A server that took EHLO would take mail.  So the probe has passed, whatever
 * the server does after QUIT.  A missing 221 is only noted. */
/* clang-format off */
static const struct {
	const char *command; /* sent on entering the phase; NULL: nothing */
	struct move on[EVENTS];
} machine[SMTP_PHASES] = {
	[SMTP_BANNER] = {NULL, {
		[EVENT_YES]     = {SMTP_EHLO, REASON_NONE},
		[EVENT_LATER]   = {SMTP_QUIT, REASON_BANNER_LATER},
		[EVENT_CLOSING] = {SMTP_DONE, REASON_BANNER_LATER},
		[EVENT_SYNTAX]  = {SMTP_QUIT, REASON_BANNER_REFUSED},
		[EVENT_NO]      = {SMTP_QUIT, REASON_BANNER_REFUSED},
		[EVENT_ODD]     = {SMTP_QUIT, REASON_UNEXPECTED_CODE},
		[EVENT_CLOSED]  = {SMTP_DONE, REASON_BANNER_CLOSED},
		[EVENT_RESET]   = {SMTP_DONE, REASON_BANNER_RESET},
		[EVENT_TIMEOUT] = {SMTP_DONE, REASON_BANNER_TIMEOUT}}},
	[SMTP_EHLO] = {"EHLO", {
		[EVENT_YES]     = {SMTP_QUIT, REASON_OK},
		[EVENT_LATER]   = {SMTP_QUIT, REASON_HELLO_LATER},
		[EVENT_CLOSING] = {SMTP_DONE, REASON_HELLO_LATER},
		[EVENT_SYNTAX]  = {SMTP_HELO, REASON_NONE},
		[EVENT_NO]      = {SMTP_QUIT, REASON_HELLO_REFUSED},
		[EVENT_ODD]     = {SMTP_QUIT, REASON_UNEXPECTED_CODE},
		[EVENT_CLOSED]  = {SMTP_DONE, REASON_HELLO_CLOSED},
		[EVENT_RESET]   = {SMTP_DONE, REASON_HELLO_RESET},
		[EVENT_TIMEOUT] = {SMTP_DONE, REASON_HELLO_TIMEOUT}}},
	[SMTP_HELO] = {"HELO", {
		[EVENT_YES]     = {SMTP_QUIT, REASON_OK},
		[EVENT_LATER]   = {SMTP_QUIT, REASON_HELLO_LATER},
		[EVENT_CLOSING] = {SMTP_DONE, REASON_HELLO_LATER},
		[EVENT_SYNTAX]  = {SMTP_QUIT, REASON_HELLO_REFUSED},
		[EVENT_NO]      = {SMTP_QUIT, REASON_HELLO_REFUSED},
		[EVENT_ODD]     = {SMTP_QUIT, REASON_UNEXPECTED_CODE},
		[EVENT_CLOSED]  = {SMTP_DONE, REASON_HELLO_CLOSED},
		[EVENT_RESET]   = {SMTP_DONE, REASON_HELLO_RESET},
		[EVENT_TIMEOUT] = {SMTP_DONE, REASON_HELLO_TIMEOUT}}},
	[SMTP_QUIT] = {"QUIT", {
		[EVENT_YES]     = {SMTP_DONE, REASON_NONE},
		[EVENT_LATER]   = {SMTP_DONE, REASON_NO_GOODBYE},
		[EVENT_CLOSING] = {SMTP_DONE, REASON_NO_GOODBYE},
		[EVENT_SYNTAX]  = {SMTP_DONE, REASON_NO_GOODBYE},
		[EVENT_NO]      = {SMTP_DONE, REASON_NO_GOODBYE},
		[EVENT_ODD]     = {SMTP_DONE, REASON_NO_GOODBYE},
		[EVENT_CLOSED]  = {SMTP_DONE, REASON_NO_GOODBYE},
		[EVENT_RESET]   = {SMTP_DONE, REASON_NO_GOODBYE},
		[EVENT_TIMEOUT] = {SMTP_DONE, REASON_NO_GOODBYE}}},
};
/* clang-format on */

/* A failed verdict is final: what comes after it is a consequence. */
static void
decide(struct smtp_dialogue *d, enum reason verdict)
{
	if (verdict != REASON_NONE &&
	    (d->verdict == REASON_NONE || d->verdict == REASON_OK))
		d->verdict = verdict;
}

static void
say(struct smtp_dialogue *d, const char *command)
{
	const bool greets = d->phase != SMTP_QUIT;
	const int n = snprintf(d->out, sizeof(d->out), "%s%s%s\r\n", command,
			       greets ? " " : "", greets ? d->helo : "");

	assert(n > 0 && (size_t)n < sizeof(d->out));
	d->out_bytes = (size_t)n;
}

static void
begin_reply(struct smtp_dialogue *d)
{
	d->reply_code = 0;
	d->reply_lines = 0;
	d->reply_bytes = 0;
	d->line_bytes = 0;
}

static void
happen(struct smtp_dialogue *d, enum event event)
{
	if (smtp_over(d))
		return;
	const struct move *move = &machine[d->phase].on[event];

	decide(d, move->verdict);
	d->phase = move->next;
	d->out_bytes = 0;
	begin_reply(d);
	if (machine[d->phase].command != NULL)
		say(d, machine[d->phase].command);
}

/* The server broke the grammar, so its replies mean nothing. */
static void
fault(struct smtp_dialogue *d, enum reason reason)
{
	decide(d, d->phase == SMTP_QUIT && d->out_bytes == 0 ? REASON_NO_GOODBYE
							     : reason);
	d->phase = SMTP_DONE;
	d->out_bytes = 0;
}

static enum event
reply_event(uint16_t code)
{
	if (code == 421)
		return EVENT_CLOSING;
	if (code / 10 == 50)
		return EVENT_SYNTAX;
	switch (code / 100) {
	case 2:
		return EVENT_YES;
	case 4:
		return EVENT_LATER;
	case 5:
		return EVENT_NO;
	default:
		return EVENT_ODD;
	}
}

/* The code of a reply line (RFC 5321 4.2), or 0 if the line has none. */
static uint16_t
line_code(const char head[4], uint32_t length)
{
	if (length < 3 || head[0] < '1' || head[0] > '5')
		return 0;
	for (int i = 1; i < 3; i++)
		if (head[i] < '0' || head[i] > '9')
			return 0;
	if (length > 3 && head[3] != ' ' && head[3] != '-')
		return 0;
	return (uint16_t)((head[0] - '0') * 100 + (head[1] - '0') * 10 +
			  (head[2] - '0'));
}

/* Take a complete line; length: without its end.  A bare code ends a reply
 * too. */
static void
end_line(struct smtp_dialogue *d, uint32_t length)
{
	const uint16_t code = line_code(d->head, length);

	if (d->verdict == REASON_NONE && length < REASON_REPLY_MAX)
		d->text[length] = '\0'; /* without the CR */
	if (code == 0) {
		fault(d, REASON_NOT_SMTP);
		return;
	}
	if (d->reply_lines++ == 0)
		d->reply_code = code;
	if (d->verdict == REASON_NONE)
		d->code = code;
	d->line_bytes = 0;
	if (code != d->reply_code)
		fault(d, REASON_MIXED_CODES);
	else if (length == 3 || d->head[3] == ' ')
		happen(d, reply_event(code));
	else if (d->reply_lines == SMTP_REPLY_LINES_MAX)
		fault(d, REASON_REPLY_TOO_LONG);
}

/* Keep the part of a reply that an operator may want to read. */
static void
note(struct smtp_dialogue *d, char byte)
{
	if (d->verdict != REASON_NONE || d->line_bytes >= REASON_REPLY_MAX - 1)
		return;
	d->text[d->line_bytes] = byte >= ' ' && byte <= '~' ? byte : '?';
	d->text[d->line_bytes + 1] = '\0';
}

static void
feed_byte(struct smtp_dialogue *d, char byte)
{
	if (d->out_bytes > 0) {
		fault(d, REASON_EARLY_DATA);
		return;
	}
	if (d->reply_bytes == SMTP_REPLY_BYTES_MAX) {
		fault(d, REASON_REPLY_TOO_LONG);
		return;
	}
	d->reply_bytes++;
	/* A bare LF ends a line as CRLF does: it has no other meaning in a
	 * reply. */
	if (byte == '\n') {
		const bool crlf = d->line_bytes > 0 && d->last == '\r';
		end_line(d, d->line_bytes - crlf);
		return;
	}
	if (d->line_bytes == SMTP_LINE_BYTES_MAX) {
		fault(d, REASON_LINE_TOO_LONG);
		return;
	}
	note(d, byte);
	if (d->line_bytes < sizeof(d->head))
		d->head[d->line_bytes] = byte;
	d->line_bytes++;
	d->last = byte;
	if (byte == '\0')
		fault(d, REASON_NUL_BYTE);
}

void
smtp_start(struct smtp_dialogue *d, const char *helo)
{
	memset(d, 0, sizeof(*d));
	d->helo = helo;
}

void
smtp_feed(struct smtp_dialogue *d, const void *bytes, size_t n)
{
	const char *byte = bytes;

	for (size_t i = 0; i < n && !smtp_over(d); i++)
		feed_byte(d, byte[i]);
}

void
smtp_sent(struct smtp_dialogue *d)
{
	d->out_bytes = 0;
}

void
smtp_closed(struct smtp_dialogue *d)
{
	happen(d, EVENT_CLOSED);
}

void
smtp_reset(struct smtp_dialogue *d)
{
	happen(d, EVENT_RESET);
}

void
smtp_timeout(struct smtp_dialogue *d)
{
	happen(d, EVENT_TIMEOUT);
}
