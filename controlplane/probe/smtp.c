/* SPDX-License-Identifier: BSD-3-Clause */
#include "smtp.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "smtpmoves.h"

/* RFC 3207, 4: "530 Must issue a STARTTLS command first". */
#define CODE_TLS_FIRST 530

/* Does the reason say that mail cannot come by TLS? */
static bool
is_lack_of_tls(enum reason reason)
{
	return reason >= REASON_STARTTLS_MISSING &&
	       reason <= REASON_TLS_HELLO_REFUSED;
}

static enum verdict
verdict_of(const struct smtp_dialogue *d, enum reason reason)
{
	return is_lack_of_tls(reason) && (mx_check_requires_tls(d->check) ||
					  d->work_needs_tls)
		       ? VERDICT_DOWN
		       : reason_verdict(reason);
}

enum verdict
smtp_verdict(const struct smtp_dialogue *d)
{
	return verdict_of(d, d->verdict);
}

/* A failed verdict is final: what comes after it is a consequence.  A lesser
 * one gives way to a worse one. */
static void
decide(struct smtp_dialogue *d, enum reason verdict)
{
	const bool first = d->verdict == REASON_NONE || d->verdict == REASON_OK;

	if (verdict == REASON_NONE)
		return;
	if (!first && verdict_of(d, verdict) <= verdict_of(d, d->verdict))
		return;
	if (d->verdict != REASON_OK || verdict != REASON_NO_GOODBYE) {
		snprintf(d->text, sizeof(d->text), "%.*s",
			 (int)sizeof(d->text) - 1, d->line);
	}
	d->verdict = verdict;
}

/* The same, with another text for the operator than the server's. */
static void
decide_because(struct smtp_dialogue *d, enum reason verdict, const char *text)
{
	const enum reason before = d->verdict;

	decide(d, verdict);
	if (d->verdict != before)
		snprintf(d->text, sizeof(d->text), "%s", text);
}

static void
say(struct smtp_dialogue *d, const char *command)
{
	int n = 0;

	switch (d->phase) {
	case SMTP_EHLO:
	case SMTP_HELO:
	case SMTP_EHLO2:
		n = snprintf(d->out, sizeof(d->out), "%s %s\r\n", command,
			     d->check->helo);
		break;
	case SMTP_MAIL:
		n = snprintf(d->out, sizeof(d->out), "%s FROM:<>\r\n", command);
		break;
	case SMTP_RCPT:
		n = snprintf(d->out, sizeof(d->out), "%s TO:<%s>\r\n", command,
			     d->check->probe_recipient);
		break;
	default:
		n = snprintf(d->out, sizeof(d->out), "%s\r\n", command);
		break;
	}
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
enter(struct smtp_dialogue *d, enum smtp_phase phase)
{
	d->phase = phase;
	d->out_bytes = 0;
	begin_reply(d);
	if (phase == SMTP_EHLO)
		ehlo_clear(&d->ehlo);
	if (phase == SMTP_EHLO2)
		ehlo_clear(&d->ehlo_tls);
	d->tls_asked |= phase == SMTP_STARTTLS;
	if (smtp_command(phase) != NULL)
		say(d, smtp_command(phase));
}

static bool
can_starttls(const struct smtp_dialogue *d)
{
	return d->check->starttls != MX_STARTTLS_OFF && !d->tls_asked &&
	       !d->secured && ehlo_offers(&d->ehlo, "STARTTLS");
}

/* A client that went into TLS forgets what EHLO offered before (RFC 3207, 4.2).
 * So the EHLO inside TLS counts alone, but STARTTLS itself is only in the first.
 */
static bool
is_offered(const struct smtp_dialogue *d, const struct expectation *e)
{
	const bool inside =
		d->ehlo_tls.lines > 0 && strcmp(e->keyword, "STARTTLS") != 0;

	return ehlo_meets(inside ? &d->ehlo_tls : &d->ehlo, e);
}

static void
judge_words(struct smtp_dialogue *d)
{
	char text[EXPECTATION_FORMAT_MAX];

	if (d->check->starttls == MX_STARTTLS_REQUIRE && !d->tls_asked &&
	    !d->secured)
		decide(d, REASON_STARTTLS_MISSING);
	for (uint16_t i = 0; i < d->check->expect_count; i++) {
		const struct expectation *e = &d->check->expect[i];

		if (!is_offered(d, e))
			decide_because(d, REASON_EXPECT_MISSING,
				       expectation_format(e, text));
	}
}

/* What comes after EHLO, and after STARTTLS is over. */
static enum smtp_phase
onward(struct smtp_dialogue *d)
{
	d->thorough =
		d->thorough || (!d->plain && smtp_mark(d) != d->known_mark);
	if (d->thorough && can_starttls(d))
		return SMTP_STARTTLS;
	if (d->thorough)
		judge_words(d);
	if (d->verdict != REASON_NONE && smtp_verdict(d) == VERDICT_DOWN)
		return SMTP_QUIT;
	if (d->check->probe_recipient[0] != '\0')
		return SMTP_MAIL;
	decide(d, REASON_OK);
	return SMTP_QUIT;
}

static void
happen(struct smtp_dialogue *d, enum smtp_event event)
{
	if (smtp_over(d))
		return;
	struct smtp_move move = smtp_move(d->phase, event);

	if (d->phase == SMTP_MAIL && d->last_code == CODE_TLS_FIRST &&
	    event == EVENT_NO && can_starttls(d)) {
		d->thorough = d->work_needs_tls = true;
		move = (struct smtp_move){SMTP_STARTTLS, REASON_NONE};
	}
	decide(d, move.verdict);
	enter(d, move.next == SMTP_ONWARD ? onward(d) : move.next);
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

static enum smtp_event
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

/* Keep what the line says of the server: the host of its banner (RFC 5321 4.2),
 * a word of its reply to EHLO.  What follows the host may be a time of day. */
static void
take_line(struct smtp_dialogue *d)
{
	const char *line = strlen(d->line) > 4 ? d->line + 4 : "";

	if (d->phase == SMTP_BANNER && d->reply_lines == 1)
		d->host_mark = ehlo_hash(line, strcspn(line, " "));
	if (d->phase == SMTP_EHLO)
		ehlo_add(&d->ehlo, line);
	if (d->phase == SMTP_EHLO2)
		ehlo_add(&d->ehlo_tls, line);
}

/* Take a complete line; length: without its end.  A bare code ends a reply
 * too. */
static void
end_line(struct smtp_dialogue *d, uint32_t length)
{
	const uint16_t code = line_code(d->head, length);

	if (length < sizeof(d->line))
		d->line[length] = '\0'; /* without the CR */
	if (code == 0) {
		fault(d, REASON_NOT_SMTP);
		return;
	}
	if (d->reply_lines++ == 0)
		d->reply_code = code;
	d->last_code = code;
	d->line_bytes = 0;
	if (code != d->reply_code) {
		fault(d, REASON_MIXED_CODES);
		return;
	}
	take_line(d);
	if (length == 3 || d->head[3] == ' ')
		happen(d, reply_event(code));
	else if (d->reply_lines == SMTP_REPLY_LINES_MAX)
		fault(d, REASON_REPLY_TOO_LONG);
}

/* Keep the part of a line that an operator may want to read. */
static void
note(struct smtp_dialogue *d, char byte)
{
	if (d->line_bytes >= sizeof(d->line) - 1)
		return;
	d->line[d->line_bytes] = byte;
	if (byte < ' ' || byte > '~')
		d->line[d->line_bytes] = '?';
	d->line[d->line_bytes + 1] = '\0';
}

static void
feed_byte(struct smtp_dialogue *d, char byte)
{
	if (d->out_bytes > 0 || smtp_wants_tls(d)) {
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
smtp_start(struct smtp_dialogue *d, const struct smtp_plan *plan)
{
	memset(d, 0, sizeof(*d));
	d->check = plan->check;
	d->thorough = plan->thorough;
	d->plain = plan->plain;
	d->known_mark = plan->known_mark;
	d->phase = plan->check->type == MX_CHECK_SMTPS ? SMTP_TLS : SMTP_BANNER;
}

uint64_t
smtp_mark(const struct smtp_dialogue *d)
{
	return d->ehlo.mark ^ d->host_mark;
}

void
smtp_secured(struct smtp_dialogue *d, bool resumed)
{
	assert(smtp_wants_tls(d));
	d->secured = true;
	d->thorough = d->thorough || !resumed;
	enter(d, d->tls_asked ? SMTP_EHLO2 : SMTP_BANNER);
}

void
smtp_flaw(struct smtp_dialogue *d, enum reason reason, const char *text)
{
	decide_because(d, reason, text);
}

void
smtp_break(struct smtp_dialogue *d, enum reason reason, const char *text)
{
	if (smtp_over(d))
		return;
	if (d->phase == SMTP_QUIT && d->out_bytes == 0)
		decide(d, REASON_NO_GOODBYE);
	else
		decide_because(d, reason, text);
	d->phase = SMTP_DONE;
	d->out_bytes = 0;
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
