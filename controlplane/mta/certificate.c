/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAMES_LISTED_MAX 16
#define DAY_S 86400

static const struct {
	const char *name;
	const char *text;
} faults[] = {
#define X(id, name, text) {name, text},
	CERTIFICATE_FAULTS(X)
#undef X
};
static_assert(CERTIFICATE_FAULT_KINDS <= 32, "a bit for each");

const char *
certificate_fault_name(enum certificate_fault fault)
{
	assert(fault < CERTIFICATE_FAULT_KINDS);
	return faults[fault].name;
}

/* What an error of the verification says of the certificate. */
static enum certificate_fault
fault_of(int error)
{
	/* clang-format off */
	static const struct {
		int error;
		enum certificate_fault fault;
	} known[] = {
		{X509_V_ERR_CERT_HAS_EXPIRED,            CERTIFICATE_EXPIRED},
		{X509_V_ERR_CERT_NOT_YET_VALID,          CERTIFICATE_NOT_YET},
		{X509_V_ERR_HOSTNAME_MISMATCH,           CERTIFICATE_WRONG_NAME},
		{X509_V_ERR_IP_ADDRESS_MISMATCH,         CERTIFICATE_WRONG_NAME},
		{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, CERTIFICATE_SELF_SIGNED},
		{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,   CERTIFICATE_UNKNOWN_CA},
		{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,   CERTIFICATE_UNKNOWN_CA},
		{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
							 CERTIFICATE_UNKNOWN_CA},
		{X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
							 CERTIFICATE_UNKNOWN_CA},
		{X509_V_ERR_CERT_UNTRUSTED,              CERTIFICATE_UNKNOWN_CA},
		{X509_V_ERR_EE_KEY_TOO_SMALL,            CERTIFICATE_WEAK_KEY},
		{X509_V_ERR_CA_KEY_TOO_SMALL,            CERTIFICATE_WEAK_KEY},
		{X509_V_ERR_CA_MD_TOO_WEAK,              CERTIFICATE_WEAK_DIGEST},
		{X509_V_ERR_INVALID_PURPOSE,             CERTIFICATE_WRONG_PURPOSE},
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].error == error)
			return known[i].fault;
	return CERTIFICATE_OTHER;
}

void
certificate_note(struct certificate *certificate, int error, int depth)
{
	enum certificate_fault fault = fault_of(error);

	if (depth > 0 &&
	    (fault == CERTIFICATE_EXPIRED || fault == CERTIFICATE_NOT_YET))
		fault = CERTIFICATE_ISSUER_DATES;
	certificate->faults |= CERTIFICATE_BIT(fault);
}

/* Add a text of the certificate, with '?' for what is not printable.  It is cut
 * where the room ends. */
static void
add_text(char *out, size_t size, const char *before, const unsigned char *text,
	 int length)
{
	size_t at = strlen(out);

	for (; *before != '\0' && at + 1 < size; before++)
		out[at++] = *before;
	for (int i = 0; i < length && at + 1 < size; i++)
		out[at++] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i]
								    : '?');
	out[at] = '\0';
}

/* The part of a name that people know it by: CN, or else O.  Returns false if
 * it has neither. */
static bool
add_common_name(char *out, size_t size, const X509_NAME *name)
{
	static const int parts[] = {NID_commonName, NID_organizationName};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const int at = X509_NAME_get_index_by_NID(name, parts[i], -1);
		if (at < 0)
			continue;
		const ASN1_STRING *text =
			X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
		add_text(out, size, "", ASN1_STRING_get0_data(text),
			 ASN1_STRING_length(text));
		return true;
	}
	return false;
}

/* The host names that it is for (RFC 6125): those of subjectAltName, or if it
 * has none, the CN. */
static void
read_names(struct certificate *c, X509 *x509)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	int listed = 0;

	c->names[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS || listed == NAMES_LISTED_MAX)
			continue;
		add_text(c->names, sizeof(c->names), listed > 0 ? ", " : "",
			 ASN1_STRING_get0_data(name->d.dNSName),
			 ASN1_STRING_length(name->d.dNSName));
		listed++;
	}
	GENERAL_NAMES_free(names);
	if (listed == 0)
		add_common_name(c->names, sizeof(c->names),
				X509_get_subject_name(x509));
}

static int64_t
seconds_of(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* Write the digest of the key and its kind, or "". */
static void
digest_key(char text[static CERTIFICATE_DIGEST_TEXT_MAX], X509 *x509)
{
	unsigned char digest[EVP_MAX_MD_SIZE], *key = NULL;
	const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &key);
	unsigned bytes = 0;

	if (size > 0)
		EVP_Digest(key, (size_t)size, digest, &bytes, EVP_sha256(),
			   NULL);
	OPENSSL_free(key);
	text[0] = '\0';
	for (unsigned i = 0; i < bytes; i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
}

static void
read_key(struct certificate *c, X509 *x509)
{
	EVP_PKEY *key = X509_get0_pubkey(x509);
	const char *type = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;

	snprintf(c->key, sizeof(c->key), "%s %d", type != NULL ? type : "?",
		 key != NULL ? EVP_PKEY_get_bits(key) : 0);
	digest_key(c->key_digest, x509);
}

void
certificate_read(struct certificate *c, X509 *x509)
{
	c->known = true;
	c->begin_s = seconds_of(X509_get0_notBefore(x509));
	c->end_s = seconds_of(X509_get0_notAfter(x509));
	read_names(c, x509);
	c->issuer[0] = '\0';
	if (!add_common_name(c->issuer, sizeof(c->issuer),
			     X509_get_issuer_name(x509)))
		strcpy(c->issuer, "?");
	read_key(c, x509);
}

int32_t
certificate_days_left(const struct certificate *certificate, int64_t now_s)
{
	const int64_t left_s = certificate->end_s - now_s;
	const int64_t days = left_s / DAY_S - (left_s % DAY_S < 0);

	if (days > INT32_MAX)
		return INT32_MAX;
	return days < INT32_MIN ? INT32_MIN : (int32_t)days;
}

/* Does only the last third of its life remain? */
static bool
is_late(const struct certificate *certificate, int64_t now_s)
{
	const int64_t life_s = certificate->end_s - certificate->begin_s;

	return certificate->end_s - now_s <= life_s / 3;
}

uint8_t
certificate_ends_soon(const struct certificate *certificate, int64_t now_s)
{
	static const uint8_t marks[] = {1, 7, 14, 30};
	const int32_t days = certificate_days_left(certificate, now_s);

	if (!certificate->known || days < 0 || !is_late(certificate, now_s))
		return 0;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (days <= marks[i])
			return marks[i];
	return 0;
}

char *
certificate_faults_text(uint32_t set, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (int f = 0; f < CERTIFICATE_FAULT_KINDS && at < size; f++)
		if (set & CERTIFICATE_BIT(f))
			at += (size_t)snprintf(text + at, size - at, "%s%s",
					       at > 0 ? ", " : "",
					       faults[f].text);
	return text;
}
