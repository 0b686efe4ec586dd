/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_STREAM_H
#define MX_STREAM_H

/* The connection of a probe: a socket that does not block, plain at first, and
 * with TLS on it once that is begun.
 *
 *   stream_open() --> read, write
 *        '--> stream_begin_tls() --> stream_handshake() --> read, write
 *
 * Limit      a server may send records without data, such as tickets, and each
 *            costs time.  After STREAM_IDLE_RECORDS_MAX of them the stream is
 *            broken.
 * Threads    the event loop. */
#include <openssl/ssl.h>
#include <stddef.h>

#include "certificate.h"
#include "reason.h"

#define STREAM_CLOSED_FD (-1)
#define STREAM_IDLE_RECORDS_MAX 64

struct stream {
	int fd;   /* STREAM_CLOSED_FD: none */
	SSL *ssl; /* NULL: plain */
	bool secured;
	bool resumed; /* the handshake resumed a session */
	unsigned idle_records;
	struct certificate certificate; /* of a whole handshake that is done */

	/* Why the stream is broken. */
	enum reason reason;
	char text[REASON_REPLY_MAX];
};

enum stream_end {
	STREAM_DONE,
	STREAM_WAITS, /* the socket must become ready first */
	STREAM_CLOSED,
	STREAM_RESET,
	STREAM_BROKEN, /* TLS has failed: see reason and text */
};

/* Take over a socket. */
void stream_open(struct stream *stream, int fd);

/* Begin a handshake.  name: what the server is told (SNI) and what its
 * certificate must be for; empty: neither.  session: to resume, or NULL; if the
 * server resumes it, the certificate is not read.
 * Returns 0 or -ENOMEM. */
int stream_begin_tls(struct stream *stream, SSL_CTX *context, const char *name,
		     SSL_SESSION *session);
enum stream_end stream_handshake(struct stream *stream);

/* Read up to size bytes.  STREAM_DONE with 0 bytes: there may be more. */
enum stream_end stream_read(struct stream *stream, void *out, size_t size,
			    size_t *bytes);

/* Write all bytes or none.  A command fits whole: it is far smaller than the send
 * buffer, and the buffer is empty, since the server has replied to all that was
 * sent before. */
enum stream_end stream_write(struct stream *stream, const void *bytes,
			     size_t size);

/* Say the end of TLS (RFC 8446, 6.1), and close the socket.  A closed stream may
 * be closed again. */
void stream_close(struct stream *stream);

#endif /* MX_STREAM_H */
