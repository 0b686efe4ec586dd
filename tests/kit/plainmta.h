/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_PLAINMTA_H
#define MX_TESTS_PLAINMTA_H

/* A plain model of an MTA, which knows of each byte what it is: which line is a
 * command, where a mail ends, and which reply is whose.
 *
 * It reads a stream of bytes (RFC 5321, RFC 3030 BDAT, RFC 3207 STARTTLS) and
 * writes its replies to another.  Behind STARTTLS each five bytes are a record,
 * and a record whose last byte is odd is a mail. */
#include <stdbool.h>
#include <stdint.h>

#define PLAINMTA_BYTES 2048 /* of either stream */
#define PLAINMTA_MAILS 64

/* What an MTA may do; bits. */
#define PLAINMTA_LENIENT 0x01u /* a dot between any CR or LF ends a mail */
#define PLAINMTA_LINES 0x02u   /* its replies have two lines */
#define PLAINMTA_REFUSES 0x04u /* every second mail */

enum plainmta_phase {
	PLAINMTA_COMMANDS,
	PLAINMTA_LOGIN, /* the next line is a password */
	PLAINMTA_BODY,
	PLAINMTA_CHUNK,
	PLAINMTA_TLS,
	PLAINMTA_CLOSED,
};

struct plainmta {
	unsigned style;
	enum plainmta_phase phase;
	bool has_rcpt;
	bool last_chunk;
	uint32_t chunk;   /* bytes that the chunk still lacks */
	uint32_t line_at; /* where the present line begins */
	uint32_t read;    /* bytes of the client that it has read */
	uint32_t mails;   /* that had an end, refused or not */
	uint32_t said;    /* bytes of replies */
	uint8_t reply[PLAINMTA_BYTES];
	/* How much it had read when it wrote the byte. */
	uint32_t read_before[PLAINMTA_BYTES];
	/* Is the place behind this byte behind the reply to a mail? */
	bool mail_ends[PLAINMTA_BYTES + 1];
	uint32_t accepted;                    /* mails */
	uint32_t accepted_at[PLAINMTA_MAILS]; /* behind their replies */
};

void plainmta_begin(struct plainmta *m, unsigned style);

/* Read one more byte of what the client said, and answer it if it ends
 * something.  Returns false if there is none, or the MTA has closed. */
bool plainmta_read(struct plainmta *m, const uint8_t *client, uint32_t bytes);

/* Close the session, as MTAs do with one that is idle. */
void plainmta_close(struct plainmta *m);

#endif /* MX_TESTS_PLAINMTA_H */
