/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes with TLS, one after the other: the pace of handshakes, and sessions of TLS
 * that are resumed.
 * Method: see tlsrig.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "proberig.h"
#include "runner.h"
#include "tlscerts.h"
#include "tlsrig.h"

/* A server that closes in place of a handshake. */
static const struct mta_step closing[MTA_STEPS_MAX] = {UNTIL_TLS,
						       {false, 10, "", CLOSE}};

/* So many checks, one a second. */
static void
check_again(uint32_t checks)
{
	const uint32_t before = rig.results;

	while (rig.results < before + checks)
		proberig_run_until(rig.results + 1);
}

static void
check_each_second(const struct mta_step *script)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	rig.probe = proberig_start(script == tlsrig_smtps ? MX_CHECK_SMTPS
							  : MX_CHECK_SMTP,
				   &endpoint, 1000, 900);
	probe_now(rig.probe);
	proberig_run_until(1);
}

static void
start_each_second(enum tlscert kind, const struct mta_step *script)
{
	tlsrig_serve(kind, script);
	check_each_second(script);
}

/* What a server says to a check without TLS and to one with TLS differs, so the
 * script of the one ends the other: it changes here. */
START_TEST(tls_comes_at_its_own_pace_and_what_it_found_stands_meanwhile)
{
	static const struct mta_step plain[MTA_STEPS_MAX] = {
		{false, 0, "220 mta1 ESMTP\r\n", STAY},
		{true, 0, "250-mta1\r\n250 STARTTLS\r\n", STAY},
		{true, 0, "221 bye\r\n", STAY}};

	start_each_second(CERT_EXPIRED, tlsrig_starttls);
	ck_assert_int_eq(rig.last.reason, REASON_CERTIFICATE);
	mta_play(rig.mta, plain);
	const uint64_t begin_ms = clock_ms();
	while (clock_ms() < begin_ms + TLS_EVERY_MS - 2000) {
		check_again(1);
		ck_assert_int_eq(rig.last.reason, REASON_CERTIFICATE);
		ck_assert_int_eq(rig.last.verdict, VERDICT_DEGRADED);
		ck_assert_str_eq(rig.last.text, "expired");
	}
	ck_assert_uint_eq(mta_seen(rig.mta)->secured, 1);
	/* Some time after the first, a good certificate is seen. */
	tlsrig_serve(CERT_GOOD, tlsrig_starttls);
	while (mta_seen(rig.mta)->secured == 1 &&
	       clock_ms() < begin_ms + 2 * TLS_EVERY_MS)
		check_again(1);
	ck_assert_uint_eq(mta_seen(rig.mta)->secured, 2);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
}
END_TEST

START_TEST(new_words_bring_tls_at_once)
{
	static const struct mta_step changed[MTA_STEPS_MAX] = {
		{false, 0, "220 mta1 ESMTP\r\n", STAY},
		{true, 0, "250-mta1\r\n250-DSN\r\n250 STARTTLS\r\n", STAY},
		{true, 0, "220 go\r\n", STAY},
		WELL_IN_TLS};

	start_each_second(CERT_GOOD, tlsrig_starttls);
	mta_play(rig.mta, changed);
	check_again(1);
	ck_assert_uint_eq(mta_seen(rig.mta)->secured, 2);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
}
END_TEST

START_TEST(doubt_brings_tls_each_time)
{
	start_each_second(CERT_GOOD, tlsrig_starttls);
	probe_in_doubt(rig.probe, true);
	check_again(3);
	ck_assert_uint_eq(mta_seen(rig.mta)->secured, 4);
}
END_TEST

START_TEST(a_handshake_that_fails_hides_no_lack_of_work)
{
	static const struct mta_step workless[MTA_STEPS_MAX] = {
		{false, 0, "220 mta1 ESMTP\r\n", STAY},
		{true, 0, "250-mta1\r\n250 STARTTLS\r\n", STAY},
		{true, 0, "250 sender\r\n", STAY},
		{true, 0, "550 nobody\r\n", STAY},
		{true, 0, "221 bye\r\n", STAY}};

	strcpy(rig.check.probe_recipient, "probe@example.net");
	start_each_second(CERT_GOOD, closing);
	ck_assert_int_eq(rig.last.verdict, VERDICT_DEGRADED);
	mta_play(rig.mta, workless);
	probe_in_doubt(rig.probe, true);
	for (int i = 0; i < 3; i++) {
		check_again(1);
		ck_assert_int_eq(rig.last.reason, REASON_RCPT_REFUSED);
	}
}
END_TEST

START_TEST(a_failed_handshake_is_tried_again_each_time_if_tls_is_required)
{
	rig.check.starttls = MX_STARTTLS_REQUIRE;
	start_each_second(CERT_GOOD, closing);
	ck_assert_int_eq(rig.last.reason, REASON_TLS_CLOSED);
	mta_play(rig.mta, tlsrig_starttls);
	check_again(1);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_int_eq(rig.last.verdict, VERDICT_UP);
}
END_TEST

START_TEST(tls_from_the_start_resumes_between_whole_handshakes)
{
	start_each_second(CERT_GOOD, tlsrig_smtps);
	const uint64_t begin_ms = clock_ms();
	while (clock_ms() < begin_ms + 3 * TLS_EVERY_MS) {
		check_again(1);
		ck_assert_int_eq(rig.last.reason, REASON_OK);
	}
	const struct mta_seen *seen = mta_seen(rig.mta);
	ck_assert_uint_eq(seen->secured, rig.results);
	ck_assert_uint_ge(seen->secured - seen->resumed, 3);
	ck_assert_uint_le(seen->secured - seen->resumed, 4);
	ck_assert(!seen->spoken_to_early);
}
END_TEST

START_TEST(a_certificate_stands_until_the_next_whole_handshake)
{
	start_each_second(CERT_EXPIRED, tlsrig_smtps);
	ck_assert_int_eq(rig.last.reason, REASON_CERTIFICATE);
	for (int i = 0; i < 2; i++) {
		check_again(1);
		ck_assert_int_eq(rig.last.reason, REASON_CERTIFICATE);
		ck_assert_str_eq(rig.last.text, "expired");
		ck_assert(tlsrig_found()->tls.certificate.known);
	}
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 2);
	/* Another server knows no ticket of this one. */
	tlsrig_serve(CERT_GOOD, tlsrig_smtps);
	check_again(1);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 2);
}
END_TEST

START_TEST(a_new_certificate_is_shown_though_a_session_was_offered)
{
	char key[CERTIFICATE_DIGEST_TEXT_MAX];

	start_each_second(CERT_GOOD, tlsrig_smtps);
	memcpy(key, tlsrig_found()->tls.certificate.key_digest, sizeof(key));
	/* The server has a new certificate, and lost its ticket keys. */
	tlsrig_serve(CERT_EXPIRED, tlsrig_smtps);
	check_again(1);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 0);
	ck_assert_int_eq(rig.last.reason, REASON_CERTIFICATE);
	ck_assert_int_lt(certificate_days_left(&tlsrig_found()->tls.certificate,
					       clock_wall_s()),
			 0);
	ck_assert_str_ne(tlsrig_found()->tls.certificate.key_digest, key);
}
END_TEST

START_TEST(a_file_of_cas_that_is_repaired_leads_to_a_whole_handshake)
{
	char path[400];

	snprintf(path, sizeof(path), "%s.late", tlsrig_ca);
	strcpy(rig.check.ca, path);
	start_each_second(CERT_GOOD, tlsrig_smtps);
	ck_assert_int_eq(rig.last.reason, REASON_CA_UNREADABLE);
	ck_assert_uint_eq(tlsrig_found()->tls.certificate.faults, 0);
	ck_assert_int_eq(link(tlsrig_ca, path), 0);
	check_again(1);
	unlink(path);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 0);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert(tlsrig_found()->tls.is_judged);
}
END_TEST

START_TEST(a_server_that_breaks_after_it_resumed_is_not_asked_again)
{
	static const struct mta_step closes[MTA_STEPS_MAX] = {
		{.secures = true, .say = "", .then = CLOSE}};

	start_each_second(CERT_GOOD, tlsrig_smtps);
	mta_play(rig.mta, closes);
	check_again(1);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 1);
	ck_assert_int_eq(rig.last.verdict, VERDICT_DOWN);
	mta_play(rig.mta, tlsrig_smtps);
	check_again(6);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 1);
}
END_TEST

START_TEST(a_server_that_is_silent_to_a_session_has_not_failed)
{
	static const struct mta_step silent[MTA_STEPS_MAX] = {{0}};

	start_each_second(CERT_GOOD, tlsrig_smtps);
	mta_play(rig.mta, silent);
	check_again(1);
	ck_assert(!rig.last.counts);
	ck_assert_int_eq(rig.last.reason, REASON_RESUME_TIMEOUT);
	/* No session is left, so silence counts. */
	check_again(1);
	ck_assert(rig.last.counts);
	ck_assert_int_eq(rig.last.reason, REASON_TLS_TIMEOUT);
	ck_assert_int_eq(rig.last.verdict, VERDICT_DOWN);
}
END_TEST

START_TEST(a_server_that_resumes_nothing_is_served_by_whole_handshakes)
{
	tlsrig_serve(CERT_GOOD, tlsrig_smtps);
	SSL_CTX_set_num_tickets(tlsrig_server, 0);
	check_each_second(tlsrig_smtps);
	check_again(6);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_uint_eq(mta_seen(rig.mta)->secured, 7);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 0);
}
END_TEST

START_TEST(a_server_that_fails_to_resume_is_well_and_asked_no_more)
{
	start_each_second(CERT_GOOD, tlsrig_smtps);
	/* A usual mistake: a server that asks for certificates of clients, and
	 * has no context for sessions, ends each handshake that resumes one. */
	SSL_CTX_set_verify(tlsrig_server, SSL_VERIFY_PEER, NULL);
	check_again(1);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	/* One connection was in vain. */
	ck_assert_uint_eq(mta_seen(rig.mta)->accepted, 3);
	check_again(6);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_uint_eq(mta_seen(rig.mta)->accepted, 9);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 0);
}
END_TEST

START_TEST(a_resumed_check_with_new_words_leads_to_a_whole_handshake)
{
	static const struct mta_step changed[MTA_STEPS_MAX] = {
		{.secures = true, .say = "220 mta2 ESMTP\r\n"},
		{true, 0, "250 mta2\r\n", STAY},
		{true, 0, "221 bye\r\n", STAY},
	};

	rig.check.tls_every_ms = HOUR_MS;
	start_each_second(CERT_GOOD, tlsrig_smtps);
	mta_play(rig.mta, changed);
	check_again(2);
	ck_assert_uint_eq(mta_seen(rig.mta)->secured, 3);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 1);
	check_again(1);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 2);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("tlsagain");
	TCase *t = tcase_create("tlsagain");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, tlsrig_setup, tlsrig_teardown);
	tcase_add_test(
		t,
		tls_comes_at_its_own_pace_and_what_it_found_stands_meanwhile);
	tcase_add_test(t, new_words_bring_tls_at_once);
	tcase_add_test(t, doubt_brings_tls_each_time);
	tcase_add_test(t, a_handshake_that_fails_hides_no_lack_of_work);
	tcase_add_test(
		t,
		a_failed_handshake_is_tried_again_each_time_if_tls_is_required);
	tcase_add_test(t, tls_from_the_start_resumes_between_whole_handshakes);
	tcase_add_test(t, a_certificate_stands_until_the_next_whole_handshake);
	tcase_add_test(t,
		       a_new_certificate_is_shown_though_a_session_was_offered);
	tcase_add_test(
		t, a_file_of_cas_that_is_repaired_leads_to_a_whole_handshake);
	tcase_add_test(
		t, a_server_that_breaks_after_it_resumed_is_not_asked_again);
	tcase_add_test(t, a_server_that_is_silent_to_a_session_has_not_failed);
	tcase_add_test(
		t, a_server_that_resumes_nothing_is_served_by_whole_handshakes);
	tcase_add_test(t,
		       a_server_that_fails_to_resume_is_well_and_asked_no_more);
	tcase_add_test(
		t, a_resumed_check_with_new_words_leads_to_a_whole_handshake);
	suite_add_tcase(s, t);
	return s;
}
