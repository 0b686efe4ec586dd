/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_CUTMODEL_H
#define MX_TESTS_CUTMODEL_H

/* A session of a rig whose two ends are plain models, and what must be true of
 * it if its backend's sessions are to end.  A claim that is false ends the
 * process, as fuzzers want it.
 *
 *   cut      mxsteer ends a session only behind a whole reply to a mail that
 *            acknowledges every byte of the client; what the MTA has cannot make
 *            it accept another mail, except one whose reply is before the cut;
 *   bytes    what reaches either end is what the other has said; behind the cut
 *            it is the text and QUIT, and no byte of the client;
 *   patience the MTA gets QUIT or a reset only when the client has its reply.
 */
#include "plainmta.h"
#include "talk.h"

#define CUTMODEL_STREAM (PLAINMTA_BYTES + 256)

/* What an end has got of the other's stream. */
struct cutmodel_inbox {
	uint8_t byte[CUTMODEL_STREAM];
	bool has[CUTMODEL_STREAM];
	uint32_t next; /* all before it is there */
	uint32_t fin;  /* where the other's FIN is; UINT32_MAX: not seen */
};

/* The session.  Places in the streams count from 0. */
struct cutmodel {
	struct talk talk;
	struct mx_session *entry;
	uint8_t shift; /* bytes of the PROXY header */
	uint32_t c;    /* numbers of the SYNs, as the MTA counts */
	uint32_t b;
	uint8_t client_said[PLAINMTA_BYTES];
	uint32_t client_bytes;
	bool client_closed;
	struct plainmta mta;
	struct cutmodel_inbox at_client, at_mta;
	uint32_t passed; /* bytes of the client that left to the MTA */
	bool lost;       /* what leaves now does not arrive */
	bool open;       /* the MTA has not sent its FIN */
	bool is_cut;
	uint32_t cut; /* of the client's stream */
	uint32_t end; /* of the MTA's */
	bool let_go;  /* the MTA got QUIT or a reset */
};

/* The rig of all sessions, and whether its backends' sessions are to end. */
extern struct rig *cutmodel_rig;
void cutmodel_watch(bool wanted);

struct cutmodel_way {
	enum rig_service service;
	bool six;
	bool told; /* see struct rig */
};

/* A session whose client has the banner, and its end. */
void cutmodel_open(struct cutmodel *m, const struct cutmodel_way *way,
		   unsigned style, uint16_t port);
void cutmodel_free(struct cutmodel *m);

/* What an end acknowledges. */
uint32_t cutmodel_got(const struct cutmodel_inbox *inbox);

/* An end sends the bytes [at, at + bytes) of its stream, with an
 * acknowledgement. */
void cutmodel_client_sends(struct cutmodel *m, uint32_t at, uint32_t bytes,
			   uint32_t ack);
void cutmodel_mta_sends(struct cutmodel *m, uint32_t at, uint32_t bytes,
			uint32_t ack);

/* The least that such a segment of the MTA acknowledges: what it had read. */
uint32_t cutmodel_read_for(const struct cutmodel *m, uint32_t at,
			   uint32_t bytes);

/* The MTA's program reads. */
void cutmodel_mta_reads(struct cutmodel *m, uint32_t bytes);

/* Both ends send all that the other lacks, and the MTA reads it. */
void cutmodel_exchange(struct cutmodel *m);

/* Time passes; another process takes over, which has not read what the present
 * one has. */
void cutmodel_pass_ms(struct cutmodel *m, uint32_t ms);
void cutmodel_restart(struct cutmodel *m);

/* Does mxsteer speak for each end to the other? */
bool cutmodel_is_ending(const struct cutmodel *m);

#endif /* MX_TESTS_CUTMODEL_H */
