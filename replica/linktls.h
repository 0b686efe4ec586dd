/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLICA_LINKTLS_H
#define MX_REPLICA_LINKTLS_H

/* TLS 1.3 with the group's key, and with nothing else.
 *
 * Key        an external PSK for SHA-256 (RFC 8446 4.2.11).  Its identity is
 *            "mxsteer box N" with the number of the box that connects.  The identity
 *            is not secret, and every box can take any: the key alone is proof.
 * Refused    versions before 1.3; certificates; a handshake without Diffie-Hellman;
 *            tickets, early data, compression, renegotiation.
 * Threads    that of the event loop. */
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "secret.h"

struct linktls;

/* Returns NULL without memory, or if OpenSSL lacks what is needed. */
struct linktls *linktls_make(uint8_t box,
			     const uint8_t key[static MX_SECRET_STREAM_BYTES]);
void linktls_free(struct linktls *tls);

/* One connection.  peer: gets the number of the box that connects, when it has
 * named it; of a connection that this box opens it stays as it is.  It must live
 * as long as the connection, or until SSL_set_app_data(ssl, NULL).
 * Returns NULL without memory. */
SSL *linktls_new(struct linktls *tls, uint8_t *peer);

/* Has the handshake proved that both have the key? */
bool linktls_is_proved(SSL *ssl);

#endif /* MX_REPLICA_LINKTLS_H */
