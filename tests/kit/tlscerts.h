/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_TLSCERTS_H
#define MX_TESTS_TLSCERTS_H

/* Certificates of all kinds that an MTA may have, made by the test, and servers'
 * contexts with them.  All are for TLSCERTS_NAME, but for those of another name.
 * Threads    the main thread. */
#include <openssl/ssl.h>

#define TLSCERTS_NAME "mx.example.net"

enum tlscert {
	CERT_GOOD,
	CERT_SELF_SIGNED,
	CERT_EXPIRED,
	CERT_NOT_YET,
	CERT_WRONG_NAME,
	CERT_RSA_1024,
	CERT_UNKNOWN_CA,
	CERT_WILDCARD,
	CERT_PARTIAL_WILDCARD,
	CERT_THREE_FAULTS, /* expired, of another name, of an unknown CA */
	TLSCERTS,
};

/* Make all.  now_s: the time by which they are good or not.  Returns the path of
 * a file with the site's CA. */
const char *tlscerts_make(int64_t now_s);

/* A server's context.  max_version: 0, or such as TLS1_1_VERSION.  The caller
 * frees it. */
SSL_CTX *tlscerts_server(enum tlscert kind, int max_version);

#endif /* MX_TESTS_TLSCERTS_H */
