/* SPDX-License-Identifier: BSD-3-Clause */
#include "tlscerts.h"

#include <check.h>
#include <stdio.h>

#include "certmaker.h"
#include "tempfolder.h"

#define DAY_S 86400

static struct pair site_ca, other_ca;
static struct pair made[TLSCERTS];
static char ca_path[300];

static const struct {
	const char *name;
	int begin_days, end_days; /* from now */
	enum { BY_SITE, BY_OTHER, BY_ITSELF } by;
	int rsa_bits;
} kinds[TLSCERTS] = {
	[CERT_GOOD] = {TLSCERTS_NAME, -10, 80, BY_SITE, 0},
	[CERT_SELF_SIGNED] = {TLSCERTS_NAME, -10, 80, BY_ITSELF, 0},
	[CERT_EXPIRED] = {TLSCERTS_NAME, -90, -3, BY_SITE, 0},
	[CERT_NOT_YET] = {TLSCERTS_NAME, 3, 90, BY_SITE, 0},
	[CERT_WRONG_NAME] = {"web.example.net", -10, 80, BY_SITE, 0},
	[CERT_RSA_1024] = {TLSCERTS_NAME, -10, 80, BY_SITE, 1024},
	[CERT_UNKNOWN_CA] = {TLSCERTS_NAME, -10, 80, BY_OTHER, 0},
	[CERT_WILDCARD] = {"*.example.net", -10, 80, BY_SITE, 0},
	[CERT_PARTIAL_WILDCARD] = {"m*.example.net", -10, 80, BY_SITE, 0},
	[CERT_THREE_FAULTS] = {"web.example.net", -90, -3, BY_OTHER, 0},
};

static struct pair
make_ca(const char *name, int64_t now_s)
{
	const struct cert_wish wish = {.name = name,
				       .begin_s = now_s - 1000 * DAY_S,
				       .end_s = now_s + 1000 * DAY_S,
				       .is_ca = true};

	return certmaker_make(&wish);
}

const char *
tlscerts_make(int64_t now_s)
{
	site_ca = make_ca("Site CA", now_s);
	other_ca = make_ca("Other CA", now_s);
	for (int i = 0; i < TLSCERTS; i++) {
		const struct cert_wish wish = {
			.name = kinds[i].name,
			.issuer = kinds[i].by == BY_SITE    ? &site_ca
				  : kinds[i].by == BY_OTHER ? &other_ca
							    : NULL,
			.begin_s = now_s + kinds[i].begin_days * DAY_S,
			.end_s = now_s + kinds[i].end_days * DAY_S,
			.rsa_bits = kinds[i].rsa_bits,
		};
		made[i] = certmaker_make(&wish);
	}
	snprintf(ca_path, sizeof(ca_path), "%s/ca.pem", tempfolder_make());
	certmaker_write(ca_path, &site_ca);
	return ca_path;
}

SSL_CTX *
tlscerts_server(enum tlscert kind, int max_version)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	/* Old versions, and small keys. */
	SSL_CTX_set_security_level(ctx, 0);
	if (max_version != 0) {
		SSL_CTX_set_min_proto_version(ctx, max_version);
		SSL_CTX_set_max_proto_version(ctx, max_version);
	}
	ck_assert_int_eq(SSL_CTX_use_certificate(ctx, made[kind].x509), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, made[kind].key), 1);
	return ctx;
}
