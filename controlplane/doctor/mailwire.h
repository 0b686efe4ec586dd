/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MAILWIRE_H
#define MX_MAILWIRE_H

/* The connection of a client of SMTP that waits for each reply.
 *
 * Limit      each wait has one; a server that sends byte after byte does not
 *            make it longer.
 * Threads    any; it blocks, so it is no part of an event loop. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "config.h"
#include "smtpreply.h"
#include "stream.h"

#define MAILWIRE_BYTES 4096

struct mailwire {
	struct stream stream;
	struct mx_endpoint own; /* of this host; port 0: not known */
	size_t at, count;       /* of what was received and is not read */
	char bytes[MAILWIRE_BYTES];
};

/* Connect.  from: the address of this host to use, or NULL.  Returns 0, or an
 * errno; ETIMEDOUT after limit_ms. */
int mailwire_connect(struct mailwire *wire, const struct mx_endpoint *to,
		     const struct mx_addr *from, uint32_t limit_ms);

/* Wait for a reply.  Returns STREAM_DONE; STREAM_WAITS if there is none after
 * limit_ms; or how the connection ended.  A reply that is none has a fault. */
enum stream_end mailwire_hear(struct mailwire *wire, struct smtpreply *reply,
			      uint32_t limit_ms);

/* Has more come with the last reply? */
bool mailwire_has_unread(const struct mailwire *wire);

/* Has the server said more than was read?  Waits up to limit_ms for it. */
bool mailwire_has_more(struct mailwire *wire, uint32_t limit_ms);

/* Make the handshake of TLS.  name: as for stream_begin_tls().  What the server
 * said before it and is not read is forgotten (RFC 3207, 6). */
enum stream_end mailwire_secure(struct mailwire *wire, const char *name,
				uint32_t limit_ms);

void mailwire_close(struct mailwire *wire);

#endif /* MX_MAILWIRE_H */
