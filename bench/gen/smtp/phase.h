/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_GEN_PHASE_H
#define MX_GEN_PHASE_H

/* A client's session as a sequence of phases.  A table (phase.c) has the good
 * class of replies of each phase, and the phase that follows either way.  In a
 * group (MAIL, RCPT and DATA in one go) the phases are the same, but the client
 * sends nothing in between. */
#include "run.h"

/* Send the command of that phase.  The connection may be gone afterwards: some
 * sessions are aborted. */
void phase_enter(struct end *end, struct conn *c, enum gen_phase phase);

/* A reply, client.code, has come: enter the phase that follows, if the session
 * waits for replies now. */
void phase_follow(struct end *end, struct conn *c);

/* The server refuses the session: send QUIT. */
void phase_turn_away(struct end *end, struct conn *c);

/* Count once how a session ended, and the outcome of its message. */
void phase_end_session(struct end *end, struct conn *c,
		       enum gen_outcome outcome);

#endif /* MX_GEN_PHASE_H */
