/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TLSPEER_H
#define MX_TLSPEER_H

/* What an attempt does and keeps of TLS with its server.
 *
 * Resumed    With `smtps` each check needs TLS.  Between thorough checks it
 *            resumes the session of one before (RFC 8446, 2.2), which costs
 *            half as much, and judges no certificate: what the last whole
 *            handshake found of it stands.  A server that resumes none is
 *            served by whole handshakes.
 * Shy        If a server fails a handshake that would resume, or is down after
 *            one that did, it gets whole ones for TLSPEER_SHY_MS.
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "mtaprofile.h"
#include "smtp.h"
#include "stream.h"

#define TLSPEER_SHY_MS (3600 * 1000)

/* Zeroed memory is a server that is not known yet. */
struct tlspeer {
	const char *ca_fault; /* why the file of CAs was not read, or NULL */
	SSL_SESSION *session; /* to resume; NULL: none */
	bool offered;         /* the handshake under way would resume it */
	uint64_t shy_ms;      /* no session is kept until then */
};

void tlspeer_forget(struct tlspeer *peer);

/* Begin a handshake.  Returns 0 or -ENOMEM. */
int tlspeer_begin(struct tlspeer *peer, struct stream *stream,
		  const struct mx_config_check *check, bool may_resume);

/* The handshake has failed, or came to no end.  Returns true if it would have
 * resumed a session: then it proves nothing of the server. */
bool tlspeer_fail(struct tlspeer *peer, uint64_t now_ms);

/* The handshake is done: write what it found, and tell the dialogue of flaws. */
void tlspeer_judge(const struct tlspeer *peer, const struct stream *stream,
		   struct profile_tls *found, struct smtp_dialogue *dialogue);

/* The dialogue is over: keep the session, if there is one to resume.  If the
 * server has new words, another host may speak: the next handshake is whole.  So
 * it is if the file of CAs was not read: no CA was judged. */
void tlspeer_keep(struct tlspeer *peer, const struct stream *stream,
		  const struct smtp_dialogue *dialogue, uint64_t now_ms);

#endif /* MX_TLSPEER_H */
