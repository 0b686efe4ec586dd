/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_PHASE_H
#define MX_GEN_PHASE_H

/* A client's session, by its phases.  A table (phase.c) says which class of
 * reply is good in each, and which phase follows either way.  In a group (MAIL,
 * RCPT and DATA in one go) the phases are the same, only nothing is said in
 * between. */
#include "run.h"

/* Say what is to be said in that phase.  The connection may be gone then: some
 * sessions are aborted. */
void phase_enter(struct end *end, struct conn *c, enum gen_phase phase);

/* A reply, client.code, has come: enter the phase that follows, if
 * anybody waits for replies now. */
void phase_follow(struct end *end, struct conn *c);

/* The session is turned away: QUIT. */
void phase_turn_away(struct end *end, struct conn *c);

/* Count how a session ended, once, and what became of its message. */
void phase_end_session(struct end *end, struct conn *c,
		       enum gen_outcome outcome);

#endif /* MX_GEN_PHASE_H */
