/* SPDX-License-Identifier: BSD-3-Clause */
#include "linktls.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"

#define IDENTITY "mxsteer box %u"
#define IDENTITY_MAX 24

/* Both have SHA-256, as the PSK demands. */
#define CIPHERS "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS "X25519:P-256"

/* OpenSSL demands one of whoever verifies certificates. */
static const unsigned char id_context[] = "mxsteer";

static const uint8_t aes128_gcm_sha256[] = {0x13, 0x01}; /* RFC 8446 B.4 */

struct linktls {
	SSL_CTX *context;
	char identity[IDENTITY_MAX];
	uint8_t key[MX_SECRET_STREAM_BYTES];
};

static struct linktls *
tls_of(SSL *ssl)
{
	return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* The key as OpenSSL wants it.  Returns NULL without memory. */
static SSL_SESSION *
make_psk(SSL *ssl)
{
	const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, aes128_gcm_sha256);
	SSL_SESSION *psk = SSL_SESSION_new();

	if (psk != NULL && cipher != NULL &&
	    SSL_SESSION_set1_master_key(psk, tls_of(ssl)->key,
					MX_SECRET_STREAM_BYTES) == 1 &&
	    SSL_SESSION_set1_id_context(psk, id_context,
					sizeof(id_context) - 1) == 1 &&
	    SSL_SESSION_set_cipher(psk, cipher) == 1 &&
	    SSL_SESSION_set_protocol_version(psk, TLS1_3_VERSION) == 1)
		return psk;
	SSL_SESSION_free(psk);
	return NULL;
}

/* This box connects.  md: the hash of the cipher that the other end has asked for
 * in a second try. */
static int
offer_psk(SSL *ssl, const EVP_MD *md, const unsigned char **identity,
	  size_t *bytes, SSL_SESSION **psk)
{
	*psk = NULL;
	if (md != NULL && EVP_MD_get_type(md) != NID_sha256)
		return 0;
	*identity = (const unsigned char *)tls_of(ssl)->identity;
	*bytes = strlen(tls_of(ssl)->identity);
	*psk = make_psk(ssl);
	return *psk != NULL;
}

/* Another box connects, and names itself. */
static int
find_psk(SSL *ssl, const unsigned char *identity, size_t bytes,
	 SSL_SESSION **psk)
{
	uint8_t *peer = SSL_get_app_data(ssl);
	char expected[IDENTITY_MAX];

	*psk = NULL;
	if (peer == NULL)
		return 0;
	for (uint8_t box = 1; box <= MX_BOXES_MAX; box++) {
		snprintf(expected, sizeof(expected), IDENTITY, box);
		if (bytes != strlen(expected) ||
		    memcmp(identity, expected, bytes) != 0)
			continue;
		*peer = box;
		*psk = make_psk(ssl);
		return *psk != NULL;
	}
	return 1; /* a stranger: the handshake fails for want of a certificate */
}

/* No certificate is good. */
static int
refuse_certificate(X509_STORE_CTX *store, void *arg)
{
	(void)arg;
	X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

static bool
set_up(struct linktls *tls)
{
	SSL_CTX *context = tls->context;

	SSL_CTX_set_app_data(context, tls);
	SSL_CTX_set_psk_use_session_callback(context, offer_psk);
	SSL_CTX_set_psk_find_session_callback(context, find_psk);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(context, refuse_certificate, NULL);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
					     SSL_OP_NO_RENEGOTIATION |
					     SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* The configuration of the host's OpenSSL may allow more. */
	SSL_CTX_clear_options(context, SSL_OP_ALLOW_NO_DHE_KEX);
	return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_ciphersuites(context, CIPHERS) == 1 &&
	       SSL_CTX_set1_groups_list(context, GROUPS) == 1 &&
	       SSL_CTX_set_session_id_context(context, id_context,
					      sizeof(id_context) - 1) == 1 &&
	       SSL_CTX_set_num_tickets(context, 0) == 1 &&
	       SSL_CTX_set_max_early_data(context, 0) == 1 &&
	       SSL_CTX_set_recv_max_early_data(context, 0) == 1;
}

struct linktls *
linktls_make(uint8_t box, const uint8_t key[static MX_SECRET_STREAM_BYTES])
{
	struct linktls *tls = calloc(1, sizeof(*tls));

	if (tls == NULL)
		return NULL;
	memcpy(tls->key, key, sizeof(tls->key));
	snprintf(tls->identity, sizeof(tls->identity), IDENTITY, box);
	tls->context = SSL_CTX_new(TLS_method());
	if (tls->context != NULL && set_up(tls))
		return tls;
	linktls_free(tls);
	return NULL;
}

void
linktls_free(struct linktls *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->context);
	OPENSSL_cleanse(tls->key, sizeof(tls->key));
	free(tls);
}

SSL *
linktls_new(struct linktls *tls, uint8_t *peer)
{
	SSL *ssl = SSL_new(tls->context);

	if (ssl != NULL)
		SSL_set_app_data(ssl, peer);
	return ssl;
}

bool
linktls_is_proved(SSL *ssl)
{
	return SSL_version(ssl) == TLS1_3_VERSION &&
	       SSL_session_reused(ssl) == 1;
}
