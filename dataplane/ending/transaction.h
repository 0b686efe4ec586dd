/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TRANSACTION_H
#define MX_TRANSACTION_H

/* Where a session is in its SMTP dialogue, as its segments tell.
 *
 * A session may be ended without a doubled mail at one place only: right behind
 * the reply to the dot that ends a mail, if that reply acknowledges every byte
 * of the client and the client has sent nothing behind its dot.
 *
 *   UNKNOWN   -- a segment of the server that ends a line ----> COMMANDS
 *   COMMANDS  -- 354, and the client's last line was DATA ----> BODY
 *   BODY      -- any other final reply -----------------------> COMMANDS
 *                it is the place, if the dot was the client's last line
 *   any       -- 220, or a record of TLS ---------------------> TLS
 *   any       -- what no SMTP server says --------------------> STRANGE
 *
 * The server's lines tell the phase.  The client's bytes can only rule the place
 * out.  A mail that comes by BDAT (RFC 3030) has no 354, so its reply is no such
 * place: a client may send another mail behind it.
 *
 * No reply to another command is such a place.  Behind RSET, EHLO, HELO and AUTH
 * most clients send MAIL at once: the text in its place would defer that mail,
 * and the session ends behind the mail anyway.  Nor can a reply to RSET, NOOP or
 * VRFY be told from one to a chunk of BDAT that was sent before the session was
 * read: only 354 shows which command it answers.
 *
 * A segment that is missed on its way to mxsteer rules out the mail it is part
 * of.  A dot is looked for as the most lenient server would: a lone dot between
 * any CR or LF counts as the end of a mail, and what follows it as sent behind.
 *
 * The caller has checked the checksum, and that a reply can only be the
 * server's.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

enum transaction_phase {
	TRANSACTION_UNKNOWN, /* in a line, or a server's segment was missed */
	TRANSACTION_COMMANDS,
	TRANSACTION_BODY,
	TRANSACTION_TLS,     /* for good: nobody can read it */
	TRANSACTION_STRANGE, /* for good: not SMTP, or PRDR's many replies */
};

/* A segment's numbers, as the client counts both sides, and its text. */
struct transaction_said {
	uint32_t seq;
	uint32_t ack;
	const uint8_t *text;
	uint16_t bytes;
};

struct transaction {
	uint32_t client_next; /* the number of the client's next byte */
	uint32_t server_next;
	uint32_t client_ack; /* the highest that the client acknowledged */
	uint16_t code;       /* of the line that the server is in */
	uint8_t phase;       /* enum transaction_phase */
	uint8_t at;          /* bytes of the server's line, up to its fifth */
	bool last_line;      /* it ends a reply */
	bool has_client;     /* client_next, client_ack are known */
	bool has_server;
	uint8_t command;    /* how much of DATA the client's line has */
	uint8_t data_lines; /* DATA since the last 354; 2: more */
	bool data_last;     /* the client's last line is DATA */
	uint8_t body;       /* enum body, in transaction.c */
	bool behind;        /* the client has sent something behind its dot */
};

void transaction_begin(struct transaction *t);

void transaction_client(struct transaction *t,
			const struct transaction_said *said);

/* Returns true if the session may be ended behind this segment: its last byte
 * ends the reply to a mail, and nothing is under way to the server. */
bool transaction_server(struct transaction *t,
			const struct transaction_said *said);

#endif /* MX_TRANSACTION_H */
