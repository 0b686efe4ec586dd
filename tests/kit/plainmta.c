/* SPDX-License-Identifier: BSD-3-Clause */
#include "plainmta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A reply fits in what is left, or the MTA closes. */
#define REPLY_MAX 64
#define RECORD_BYTES 5

static void
say_bytes(struct plainmta *m, const void *bytes, size_t count)
{
	if (m->said + count > PLAINMTA_BYTES) {
		m->phase = PLAINMTA_CLOSED;
		return;
	}
	memcpy(m->reply + m->said, bytes, count);
	for (size_t i = 0; i < count; i++)
		m->read_before[m->said + i] = m->read;
	m->said += (uint32_t)count;
}

static void
say(struct plainmta *m, int code)
{
	char text[REPLY_MAX];
	int bytes = 0;

	if (m->style & PLAINMTA_LINES)
		bytes = snprintf(text, sizeof(text), "%d-354 220 x\r\n", code);
	bytes += snprintf(text + bytes, sizeof(text) - (size_t)bytes,
			  "%d ok\r\n", code);
	say_bytes(m, text, (size_t)bytes);
}

static void
note_accepted(struct plainmta *m)
{
	if (m->accepted < PLAINMTA_MAILS)
		m->accepted_at[m->accepted++] = m->said;
}

/* Answer a mail. */
static void
take_mail(struct plainmta *m)
{
	const bool refused = m->style & PLAINMTA_REFUSES && m->mails % 2 == 0;

	m->mails++;
	m->has_rcpt = false;
	say(m, refused ? 451 : 250);
	if (!refused)
		note_accepted(m);
}

void
plainmta_begin(struct plainmta *m, unsigned style)
{
	*m = (struct plainmta){.style = style, .phase = PLAINMTA_COMMANDS};
	say_bytes(m, "220 mta\r\n", 9);
}

void
plainmta_close(struct plainmta *m)
{
	if (m->phase == PLAINMTA_CLOSED)
		return;
	if (m->phase != PLAINMTA_TLS)
		say(m, 421);
	m->phase = PLAINMTA_CLOSED;
}

static void
begin_data(struct plainmta *m)
{
	say(m, m->has_rcpt ? 354 : 503);
	if (m->has_rcpt && m->phase == PLAINMTA_COMMANDS)
		m->phase = PLAINMTA_BODY;
}

static void
end_chunk(struct plainmta *m)
{
	m->phase = PLAINMTA_COMMANDS;
	if (!m->has_rcpt)
		say(m, 503);
	else if (m->last_chunk)
		take_mail(m);
	else
		say(m, 250);
}

static void
begin_chunk(struct plainmta *m, const char *line)
{
	m->chunk = (uint32_t)atoi(line + 5) % 100;
	m->last_chunk = strcasestr(line, "LAST") != NULL;
	m->phase = PLAINMTA_CHUNK;
	if (m->chunk == 0)
		end_chunk(m);
}

static void
begin_tls(struct plainmta *m)
{
	say(m, 220);
	if (m->phase == PLAINMTA_COMMANDS)
		m->phase = PLAINMTA_TLS;
}

static void
log_in(struct plainmta *m, const char *line)
{
	const bool asks = strcasestr(line, "LOGIN") != NULL;

	say(m, asks ? 334 : 235);
	if (asks && m->phase == PLAINMTA_COMMANDS)
		m->phase = PLAINMTA_LOGIN;
}

static void
quit(struct plainmta *m)
{
	say(m, 221);
	m->phase = PLAINMTA_CLOSED;
}

static bool
is_command(const char *line, const char *name)
{
	return strncasecmp(line, name, strlen(name)) == 0;
}

static void
take_command(struct plainmta *m, const char *line)
{
	if (is_command(line, "DATA\r\n") || is_command(line, "DATA\n"))
		begin_data(m);
	else if (is_command(line, "BDAT "))
		begin_chunk(m, line);
	else if (is_command(line, "STARTTLS\r\n"))
		begin_tls(m);
	else if (is_command(line, "AUTH "))
		log_in(m, line);
	else if (is_command(line, "QUIT\r\n"))
		quit(m);
	else if (is_command(line, "VRFY "))
		say(m, 252);
	else if (is_command(line, "NOOP") || is_command(line, "MAIL "))
		say(m, 250);
	else if (is_command(line, "RCPT ")) {
		m->has_rcpt = true;
		say(m, 250);
	} else if (is_command(line, "RSET") || is_command(line, "EHLO ") ||
		   is_command(line, "HELO ")) {
		m->has_rcpt = false;
		say(m, 250);
	} else {
		say(m, 500);
	}
}

/* A line of commands is whole; its bytes end at m->read. */
static void
take_line(struct plainmta *m, const uint8_t *client)
{
	char line[REPLY_MAX] = "";
	const uint32_t bytes = m->read - m->line_at;

	memcpy(line, client + m->line_at,
	       bytes < sizeof(line) ? bytes : sizeof(line) - 1);
	m->line_at = m->read;
	if (m->phase == PLAINMTA_LOGIN) {
		m->phase = PLAINMTA_COMMANDS;
		say(m, 235);
	} else {
		take_command(m, line);
	}
}

/* Does the text end in these bytes? */
static bool
ends_in(const uint8_t *text, uint32_t bytes, const char *end)
{
	const size_t length = strlen(end);

	return bytes >= length &&
	       memcmp(text + bytes - length, end, length) == 0;
}

/* Does the body end in a dot's line?  A lenient MTA takes a CR, or an LF, for
 * the end of a line. */
static bool
body_is_over(const struct plainmta *m, const uint8_t *body, uint32_t bytes)
{
	static const char *const loose[] = {"\n.\n", "\r.\n", "\r.\r",
					    "\n.\r\n", "\r.\r\n"};

	if (ends_in(body, bytes, "\r\n.\r\n") ||
	    (bytes == 3 && ends_in(body, bytes, ".\r\n")))
		return true;
	if (!(m->style & PLAINMTA_LENIENT))
		return false;
	for (size_t i = 0; i < sizeof(loose) / sizeof(loose[0]); i++)
		if (ends_in(body, bytes, loose[i]))
			return true;
	return bytes == 2 && ends_in(body, bytes, ".\n");
}

static void
take_record(struct plainmta *m, uint8_t last)
{
	static const uint8_t record[RECORD_BYTES] = {0x17, 3, 3, 0, '\n'};

	m->line_at = m->read;
	say_bytes(m, record, sizeof(record));
	if (last & 1)
		note_accepted(m);
}

bool
plainmta_read(struct plainmta *m, const uint8_t *client, uint32_t bytes)
{
	if (m->phase == PLAINMTA_CLOSED || m->read == bytes)
		return false;
	const uint8_t byte = client[m->read++];

	switch (m->phase) {
	case PLAINMTA_COMMANDS:
	case PLAINMTA_LOGIN:
		if (byte == '\n')
			take_line(m, client);
		break;
	case PLAINMTA_BODY:
		if (!body_is_over(m, client + m->line_at, m->read - m->line_at))
			break;
		m->phase = PLAINMTA_COMMANDS;
		m->line_at = m->read;
		take_mail(m);
		m->mail_ends[m->said] = true;
		break;
	case PLAINMTA_CHUNK:
		if (--m->chunk > 0)
			break;
		m->line_at = m->read;
		end_chunk(m);
		break;
	case PLAINMTA_TLS:
		if (m->read - m->line_at == RECORD_BYTES)
			take_record(m, byte);
		break;
	case PLAINMTA_CLOSED:
		break;
	}
	return true;
}
