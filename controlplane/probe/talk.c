/* SPDX-License-Identifier: BSD-3-Clause */
#include "talk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

#define READ_BYTES 4096 /* more than most servers say in one turn */

/* Reads in one round of the event loop: a server that sends a byte a record must
 * not keep others waiting. */
#define READS_MAX 32

void
talk_phase(struct talk *t, enum smtp_phase phase, const char *said)
{
	struct profile_phase *found = &t->profile.phase[phase];

	found->at_s = clock_wall_s();
	found->ms =
		(double)(clock_ns() - t->phase_ns) / (double)CLOCK_NS_PER_MS;
	t->phase_ns = clock_ns();
	t->phases |= (uint16_t)(1u << phase);
	snprintf(found->said, sizeof(found->said), "%.*s",
		 (int)sizeof(found->said) - 1, said);
}

/* The connection takes no more part in the dialogue. */
static void
end_dialogue(struct talk *t, enum stream_end end)
{
	if (end == STREAM_BROKEN)
		smtp_break(&t->smtp, t->stream.reason, t->stream.text);
	else if (end == STREAM_RESET)
		smtp_reset(&t->smtp);
	else
		smtp_closed(&t->smtp);
}

static void
send_command(struct talk *t)
{
	struct smtp_dialogue *d = &t->smtp;

	switch (stream_write(&t->stream, d->out, d->out_bytes)) {
	case STREAM_DONE:
		smtp_sent(d);
		break;
	case STREAM_BROKEN:
		end_dialogue(t, STREAM_BROKEN);
		break;
	default:
		end_dialogue(t, STREAM_RESET);
		break;
	}
}

static void
feed(struct talk *t, const char *bytes, size_t count)
{
	const enum smtp_phase before = t->smtp.phase;

	smtp_feed(&t->smtp, bytes, count);
	if (t->smtp.phase != before)
		talk_phase(t, before, t->smtp.line);
}

/* Read everything that is there.  A server that said more than one reply spoke
 * out of turn.  After a short read that ends the server's turn, there is no more
 * than an end of the connection: the event tells of an orderly one, and sending
 * of a reset.  Returns false if there may be more, which the next round of the
 * event loop reads. */
static bool
hear(struct talk *t)
{
	struct smtp_dialogue *d = &t->smtp;
	char bytes[READ_BYTES];
	bool more = true;

	for (int reads = 0; more && !smtp_over(d); reads++) {
		size_t count = 0;

		if (reads == READS_MAX)
			return false;
		const enum stream_end end =
			stream_read(&t->stream, bytes, sizeof(bytes), &count);
		switch (end) {
		case STREAM_DONE:
			feed(t, bytes, count);
			more = t->stream.secured || t->is_half_closed ||
			       count == sizeof(bytes) || d->out_bytes == 0;
			break;
		case STREAM_WAITS:
			more = false;
			break;
		default:
			end_dialogue(t, end);
			break;
		}
	}
	return true;
}

/* Make the handshake, or go on with it.  Returns TALK_MORE once it is done. */
static enum talk_state
secure(struct talk *t)
{
	struct smtp_dialogue *d = &t->smtp;

	if (t->stream.ssl == NULL &&
	    tlspeer_begin(&t->peer, &t->stream, d->check, !d->thorough) != 0) {
		smtp_break(d, REASON_LOCAL_FAULT, strerror(ENOMEM));
		return TALK_OVER;
	}
	const enum stream_end end = stream_handshake(&t->stream);
	if (end == STREAM_WAITS)
		return TALK_WAITS;
	if (end != STREAM_DONE) {
		if (tlspeer_fail(&t->peer, clock_ms()))
			return TALK_AGAIN;
		end_dialogue(t, end);
		return TALK_OVER;
	}
	talk_phase(t, SMTP_TLS, "");
	smtp_secured(d, t->stream.resumed);
	tlspeer_judge(&t->peer, &t->stream, &t->profile.tls, d);
	return TALK_MORE;
}

/* Take the found words, and the session. */
static void
keep(struct talk *t)
{
	const struct smtp_dialogue *d = &t->smtp;

	if (d->ehlo.lines > 0)
		t->profile.ehlo = d->ehlo;
	if (d->ehlo_tls.lines > 0)
		t->profile.tls.ehlo = d->ehlo_tls;
	if (d->check->type == MX_CHECK_SMTPS)
		tlspeer_keep(&t->peer, &t->stream, d, clock_ms());
}

enum talk_state
talk_on(struct talk *t)
{
	struct smtp_dialogue *d = &t->smtp;

	do {
		if (smtp_wants_tls(d)) {
			const enum talk_state state = secure(t);
			if (state == TALK_WAITS || state == TALK_AGAIN)
				return state;
		}
		if (!hear(t))
			return TALK_MORE;
		if (d->out_bytes > 0)
			send_command(t);
	} while (smtp_wants_tls(d));
	if (!smtp_over(d))
		return TALK_WAITS;
	keep(t);
	return TALK_OVER;
}

void
talk_time_out(struct talk *t)
{
	if (smtp_wants_tls(&t->smtp) && tlspeer_fail(&t->peer, clock_ms()))
		smtp_break(&t->smtp, REASON_RESUME_TIMEOUT, "");
	smtp_timeout(&t->smtp);
	keep(t);
}

void
talk_begin(struct talk *t, int fd, const struct smtp_plan *plan)
{
	stream_open(&t->stream, fd);
	t->is_half_closed = false;
	t->phase_ns = clock_ns();
	t->phases = 0;
	smtp_start(&t->smtp, plan);
}

void
talk_hang_up(struct talk *t)
{
	stream_close(&t->stream);
}
