/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PARTING_H
#define MX_PARTING_H

/* How a session ends behind the reply R that accepted or refused a mail, so that
 * its client cannot send that mail again:
 *
 *   client                      mxsteer                        backend
 *                 R     <-      R              <-      R
 *     421 ..., FIN      <-      at once
 *     ACK of R          ->      only now       ->      QUIT, FIN
 *     anything          ->      acknowledged, and not passed
 *                               R again        <-      until R is acknowledged
 *     FIN, ACK of 421   ->      over           <-      FIN
 *
 * Not one byte of the client behind R reaches the backend.  A backend whose R
 * was lost sends R again, so it keeps its connection until the client has R.
 * A client that does not acknowledge R is left to the idle timer.
 *
 * The numbers are as the client counts, of both sides.  The client's own text
 * is thrown away, so it may come in any order.
 *
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

/* What is to be done about a segment, besides dropping it; bits. */
#define PARTING_PASS 0x01u /* do not drop it */
#define PARTING_TEXT 0x02u /* send the text and FIN to the client */
#define PARTING_QUIT 0x04u /* send QUIT and FIN to the backend */
#define PARTING_ACK_CLIENT 0x08u
#define PARTING_ACK_BACKEND 0x10u
#define PARTING_OVER 0x20u  /* both sides have ended */
#define PARTING_RESET 0x40u /* the backend is gone, and R may be lost */

/* "QUIT\r\n" and a FIN. */
#define PARTING_QUIT_BYTES 6
#define PARTING_QUIT_SPAN (PARTING_QUIT_BYTES + 1)

/* How far a client's numbers may be from where they should be. */
#define PARTING_SPAN 65535

struct parting {
	uint32_t end;          /* behind R: where the text begins */
	uint32_t behind;       /* behind the text and its FIN */
	uint32_t cut;          /* the client's first byte that does not pass */
	uint32_t client_next;  /* acknowledged to the client */
	uint32_t client_ack;   /* the highest of the client's */
	uint32_t client_room;  /* bytes from client_ack that it has room for */
	uint32_t backend_next; /* acknowledged to the backend */
	uint32_t backend_ack;
	bool told;    /* the text was sent */
	bool has_fin; /* the client has sent its FIN */
	bool quits;   /* QUIT was sent: the client has R, or is gone */
	bool client_is_over;
	bool backend_is_over;
};

/* A segment with its numbers. */
struct parting_said {
	uint32_t seq;
	uint32_t ack;
	uint32_t room; /* the client's window, in bytes */
	uint16_t payload_bytes;
	uint8_t flags;
	bool apart; /* a backend's, for sure */
};

/* text_bytes: of the text, without the FIN.  client_room: from client_ack. */
struct parting parting_begin(uint32_t cut, uint32_t end, uint32_t text_bytes);

/* Returns what is to be done. */
unsigned parting_client(struct parting *p, const struct parting_said *said);
unsigned parting_backend(struct parting *p, const struct parting_said *said);

/* Has the client acknowledged R? */
static inline bool
parting_is_confirmed(const struct parting *p)
{
	return (int32_t)(p->client_ack - p->end) >= 0;
}

/* Does the client wait for the text, and has room for it? */
static inline bool
parting_wants_text(const struct parting *p)
{
	return !p->client_is_over && p->client_ack != p->behind &&
	       (int32_t)(p->client_ack + p->client_room - p->behind) >= -1;
}

/* Does the backend wait for the QUIT? */
static inline bool
parting_wants_quit(const struct parting *p)
{
	return p->quits && !p->backend_is_over &&
	       p->backend_ack != p->cut + PARTING_QUIT_SPAN;
}

#endif /* MX_PARTING_H */
