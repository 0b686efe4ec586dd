/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_TALK_H
#define MX_TESTS_TALK_H

/* One session as both its ends see it, through a rig. */
#include "rig.h"

struct talk {
	struct rig *rig;
	enum rig_service service;
	struct end client;
	struct end vip;
	struct end local; /* what the MTA takes for its client */
	struct end mta;
};

/* A client of either family with that port. */
struct end talk_client(bool six, uint16_t port);

/* A session that is not there yet; its SYN, and what became of it: the talk
 * then knows its MTA and its local end.  SYNs have number 0, so that both sides'
 * first bytes have number 1. */
struct talk talk_make(struct rig *rig, enum rig_service service,
		      const struct end *client);
void talk_syn(struct talk *talk);

/* Segments as the two ends send them. */
struct segment talk_in(const struct talk *talk, uint8_t flags);
struct segment talk_back(const struct talk *talk, uint8_t flags);

/* The same segments as they leave at the other side, in fullnat and nat. */
struct segment talk_left_in(const struct talk *talk, struct segment segment);
struct segment talk_left_back(const struct talk *talk, struct segment segment);

/* Send one and look that it leaves. */
void talk_say(const struct talk *talk, uint8_t flags);
void talk_hear(const struct talk *talk, uint8_t flags);

/* The same with some data: of the MTA, and of the client. */
void talk_hear_data(const struct talk *talk);
void talk_say_data(const struct talk *talk);

/* A session with its handshake done, and its greeting said. */
struct talk talk_open(struct rig *rig, enum rig_service service,
		      const struct end *client);

/* Its entry, of whichever worker; NULL if it has none. */
struct mx_session *talk_session(const struct talk *talk);
uint8_t talk_state(const struct talk *talk);

/* The error of a router beyond a port about a segment that came to it there:
 * its host cannot be reached. */
struct error talk_error(uint16_t port, const struct segment *about);

/* Send a segment by a port; the next frame that left is the one described. */
void talk_send(const struct talk *talk, uint16_t port,
	       const struct segment *segment);
void talk_assert_left(struct rig *rig, uint16_t port,
		      const struct segment *expected);
void talk_assert_frame(struct rig *rig, uint16_t port, const uint8_t *expected,
		       uint16_t bytes);
void talk_assert_silence(struct rig *rig);

/* The next frame that left by a port, read; there must be one. */
struct segment talk_next(struct rig *rig, uint16_t port);

#endif /* MX_TESTS_TALK_H */
