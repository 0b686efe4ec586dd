/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TALK_H
#define MX_TALK_H

/* The dialogue of smtp.h over a stream, with TLS where the dialogue wants it,
 * and what it finds of the server.
 *
 * Usage      talk_begin() with a connection under way; talk_phase() once it is
 *            there; then talk_on() for each event of the socket.
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "mtaprofile.h"
#include "smtp.h"
#include "stream.h"
#include "tlspeer.h"

/* Zeroed memory, but for stream.fd, which is STREAM_CLOSED_FD, is a talk that has
 * not begun. */
struct talk {
	struct stream stream;
	struct smtp_dialogue smtp;
	bool is_half_closed; /* the server will send no more than is there */
	uint64_t phase_ns;   /* when the present phase began */
	uint16_t phases;     /* bit n: phase n is over, and the profile has its
			      * time */

	/* These stay from talk to talk. */
	struct tlspeer peer;
	struct mta_profile profile;
};

enum talk_state {
	TALK_WAITS, /* for the socket */
	TALK_MORE,  /* there is more to read: go on in the next round */
	TALK_OVER,
	TALK_AGAIN, /* a resumed handshake failed: begin again, thoroughly, on
		     * another connection */
};

void talk_begin(struct talk *talk, int fd, const struct smtp_plan *plan);

/* A phase is over; said: the last line of the server, or "". */
void talk_phase(struct talk *talk, enum smtp_phase phase, const char *said);

/* Go on as far as it can.  Everything is read before a command is sent. */
enum talk_state talk_on(struct talk *talk);

/* It has taken too long.  It is over. */
void talk_time_out(struct talk *talk);

/* Close the connection, if there is one. */
void talk_hang_up(struct talk *talk);

#endif /* MX_TALK_H */
