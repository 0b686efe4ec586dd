/* SPDX-License-Identifier: BSD-3-Clause */
/* What a certificate says, and what is wrong with it, as an operator reads it.
 * Method: certificates made here (certmaker.c), and errors as the library that
 * verifies them reports them.  test_tls.c has both over real handshakes. */
#include <openssl/x509_vfy.h>
#include <string.h>

#include "certificate.h"
#include "certmaker.h"
#include "runner.h"

#define NOW_S 1790000000
#define DAY_S 86400

static struct pair ca;
static struct pair leaf;
static struct certificate c;

static void
setup(void)
{
	const struct cert_wish authority = {.name = "Site CA",
					    .begin_s = NOW_S - DAY_S,
					    .end_s = NOW_S + 1000 * DAY_S,
					    .is_ca = true};

	ca = certmaker_make(&authority);
	memset(&c, 0, sizeof(c));
}

static void
teardown(void)
{
	certmaker_free(&leaf);
	certmaker_free(&ca);
}

static void
make(const char *name, const char *more_names, int rsa_bits)
{
	const struct cert_wish wish = {.name = name,
				       .more_names = more_names,
				       .issuer = &ca,
				       .begin_s = NOW_S - DAY_S,
				       .end_s = NOW_S + 30 * DAY_S,
				       .rsa_bits = rsa_bits};

	leaf = certmaker_make(&wish);
	certificate_read(&c, leaf.x509);
}

START_TEST(a_certificate_is_read)
{
	make("mx.example.net", "DNS:mta1.example.net", 0);
	ck_assert(c.known);
	ck_assert_str_eq(c.names, "mx.example.net, mta1.example.net");
	ck_assert_str_eq(c.issuer, "Site CA");
	ck_assert_str_eq(c.key, "EC 256");
	ck_assert_int_eq(c.begin_s, NOW_S - DAY_S);
	ck_assert_int_eq(c.end_s, NOW_S + 30 * DAY_S);
	ck_assert_uint_eq(c.faults, 0);
}
END_TEST

START_TEST(keys_have_a_digest_of_their_own)
{
	struct certificate first;

	make("mx.example.net", NULL, 0);
	first = c;
	certificate_read(&c, leaf.x509);
	ck_assert_str_eq(c.key_digest, first.key_digest);
	ck_assert_uint_eq(strlen(c.key_digest), 64);
	certmaker_free(&leaf);
	make("mx.example.net", NULL, 2048);
	ck_assert_str_eq(c.key, "RSA 2048");
	ck_assert_str_ne(c.key_digest, first.key_digest);
}
END_TEST

START_TEST(texts_are_cut_and_printable)
{
	char names[4096] = "DNS:b";

	for (int i = 0; i < 60; i++)
		strcat(names, ",DNS:a-long-name-of-a-host.example.net");
	make("evil\033[2J.example", NULL, 0);
	ck_assert_str_eq(c.names, "evil?[2J.example");
	certmaker_free(&leaf);
	names[250] = '\0';
	*strrchr(names, ',') = '\0';
	make("mx.example.net", names, 0);
	ck_assert_uint_le(strlen(c.names), CERTIFICATE_NAMES_MAX - 1);
	ck_assert(strncmp(c.names, "mx.example.net, b, a-long", 25) == 0);
}
END_TEST

/* Errors of X509_V_ERR_..., and the text of what they are together. */
static const struct {
	int error[4];
	int depth;
	const char *text;
} noted[] = {
	{{0}, 0, ""},
	{{X509_V_ERR_CERT_HAS_EXPIRED}, 0, "expired"},
	{{X509_V_ERR_CERT_NOT_YET_VALID}, 0, "not valid yet"},
	{{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT}, 0, "self-signed"},
	{{X509_V_ERR_EE_KEY_TOO_SMALL}, 0, "a weak key"},
	{{X509_V_ERR_CA_MD_TOO_WEAK}, 1, "signed with a weak digest"},
	{{X509_V_ERR_CERT_HAS_EXPIRED}, 1, "of a CA out of its dates"},
	{{X509_V_ERR_CERT_REVOKED}, 0, "not valid"},
	/* Three faults: the library reports four errors, this one last. */
	{{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
	  X509_V_ERR_HOSTNAME_MISMATCH,
	  X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
	  X509_V_ERR_CERT_HAS_EXPIRED},
	 0,
	 "expired, of another name, of an unknown CA"},
};

START_TEST(all_faults_are_told_at_once)
{
	char text[128];

	for (int i = 0; i < 4 && noted[_i].error[i] != 0; i++)
		certificate_note(&c, noted[_i].error[i], noted[_i].depth);
	ck_assert_str_eq(certificate_faults_text(c.faults, text, sizeof(text)),
			 noted[_i].text);
}
END_TEST

START_TEST(a_text_of_faults_is_cut_where_the_room_ends)
{
	char text[12];

	certificate_faults_text(UINT32_MAX, text, sizeof(text));
	ck_assert_str_eq(text, "expired, no");
}
END_TEST

START_TEST(days_left_are_whole_days)
{
	static const struct {
		int64_t left_s;
		int32_t days;
	} cases[] = {
		{30 * DAY_S, 30},
		{30 * DAY_S - 1, 29},
		{1, 0},
		{0, 0},
		{-1, -1},
		{-DAY_S, -1},
		{-DAY_S - 1, -2},
		{INT64_C(1) << 60, INT32_MAX},
		{-(INT64_C(1) << 60), INT32_MIN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c.end_s = NOW_S + cases[i].left_s;
		ck_assert_int_eq(certificate_days_left(&c, NOW_S),
				 cases[i].days);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("certificate");
	TCase *t = tcase_create("certificate");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_certificate_is_read);
	tcase_add_test(t, keys_have_a_digest_of_their_own);
	tcase_add_test(t, texts_are_cut_and_printable);
	tcase_add_loop_test(t, all_faults_are_told_at_once, 0,
			    sizeof(noted) / sizeof(noted[0]));
	tcase_add_test(t, a_text_of_faults_is_cut_where_the_room_ends);
	tcase_add_test(t, days_left_are_whole_days);
	suite_add_tcase(s, t);
	return s;
}
