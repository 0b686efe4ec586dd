/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_TALK_H
#define MX_TESTS_TALK_H

/* One session through a rig, as seen by both ends. */
#include "rig.h"

struct talk {
	struct rig *rig;
	enum rig_service service;
	struct end client;
	struct end vip;
	struct end local; /* what the MTA takes for its client */
	struct end mta;
	uint32_t ack_shift; /* mx_session.ack_shift; 0: the MTA's own numbers */
};

/* A client of either family with that port. */
struct end talk_client(bool six, uint16_t port);

/* talk_make() prepares a session.  talk_syn() sends its SYN, and finds out its
 * MTA and its local end.  SYNs have number 0, so that both sides' first bytes
 * have number 1. */
struct talk talk_make(struct rig *rig, enum rig_service service,
		      const struct end *client);
void talk_syn(struct talk *talk);

/* Give the session its ack_shift, as soon as it has a slot; talk_syn() does. */
void talk_tell(const struct talk *talk);

/* Segments as the two ends send them. */
struct segment talk_in(const struct talk *talk, uint8_t flags);
struct segment talk_back(const struct talk *talk, uint8_t flags);

/* The same segments as they leave at the other side, in fullnat and nat.  A
 * SACK option is the first one behind two no-operations. */
struct segment talk_left_in(const struct talk *talk, struct segment segment);
struct segment talk_left_back(const struct talk *talk, struct segment segment);

/* Send a segment, and check that it leaves. */
void talk_say(const struct talk *talk, uint8_t flags);
void talk_hear(const struct talk *talk, uint8_t flags);

/* The same with some data: from the MTA, and from the client. */
void talk_hear_data(const struct talk *talk);
void talk_say_data(const struct talk *talk);

/* A session with its handshake done, and its greeting sent. */
struct talk talk_open(struct rig *rig, enum rig_service service,
		      const struct end *client);

/* The entry of the session at any worker; NULL if it has none. */
struct mx_session *talk_session(const struct talk *talk);
uint8_t talk_state(const struct talk *talk);

/* The ICMP error of a router behind a port, about a segment that it got: the
 * host cannot be reached. */
struct error talk_error(uint16_t port, const struct segment *about);

/* Send a segment by a port.  The next frame that leaves must be the one
 * described. */
void talk_send(const struct talk *talk, uint16_t port,
	       const struct segment *segment);
void talk_assert_left(struct rig *rig, uint16_t port,
		      const struct segment *expected);
void talk_assert_frame(struct rig *rig, uint16_t port, const uint8_t *expected,
		       uint16_t bytes);
void talk_assert_silence(struct rig *rig);

/* Read the next frame that left by a port.  There must be one. */
struct segment talk_next(struct rig *rig, uint16_t port);

#endif /* MX_TESTS_TALK_H */
