/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_WIRESESSION_H
#define MX_REPLICA_WIRESESSION_H

/* Between a session of a data plane and a session of the stream.
 *
 * Which sessions are told is decided here, as far as the session alone decides
 * it: one of fullnat or nat, with mail to carry, whose PROXY header, if it has
 * one, was acknowledged, and which is not in doubt.  Whose session it is (its home)
 * is the caller's question.
 * Threads    pure functions: any. */
#include <stdbool.h>
#include <stdint.h>

#include "sessions.h"
#include "wire.h"

/* Make *wire of a session.
 * session    a copy, so that it does not change meanwhile; it may be half-written
 * wide       its IPv6 addresses, or NULL if the file has none
 * now_s      CLOCK_MONOTONIC
 * Returns false, with an unknown *wire, if the session is not to be told. */
bool wiresession_from(struct wire_session *wire, uint32_t slot,
		      const struct mx_session *session,
		      const struct mx_session_wide *wide, uint32_t now_s);

/* Make an entry of a shadow (shadow.h) of a session of the stream that is sound.
 * session->client_port is the sender's: the caller puts its own there. */
void wiresession_to(const struct wire_session *wire, struct mx_session *session,
		    struct mx_session_wide *ends, uint32_t now_s);

#endif /* MX_REPLICA_WIRESESSION_H */
