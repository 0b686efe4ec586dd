/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TLSCONTEXT_H
#define MX_TLSCONTEXT_H

/* The settings of TLS that probes share: one context for each file of known CAs,
 * read again when the file has changed.
 *
 * Cost       a server's certificates cost the event loop what their keys cost.
 *            Keys that no mail server has end the handshake: RSA of more than
 *            8192 bits or with a long exponent, curves without a name, and what
 *            is neither RSA nor a curve.  So do more than 32 KB of certificates.
 * Versions   1.2 and 1.3, as mail servers of today speak.
 * Faults     a certificate's faults are collected (certificate.h) and end no
 *            handshake: most senders of mail do not check certificates.
 * Shape      a small list in this file, which lives as long as the process.
 * Threads    the event loop. */
#include <openssl/ssl.h>
#include <stdbool.h>

/* The context for a file of CAs in PEM; empty: none is known.  If the file cannot
 * be read, no CA is known, and *fault is why; else *fault is NULL.
 * Returns a context that the caller frees by SSL_CTX_free(), or NULL if there is
 * no memory. */
SSL_CTX *tlscontext_get(const char *ca_path, const char **fault);

/* Forget all contexts: for tests. */
void tlscontext_forget(void);

#endif /* MX_TLSCONTEXT_H */
