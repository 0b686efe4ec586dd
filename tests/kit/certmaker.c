/* SPDX-License-Identifier: BSD-3-Clause */
#include "certmaker.h"

#include <check.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

static void
must(bool holds)
{
	ck_assert_msg(holds, "OpenSSL makes no certificate");
}

static void
add_extension(X509 *x509, const X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;

	X509V3_set_ctx(&context, (X509 *)issuer, x509, NULL, NULL, 0);
	X509_EXTENSION *extension =
		X509V3_EXT_conf_nid(NULL, &context, nid, value);
	must(extension != NULL && X509_add_ext(x509, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

static void
set_name(X509_NAME *name, const char *text)
{
	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					(const unsigned char *)text, -1, -1,
					0) == 1);
}

static void
set_dates(X509 *x509, const struct cert_wish *wish)
{
	ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)wish->begin_s);
	ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)wish->end_s);
}

struct pair
certmaker_make(const struct cert_wish *wish)
{
	static long serial;
	const struct pair pair = {
		.x509 = X509_new(),
		.key = wish->rsa_bits > 0
			       ? EVP_RSA_gen((unsigned)wish->rsa_bits)
			       : EVP_EC_gen("P-256")};
	const struct pair *issuer = wish->issuer != NULL ? wish->issuer : &pair;
	char names[256];

	must(pair.x509 != NULL && pair.key != NULL);
	X509_set_version(pair.x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(pair.x509), ++serial);
	set_dates(pair.x509, wish);
	set_name(X509_get_subject_name(pair.x509), wish->name);
	X509_set_issuer_name(pair.x509, X509_get_subject_name(issuer->x509));
	X509_set_pubkey(pair.x509, pair.key);
	add_extension(pair.x509, issuer->x509, NID_basic_constraints,
		      wish->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
	snprintf(names, sizeof(names), "DNS:%s%s%s", wish->name,
		 wish->more_names != NULL ? "," : "",
		 wish->more_names != NULL ? wish->more_names : "");
	if (!wish->is_ca)
		add_extension(pair.x509, issuer->x509, NID_subject_alt_name,
			      names);
	must(X509_sign(pair.x509, issuer->key, EVP_sha256()) > 0);
	return pair;
}

/* Numbers with the highest and the lowest bit set. */
static BIGNUM *
odd_number(int bits)
{
	BIGNUM *number = BN_new();

	must(BN_set_word(number, 1) == 1 && BN_set_bit(number, bits - 1) == 1);
	for (int i = 1; i < bits - 1; i += 3)
		must(BN_set_bit(number, i) == 1);
	return number;
}

X509 *
certmaker_strange(int modulus_bits, int exponent_bits)
{
	const struct cert_wish wish = {.name = "strange.example.net",
				       .end_s = 4000000000,
				       .is_ca = true};
	struct pair pair = certmaker_make(&wish);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = odd_number(modulus_bits), *e = odd_number(exponent_bits);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
	OSSL_PARAM *numbers = OSSL_PARAM_BLD_to_param(build);
	must(EVP_PKEY_fromdata_init(context) == 1 &&
	     EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, numbers) ==
		     1);
	X509_set_pubkey(pair.x509, key);
	must(X509_sign(pair.x509, pair.key, EVP_sha256()) > 0);
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(numbers);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	EVP_PKEY_free(pair.key);
	return pair.x509;
}

void
certmaker_free(struct pair *pair)
{
	X509_free(pair->x509);
	EVP_PKEY_free(pair->key);
	*pair = (struct pair){.x509 = NULL};
}

void
certmaker_write(const char *path, const struct pair *pair)
{
	FILE *file = fopen(path, "w");

	must(file != NULL && PEM_write_X509(file, pair->x509) == 1);
	must(fclose(file) == 0);
}
