/* SPDX-License-Identifier: BSD-3-Clause */
/* How MTAs are checked: types that fit the port, keys that have an effect, and
 * defaults that depend on the type, and the type that a port has by default.
 * Method: a file of one pool; all errors and warnings compared in full. */
#include <stdio.h>
#include <string.h>

#include "load.h"
#include "runner.h"

#define NO_EFFECT(key, type)                                                   \
	"f:10: check: " key " has no effect with type: " type
#define BLIND(port, type)                                                                 \
	"f:10: warning[tcp-check]: check: tcp does not see whether the MTA of port " port \
	" takes mail, and leaves a line in its log each time. Expected type: " type
#define EXPECTATION                                                            \
	"a keyword of EHLO, such as STARTTLS, \"AUTH PLAIN\" or "              \
	"\"SIZE>=35000000\""

/* The check is in line 10. */
static const struct {
	const char *check;
	unsigned port;
	const char *message; /* NULL: none */
} files[] = {
	{"type: smtp", 25, NULL},
	{"type: smtp", 2525, NULL},
	{"type: smtp", 587, NULL},
	{"type: submission", 587, NULL},
	{"type: smtps", 465, NULL},
	{"type: smtps", 10465, NULL},
	{"type: tcp", 2525, NULL},
	{"type: tcp", 25, BLIND("25", "smtp")},
	{"type: tcp", 587, BLIND("587", "submission")},
	{"type: tcp", 465, BLIND("465", "smtps")},
	{"type: smtp", 465,
	 "f:10: warning[check-port]: check: smtp fails if port 465 is what it is for: there "
	 "TLS comes first. Expected type: smtps"},
	{"type: smtps", 25,
	 "f:10: warning[check-port]: check: smtps fails if port 25 is what it is for: there "
	 "the MTA speaks first. Expected type: smtp"},
	{"type: smtp, starttls: require, tls-every: 5m, tls-name: mx.example.net, "
	 "ca: /etc/ca.pem, expect: [STARTTLS, SIZE>=1], probe-recipient: a@b",
	 25, NULL},
	{"type: smtps, starttls: try", 465, NO_EFFECT("starttls", "smtps")},
	{"type: smtps, tls-every: 5m", 465, NULL},
	{"type: tcp, tls-every: 5m", 2525, NO_EFFECT("tls-every", "tcp")},
	{"type: tcp, starttls: off", 2525, NO_EFFECT("starttls", "tcp")},
	{"type: tcp, ca: /a", 2525, NO_EFFECT("ca", "tcp")},
	{"type: tcp, tls-name: a", 2525, NO_EFFECT("tls-name", "tcp")},
	{"type: tcp, expect: [DSN]", 2525, NO_EFFECT("expect", "tcp")},
	{"type: tcp, probe-recipient: a@b", 2525,
	 NO_EFFECT("probe-recipient", "tcp")},
	{"type: submission, probe-recipient: a@b", 587,
	 NO_EFFECT("probe-recipient", "submission")},
	{"tls-name: \"[192.0.2.1]\"", 25,
	 "f:10: tls-name: expected the name in the certificate of the MTAs, such "
	 "as mx.example.net, found \"[192.0.2.1]\""},
	{"expect: [SIZE>35]", 25,
	 "f:10: expect: expected " EXPECTATION ", found \"SIZE>35\""},
	{"expect: []", 25, "f:10: expect: expected at least one entry"},
	{"probe-recipient: nobody", 25,
	 "f:10: probe-recipient: expected a mail address, such as "
	 "probe@example.net, found \"nobody\""},
	{"starttls: maybe", 25,
	 "f:10: starttls: expected off, try or require, found \"maybe\""},
	{"ca: ca.pem", 25,
	 "f:10: ca: expected a path that starts with /, of up to 255 bytes, "
	 "found \"ca.pem\""},
};

static struct mx_config_errors errors;

static struct mx_config *
load(const char *direction, const char *check, unsigned port)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "instance: lb\n"
		 "dataplane:\n"
		 "  workers: [1]\n"
		 "  ports: [{name: p, driver: af_packet, interface: p}]\n"
		 "services:\n"
		 "  - {name: s, listen: [\"198.51.100.25:25\"], pool: a,\n"
		 "     forward: nat, direction: %s}\n"
		 "pools:\n"
		 "  - name: a\n"
		 "    check: {%s}\n"
		 "    backends: [{name: m, address: \"10.0.2.11:%u\"}]\n",
		 direction, check, port);
	return mx_config_parse(text, strlen(text), "f", &errors);
}

START_TEST(each_check_is_taken_warned_of_or_refused)
{
	const char *message = files[_i].message;
	struct mx_config *config =
		load("outbound", files[_i].check, files[_i].port);

	if (message == NULL) {
		ck_assert_msg(errors.count == 0, "%s", errors.text[0]);
		ck_assert_msg(errors.warnings == 0, "%s", errors.warning[0]);
		ck_assert_ptr_nonnull(config);
	} else if (strstr(message, ": warning[") != NULL) {
		ck_assert_uint_eq(errors.warnings, 1);
		ck_assert_str_eq(errors.warning[0], message);
		ck_assert_ptr_nonnull(config);
	} else {
		ck_assert_uint_eq(errors.count, 1);
		ck_assert_str_eq(errors.text[0], message);
		ck_assert_ptr_null(config);
	}
	mx_config_free(config);
}
END_TEST

START_TEST(defaults_depend_on_type_direction_and_port)
{
	static const struct {
		const char *direction, *check;
		unsigned port;
		enum mx_starttls starttls;
		const char *expect; /* NULL: nothing */
	} cases[] = {
		{"outbound", "interval: 10s", 2525, MX_STARTTLS_TRY, NULL},
		{"outbound", "type: tcp", 2525, MX_STARTTLS_OFF, NULL},
		{"outbound", "type: smtps", 2525, MX_STARTTLS_OFF, NULL},
		{"outbound", "type: submission", 2525, MX_STARTTLS_REQUIRE,
		 "AUTH"},
		{"outbound", "type: submission, starttls: try", 2525,
		 MX_STARTTLS_TRY, "AUTH"},
		{"outbound", "type: submission, expect: [AUTH PLAIN]", 2525,
		 MX_STARTTLS_REQUIRE, "AUTH PLAIN"},
		/* The users' port of outbound MTAs is checked as one. */
		{"outbound", "interval: 10s", 587, MX_STARTTLS_REQUIRE, "AUTH"},
		{"outbound", "expect: [AUTH PLAIN]", 587, MX_STARTTLS_REQUIRE,
		 "AUTH PLAIN"},
		{"outbound", "type: smtp", 587, MX_STARTTLS_TRY, NULL},
		{"outbound", "probe-recipient: a@b", 587, MX_STARTTLS_TRY,
		 NULL},
		{"outbound", "interval: 10s", 25, MX_STARTTLS_TRY, NULL},
		{"inbound", "interval: 10s", 587, MX_STARTTLS_TRY, NULL},
		{"both", "interval: 10s", 587, MX_STARTTLS_TRY, NULL},
	};
	char text[EXPECTATION_FORMAT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mx_config *config =
			load(cases[i].direction, cases[i].check, cases[i].port);

		ck_assert_ptr_nonnull(config);
		const struct mx_config_check *check = &config->pool[0].check;
		ck_assert_int_eq(check->starttls, cases[i].starttls);
		ck_assert_uint_eq(check->tls_every_ms, 60 * 1000);
		ck_assert_uint_eq(check->expect_count, cases[i].expect != NULL);
		if (cases[i].expect != NULL)
			ck_assert_str_eq(
				expectation_format(&check->expect[0], text),
				cases[i].expect);
		mx_config_free(config);
	}
}
END_TEST

START_TEST(one_warning_tells_of_a_pool)
{
	static const char text[] =
		"instance: lb\n"
		"dataplane:\n"
		"  workers: [1]\n"
		"  ports: [{name: p, driver: af_packet, interface: p}]\n"
		"services:\n"
		"  - {name: s, listen: [\"198.51.100.25:25\"], pool: a,\n"
		"     forward: nat}\n"
		"pools:\n"
		"  - name: a\n"
		"    check: {type: tcp}\n"
		"    backends:\n"
		"      - {name: m, address: \"10.0.2.11:25\"}\n"
		"      - {name: n, address: \"10.0.2.12:25\"}\n";

	mx_config_free(mx_config_parse(text, strlen(text), "f", &errors));
	ck_assert_uint_eq(errors.warnings, 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("checkprobe");
	TCase *t = tcase_create("checkprobe");

	tcase_add_loop_test(t, each_check_is_taken_warned_of_or_refused, 0,
			    sizeof(files) / sizeof(files[0]));
	tcase_add_test(t, defaults_depend_on_type_direction_and_port);
	tcase_add_test(t, one_warning_tells_of_a_pool);
	suite_add_tcase(s, t);
	return s;
}
