/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes with TLS over loopback: certificates of every kind, servers that break
 * TLS at every place, and the pace of handshakes.
 * Method: real handshakes with a server by script (mta.c), with certificates
 * that the test makes (tlscerts.c); a clock that stands still meanwhile. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "faketime.h"
#include "proberig.h"
#include "runner.h"
#include "tlscerts.h"
#include "tlscontext.h"

#define TLS_EVERY_MS 5000

/* Steps of a server: until STARTTLS has been answered, and then inside TLS. */
/* clang-format off */
#define UNTIL_TLS \
	{false, 0, "220 mta1 ESMTP\r\n", STAY}, \
	{true, 0, "250-mta1\r\n250 STARTTLS\r\n", STAY}, \
	{true, 0, "220 go\r\n", STAY}
#define IN_TLS(reply) {.secures = true, .hears = true, .say = reply}
#define WELL_IN_TLS \
	IN_TLS("250-mta1\r\n250 AUTH PLAIN\r\n"), {true, 0, "221 bye\r\n", STAY}
/* clang-format on */

static const struct mta_step starttls[MTA_STEPS_MAX] = {UNTIL_TLS, WELL_IN_TLS};
static const struct mta_step smtps[MTA_STEPS_MAX] = {
	{.secures = true, .say = "220 mta1 ESMTP\r\n"},
	{true, 0, "250 mta1\r\n", STAY},
	{true, 0, "221 bye\r\n", STAY},
};

static const char *ca_path;
static SSL_CTX *server;

static void
setup(void)
{
	signal(SIGPIPE, SIG_IGN); /* as main() does */
	if (ca_path == NULL)
		ca_path = tlscerts_make(clock_wall_s());
	server = NULL;
	/* What OpenSSL opens stays open. */
	SSL_CTX_free(SSL_CTX_new(TLS_client_method()));
	proberig_setup();
	rig.check.starttls = MX_STARTTLS_TRY;
	rig.check.tls_every_ms = TLS_EVERY_MS;
	strcpy(rig.check.tls_name, TLSCERTS_NAME);
	strcpy(rig.check.ca, ca_path);
}

static void
teardown(void)
{
	proberig_teardown();
	SSL_CTX_free(server);
	tlscontext_forget();
}

static void
serve(enum tlscert kind, const struct mta_step script[MTA_STEPS_MAX])
{
	SSL_CTX_free(server);
	server = tlscerts_server(kind, 0);
	mta_use_tls(rig.mta, server);
	mta_play(rig.mta, script);
}

static void
probe_once(enum mx_check_type type, uint32_t timeout_ms)
{
	const struct mx_endpoint endpoint = mta_endpoint(rig.mta);

	proberig_once(type, &endpoint, timeout_ms);
}

static const struct mta_profile *
found(void)
{
	return rig.last.profile;
}

START_TEST(a_good_server_passes_and_is_left_in_order)
{
	serve(CERT_GOOD, starttls);
	probe_once(MX_CHECK_SMTP, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_int_eq(rig.last.verdict, VERDICT_UP);
	proberig_run_until_hung_up();
	ck_assert_str_eq(mta_seen(rig.mta)->heard,
			 "EHLO lb.example.net|STARTTLS|"
			 "EHLO lb.example.net|QUIT|");
	ck_assert(!mta_seen(rig.mta)->spoken_to_early);
	ck_assert(mta_seen(rig.mta)->notified);
	ck_assert_str_eq(mta_seen(rig.mta)->name, TLSCERTS_NAME);

	ck_assert_str_eq(found()->tls.version, "TLSv1.3");
	ck_assert_str_eq(found()->tls.certificate.issuer, "Site CA");
	ck_assert_str_eq(found()->tls.certificate.names, TLSCERTS_NAME);
	ck_assert_int_eq(certificate_days_left(&found()->tls.certificate,
					       clock_wall_s()),
			 80);
	ck_assert(ehlo_offers(&found()->tls.ehlo, "AUTH"));
	ck_assert(ehlo_offers(&found()->ehlo, "STARTTLS"));
	ck_assert_str_eq(found()->phase[SMTP_BANNER].said, "220 mta1 ESMTP");
	ck_assert_str_eq(found()->phase[SMTP_STARTTLS].said, "220 go");
	ck_assert_str_eq(found()->phase[SMTP_QUIT].said, "221 bye");
	ck_assert_int_eq(found()->phase[SMTP_MAIL].at_s, 0);
}
END_TEST

START_TEST(tls_from_the_start_passes_too)
{
	serve(CERT_GOOD, smtps);
	probe_once(MX_CHECK_SMTPS, 10000);
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
	serve(CERT_GOOD, script);
	probe_once(MX_CHECK_SUBMISSION, 10000);
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
	serve(certificates[row].kind, type == MX_CHECK_SMTP ? starttls : smtps);
	probe_once(type, 10000);
	ck_assert_uint_eq(mta_seen(rig.mta)->secured, 1);
	if (faults[0] == '\0') {
		ck_assert_int_eq(rig.last.reason, REASON_OK);
		ck_assert_int_eq(rig.last.verdict, VERDICT_UP);
	} else {
		ck_assert_int_eq(rig.last.reason, REASON_CERTIFICATE);
		ck_assert_int_eq(rig.last.verdict, VERDICT_DEGRADED);
		ck_assert_str_eq(rig.last.text, faults);
	}
	ck_assert(found()->tls.is_judged == strict);
	ck_assert(found()->tls.is_named == strict);
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
	serve(CERT_GOOD, broken[row].script);
	probe_once(broken[row].type, broken[row].timeout_ms);
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
	mta_play(rig.mta, starttls);
	server = tlscerts_server(CERT_GOOD, TLS1_1_VERSION);
	mta_use_tls(rig.mta, server);
	probe_once(MX_CHECK_SMTP, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_TLS_TOO_OLD);
	ck_assert_int_eq(rig.last.verdict, VERDICT_DEGRADED);
}
END_TEST

START_TEST(a_server_of_tls_1_2_is_new_enough)
{
	mta_play(rig.mta, starttls);
	server = tlscerts_server(CERT_GOOD, TLS1_2_VERSION);
	mta_use_tls(rig.mta, server);
	probe_once(MX_CHECK_SMTP, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_str_eq(found()->tls.version, "TLSv1.2");
}
END_TEST

/* As Postfix without its chain file: it offers STARTTLS, and has no key. */
START_TEST(a_server_without_a_certificate_fails_the_handshake)
{
	mta_play(rig.mta, starttls);
	server = SSL_CTX_new(TLS_server_method());
	mta_use_tls(rig.mta, server);
	probe_once(MX_CHECK_SMTP, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_TLS_FAILED);
	ck_assert_int_eq(rig.last.verdict, VERDICT_DEGRADED);
	ck_assert_ptr_nonnull(strstr(rig.last.text, "handshake failure"));
}
END_TEST

START_TEST(a_file_of_cas_that_cannot_be_read_is_a_fault_of_this_host)
{
	strcpy(rig.check.ca, "/nonexistent/ca.pem");
	serve(CERT_SELF_SIGNED, starttls);
	probe_once(MX_CHECK_SMTP, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_CA_UNREADABLE);
	ck_assert_int_eq(rig.last.verdict, VERDICT_DEGRADED);
	ck_assert_str_eq(rig.last.text, "No such file or directory");
	ck_assert(!found()->tls.is_judged);
}
END_TEST

START_TEST(a_fault_of_a_certificate_is_told_before_one_of_this_host)
{
	strcpy(rig.check.ca, "/nonexistent/ca.pem");
	serve(CERT_EXPIRED, starttls);
	probe_once(MX_CHECK_SMTP, 10000);
	ck_assert_int_eq(rig.last.reason, REASON_CERTIFICATE);
	ck_assert_str_eq(rig.last.text, "expired");
	ck_assert_uint_eq(found()->tls.certificate.faults,
			  CERTIFICATE_BIT(CERTIFICATE_EXPIRED));
}
END_TEST

START_TEST(a_file_of_cas_that_changed_is_read_again)
{
	SSL_CTX *before, *same, *after;
	const char *fault;
	char path[400];

	snprintf(path, sizeof(path), "%s.again", ca_path);
	ck_assert_int_eq(link(ca_path, path), 0);
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

	rig.probe =
		proberig_start(script == smtps ? MX_CHECK_SMTPS : MX_CHECK_SMTP,
			       &endpoint, 1000, 900);
	probe_now(rig.probe);
	proberig_run_until(1);
}

static void
start_each_second(enum tlscert kind, const struct mta_step *script)
{
	serve(kind, script);
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

	start_each_second(CERT_EXPIRED, starttls);
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
	serve(CERT_GOOD, starttls);
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

	start_each_second(CERT_GOOD, starttls);
	mta_play(rig.mta, changed);
	check_again(1);
	ck_assert_uint_eq(mta_seen(rig.mta)->secured, 2);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
}
END_TEST

START_TEST(doubt_brings_tls_each_time)
{
	start_each_second(CERT_GOOD, starttls);
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
	start_each_second(CERT_GOOD, broken[3].script);
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
	start_each_second(CERT_GOOD, broken[3].script);
	ck_assert_int_eq(rig.last.reason, REASON_TLS_CLOSED);
	mta_play(rig.mta, starttls);
	check_again(1);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_int_eq(rig.last.verdict, VERDICT_UP);
}
END_TEST

START_TEST(tls_from_the_start_resumes_between_whole_handshakes)
{
	start_each_second(CERT_GOOD, smtps);
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
	start_each_second(CERT_EXPIRED, smtps);
	ck_assert_int_eq(rig.last.reason, REASON_CERTIFICATE);
	for (int i = 0; i < 2; i++) {
		check_again(1);
		ck_assert_int_eq(rig.last.reason, REASON_CERTIFICATE);
		ck_assert_str_eq(rig.last.text, "expired");
		ck_assert(found()->tls.certificate.known);
	}
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 2);
	/* Another server knows no ticket of this one. */
	serve(CERT_GOOD, smtps);
	check_again(1);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 2);
}
END_TEST

START_TEST(a_new_certificate_is_shown_though_a_session_was_offered)
{
	char key[CERTIFICATE_DIGEST_TEXT_MAX];

	start_each_second(CERT_GOOD, smtps);
	memcpy(key, found()->tls.certificate.key_digest, sizeof(key));
	/* The server has a new certificate, and lost its ticket keys. */
	serve(CERT_EXPIRED, smtps);
	check_again(1);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 0);
	ck_assert_int_eq(rig.last.reason, REASON_CERTIFICATE);
	ck_assert_int_lt(certificate_days_left(&found()->tls.certificate,
					       clock_wall_s()),
			 0);
	ck_assert_str_ne(found()->tls.certificate.key_digest, key);
}
END_TEST

START_TEST(a_file_of_cas_that_is_repaired_leads_to_a_whole_handshake)
{
	char path[400];

	snprintf(path, sizeof(path), "%s.late", ca_path);
	strcpy(rig.check.ca, path);
	start_each_second(CERT_GOOD, smtps);
	ck_assert_int_eq(rig.last.reason, REASON_CA_UNREADABLE);
	ck_assert_uint_eq(found()->tls.certificate.faults, 0);
	ck_assert_int_eq(link(ca_path, path), 0);
	check_again(1);
	unlink(path);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 0);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert(found()->tls.is_judged);
}
END_TEST

START_TEST(a_server_that_breaks_after_it_resumed_is_not_asked_again)
{
	static const struct mta_step closes[MTA_STEPS_MAX] = {
		{.secures = true, .say = "", .then = CLOSE}};

	start_each_second(CERT_GOOD, smtps);
	mta_play(rig.mta, closes);
	check_again(1);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 1);
	ck_assert_int_eq(rig.last.verdict, VERDICT_DOWN);
	mta_play(rig.mta, smtps);
	check_again(6);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 1);
}
END_TEST

START_TEST(a_server_that_is_silent_to_a_session_has_not_failed)
{
	static const struct mta_step silent[MTA_STEPS_MAX] = {{0}};

	start_each_second(CERT_GOOD, smtps);
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
	serve(CERT_GOOD, smtps);
	SSL_CTX_set_num_tickets(server, 0);
	check_each_second(smtps);
	check_again(6);
	ck_assert_int_eq(rig.last.reason, REASON_OK);
	ck_assert_uint_eq(mta_seen(rig.mta)->secured, 7);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 0);
}
END_TEST

START_TEST(a_server_that_fails_to_resume_is_well_and_asked_no_more)
{
	start_each_second(CERT_GOOD, smtps);
	/* A usual mistake: a server that asks for certificates of clients, and
	 * has no context for sessions, ends each handshake that resumes one. */
	SSL_CTX_set_verify(server, SSL_VERIFY_PEER, NULL);
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
	start_each_second(CERT_GOOD, smtps);
	mta_play(rig.mta, changed);
	check_again(2);
	ck_assert_uint_eq(mta_seen(rig.mta)->secured, 3);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 1);
	check_again(1);
	ck_assert_uint_eq(mta_seen(rig.mta)->resumed, 2);
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
	tcase_add_checked_fixture(t, setup, teardown);
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
	tcase_add_test(t, a_probe_freed_in_mid_handshake_leaves_nothing);
	suite_add_tcase(s, t);
	return s;
}
