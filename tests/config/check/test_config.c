/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration: defaults suit mail, and an error for every mistake names
 * the file, the line and what was expected.
 * Method: a small good file with one line changed; the whole message is
 * compared. test_values.c has the values, test_load.c the hostile files,
 * test_check.c the addresses, test_checkmode.c the forward modes,
 * test_checkport.c the ports. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "load.h"
#include "runner.h"
#include "schema.h"

static struct mx_config_errors errors;

static const char good[] = "instance: mx1\n"
			   "dataplane:\n"
			   "  workers: [1]\n"
			   "  ports:\n"
			   "    - {name: wan, interface: eth0}\n"
			   "services:\n"
			   "  - name: inbound\n"
			   "    listen: [\"198.51.100.25:25\"]\n"
			   "    pool: mx\n"
			   "    snat: [10.0.2.100]\n"
			   "    client-address: hidden\n"
			   "pools:\n"
			   "  - name: mx\n"
			   "    backends:\n"
			   "      - {name: mta1, address: \"10.0.2.11:25\"}\n"
			   "      - {name: mta2, address: \"10.0.2.12:25\"}\n";

/* `good` with line number `line` replaced, or left out if text is NULL. */
static struct mx_config *
parse_with(unsigned line, const char *text)
{
	char copy[4096] = "";
	unsigned n = 1;

	for (const char *at = good; *at != '\0'; n++) {
		const size_t length = strcspn(at, "\n") + 1;

		if (n != line)
			strncat(copy, at, length);
		else if (text != NULL)
			strcat(strcat(copy, text), "\n");
		at += length;
	}
	return mx_config_parse(copy, strlen(copy), "f", &errors);
}

START_TEST(defaults_are_right_for_mail)
{
	struct mx_config *c = parse_with(0, NULL);

	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert_uint_eq(c->dataplane.sessions_max, 1000000);
	ck_assert_uint_eq(c->dataplane.idle, MX_IDLE_POLL);
	ck_assert_uint_eq(c->pool[0].hash, MX_HASH_SOURCE);
	ck_assert_uint_eq(c->pool[0].check.type, MX_CHECK_SMTP);
	ck_assert_uint_eq(c->pool[0].check.interval_ms, 10000);
	ck_assert_uint_eq(c->pool[0].check.timeout_ms, 20000);
	ck_assert_uint_eq(c->pool[0].check.rise, 2);
	ck_assert_uint_eq(c->pool[0].check.fall, 3);
	ck_assert_uint_gt(strlen(c->pool[0].check.helo), 0);
	ck_assert_uint_eq(c->pool[0].load_bound, 125);
	ck_assert_uint_eq(c->pool[0].backend[1].weight, 100);
	ck_assert_uint_eq(c->pool[0].backend[1].connections_max, 0);
	ck_assert_uint_eq(c->service[0].forward, MX_FORWARD_FULLNAT);
	ck_assert_uint_eq(c->service[0].proxy, MX_PROXY_OFF);
	ck_assert(c->service[0].client_hidden);
	ck_assert_uint_eq(c->service[0].fail_over_count, 0);
	ck_assert_uint_eq(c->service[0].tunnel, MX_TUNNEL_IPIP);
	ck_assert_uint_eq(c->service[0].tunnel_port, 6080);
	ck_assert_uint_eq(c->service[0].tunnel_source_count, 0);
	ck_assert_uint_eq(c->service[0].idle_ms, 900 * 1000);
	ck_assert_uint_eq(c->service[0].half_open_ms, 30 * 1000);
	ck_assert_uint_eq(c->service[0].closing_ms, 120 * 1000);
	ck_assert_uint_eq(errors.warnings, 0);
	mx_config_free(c);
}
END_TEST

/* A line of `good`, what to put in its place, and the message. */
static const struct {
	unsigned line;
	const char *text;
	const char *message;
} wrong[] = {
	{1, NULL,
	 "f:1: instance is missing: expected a name for this balancer, such as "
	 "mx1; files and sockets carry it"},
	{1, "instance: a/b",
	 "f:1: instance: expected a name of up to 31 letters, digits and . _ "
	 "-, found \"a/b\""},
	{1, "instance: [a]",
	 "f:1: instance: expected a name of up to 31 letters, digits and . _ "
	 "-, found a list"},
	{1, "instance: mx1\nhttp: {listen: on}",
	 "f:2: listen: expected an address and a port, such as "
	 "\"127.0.0.1:9625\", or off, found \"on\""},
	{1, "instance: mx1\nhttp: {listen: \"127.0.0.1:443\"}",
	 "f:2: listen: expected a port from 1024 on, as the control plane has "
	 "no right to others, found 443"},
	{1, "instanz: mx1",
	 "f:1: expected one of the keys instance, user, access, dataplane, strict-ports, log, services, pools, group, lints, http, announce, "
	 "found \"instanz\""},
	{1, "instance: mx1\ninstance: mx2",
	 "f:2: instance: expected once, found again"},
	{1, "instance: mx1\nlog: {sessions: paper}",
	 "f:2: sessions: expected off, file, syslog or journald, found "
	 "\"paper\""},
	{1, "instance: mx1\nlog:\n  services: [none]",
	 "f:3: log: services: expected names of services, found none, which "
	 "is none"},
	{3, "  workers: 1",
	 "f:3: workers: expected a list, such as [\"1\"], found "
	 "\"1\""},
	{3, "  workers: {a: 1}",
	 "f:3: workers: expected a list, found a mapping"},
	{3, "  workers: []", "f:3: workers: expected at least one entry"},
	{3, "  workers: [one]",
	 "f:3: workers: expected a whole number from 0 to 1023, found \"one\""},
	{3, "  workers: [1]\n  sessions-max: 12",
	 "f:4: sessions-max: expected a whole number from 1000 to 16000000, "
	 "found \"12\""},
	{3, "  workers: [1]\n  idle: doze",
	 "f:4: idle: expected poll or sleep, found \"doze\""},
	{8, "    listen: [\"198.51.100.25\"]",
	 "f:8: listen: expected an address and a port, such as "
	 "\"192.0.2.1:25\" or \"[2001:db8::1]:25\", found \"198.51.100.25\""},
	{8, "    listen: [\"198.51.100.25:0\"]",
	 "f:8: listen: expected an address and a port, such as "
	 "\"192.0.2.1:25\" or \"[2001:db8::1]:25\", found "
	 "\"198.51.100.25:0\""},
	{8, "    listen: [\"127.0.0.1:25\"]",
	 "f:8: expected the address of a host, found 127.0.0.1"},
	{8, "    listen: [\"[::ffff:192.0.2.1]:25\"]",
	 "f:8: listen: expected 192.0.2.1:25, as IPv4 is written, found "
	 "\"[::ffff:192.0.2.1]:25\""},
	{8, "    listen: [\"2001:db8::1:25\"]",
	 "f:8: listen: expected an address and a port, such as "
	 "\"192.0.2.1:25\" or \"[2001:db8::1]:25\", found "
	 "\"2001:db8::1:25\""},
	{8, "    listen: [\"192.0.2.1:25\", \"192.0.2.1:25\"]",
	 "f:8: 192.0.2.1: expected an address of its own, line 8 has it as a "
	 "listen address"},
	{9, "    pool: my",
	 "f:9: pool: expected the name of a pool of this file, found \"my\""},
	{9, "    pool: mx\n    forward: bridge",
	 "f:10: forward: expected fullnat, nat, dsr or tunnel, found "
	 "\"bridge\""},
	{9, "    pool: mx\n    proxy-protocol: v3",
	 "f:10: proxy-protocol: expected off, v1 or v2, found \"v3\""},
	{9, "    pool: mx\n    tunnel: ipip",
	 "f:10: tunnel: expected a mapping of keys and values, found "
	 "\"ipip\""},
	{9, "    pool: mx\n    tunnel: {type: gre}",
	 "f:10: type: expected ipip or gue, found \"gre\""},
	{9, "    pool: mx\n    tunnel: {port: 0}",
	 "f:10: port: expected a whole number from 1 to 65535, found \"0\""},
	{9, "    pool: mx\n    tunnel: {source: \"10.0.2.64/26\"}",
	 "f:10: source: expected a list, such as [\"10.0.2.64/26\"], found "
	 "\"10.0.2.64/26\""},
	{9, "    pool: mx\n    tunnel: {source: [10.0.2.64]}",
	 "f:10: source: expected an address and the number of its fixed bits, "
	 "such as \"10.0.2.128/26\" or \"fd00:2:1::/64\", found \"10.0.2.64\""},
	{9, "    pool: mx\n    tunnel: {source: [\"10.0.2.70/26\"]}",
	 "f:10: source: expected 10.0.2.64/26, as the bits after the first 26 "
	 "are zero, found \"10.0.2.70/26\""},
	{9, "    pool: mx\n    tunnel: {source: [\"fd00:2:1::1/64\"]}",
	 "f:10: source: expected fd00:2:1::/64, as the bits after the first 64 "
	 "are zero, found \"fd00:2:1::1/64\""},
	{9,
	 "    pool: mx\n    tunnel: {source: [10.1.0.0/16, 10.2.0.0/16,\n"
	 "      10.3.0.0/16]}",
	 "f:11: source: expected at most 2 entries"},
	{9, "    pool: mx\n    timers: {idle: 299s}",
	 "f:10: idle: expected a time from 5m to 24h, such as 15m, as a client "
	 "may take 5 minutes for a command (RFC 5321 4.5.3.2), found \"299s\""},
	{9, "    pool: mx\n    timers: {half-open: 4999ms}",
	 "f:10: half-open: expected a time from 5s to 5m, such as 30s, found "
	 "\"4999ms\""},
	{9, "    pool: mx\n    timers: {half-open: 301s}",
	 "f:10: half-open: expected a time from 5s to 5m, such as 30s, found "
	 "\"301s\""},
	{9, "    pool: mx\n    timers: {closing: 9s}",
	 "f:10: closing: expected a time from 10s to 10m, such as 2m, found "
	 "\"9s\""},
	{9, "    pool: mx\n    timers: {closing: 11m}",
	 "f:10: closing: expected a time from 10s to 10m, such as 2m, found "
	 "\"11m\""},
	{9, "    pool: mx\n    clients: {sessions: 50, prefix: {sessions: 49}}",
	 "f:10: sessions: expected 0, or 50 or more for a prefix, as one "
	 "address may have 50, found 49"},
	{9, "    pool: mx\n    clients: {per-10s: 50, prefix: {per-10s: 9}}",
	 "f:10: per-10s: expected 0, or 50 or more for a prefix, as one "
	 "address may have 50, found 9"},
	{9, "    pool: mx\n    clients: 100",
	 "f:10: clients: expected a mapping of keys and values, found \"100\""},
	{9, "    pool: mx\n    fail-over:",
	 "f:10: fail-over: expected a list, found \"\""},
	{9, "    pool: mx\n    host: mx..net",
	 "f:10: host: expected a host name, such as lb.example.net, found "
	 "\"mx..net\""},
	{9, "    pool: mx\n    host: mx_1.example.net",
	 "f:10: host: expected a host name, such as lb.example.net, found "
	 "\"mx_1.example.net\""},
	{9, "    pool: mx\n    host: mx.example.net.",
	 "f:10: host: expected a host name, such as lb.example.net, found "
	 "\"mx.example.net.\""},
	{9, "    pool: mx\n    clients: {prefix: {v4: 7}}",
	 "f:10: v4: expected a whole number from 8 to 32, found \"7\""},
	{9, "    pool: mx\n    timers: {open: 9s}",
	 "f:10: expected one of the keys idle, half-open, greeting, closing, found "
	 "\"open\""},
	{9, "    pool: mx\n    deny: {answer: drop}",
	 "f:10: deny: expected file, the file of denied prefixes, such as "
	 "/etc/mxsteer/deny.txt"},
	{9, "    pool: mx\n    deny: {file: deny.txt}",
	 "f:10: file: expected a path that starts with /, of up to 255 bytes, "
	 "found \"deny.txt\""},
	{10, "    snat: [\"::ffff:10.0.2.100\"]",
	 "f:10: snat: expected 10.0.2.100, as IPv4 is written, found "
	 "\"::ffff:10.0.2.100\""},
	{10, "    snat: [198.51.100.25]",
	 "f:10: 198.51.100.25: expected an address of its own, line 8 has it "
	 "as a listen address"},
	{10, "    snat: []", "f:10: snat: expected at least one entry"},
	{11, "    client-address: known",
	 "f:11: client-address: expected hidden, found \"known\""},
	{13, "  - name: mx\n    check: {interval: soon}",
	 "f:14: interval: expected a time from 100 ms to 3600 s, such as "
	 "500ms, 10s or 2m, found \"soon\""},
	{13, "  - name: mx\n    hash: random",
	 "f:14: hash: expected flow, source or source-prefix, found "
	 "\"random\""},
	{13, "  - name: mx\n    load-bound: 100",
	 "f:14: load-bound: expected 0 for no bound, or from 101 to 1000: the "
	 "percent of its share by weight that a backend may have, found "
	 "\"100\""},
	{13, "  - name: mx\n    slow-start: 2h",
	 "f:14: slow-start: expected a time from 0 ms to 3600 s, such as "
	 "500ms, 10s or 2m, found \"2h\""},
	{13, "  - name: mx\n    load-bound: 1001",
	 "f:14: load-bound: expected 0 for no bound, or from 101 to 1000: the "
	 "percent of its share by weight that a backend may have, found "
	 "\"1001\""},
	{14, "    backends: []\n    hash: flow",
	 "f:16: not YAML: mapping values are not allowed in this context"},
	{15, "      - {name: mta2, address: \"10.0.2.11:25\"}",
	 "f:16: backend mta2: expected a name of its own, line 15 has it "
	 "already"},
	{15, "      - {name: mta1, address: \"10.0.2.12:25\"}",
	 "f:16: 10.0.2.12: expected an address of its own, line 15 has it as a "
	 "backend's address"},
	{15, "      - {name: mta1, address: \"10.0.2.11:25\", weight: 1001}",
	 "f:15: weight: expected a whole number from 0 to 1000, found "
	 "\"1001\""},
	{15, "      - {name: mta1, address: \"10.0.2.11:25\", weight: 0100}",
	 "f:15: weight: expected a whole number from 0 to 1000, found "
	 "\"0100\""},
	{15, "      - {name: mta1, address: \"10.0.2.100:25\"}",
	 "f:15: 10.0.2.100: expected an address of its own, line 10 has it as "
	 "a snat address"},
	{16,
	 "  - {name: spare, backends: [{name: x, address: "
	 "\"10.0.2.12:25\"}]}",
	 "f:16: pool spare: expected a service that names it, found none"},
	{16, "---\ninstance: two",
	 "f:17: expected one document, found a "
	 "second one"},
	{1, "instance: &a mx1\nother: *a", "f:2: expected no aliases (*name)"},
	{3, "\tworkers: [1]",
	 "f:3: not YAML: found character that cannot start "
	 "any token"},
	{1, "instance: \"m\\0x\"",
	 "f:1: instance: expected a name of up to 31 letters, digits and . _ "
	 "-, found \"m\""},
};

START_TEST(a_log_that_journald_cuts_is_warned_of)
{
	struct mx_config *c =
		parse_with(1, _i == 0 ? "instance: a\nlog: {sessions: journald}"
				      : "instance: a\nlog: {sessions: "
					"journald, only: failed}");

	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert_uint_eq(c->log.sessions, LOGSHEET_JOURNALD);
	ck_assert_int_eq(errors.warnings > 0 &&
				 strstr(errors.warning[0], "10,000") != NULL,
			 _i == 0);
	mx_config_free(c);
}
END_TEST

START_TEST(every_mistake_is_named_with_its_line)
{
	ck_assert_ptr_null(parse_with(wrong[_i].line, wrong[_i].text));
	ck_assert_uint_ge(errors.count, 1);
	ck_assert_str_eq(errors.text[0], wrong[_i].message);
}
END_TEST

/* The length of the names of a mapping's keys in a message. */
static size_t
names_length(const struct key *keys)
{
	size_t length = 0;

	for (; keys->name != NULL; keys++)
		length += strlen(", ") + strlen(keys->name);
	return length;
}

START_TEST(a_wrong_key_is_shown_all_right_ones)
{
	for (const struct key *key = schema_file; key->name != NULL; key++)
		if (key->map != NULL)
			ck_assert_uint_lt(names_length(key->map),
					  SCHEMA_KEYS_TEXT_MAX);
	ck_assert_ptr_null(parse_with(9, "    pool: mx\n    hsot: a.b"));
	ck_assert_ptr_nonnull(strstr(errors.text[0], ", deny"));
	ck_assert_str_eq(strstr(errors.text[0], ", found"), ", found \"hsot\"");
}
END_TEST

START_TEST(limits_that_limit_nothing_are_warned_of)
{
	static const char *const idle[] = {"{}", "{answer: drop}",
					   "{prefix: {v4: 20}}"};
	char text[128];

	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
		snprintf(text, sizeof(text), "    pool: mx\n    clients: %s",
			 idle[i]);
		struct mx_config *c = parse_with(9, text);

		ck_assert_msg(c != NULL, "%s", errors.text[0]);
		ck_assert_str_eq(
			errors.warning[0],
			"f:10: warning[no-limit]: clients: expected sessions or "
			"per-10s, of an address or of a prefix: "
			"without one of them no client is refused");
		mx_config_free(c);
	}
}
END_TEST

START_TEST(all_mistakes_are_told_at_once)
{
	ck_assert_ptr_null(parse_with(
		3, "  workers: [x, y]\n  sessions-max: z\n  nonsense: 1"));
	ck_assert_uint_eq(errors.count, 4);
}
END_TEST

START_TEST(a_file_that_is_not_there_says_so)
{
	ck_assert_ptr_null(mx_config_load("/nowhere/at.all", &errors));
	ck_assert_str_eq(errors.text[0], "/nowhere/at.all: cannot read it: "
					 "No such file or directory");
	ck_assert_ptr_null(mx_config_load("/", &errors));
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_str_eq(errors.text[0], "/: cannot read it: Is a directory");
	ck_assert_ptr_null(mx_config_load("/dev/zero", &errors));
	ck_assert_str_eq(errors.text[0],
			 "/dev/zero: expected a file of up to 4 MiB");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, defaults_are_right_for_mail);
	tcase_add_loop_test(t, a_log_that_journald_cuts_is_warned_of, 0, 2);
	tcase_add_loop_test(t, every_mistake_is_named_with_its_line, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, a_wrong_key_is_shown_all_right_ones);
	tcase_add_test(t, limits_that_limit_nothing_are_warned_of);
	tcase_add_test(t, all_mistakes_are_told_at_once);
	tcase_add_test(t, a_file_that_is_not_there_says_so);
	suite_add_tcase(s, t);
	return s;
}
