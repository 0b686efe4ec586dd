/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes with TLS over loopback: certificates of every kind, and servers that break
 * TLS at every place.  test_tlsagain.c has the pace of handshakes.
 * Method: see tlsrig.h. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "faketime.h"
#include "proberig.h"
#include "runner.h"
#include "tlscerts.h"
#include "tlscontext.h"
#include "tlsrig.h"

START_TEST(a_good_server_passes_and_is_left_in_order)
{
	tlsrig_serve(CERT_GOOD, tlsrig_starttls);
	tlsrig_probe_once(MX_CHECK_SMTP, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_int_eq(rig.last.verdict, VERDICT_UP);
	proberig_run_until_hung_up();
	ck_assert_str_eq(mta_seen(rig.mta)->heard,
			 "EHLO lb.example.net|STARTTLS|"
			 "EHLO lb.example.net|QUIT|");
	ck_assert(!mta_seen(rig.mta)->spoken_to_early);
	ck_assert(mta_seen(rig.mta)->notified);
	ck_assert_str_eq(mta_seen(rig.mta)->name, TLSCERTS_NAME);

	ck_assert_str_eq(tlsrig_found()->tls.version, "TLSv1.3");
	ck_assert_str_eq(tlsrig_found()->tls.certificate.issuer, "Site CA");
	ck_assert_str_eq(tlsrig_found()->tls.certificate.names, TLSCERTS_NAME);
	ck_assert_int_eq(certificate_days_left(&tlsrig_found()->tls.certificate,
					       clock_wall_s()),
			 80);
	ck_assert(ehlo_offers(&tlsrig_found()->tls.ehlo, "AUTH"));
	ck_assert(ehlo_offers(&tlsrig_found()->ehlo, "STARTTLS"));
	ck_assert_str_eq(tlsrig_found()->phase[SMTP_BANNER].said,
			 "220 mta1 ESMTP");
	ck_assert_str_eq(tlsrig_found()->phase[SMTP_STARTTLS].said, "220 go");
	ck_assert_str_eq(tlsrig_found()->phase[SMTP_QUIT].said, "221 bye");
	ck_assert_int_eq(tlsrig_found()->phase[SMTP_MAIL].at_s, 0);
}
END_TEST

START_TEST(tls_from_the_start_passes_too)
{
	tlsrig_serve(CERT_GOOD, tlsrig_smtps);
	tlsrig_probe_once(MX_CHECK_SMTPS, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	proberig_run_until_hung_up();
	ck_assert_str_eq(mta_seen(rig.mta)->heard, "EHLO lb.example.net|QUIT|");
	ck_assert(mta_seen(rig.mta)->notified);
}
END_TEST

/* What a client can use inside TLS is what counts (RFC 3207, 4.2).  Lines are of
 * the EHLO before TLS, and of the one inside. */
static const struct {
	const char *before, *inside;
	enum reason reason;
} offers[] = {
	{"250-a\r\n250 STARTTLS\r\n", "250-a\r\n250 AUTH PLAIN\r\n", REASON_OK},
	{"250-a\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n",
	 "250-a\r\n250 AUTH PLAIN\r\n", REASON_OK},
	{"250-a\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", "250 a\r\n",
	 REASON_EXPECT_MISSING},
	{"250-a\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n",
	 "250-a\r\n250 STARTTLS\r\n", REASON_EXPECT_MISSING},
	{"250-a\r\n250 STARTTLS\r\n", "250-a\r\n250 DSN\r\n",
	 REASON_EXPECT_MISSING},
};

START_TEST(auth_is_expected_inside_tls)
{
	const struct mta_step script[MTA_STEPS_MAX] = {
		{false, 0, "220 mta1 ESMTP\r\n", STAY},
		{true, 0, offers[_i].before, STAY},
		{true, 0, "220 go\r\n", STAY},
		IN_TLS(offers[_i].inside),
		{true, 0, "221 bye\r\n", STAY},
	};

	rig.check.starttls = MX_STARTTLS_REQUIRE;
	rig.check.expect_count = 2;
	ck_assert_int_eq(expectation_parse("AUTH", &rig.check.expect[0]), 0);
	ck_assert_int_eq(expectation_parse("STARTTLS", &rig.check.expect[1]),
			 0);
	tlsrig_serve(CERT_GOOD, script);
	tlsrig_probe_once(MX_CHECK_SUBMISSION, 10000);
	ck_assert_int_eq(rig.last.reason, offers[_i].reason);
	ck_assert_int_eq(rig.last.verdict, offers[_i].reason == REASON_OK
						   ? VERDICT_UP
						   : VERDICT_DOWN);
	if (offers[_i].reason != REASON_OK)
		ck_assert_str_eq(rig.last.text, "AUTH");
	proberig_run_until_hung_up();
}
END_TEST

/* Each kind of certificate: with all that can be checked, and with nothing said
 * of CA and name. */
static const struct {
	enum tlscert kind;
	const char *strict, *lax;
} certificates[] = {
	{CERT_GOOD, "", ""},
	{CERT_SELF_SIGNED, "self-signed", ""},
	{CERT_EXPIRED, "expired", "expired"},
	{CERT_NOT_YET, "not valid yet", "not valid yet"},
	{CERT_WRONG_NAME, "of another name", ""},
	{CERT_RSA_1024, "a weak key", "a weak key"},
	{CERT_UNKNOWN_CA, "of an unknown CA", ""},
	{CERT_WILDCARD, "", ""},
	{CERT_PARTIAL_WILDCARD, "of another name", ""},
	{CERT_THREE_FAULTS, "expired, of another name, of an unknown CA",
	 "expired"},
};

START_TEST(all_faults_of_a_certificate_are_told_and_none_is_a_failure)
{
	const int row = _i / 4;
	const bool strict = _i % 2 == 0;
	const enum mx_check_type type =
		_i / 2 % 2 == 0 ? MX_CHECK_SMTP : MX_CHECK_SMTPS;
	const char *faults =
		strict ? certificates[row].strict : certificates[row].lax;

	if (!strict)
		rig.check.ca[0] = rig.check.tls_name[0] = '\0';
	if (type == MX_CHECK_SMTP)
		rig.check.starttls = MX_STARTTLS_REQUIRE;
	tlsrig_serve(certificates[row].kind,
		     type == MX_CHECK_SMTP ? tlsrig_starttls : tlsrig_smtps);
	tlsrig_probe_once(type, 10000);
	ck_assert_uint_eq(mta_seen(rig.mta)->secured, 1);
	if (faults[0] == '\0') {
		ck_assert_int_eq(rig.last.reason, REASON_OK);
		ck_assert_int_eq(rig.last.verdict, VERDICT_UP);
	} else {
		ck_assert_int_eq(rig.last.reason, REASON_CERTIFICATE);
		ck_assert_int_eq(rig.last.verdict, VERDICT_DEGRADED);
		ck_assert_str_eq(rig.last.text, faults);
	}
	ck_assert(tlsrig_found()->tls.is_judged == strict);
	ck_assert(tlsrig_found()->tls.is_named == strict);
	ck_assert_str_eq(mta_seen(rig.mta)->name, strict ? TLSCERTS_NAME : "");
	proberig_run_until_hung_up();
	ck_assert(mta_seen(rig.mta)->notified);
}
END_TEST

/* Servers that break TLS, by where. */
/* clang-format off */
static const struct {
	const char *about;
	enum mx_check_type type;
	uint32_t timeout_ms;
	enum reason reason;
	const char *text; /* NULL: whatever it is */
	struct mta_step script[MTA_STEPS_MAX];
} broken[] = {
	{"no STARTTLS", MX_CHECK_SMTP, 10000, REASON_STARTTLS_MISSING, NULL, {
		{false, 0, "220 a\r\n", STAY}, {true, 0, "250 b\r\n", STAY}, {true, 0, "221 c\r\n", STAY}}},
	{"STARTTLS is refused", MX_CHECK_SMTP, 10000, REASON_STARTTLS_REFUSED, "454 no", {
		{false, 0, "220 a\r\n", STAY}, {true, 0, "250-b\r\n250 STARTTLS\r\n", STAY},
		{true, 0, "454 no\r\n", STAY}, {true, 0, "221 c\r\n", STAY}}},
	{"silent in place of a handshake", MX_CHECK_SMTP, 200, REASON_TLS_TIMEOUT, NULL, {UNTIL_TLS}},
	{"closes in place of a handshake", MX_CHECK_SMTP, 10000, REASON_TLS_CLOSED, NULL, {
		UNTIL_TLS, {false, 10, "", CLOSE}}},
	{"plain text in place of a handshake", MX_CHECK_SMTP, 10000, REASON_TLS_PLAIN, NULL, {
		UNTIL_TLS, {false, 10, "250 go on\r\n", STAY}}},
	{"a line glued to the 220", MX_CHECK_SMTP, 10000, REASON_EARLY_DATA, "220 go", {
		{false, 0, "220 a\r\n", STAY}, {true, 0, "250-b\r\n250 STARTTLS\r\n", STAY},
		{true, 0, "220 go\r\n250 injected\r\n", STAY}, WELL_IN_TLS}},
	{"finishes the handshake, and then closes", MX_CHECK_SMTP, 10000, REASON_TLS_CLOSED, NULL, {
		UNTIL_TLS, {.secures = true, .say = "", .then = RESET}}},
	{"finishes the handshake, and is mute", MX_CHECK_SMTP, 300, REASON_TLS_TIMEOUT, NULL, {
		UNTIL_TLS, {.secures = true}}},
	{"refuses EHLO in TLS", MX_CHECK_SMTP, 10000, REASON_TLS_HELLO_REFUSED, "500 what", {
		UNTIL_TLS, IN_TLS("500 what\r\n"), {true, 0, "221 c\r\n", STAY}}},
	{"a reply in TLS without end", MX_CHECK_SMTP, 10000, REASON_REPLY_TOO_LONG, NULL, {
		UNTIL_TLS, {.secures = true, .hears = true, .say = "250-on and on\r\n", .then = FLOOD}}},
	{"plain text on a port of smtps", MX_CHECK_SMTPS, 10000, REASON_TLS_PLAIN,
	 "it speaks first, in plain text: expected type: smtp", {
		{false, 0, "220 a\r\n", STAY}}},
	{"silent on a port of smtps", MX_CHECK_SMTPS, 200, REASON_TLS_TIMEOUT, NULL, {{0}}},
	{"closes on a port of smtps", MX_CHECK_SMTPS, 10000, REASON_TLS_CLOSED, NULL, {
		{false, 0, "", CLOSE}}},
	{"TLS first on a port of smtp", MX_CHECK_SMTP, 200, REASON_BANNER_TIMEOUT, "", {
		{.secures = true, .say = "220 a\r\n"}}},
	{"a banner in TLS that never ends", MX_CHECK_SMTPS, 10000, REASON_REPLY_TOO_LONG, NULL, {
		{.secures = true, .say = "220-on and on\r\n", .then = FLOOD}}},
	{"a byte a second in TLS", MX_CHECK_SMTPS, 5000, REASON_BANNER_TIMEOUT, "220 ", {
		{.secures = true, .after_ms = 1000, .say = "2"}, {false, 1000, "2", STAY},
		{false, 1000, "0", STAY}, {false, 1000, " ", STAY}, {false, 1000, "a", STAY},
		{false, 1000, "b", STAY}, {false, 1000, "\r", STAY}, {false, 1000, "\n", STAY}}},
	{"its reply is cut short in TLS", MX_CHECK_SMTPS, 10000, REASON_BANNER_CLOSED, "220-a", {
		{.secures = true, .say = "220-a\r\n", .then = CLOSE}}},
};
/* clang-format on */

/* Is mail without TLS still possible, so that only a check that requires TLS
 * fails? */
static bool
is_lack_of_tls(enum reason reason)
{
	return reason_verdict(reason) == VERDICT_DEGRADED;
}

START_TEST(each_way_to_break_tls_has_its_reason)
{
	const int row = _i / 2;
	const bool required = _i % 2 == 1 || broken[row].type == MX_CHECK_SMTPS;
	const enum reason reason = broken[row].reason;

	rig.check.starttls = required ? MX_STARTTLS_REQUIRE : MX_STARTTLS_TRY;
	tlsrig_serve(CERT_GOOD, broken[row].script);
	tlsrig_probe_once(broken[row].type, broken[row].timeout_ms);
	ck_assert(rig.last.counts);
	if (reason == REASON_STARTTLS_MISSING && !required) {
		ck_assert_int_eq(rig.last.reason, REASON_OK);
		return;
	}
	ck_assert_msg(rig.last.reason == reason, "%s: %s: %s",
		      broken[row].about, reason_name(rig.last.reason),
		      rig.last.text);
	ck_assert_int_eq(rig.last.verdict, is_lack_of_tls(reason) && !required
						   ? VERDICT_DEGRADED
						   : VERDICT_DOWN);
	if (broken[row].text != NULL)
		ck_assert_str_eq(rig.last.text, broken[row].text);
	proberig_run_until_hung_up();
}
END_TEST

START_TEST(a_server_of_old_versions_alone_is_too_old)
{
	mta_play(rig.mta, tlsrig_starttls);
	tlsrig_server = tlscerts_server(CERT_GOOD, TLS1_1_VERSION);
	mta_use_tls(rig.mta, tlsrig_server);
	tlsrig_probe_once(MX_CHECK_SMTP, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_TLS_TOO_OLD);
	ck_assert_int_eq(rig.last.verdict, VERDICT_DEGRADED);
}
END_TEST

START_TEST(a_server_of_tls_1_2_is_new_enough)
{
	mta_play(rig.mta, tlsrig_starttls);
	tlsrig_server = tlscerts_server(CERT_GOOD, TLS1_2_VERSION);
	mta_use_tls(rig.mta, tlsrig_server);
	tlsrig_probe_once(MX_CHECK_SMTP, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_str_eq(tlsrig_found()->tls.version, "TLSv1.2");
}
END_TEST

/* As Postfix without its chain file: it offers STARTTLS, and has no key. */
START_TEST(a_server_without_a_certificate_fails_the_handshake)
{
	mta_play(rig.mta, tlsrig_starttls);
	tlsrig_server = SSL_CTX_new(TLS_server_method());
	mta_use_tls(rig.mta, tlsrig_server);
	tlsrig_probe_once(MX_CHECK_SMTP, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_TLS_FAILED);
	ck_assert_int_eq(rig.last.verdict, VERDICT_DEGRADED);
	ck_assert_ptr_nonnull(strstr(rig.last.text, "handshake failure"));
}
END_TEST

START_TEST(a_file_of_cas_that_cannot_be_read_is_a_fault_of_this_host)
{
	strcpy(rig.check.ca, "/nonexistent/ca.pem");
	tlsrig_serve(CERT_SELF_SIGNED, tlsrig_starttls);
	tlsrig_probe_once(MX_CHECK_SMTP, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_CA_UNREADABLE);
	ck_assert_int_eq(rig.last.verdict, VERDICT_DEGRADED);
	ck_assert_str_eq(rig.last.text, "No such file or directory");
	ck_assert(!tlsrig_found()->tls.is_judged);
}
END_TEST

START_TEST(a_fault_of_a_certificate_is_told_before_one_of_this_host)
{
	strcpy(rig.check.ca, "/nonexistent/ca.pem");
	tlsrig_serve(CERT_EXPIRED, tlsrig_starttls);
	tlsrig_probe_once(MX_CHECK_SMTP, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_CERTIFICATE);
	ck_assert_str_eq(rig.last.text, "expired");
	ck_assert_uint_eq(tlsrig_found()->tls.certificate.faults,
			  CERTIFICATE_BIT(CERTIFICATE_EXPIRED));
}
END_TEST

START_TEST(a_file_of_cas_that_changed_is_read_again)
{
	SSL_CTX *before, *same, *after;
	const char *fault;
	char path[400];

	snprintf(path, sizeof(path), "%s.again", tlsrig_ca);
	ck_assert_int_eq(link(tlsrig_ca, path), 0);
	before = tlscontext_get(path, &fault);
	ck_assert_ptr_null(fault);
	same = tlscontext_get(path, &fault);
	ck_assert_ptr_eq(same, before);
	unlink(path);
	FILE *file = fopen(path, "w");
	fputs("no certificate\n", file);
	fclose(file);
	after = tlscontext_get(path, &fault);
	ck_assert_ptr_ne(after, before);
	ck_assert_ptr_nonnull(fault);
	SSL_CTX_free(before);
	SSL_CTX_free(same);
	SSL_CTX_free(after);
}
END_TEST

START_TEST(a_probe_freed_in_mid_handshake_leaves_nothing)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	mta_play(rig.mta, broken[2].script);
	rig.probe = proberig_start(MX_CHECK_SMTP, &endpoint, HOUR_MS, 10000);
	probe_now(rig.probe);
	while (strstr(mta_seen(rig.mta)->heard, "STARTTLS") == NULL)
		faketime_run(rig.base, 0);
	probe_free(rig.probe);
	rig.probe = NULL;
	proberig_run_until_hung_up();
	ck_assert_uint_eq(rig.results, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("tls");
	TCase *t = tcase_create("tls");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, tlsrig_setup, tlsrig_teardown);
	tcase_add_test(t, a_good_server_passes_and_is_left_in_order);
	tcase_add_test(t, tls_from_the_start_passes_too);
	tcase_add_loop_test(t, auth_is_expected_inside_tls, 0,
			    sizeof(offers) / sizeof(offers[0]));
	tcase_add_loop_test(
		t, all_faults_of_a_certificate_are_told_and_none_is_a_failure,
		0, 4 * sizeof(certificates) / sizeof(certificates[0]));
	tcase_add_loop_test(t, each_way_to_break_tls_has_its_reason, 0,
			    2 * sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(t, a_server_of_old_versions_alone_is_too_old);
	tcase_add_test(t, a_server_of_tls_1_2_is_new_enough);
	tcase_add_test(t, a_server_without_a_certificate_fails_the_handshake);
	tcase_add_test(
		t, a_file_of_cas_that_cannot_be_read_is_a_fault_of_this_host);
	tcase_add_test(
		t, a_fault_of_a_certificate_is_told_before_one_of_this_host);
	tcase_add_test(t, a_file_of_cas_that_changed_is_read_again);
	tcase_add_test(t, a_probe_freed_in_mid_handshake_leaves_nothing);
	suite_add_tcase(s, t);
	return s;
}
