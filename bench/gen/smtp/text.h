/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_TEXT_H
#define MX_GEN_TEXT_H

/* The text of clients, and how servers read the parts that name the client and
 * the message:
 *
 *   EHLO c<address: 32 hex>p<port: 4>.client.example
 *   Message-ID: <<number: 8 hex>.<bytes: 6>.gen@client.example>
 *
 * The message is made up as it is sent: a head, lines of a pattern, CR LF, and
 * then the final dot. */
#include "conn.h"

enum text {
	TEXT_NONE,
	TEXT_EHLO,
	TEXT_MAIL,
	TEXT_RCPT,
	TEXT_DATA,
	TEXT_GROUP, /* MAIL, every RCPT, DATA */
	TEXT_MESSAGE,
	TEXT_DOT, /* a message of nothing */
	TEXT_RSET,
	TEXT_QUIT,
};

/* As many as a server can owe replies to, with MAIL and DATA. */
#define TEXT_RECIPIENTS_MAX 20
/* The largest text of commands; a frame of 2 KB has so much room. */
#define TEXT_COMMANDS_MAX 1900
#define TEXT_RCPT_MAX 90 /* bytes of an RCPT line */
/* The largest number of six hex digits. */
#define TEXT_MESSAGE_MAX 0xffffffu

/* The line for every recipient. */
struct text_rcpt {
	uint32_t bytes;
	char line[TEXT_RCPT_MAX + 1];
};

/* address: NULL for a made-up one.  Returns false if it is too long. */
bool text_rcpt_init(struct text_rcpt *rcpt, const char *address);

/* Bytes of the client's text, all in all. */
uint32_t text_bytes(const struct conn *c, const struct text_rcpt *rcpt);

/* Write bytes [offset, offset + bytes) of it; out: TEXT_COMMANDS_MAX bytes. */
void text_write(const struct conn *c, const struct text_rcpt *rcpt,
		uint8_t *out, uint32_t offset, uint32_t bytes);

/* The possible size of a message that is closest to the wanted size. */
uint32_t text_message_bytes(uint32_t wanted);

/* Read a line of EHLO.  Returns false if no client of the generator sent it. */
bool text_read_ehlo(const uint8_t *line, uint32_t bytes, struct mx_addr *addr,
		    uint16_t *port_be);

/* Read more of a message's beginning: its number and size, into server.id and
 * server.bytes.  Other messages are `strange`. */
void text_read_message(struct conn_server *server, const uint8_t *data,
		       uint32_t bytes);

/* Look for the end of a message (CR LF . CR LF).  *state: of the bytes before,
 * TEXT_DOT_START at first.  Returns how many bytes up to its end, or 0. */
#define TEXT_DOT_START 2
uint32_t text_find_dot(uint8_t *state, const uint8_t *data, uint32_t bytes);

#endif /* MX_GEN_TEXT_H */
