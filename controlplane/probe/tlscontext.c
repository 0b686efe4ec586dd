/* SPDX-License-Identifier: BSD-3-Clause */
#include "tlscontext.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "certificate.h"
#include "config.h"

/* Files of CAs in use at the same time; a site has one or two. */
#define CONTEXTS_MAX 8

/* A leaf, and more CAs than any public chain has.  Each costs a check of a
 * signature. */
#define CHAIN_DEPTH_MAX 6

/* Real chains have 3 to 10 KB. */
#define CHAIN_BYTES_MAX (32 * 1024)

#define RSA_BITS_MAX 8192
#define RSA_EXPONENT_BITS_MAX 32 /* 65537 is usual */

/* No finite-field Diffie-Hellman: the server chooses the size of its numbers,
 * and large ones would stop the event loop for half a second.  Servers that know
 * TLS 1.2 know ECDHE.  The groups are those of TLS 1.3, without ffdhe8192. */
#define CIPHERS "DEFAULT:!kDHE"
#define GROUPS "X25519:P-256:X448:P-384:P-521"

static struct context {
	char path[MX_FILE_PATH_MAX];
	struct stat file; /* when it was read */
	const char *fault;
	SSL_CTX *ssl; /* NULL: this place is free */
} contexts[CONTEXTS_MAX];
static unsigned next_place;

/* Collect an error of the verification, and go on. */
static int
on_verify(int ok, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct certificate *certificate = SSL_get_app_data(ssl);

	if (!ok)
		certificate_note(certificate, X509_STORE_CTX_get_error(store),
				 X509_STORE_CTX_get_error_depth(store));
	return 1;
}

/* Can signatures of this key be checked in little time? */
static bool
is_quick(const X509 *x509)
{
	const EVP_PKEY *key = X509_get0_pubkey(x509);
	char encoding[32] = "";
	BIGNUM *exponent = NULL;

	if (key == NULL)
		return true; /* nothing can be checked with it */
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent);
		const int bits = exponent != NULL ? BN_num_bits(exponent) : 0;
		BN_free(exponent);
		return EVP_PKEY_get_bits(key) <= RSA_BITS_MAX &&
		       bits <= RSA_EXPONENT_BITS_MAX;
	case EVP_PKEY_EC:
		EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING,
					       encoding, sizeof(encoding),
					       NULL);
		return strcmp(encoding, OSSL_PKEY_EC_ENCODING_EXPLICIT) != 0;
	case EVP_PKEY_ED25519:
	case EVP_PKEY_ED448:
		return true;
	default:
		return false;
	}
}

/* Verify a chain, unless that would take long.  Returns 0 then, which ends the
 * handshake; errors of the verification itself do not (on_verify()). */
static int
verify(X509_STORE_CTX *store, void *arg)
{
	STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);

	(void)arg;
	for (int i = 0; i < sk_X509_num(sent); i++)
		if (!is_quick(sk_X509_value(sent, i))) {
			X509_STORE_CTX_set_error(store,
						 X509_V_ERR_CERT_REJECTED);
			return 0;
		}
	return X509_verify_cert(store);
}

static SSL_CTX *
context_new(void)
{
	SSL_CTX *ssl = SSL_CTX_new(TLS_client_method());

	if (ssl == NULL)
		return NULL;
	SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(ssl, CIPHERS);
	SSL_CTX_set1_groups_list(ssl, GROUPS);
	SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_cert_verify_callback(ssl, verify, NULL);
	SSL_CTX_set_verify_depth(ssl, CHAIN_DEPTH_MAX);
	SSL_CTX_set_max_cert_list(ssl, CHAIN_BYTES_MAX);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	/* Hand back after each record, so that no server can keep the event
	 * loop busy with records that carry no data. */
	SSL_CTX_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_NO_COMPRESSION |
					 SSL_OP_IGNORE_UNEXPECTED_EOF);
	return ssl;
}

/* A file that has changed is another one, or has another time or size. */
static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* error: of stat(), or 0.  Returns NULL, or why the file is not read. */
static const char *
load(SSL_CTX *ssl, const char *path, const struct stat *file, int error)
{
	if (error != 0)
		return strerror(error);
	if (!S_ISREG(file->st_mode))
		return "it is not a file";
	if (SSL_CTX_load_verify_file(ssl, path) != 1) {
		ERR_clear_error();
		return "it has no certificates that can be read";
	}
	return NULL;
}

static struct context *
find(const char *path)
{
	for (unsigned i = 0; i < CONTEXTS_MAX; i++)
		if (contexts[i].ssl != NULL &&
		    strcmp(contexts[i].path, path) == 0)
			return &contexts[i];
	return NULL;
}

SSL_CTX *
tlscontext_get(const char *path, const char **fault)
{
	struct context *context = find(path);
	struct stat file = {0};
	int error = 0;

	if (path[0] != '\0' && stat(path, &file) != 0) {
		error = errno;
		file = (struct stat){0};
	}
	if (context == NULL || !is_same_file(&context->file, &file)) {
		SSL_CTX *ssl = context_new();

		if (ssl == NULL)
			return NULL;
		if (context == NULL)
			context = &contexts[next_place++ % CONTEXTS_MAX];
		SSL_CTX_free(context->ssl);
		snprintf(context->path, sizeof(context->path), "%s", path);
		context->file = file;
		context->ssl = ssl;
		context->fault =
			path[0] != '\0' ? load(ssl, path, &file, error) : NULL;
	}
	*fault = context->fault;
	SSL_CTX_up_ref(context->ssl);
	return context->ssl;
}

void
tlscontext_forget(void)
{
	for (unsigned i = 0; i < CONTEXTS_MAX; i++) {
		SSL_CTX_free(contexts[i].ssl);
		contexts[i] = (struct context){.ssl = NULL};
	}
}
