/* SPDX-License-Identifier: BSD-3-Clause */
/* `show backend`: an operator sees what the checks of an MTA found, and how old
 * it is; and certificates that end soon are told once for each mark.
 * Method: requests over the real socket to a whole control plane (serving.c);
 * the test makes what a check found. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "mtaprofile.h"
#include "runner.h"
#include "serving.h"

#define DAY_S 86400

static struct mta_profile profile;

static void
say(enum smtp_phase phase, double ms, const char *said)
{
	profile.phase[phase].at_s = clock_wall_s();
	profile.phase[phase].ms = ms;
	snprintf(profile.phase[phase].said, sizeof(profile.phase[phase].said),
		 "%s", said);
}

static void
setup(void)
{
	static const char *const words[] = {"mta1", "SIZE 10", "STARTTLS"};
	static const char *const inside[] = {"mta1", "AUTH PLAIN"};

	serving_setup();
	plane_forget_log();
	memset(&profile, 0, sizeof(profile));
	profile.at_s = clock_wall_s();
	say(SMTP_CONNECT, 0.5, "");
	say(SMTP_BANNER, 6012, "220 mta1 ESMTP");
	say(SMTP_TLS, 3, "");
	for (int i = 0; i < 3; i++)
		ehlo_add(&profile.ehlo, words[i]);
	struct profile_tls *tls = &profile.tls;
	tls->at_s = clock_wall_s();
	strcpy(tls->version, "TLSv1.3");
	strcpy(tls->cipher, "TLS_AES_256_GCM_SHA384");
	tls->is_named = true;
	for (int i = 0; i < 2; i++)
		ehlo_add(&tls->ehlo, inside[i]);
	struct certificate *c = &tls->certificate;
	c->known = true;
	strcpy(c->names, "mx.example.net");
	strcpy(c->issuer, "Site CA");
	strcpy(c->key, "EC 256");
	strcpy(c->key_digest, "c0ffee");
	c->begin_s = clock_wall_s() - DAY_S;
	c->end_s = clock_wall_s() + 20 * DAY_S;
	c->faults = CERTIFICATE_BIT(CERTIFICATE_WRONG_NAME) |
		    CERTIFICATE_BIT(CERTIFICATE_WEAK_KEY);
}

static void
check(void)
{
	fakeprobe_found("192.0.2.11:25", REASON_OK, &profile);
}

START_TEST(all_that_a_check_found_is_shown)
{
	check();
	json_t *data = plane_json(&plane, "-j show backend mx/a");

	ck_assert_str_eq(plane_text(data, "backend"), "a");
	ck_assert_str_eq(plane_text(data, "health"), "up");
	const json_t *last = json_object_get(data, "check");
	ck_assert_str_eq(plane_text(last, "type"), "smtp");
	ck_assert_str_eq(plane_text(last, "reason"), "ok");
	ck_assert_int_eq(plane_number(last, "ago_s"), 0);
	const json_t *banner = plane_row(data, "phases", 1);
	ck_assert_str_eq(plane_text(banner, "phase"), "banner");
	ck_assert_str_eq(plane_text(banner, "said"), "220 mta1 ESMTP");
	ck_assert(json_real_value(json_object_get(banner, "ms")) == 6012);
	ck_assert_uint_eq(json_array_size(json_object_get(data, "phases")), 3);
	const json_t *offers = json_object_get(data, "offers");
	ck_assert_str_eq(json_string_value(json_array_get(offers, 1)),
			 "STARTTLS");
	const json_t *tls = json_object_get(data, "tls");
	ck_assert_str_eq(plane_text(tls, "version"), "TLSv1.3");
	ck_assert_uint_eq(json_array_size(json_object_get(tls, "offers")), 1);
	const json_t *c = json_object_get(tls, "certificate");
	ck_assert_int_eq(plane_number(c, "days_left"), 20);
	ck_assert_str_eq(plane_text(c, "issuer"), "Site CA");
	const json_t *faults = json_object_get(c, "faults");
	ck_assert_uint_eq(json_array_size(faults), 2);
	ck_assert_str_eq(json_string_value(json_array_get(faults, 0)),
			 "wrong-name");
	json_decref(data);
}
END_TEST

START_TEST(people_see_it_as_lines_and_a_table)
{
	check();
	plane_expect(&plane, "show backend mx/a", true, "220 mta1 ESMTP");
	plane_expect(&plane, "show backend mx/a", true, "wrong-name");
	plane_expect(&plane, "show backend mx/a", true, "SIZE 10");
	plane_expect(&plane, "show backend mx/a", true, "c0ffee");
	plane_expect(&plane, "show backend mx/a", true, "PHASE");
}
END_TEST

START_TEST(an_mta_that_was_never_checked_is_shown_too)
{
	json_t *data = plane_json(&plane, "-j show backend mx/b");

	ck_assert_uint_eq(json_array_size(json_object_get(data, "phases")), 0);
	ck_assert(json_is_null(json_object_get(data, "tls")));
	ck_assert(json_is_null(json_object_get(data, "offers")));
	json_decref(data);
	plane_expect(&plane, "show backend mx/b", true, "192.0.2.12:25");
}
END_TEST

START_TEST(an_unknown_backend_is_answered_with_the_nearest)
{
	plane_expect(&plane, "show backend mx/c", false,
		     "there is no backend mx/c; the nearest of 2: mx/a");
	plane_expect(&plane, "show backend", false,
		     "expected: show backend POOL/BACKEND");
}
END_TEST

START_TEST(a_certificate_that_ends_soon_is_told_and_shown)
{
	struct certificate *c = &profile.tls.certificate;

	c->begin_s = clock_wall_s() - 300 * DAY_S;
	c->end_s = clock_wall_s() + 20 * DAY_S;
	check();
	ck_assert(plane_logged("warn backend mx/a has a certificate of "
			       "mx.example.net that ends in 20 days"));
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "note      backend mx/a: its certificate of "
		      "mx.example.net ends in 20 days");
	c->end_s = clock_wall_s() + DAY_S;
	check();
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "WARNING   backend mx/a: its certificate of "
		      "mx.example.net ends in 1 day");
	c->end_s = clock_wall_s() + 90 * DAY_S; /* renewed */
	check();
	json_t *data = plane_data(&plane, "-j status", ANSWER_WARNING);
	char *text = json_dumps(data, 0);
	ck_assert_ptr_null(strstr(text, "certificate"));
	free(text);
	json_decref(data);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("showbackend");
	TCase *t = tcase_create("showbackend");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, all_that_a_check_found_is_shown);
	tcase_add_test(t, people_see_it_as_lines_and_a_table);
	tcase_add_test(t, an_mta_that_was_never_checked_is_shown_too);
	tcase_add_test(t, an_unknown_backend_is_answered_with_the_nearest);
	tcase_add_test(t, a_certificate_that_ends_soon_is_told_and_shown);
	suite_add_tcase(s, t);
	return s;
}
