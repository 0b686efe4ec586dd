/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CERTIFICATE_H
#define MX_CERTIFICATE_H

/* The certificate of an MTA: what it says, and all that is wrong with it at
 * once.
 *
 * Trust      every text in it is the MTA's.  Texts are cut and printable.
 * Threads    pure functions: any. */
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERTIFICATE_NAMES_MAX 200
#define CERTIFICATE_ISSUER_MAX 80
#define CERTIFICATE_KEY_MAX 32
#define CERTIFICATE_DIGEST_TEXT_MAX (2 * 32 + 1)

/* clang-format off */
#define CERTIFICATE_FAULTS(X) \
	X(EXPIRED,       "expired",       "expired") \
	X(NOT_YET,       "not-yet-valid", "not valid yet") \
	X(WRONG_NAME,    "wrong-name",    "of another name") \
	X(SELF_SIGNED,   "self-signed",   "self-signed") \
	X(UNKNOWN_CA,    "unknown-ca",    "of an unknown CA") \
	X(ISSUER_DATES,  "issuer-dates",  "of a CA out of its dates") \
	X(WEAK_KEY,      "weak-key",      "a weak key") \
	X(WEAK_DIGEST,   "weak-digest",   "signed with a weak digest") \
	X(WRONG_PURPOSE, "wrong-purpose", "not for servers") \
	X(OTHER,         "other",         "not valid")
/* clang-format on */

enum certificate_fault {
#define X(id, name, text) CERTIFICATE_##id,
	CERTIFICATE_FAULTS(X)
#undef X
		CERTIFICATE_FAULT_KINDS,
};

#define CERTIFICATE_BIT(fault) (UINT32_C(1) << (fault))

/* The faults that say that no known CA vouches for it. */
#define CERTIFICATE_UNTRUSTED                                                  \
	(CERTIFICATE_BIT(CERTIFICATE_SELF_SIGNED) |                            \
	 CERTIFICATE_BIT(CERTIFICATE_UNKNOWN_CA))

struct certificate {
	bool known;
	uint32_t faults; /* CERTIFICATE_BIT() */
	int64_t begin_s; /* seconds since 1970; 0: cannot be read */
	int64_t end_s;
	char names[CERTIFICATE_NAMES_MAX]; /* with ", " between them */
	char issuer[CERTIFICATE_ISSUER_MAX];
	char key[CERTIFICATE_KEY_MAX]; /* "RSA 2048" */
	/* SHA-256 of the public key as TLSA records "3 1 1" have it (RFC 7671, 5.1);
	 * in hexadecimal. */
	char key_digest[CERTIFICATE_DIGEST_TEXT_MAX];
};

/* Read everything but the faults, which stay as they are. */
void certificate_read(struct certificate *certificate, X509 *x509);

/* Note an error of X509_V_ERR_...; depth: 0 for the certificate itself, more
 * for those of its chain. */
void certificate_note(struct certificate *certificate, int error, int depth);

/* Whole days until it ends: 0 in the last day, negative after its end. */
int32_t certificate_days_left(const struct certificate *certificate,
			      int64_t now_s);

/* Does it end soon?  Returns the least of 30, 14, 7 and 1 days that is not under
 * the days left.  Returns 0 if none is, if the end has come, or if more than a
 * third of its life is left: certificates of some days are renewed each few
 * days. */
uint8_t certificate_ends_soon(const struct certificate *certificate,
			      int64_t now_s);

/* The fault in a word for programs. */
const char *certificate_fault_name(enum certificate_fault fault);

/* All faults of the set as a text: "expired, of another name".  Returns text.
 */
char *certificate_faults_text(uint32_t set, char *text, size_t size);

#endif /* MX_CERTIFICATE_H */
