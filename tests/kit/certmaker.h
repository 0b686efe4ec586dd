/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_CERTMAKER_H
#define MX_TESTS_CERTMAKER_H

/* Certificates of every kind, made for a test.
 * Threads    any. */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

/* A certificate and its key. */
struct pair {
	X509 *x509;
	EVP_PKEY *key;
};

struct cert_wish {
	const char *name;          /* CN, and subjectAltName of a leaf */
	const char *more_names;    /* of subjectAltName: "DNS:a,DNS:b" */
	const struct pair *issuer; /* NULL: self-signed */
	int64_t begin_s;           /* seconds since 1970 */
	int64_t end_s;
	int rsa_bits; /* 0: a key of P-256, which is quick to make */
	bool is_ca;
};

struct pair certmaker_make(const struct cert_wish *wish);
/* A certificate of an RSA key whose modulus and exponent have so many bits, and
 * for which nobody has the other half. */
X509 *certmaker_strange(int modulus_bits, int exponent_bits);

void certmaker_free(struct pair *pair);

/* Write certificates into a file of PEM. */
void certmaker_write(const char *path, const struct pair *pair);

#endif /* MX_TESTS_CERTMAKER_H */
