/* SPDX-License-Identifier: BSD-3-Clause */
#include "text.h"

#include <stdio.h>
#include <string.h>

#define EHLO "EHLO c00000000000000000000000000000000p0000.client.example\r\n"
#define EHLO_ADDR 6
#define EHLO_PORT (EHLO_ADDR + 33)
#define EHLO_BYTES (sizeof(EHLO) - 1)

#define MAIL "MAIL FROM:<sender@client.example>\r\n"
#define DATA "DATA\r\n"

#define HEAD                                                                   \
	"Message-ID: <00000000.000000.gen@client.example>\r\n"                 \
	"From: <sender@client.example>\r\n"                                    \
	"To: <box@server.example>\r\n"                                         \
	"Subject: measured\r\n"                                                \
	"\r\n"
#define HEAD_BYTES (sizeof(HEAD) - 1)
#define HEAD_ID 13
#define HEAD_SIZE 22
#define HEAD_READ 28 /* where both are known */
#define TAIL "\r\n.\r\n"
#define TAIL_BYTES (sizeof(TAIL) - 1)
#define DOT_BYTES 3u /* of the tail, that are no part of the message */

#define LINE                                                                   \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\r\n"
#define LINE_BYTES (sizeof(LINE) - 1)
static_assert(LINE_BYTES == 64, "offsets are taken by a mask");
static_assert(sizeof(MAIL) + TEXT_RECIPIENTS_MAX * TEXT_RCPT_MAX +
			      sizeof(DATA) <=
		      TEXT_COMMANDS_MAX,
	      "a group fits");

/* 256 lines: enough for any frame, from any offset in the first. */
#define FOUR(text) text text text text
static const char pattern[] = FOUR(FOUR(FOUR(FOUR(LINE))));

static const struct {
	const char *text;
	uint32_t bytes;
} constant[] = {
#define CONSTANT(text)                                                         \
	{                                                                      \
		text, sizeof(text) - 1                                         \
	}
	[TEXT_NONE] = CONSTANT(""),         [TEXT_EHLO] = CONSTANT(EHLO),
	[TEXT_MAIL] = CONSTANT(MAIL),       [TEXT_RCPT] = CONSTANT(""),
	[TEXT_DATA] = CONSTANT(DATA),       [TEXT_GROUP] = CONSTANT(""),
	[TEXT_MESSAGE] = CONSTANT(HEAD),    [TEXT_DOT] = CONSTANT(".\r\n"),
	[TEXT_RSET] = CONSTANT("RSET\r\n"), [TEXT_QUIT] = CONSTANT("QUIT\r\n"),
};

static void
write_hex(uint8_t *out, uint64_t value, uint32_t digits)
{
	while (digits-- > 0) {
		out[digits] = (uint8_t) "0123456789abcdef"[value & 15];
		value >>= 4;
	}
}

static int
hex_digit(uint8_t letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

static void
write_ehlo(const struct conn *c, uint8_t *out)
{
	memcpy(out, EHLO, EHLO_BYTES);
	for (uint32_t i = 0; i < 16; i++)
		write_hex(out + EHLO_ADDR + 2 * i, c->key.local.byte[i], 2);
	write_hex(out + EHLO_PORT, ntohs(c->key.local_port_be), 4);
}

bool
text_rcpt_init(struct text_rcpt *rcpt, const char *address)
{
	const int bytes =
		snprintf(rcpt->line, sizeof(rcpt->line), "RCPT TO:<%s>\r\n",
			 address != NULL ? address : "box@server.example");

	rcpt->bytes = (uint32_t)bytes;
	return bytes <= TEXT_RCPT_MAX;
}

static void
write_group(const struct conn *c, const struct text_rcpt *rcpt, uint8_t *out)
{
	memcpy(out, MAIL, sizeof(MAIL) - 1);
	out += sizeof(MAIL) - 1;
	for (uint32_t i = 0; i < c->client.recipients; i++) {
		memcpy(out, rcpt->line, rcpt->bytes);
		out += rcpt->bytes;
	}
	memcpy(out, DATA, sizeof(DATA) - 1);
}

uint32_t
text_bytes(const struct conn *c, const struct text_rcpt *rcpt)
{
	switch (c->client.text) {
	case TEXT_GROUP:
		return (uint32_t)(sizeof(MAIL) - 1 + sizeof(DATA) - 1) +
		       c->client.recipients * rcpt->bytes;
	case TEXT_RCPT:
		return rcpt->bytes;
	case TEXT_MESSAGE:
		return c->client.bytes + DOT_BYTES;
	default:
		return constant[c->client.text].bytes;
	}
}

/* Write the whole command, or the whole group of commands. */
static void
write_commands(const struct conn *c, const struct text_rcpt *rcpt, uint8_t *out)
{
	const struct conn_client *client = &c->client;

	switch (client->text) {
	case TEXT_EHLO:
		write_ehlo(c, out);
		break;
	case TEXT_RCPT:
		memcpy(out, rcpt->line, rcpt->bytes);
		break;
	case TEXT_GROUP:
		write_group(c, rcpt, out);
		break;
	default:
		memcpy(out, constant[client->text].text,
		       constant[client->text].bytes);
	}
}

/* Copy the part of a piece of text, at `at` in the text, that is in the bytes
 * [offset, offset + bytes). */
static void
copy_piece(uint8_t *out, uint32_t offset, uint32_t bytes, uint32_t at,
	   const uint8_t *piece, uint32_t piece_bytes)
{
	const uint32_t from = offset > at ? offset : at;
	const uint32_t end = offset + bytes < at + piece_bytes
				     ? offset + bytes
				     : at + piece_bytes;

	if (from < end)
		memcpy(out + (from - offset), piece + (from - at), end - from);
}

static void
write_message(const struct conn *c, uint8_t *out, uint32_t offset,
	      uint32_t bytes)
{
	const uint32_t tail_at =
		c->client.bytes + DOT_BYTES - (uint32_t)TAIL_BYTES;
	uint8_t head[HEAD_BYTES];

	if (offset < HEAD_BYTES) {
		memcpy(head, HEAD, HEAD_BYTES);
		write_hex(head + HEAD_ID, c->client.id, 8);
		write_hex(head + HEAD_SIZE, c->client.bytes, 6);
		copy_piece(out, offset, bytes, 0, head, HEAD_BYTES);
	}
	const uint32_t from = offset > HEAD_BYTES ? offset : HEAD_BYTES;
	const uint32_t end =
		offset + bytes < tail_at ? offset + bytes : tail_at;
	if (from < end)
		memcpy(out + (from - offset),
		       pattern + (from - HEAD_BYTES) % LINE_BYTES, end - from);
	copy_piece(out, offset, bytes, tail_at, (const uint8_t *)TAIL,
		   TAIL_BYTES);
}

void
text_write(const struct conn *c, const struct text_rcpt *rcpt, uint8_t *out,
	   uint32_t offset, uint32_t bytes)
{
	uint8_t whole[TEXT_COMMANDS_MAX];

	if (c->client.text == TEXT_MESSAGE) {
		write_message(c, out, offset, bytes);
	} else if (offset == 0) {
		write_commands(c, rcpt, out);
	} else {
		write_commands(c, rcpt, whole);
		memcpy(out, whole + offset, bytes);
	}
}

uint32_t
text_message_bytes(uint32_t wanted)
{
	const uint32_t least = HEAD_BYTES + 2;
	uint32_t bytes = wanted;

	if (bytes < least)
		return least;
	if (bytes > TEXT_MESSAGE_MAX)
		bytes = TEXT_MESSAGE_MAX;
	/* The pattern must not be cut between CR and LF. */
	if ((bytes - least) % LINE_BYTES == LINE_BYTES - 1)
		bytes--;
	return bytes;
}

bool
text_read_ehlo(const uint8_t *line, uint32_t bytes, struct mx_addr *addr,
	       uint16_t *port_be)
{
	uint8_t digit[36];
	uint8_t byte[18];

	if (bytes != EHLO_BYTES || line[5] != 'c' ||
	    line[EHLO_PORT - 1] != 'p' ||
	    memcmp(line + EHLO_PORT + 4, &EHLO[EHLO_PORT + 4],
		   EHLO_BYTES - EHLO_PORT - 4) != 0)
		return false;
	memcpy(digit, line + EHLO_ADDR, 32);
	memcpy(digit + 32, line + EHLO_PORT, 4);
	for (uint32_t i = 0; i < sizeof(byte); i++) {
		const int high = hex_digit(digit[2 * i]);
		const int low = hex_digit(digit[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		byte[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(addr, byte, 16);
	memcpy(port_be, byte + 16, 2);
	return true;
}

void
text_read_message(struct conn_server *server, const uint8_t *data,
		  uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++) {
		const uint32_t at = server->body_read + i;
		const int digit = hex_digit(data[i]);

		if (at >= HEAD_READ)
			return;
		if (at >= HEAD_ID && at < HEAD_ID + 8 && digit >= 0)
			server->id = server->id << 4 | (uint32_t)digit;
		else if (at >= HEAD_SIZE && at < HEAD_SIZE + 6 && digit >= 0)
			server->bytes = server->bytes << 4 | (uint32_t)digit;
		else if (data[i] != HEAD[at])
			server->strange = true;
	}
}

/* The states are the number of letters of CR LF . CR LF that have just come. */
static uint8_t
dot_step(uint8_t state, uint8_t letter)
{
	switch (letter) {
	case '\r':
		return state == 3 ? 4 : 1;
	case '\n':
		return state == 1 ? 2 : state == 4 ? 5 : 0;
	case '.':
		return state == 2 ? 3 : 0;
	default:
		return 0;
	}
}

uint32_t
text_find_dot(uint8_t *state, const uint8_t *data, uint32_t bytes)
{
	uint32_t i = 0;

	while (i < bytes) {
		if (*state == 0) {
			const uint8_t *dot = memchr(data + i, '.', bytes - i);
			const uint32_t at =
				dot != NULL ? (uint32_t)(dot - data) : bytes;

			/* Only the letters right before the dot matter. */
			if (at > i + 2)
				i = at - 2;
		}
		*state = dot_step(*state, data[i++]);
		if (*state == 5)
			return i;
	}
	return 0;
}
