/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_LINK_H
#define MX_REPLICA_LINK_H

/* Connections between boxes: TCP, and TLS 1.3 with the group's key.
 *
 * Both ends prove that they have the key (an external PSK, RFC 8446 4.2.11) before
 * a byte of the stream passes.  There are no certificates, tickets or early data.
 * Each connection has keys of its own (psk_dhe_ke), which who learns the group's
 * key later cannot compute.
 *
 * Life       link_dial(), or a connection that comes (links_listen()); opened; it
 *            ended, or link_close().  After ended() and link_close() the link is
 *            gone.  No callback comes from within a call of this file.
 * Limits     LINKS_PENDING_MAX connections that come have not ended their
 *            handshake: one more, and the oldest of them gives way.  A
 *            link holds LINK_INPUT_MAX bytes that were not read yet, and one
 *            record of TLS more, and LINK_OUTPUT_MAX that were not sent yet.
 * Needed     SIGPIPE is ignored: OpenSSL writes to a socket that may be gone.
 * Threads    that of the event loop. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "bounds.h"
#include "replicated.h"
#include "secret.h"

#define LINKS_PENDING_MAX (2 * MX_BOXES_MAX)
#define LINKS_ACCEPTED_MAX (4 * MX_BOXES_MAX) /* that came, pending or not */
#define LINK_INPUT_MAX (64 * 1024)
#define LINK_OUTPUT_MAX (256 * 1024)

#define LINK_HANDSHAKE_MS 5000 /* with the connection itself */
#define LINK_SILENCE_MS 3000   /* without a byte from the peer */

struct event_base;
struct link;
struct links;

/* What a link tells its owner. */
struct link_calls {
	/* The peer has the key.  Not of a link that came: that one is open. */
	void (*opened)(void *arg);
	/* More bytes can be read: link_peek().  The callee leaves no more than
	 * the beginning of a message, for which it is not called again. */
	void (*readable)(void *arg);
	/* link_write() returned false, and may be tried again. */
	void (*writable)(void *arg);
	/* The link is gone.  why: REPLICATED_REFUSED_NOT if the peer closed it
	 * or could not be reached; _TLS, _SILENT; _RECORD: a byte was changed
	 * on its way.  error: errno of the socket, or 0. */
	void (*ended)(void *arg, enum replicated_refusal why, int error);
};

/* What all links have in common tell.  accepted: a peer that has the key has come,
 * and says that it is this box.  The callee calls link_take() or link_close().
 * refused: a connection that came was ended before that; it is counted. */
struct links_calls {
	void (*accepted)(void *arg, struct link *link, uint8_t box);
	void (*refused)(void *arg, enum replicated_refusal why);
};

/* Make what all links have in common.  box: this one.  Returns NULL without
 * memory, or if OpenSSL lacks what is needed. */
struct links *links_make(struct event_base *base, uint8_t box,
			 const uint8_t key[static MX_SECRET_STREAM_BYTES]);

/* Other limits, for tests.  records: that are sent with the same keys. */
void links_set_times(struct links *links, uint32_t handshake_ms,
		     uint32_t silence_ms);
void links_set_records(struct links *links, uint64_t records);

/* Let peers connect to an address; in place of the one before.
 * Returns 0 or -errno. */
int links_listen(struct links *links, const struct mx_endpoint *address,
		 const struct links_calls *calls, void *arg);

/* Free it.  Pending links end with it; links with an owner are closed before. */
void links_free(struct links *links);

/* Connect to a peer.  Returns NULL without memory.  calls: kept. */
struct link *link_dial(struct links *links, const struct mx_endpoint *address,
		       const struct link_calls *calls, void *arg);

/* Own a link that came. */
void link_take(struct link *link, const struct link_calls *calls, void *arg);

/* End it.  What was written is still sent, within the time of silence. */
void link_close(struct link *link);

/* Send all bytes.  Returns false, and sends none, if the link is not open, or if
 * it would hold too many; then writable() comes. */
bool link_write(struct link *link, const uint8_t *bytes, size_t count);

/* The bytes that have come, one after the other, and how many.  They stay until
 * link_drop(), and must be used before anything else is done with the link. */
const uint8_t *link_peek(struct link *link, size_t *count);
void link_drop(struct link *link, size_t count);

/* Bytes that were not sent yet. */
size_t link_unsent(const struct link *link);

#endif /* MX_REPLICA_LINK_H */
