/* SPDX-License-Identifier: BSD-3-Clause */
/* Who gets in: a box with the group's key, and nobody else, at either end.
 * Method: real sockets on the loopback; strangers are plain OpenSSL. */
#include "linktls.h"

#include <check.h>
#include <event2/bufferevent.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "linkparts.h"
#include "linkrig.h"
#include "tlscerts.h"

static struct linkrig rig;
static const char *identity; /* of a stranger that has the key */
static uint8_t key[MX_SECRET_STREAM_BYTES];

static void
setup(void)
{
	memset(key, 0x5a, sizeof(key)); /* as linkrig_begin() */
	linkrig_begin(&rig, true);
}

static void
teardown(void)
{
	linkrig_end(&rig);
}

/* The dialler got no further than the handshake. */
static void
expect_refused_dial(void)
{
	LINKRIG_UNTIL(&rig, rig.end.ended);
	ck_assert(!rig.end.opened);
	ck_assert_int_eq(rig.end.why, REPLICATED_REFUSED_TLS);
}

static void
expect_refused_guest(void)
{
	LINKRIG_UNTIL(&rig, rig.refused[REPLICATED_REFUSED_TLS] == 1);
	ck_assert_uint_eq(rig.accepted, 0);
	ck_assert_uint_eq(rig.listener->came, 0);
}

START_TEST(a_link_has_the_newest_version_and_keys_of_its_own)
{
	linkrig_open(&rig);
	SSL *ssl = rig.came[0].link->ssl;

	ck_assert_int_eq(SSL_version(ssl), TLS1_3_VERSION);
	ck_assert_str_eq(SSL_get_cipher_name(ssl), "TLS_AES_128_GCM_SHA256");
	/* There was a Diffie-Hellman exchange. */
	ck_assert_int_ne((int)SSL_get_negotiated_group(ssl), 0);
	ck_assert_ptr_null(SSL_get0_peer_certificate(ssl));
}
END_TEST

START_TEST(another_key_is_refused_by_both)
{
	linkrig_end(&rig);
	linkrig_begin(&rig, false);
	linkrig_dial(&rig, &rig.address);
	expect_refused_dial();
	expect_refused_guest();
}
END_TEST

START_TEST(plain_text_is_refused)
{
	struct mx_endpoint mail;
	const int listener = linkrig_listen(&mail);
	const int fd = linkrig_connect(&rig);

	ck_assert_int_eq(write(fd, "EHLO mx.example.net\r\n", 21), 21);
	expect_refused_guest();
	close(fd);
	linkrig_dial(&rig, &mail);
	const int served = accept(listener, NULL, NULL);

	ck_assert_int_eq(write(served, "220 mx.example.net\r\n", 20), 20);
	expect_refused_dial();
	close(served);
	close(listener);
}
END_TEST

static int
offer(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *bytes,
      SSL_SESSION **psk)
{
	static const uint8_t cipher[] = {0x13, 0x01};

	(void)md;
	*psk = SSL_SESSION_new();
	SSL_SESSION_set1_master_key(*psk, key, sizeof(key));
	SSL_SESSION_set_cipher(*psk, SSL_CIPHER_find(ssl, cipher));
	SSL_SESSION_set_protocol_version(*psk, TLS1_3_VERSION);
	*id = (const unsigned char *)identity;
	*bytes = strlen(identity);
	return 1;
}

static int
find(SSL *ssl, const unsigned char *id, size_t bytes, SSL_SESSION **psk)
{
	const unsigned char *own;
	size_t own_bytes;

	(void)id;
	(void)bytes;
	return offer(ssl, NULL, &own, &own_bytes, psk);
}

/* A stranger's context.  version: the only one it speaks. */
static SSL_CTX *
stranger(int version)
{
	static bool made;

	if (!made)
		tlscerts_make(time(NULL));
	made = true;
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_min_proto_version(context, version);
	SSL_CTX_set_max_proto_version(context, version);
	return context;
}

/* Connect to the listener as a stranger, and be refused. */
static void
expect_refused(SSL_CTX *context)
{
	struct bufferevent *stream =
		linkrig_shake(&rig, linkrig_connect(&rig), context, false);

	expect_refused_guest();
	bufferevent_free(stream);
	SSL_CTX_free(context);
}

START_TEST(a_guest_without_the_key_is_refused)
{
	expect_refused(stranger(TLS1_3_VERSION));
}
END_TEST

START_TEST(a_guest_of_an_older_version_is_refused)
{
	expect_refused(stranger(TLS1_2_VERSION));
}
END_TEST

static const char *const names[] = {
	"mxsteer box 0",  "mxsteer box 17", "mxsteer box 01", "mxsteer box",
	"mxsteer box 1 ", "Mxsteer box 1",  "Client_identity"};

START_TEST(a_guest_of_another_name_is_refused)
{
	SSL_CTX *context = stranger(TLS1_3_VERSION);

	identity = names[_i];
	SSL_CTX_set_psk_use_session_callback(context, offer);
	expect_refused(context);
}
END_TEST

START_TEST(a_guest_with_a_name_and_another_key_is_refused)
{
	SSL_CTX *context = stranger(TLS1_3_VERSION);

	identity = "mxsteer box 1";
	key[31] ^= 1;
	SSL_CTX_set_psk_use_session_callback(context, offer);
	expect_refused(context);
}
END_TEST

/* So the refusals above have the reason that they should have. */
START_TEST(a_guest_with_a_name_and_the_key_gets_in)
{
	SSL_CTX *context = stranger(TLS1_3_VERSION);

	identity = "mxsteer box 16";
	SSL_CTX_set_psk_use_session_callback(context, offer);
	struct bufferevent *stream =
		linkrig_shake(&rig, linkrig_connect(&rig), context, false);

	LINKRIG_UNTIL(&rig, rig.accepted == 1);
	ck_assert_uint_eq(rig.box, 16);
	bufferevent_free(stream);
	SSL_CTX_free(context);
}
END_TEST

/* Dial a stranger that has a certificate, until it is decided. */
static void
dial_stranger(SSL_CTX *context)
{
	struct mx_endpoint address;
	const int listener = linkrig_listen(&address);

	linkrig_dial(&rig, &address);
	struct bufferevent *stream = linkrig_serve(&rig, listener, context);

	LINKRIG_UNTIL(&rig, rig.end.ended || rig.end.opened);
	bufferevent_free(stream);
	SSL_CTX_free(context);
	close(listener);
}

START_TEST(a_host_with_a_certificate_is_refused)
{
	SSL_CTX_free(stranger(TLS1_3_VERSION)); /* makes certificates */
	dial_stranger(tlscerts_server(CERT_GOOD, _i));
	expect_refused_dial();
}
END_TEST

START_TEST(a_host_with_another_key_is_refused)
{
	SSL_CTX_free(stranger(TLS1_3_VERSION));
	SSL_CTX *context = tlscerts_server(CERT_GOOD, TLS1_3_VERSION);

	key[0] = (uint8_t)(key[0] + _i);
	SSL_CTX_set_psk_find_session_callback(context, find);
	dial_stranger(context);
	if (_i == 0)
		ck_assert(rig.end.opened);
	else
		expect_refused_dial();
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("linktls");
	TCase *tc = tcase_create("linktls");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_link_has_the_newest_version_and_keys_of_its_own);
	tcase_add_test(tc, another_key_is_refused_by_both);
	tcase_add_test(tc, plain_text_is_refused);
	tcase_add_test(tc, a_guest_without_the_key_is_refused);
	tcase_add_test(tc, a_guest_of_an_older_version_is_refused);
	tcase_add_loop_test(tc, a_guest_of_another_name_is_refused, 0,
			    sizeof(names) / sizeof(names[0]));
	tcase_add_test(tc, a_guest_with_a_name_and_another_key_is_refused);
	tcase_add_test(tc, a_guest_with_a_name_and_the_key_gets_in);
	tcase_add_loop_test(tc, a_host_with_a_certificate_is_refused,
			    TLS1_2_VERSION, TLS1_3_VERSION + 1);
	tcase_add_loop_test(tc, a_host_with_another_key_is_refused, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
