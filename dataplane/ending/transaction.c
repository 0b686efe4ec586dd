/* SPDX-License-Identifier: BSD-3-Clause */
#include "transaction.h"

#include <string.h>

/* Where the client's body is, in search of the dot that ends it. */
enum body {
	BODY_LINE,      /* at the beginning of a line, behind CR LF */
	BODY_MID,       /* in a line */
	BODY_CR,        /* behind a CR */
	BODY_LOOSE,     /* behind an LF without a CR */
	BODY_DOT,       /* behind a dot that began a line */
	BODY_LOOSE_DOT, /* behind a dot that began a line after CR or LF alone */
	BODY_DOT_CR,
	BODY_END,   /* behind the dot's line */
	BODY_BLIND, /* the end may have been missed */
};

static const char data_line[] = "DATA\r\n";
#define DATA_BYTES 6
#define NOT_DATA 7

/* The first bytes of a record of TLS (RFC 8446 5.1). */
#define TLS_TYPE_FIRST 0x14
#define TLS_TYPE_LAST 0x17
#define TLS_MAJOR 0x03

#define CODE_START_MAIL 354
#define CODE_READY 220

void
transaction_begin(struct transaction *t)
{
	*t = (struct transaction){.phase = TRANSACTION_UNKNOWN,
				  .command = NOT_DATA};
}

static bool
is_for_good(const struct transaction *t)
{
	return t->phase == TRANSACTION_TLS || t->phase == TRANSACTION_STRANGE;
}

static bool
is_tls(const struct transaction_said *said)
{
	return said->bytes >= 2 && said->text[0] >= TLS_TYPE_FIRST &&
	       said->text[0] <= TLS_TYPE_LAST && said->text[1] == TLS_MAJOR;
}

/* The client's line goes on in a part that was missed. */
static void
forget_command(struct transaction *t)
{
	t->command = NOT_DATA;
	t->data_lines = 0;
	t->data_last = false;
}

static void
read_command_byte(struct transaction *t, uint8_t byte)
{
	const bool letter = byte >= 'a' && byte <= 'z';

	t->data_last = false;
	if (t->command < DATA_BYTES &&
	    (letter ? byte - 'a' + 'A' : byte) == data_line[t->command]) {
		if (++t->command < DATA_BYTES)
			return;
		t->command = 0;
		t->data_lines = t->data_lines == 0 ? 1 : 2;
		t->data_last = true;
		return;
	}
	/* "DATA" and an LF may be the command as well. */
	if (byte == '\n' && t->command == DATA_BYTES - 2)
		t->data_lines = 2;
	t->command = byte == '\n' ? 0 : NOT_DATA;
}

static void
read_commands(struct transaction *t, const uint8_t *text, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++) {
		if (t->command == NOT_DATA) {
			const uint8_t *end = memchr(text + i, '\n', bytes - i);

			t->data_last = false;
			if (end == NULL)
				return;
			i = (uint32_t)(end - text);
		}
		read_command_byte(t, text[i]);
	}
}

static enum body
next_of_line(uint8_t byte, enum body after_dot)
{
	if (byte == '.')
		return after_dot;
	if (byte == '\r')
		return BODY_CR;
	return byte == '\n' ? BODY_LOOSE : BODY_MID;
}

static enum body
next_body(enum body body, uint8_t byte)
{
	const bool breaks = byte == '\r' || byte == '\n';

	switch (body) {
	case BODY_LINE:
		return next_of_line(byte, BODY_DOT);
	case BODY_CR:
		if (byte == '\n')
			return BODY_LINE;
		return next_of_line(byte, BODY_LOOSE_DOT);
	case BODY_LOOSE:
		return next_of_line(byte, BODY_LOOSE_DOT);
	case BODY_MID:
		return next_of_line(byte, BODY_MID);
	case BODY_DOT:
		if (byte == '\r')
			return BODY_DOT_CR;
		return breaks ? BODY_BLIND : BODY_MID;
	case BODY_LOOSE_DOT:
		return breaks ? BODY_BLIND : BODY_MID;
	case BODY_DOT_CR:
		return byte == '\n' ? BODY_END : BODY_BLIND;
	case BODY_END:
	case BODY_BLIND:
		break;
	}
	return body;
}

/* How many bytes can be skipped: those before the two that precede the next
 * dot.  The two tell where a line begins. */
static uint32_t
skip_of(const uint8_t *text, uint32_t bytes)
{
	const uint8_t *dot = memchr(text, '.', bytes);
	const uint32_t before = dot == NULL ? bytes : (uint32_t)(dot - text);

	return before > 2 ? before - 2 : 0;
}

/* Returns how many bytes belong to the body. */
static uint32_t
read_body(struct transaction *t, const uint8_t *text, uint32_t bytes)
{
	uint32_t i = 0;

	while (i < bytes && t->body != BODY_END && t->body != BODY_BLIND) {
		if (t->body <= BODY_LOOSE) {
			const uint32_t skip = skip_of(text + i, bytes - i);

			i += skip;
			if (skip > 0)
				t->body = BODY_MID;
		}
		t->body = (uint8_t)next_body((enum body)t->body, text[i++]);
	}
	return t->body == BODY_BLIND ? bytes : i;
}

static void
read_client(struct transaction *t, const uint8_t *text, uint32_t bytes)
{
	if (t->phase == TRANSACTION_BODY) {
		const uint32_t own = read_body(t, text, bytes);

		text += own;
		bytes -= own;
		t->behind = t->behind || bytes > 0;
	}
	read_commands(t, text, bytes);
}

void
transaction_client(struct transaction *t, const struct transaction_said *said)
{
	if (!t->has_client) {
		t->has_client = true;
		t->client_next = said->seq;
		t->client_ack = said->ack;
	}
	if ((int32_t)(said->ack - t->client_ack) > 0)
		t->client_ack = said->ack;
	if (said->bytes == 0 || is_for_good(t))
		return;
	if (t->phase != TRANSACTION_BODY && is_tls(said)) {
		t->phase = TRANSACTION_TLS;
		return;
	}
	const int32_t ahead = (int32_t)(said->seq - t->client_next);
	const uint32_t known = (uint32_t)-ahead;
	if (ahead > 0) {
		t->body = BODY_BLIND;
		forget_command(t);
		t->client_next = said->seq + said->bytes;
	} else if (known < said->bytes) {
		read_client(t, said->text + known, said->bytes - known);
		t->client_next = said->seq + said->bytes;
	}
}

/* A mail begins.  Nothing else is under way if the client's last line is the
 * DATA that is answered. */
static void
begin_body(struct transaction *t, uint32_t ack)
{
	const bool clean =
		t->data_last && t->data_lines == 1 && ack == t->client_next;

	t->phase = TRANSACTION_BODY;
	t->body = clean ? BODY_LINE : BODY_BLIND;
	t->behind = false;
	forget_command(t);
	t->command = 0;
	t->client_next = ack;
}

/* The server has ended a reply.  Returns true if it is the reply to a mail with
 * nothing behind. */
static bool
end_reply(struct transaction *t, uint32_t ack)
{
	const bool whole =
		t->body == BODY_END && !t->behind && ack == t->client_next;

	if (t->phase == TRANSACTION_COMMANDS) {
		if (t->code == CODE_START_MAIL)
			begin_body(t, ack);
		else if (t->code == CODE_READY)
			t->phase = TRANSACTION_TLS;
		return false;
	}
	if (t->code / 100 == 3) {
		t->phase = TRANSACTION_STRANGE;
		return false;
	}
	t->phase = TRANSACTION_COMMANDS;
	if (t->body != BODY_END)
		forget_command(t);
	return whole;
}

/* Read a byte of a line's first four.  Returns false if no server says it. */
static bool
read_code(struct transaction *t, uint8_t byte)
{
	if (t->at < 3) {
		if (byte < '0' || byte > '9')
			return false;
		t->code = (uint16_t)(t->code * 10 + byte - '0');
		return true;
	}
	t->last_line = byte != '-';
	return byte == '-' || byte == ' ' || byte == '\r' || byte == '\n';
}

/* Returns true if the text ends in the reply to a mail. */
static bool
read_replies(struct transaction *t, const struct transaction_said *said,
	     uint32_t from)
{
	bool whole = false;

	for (uint32_t i = from; i < said->bytes && !is_for_good(t); i++) {
		const uint8_t byte = said->text[i];

		whole = false;
		if (t->at == 0)
			t->code = 0;
		if (t->at < 4) {
			if (!read_code(t, byte)) {
				t->phase = TRANSACTION_STRANGE;
				return false;
			}
			t->at++;
		}
		if (byte != '\n')
			continue;
		t->at = 0;
		if (t->last_line)
			whole = end_reply(t, said->ack);
	}
	return whole && t->phase == TRANSACTION_COMMANDS;
}

/* A segment of the server while its lines cannot be read: it may have begun in
 * a line.  If it ends in one, the next segment begins at a line. */
static void
read_unknown(struct transaction *t, const struct transaction_said *said)
{
	if (is_tls(said)) {
		t->phase = TRANSACTION_TLS;
		return;
	}
	if (said->text[said->bytes - 1] != '\n')
		return;
	t->phase = TRANSACTION_COMMANDS;
	t->at = 0;
	t->body = BODY_BLIND;
	/* Its DATA was answered already. */
	if (said->bytes > 3 && memcmp(said->text, "354", 3) == 0)
		forget_command(t);
}

bool
transaction_server(struct transaction *t, const struct transaction_said *said)
{
	if (said->bytes == 0 || is_for_good(t))
		return false;
	const int32_t ahead =
		t->has_server ? (int32_t)(said->seq - t->server_next) : 0;
	const uint32_t known = (uint32_t)-ahead;
	if (ahead < 0 && known >= said->bytes)
		return false; /* again */
	if (ahead > 0 || !t->has_server)
		t->phase = TRANSACTION_UNKNOWN;
	t->has_server = true;
	t->server_next = said->seq + said->bytes;
	if (t->phase == TRANSACTION_UNKNOWN)
		read_unknown(t, said);
	else if (t->at == 0 && is_tls(said))
		t->phase = TRANSACTION_TLS;
	else
		return read_replies(t, said, known);
	return false;
}
