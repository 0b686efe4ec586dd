/* SPDX-License-Identifier: BSD-3-Clause */
/* The key `agent` of a pool: where and how agents are asked.
 * Method: a file with one pool; all errors compared in full. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "load.h"
#include "runner.h"

static const struct {
	const char *agent; /* a line of the pool, or "" */
	const char *message;
	uint16_t port;
	uint32_t interval_ms;
	const char *send;
} files[] = {
	{"", NULL, 0, 5000, ""},
	{"agent: {}", NULL, 9707, 5000, ""},
	{"agent: {interval: 1s}", NULL, 9707, 1000, ""},
	{"agent: {port: 8000}", NULL, 8000, 5000, ""},
	{"agent: {send: \"mx1 a\\n\"}", NULL, 9707, 5000, "mx1 a\n"},
	{"agent: {send: ''}", NULL, 9707, 5000, ""},
	{"agent: {port: 0}",
	 "f:10: port: expected a whole number from 1 to 65535, found \"0\""},
	{"agent: {port: 25}",
	 "f:10: agent: expected another port than that of the MTA, as backend "
	 "a has 25 too"},
	{"agent: {interval: 100ms}",
	 "f:10: interval: expected a time from 500ms to 10m, such as 5s, found "
	 "\"100ms\""},
	{"agent: {send: \"a\\eb\"}",
	 "f:10: send: expected a text of up to 63 ASCII characters, such as "
	 "\"mx1\\n\", found \"a?b\""},
	{"agent: {send: "
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}",
	 "f:10: send: expected a text of up to 63 ASCII characters, such as "
	 "\"mx1\\n\", found \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"..."},
	{"agent: on", "f:10: agent: expected a mapping of keys and "
		      "values, found \"on\""},
};

static struct mx_config_errors errors;

START_TEST(agents_are_asked_as_the_file_says)
{
	char text[1024];

	snprintf(
		text, sizeof(text),
		"instance: i\n"
		"dataplane:\n"
		"  workers: [1]\n"
		"  ports: [{name: p, interface: eth0}]\n"
		"services:\n"
		"  - {name: s, listen: ['198.51.100.25:25'], pool: q, forward: "
		"nat}\n"
		"pools:\n"
		"  - name: q\n"
		"    backends: [{name: a, address: '192.0.2.1:25'}]\n"
		"    %s\n",
		files[_i].agent);
	struct mx_config *c = mx_config_parse(text, strlen(text), "f", &errors);
	if (files[_i].message != NULL) {
		ck_assert_ptr_null(c);
		ck_assert_str_eq(errors.text[0], files[_i].message);
		return;
	}
	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert_uint_eq(c->pool[0].agent.port, files[_i].port);
	ck_assert_uint_eq(c->pool[0].agent.interval_ms, files[_i].interval_ms);
	ck_assert_str_eq(c->pool[0].agent.send, files[_i].send);
	mx_config_free(c);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("checkagent");
	TCase *t = tcase_create("checkagent");

	tcase_add_loop_test(t, agents_are_asked_as_the_file_says, 0,
			    sizeof(files) / sizeof(files[0]));
	suite_add_tcase(s, t);
	return s;
}
