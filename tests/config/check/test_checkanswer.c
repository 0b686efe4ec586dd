/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients are told that no MTA can serve: an answer that they cannot read,
 * or that does not fit into its line, is refused.
 * Method: a file of one service; all errors and warnings compared in full. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "load.h"
#include "runner.h"

/* 80 letters. */
#define LONG_NAME                                                              \
	"mx.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	".example.org"
#define IS_FINAL(key)                                                          \
	"f:6: warning[final-answer]: " key                                     \
	": 554 is final: some senders, Exim among them, "                      \
	"return all mail to its authors at once. Expected 421, unless that "   \
	"is meant"
#define TLS_FIRST(key, word)                                                   \
	"f:6: " key ": expected reset or drop, as clients of "                 \
	"198.51.100.25:465 begin with TLS and cannot read " word               \
	"; or a service of its own for port 465"
#define NO_TEXT                                                                \
	"f:6: host: expected with it an answer that is a text, such as "       \
	"`answer: 421`, on a port other than 465: service s tells no client "  \
	"its name"

/* The rest of the service is in lines 5 and 6. */
#define DELAY_ALONE                                                             \
	"f:6: greeting-delay: expected only with early-talkers: delay, refuse " \
	"or mark"

static const struct {
	const char *listen;
	const char *rest;
	const char *message; /* NULL: none */
	enum mx_answer answer;
	const char *host;    /* NULL: that of this machine */
	const char *forward; /* NULL: nat */
} files[] = {
	{"\"198.51.100.25:25\"", "", NULL, MX_ANSWER_DROP, NULL},
	{"\"198.51.100.25:25\"", "answer: 421", NULL, MX_ANSWER_421, NULL},
	{"\"198.51.100.25:25\"", "answer: 421, host: mx.example.org", NULL,
	 MX_ANSWER_421, "mx.example.org"},
	{"\"198.51.100.25:25\"", "answer: 554", IS_FINAL("answer"),
	 MX_ANSWER_554, NULL},
	{"\"198.51.100.25:465\"", "answer: reset", NULL, MX_ANSWER_RESET, NULL},
	{"\"198.51.100.25:465\"", "answer: drop", NULL, MX_ANSWER_DROP, NULL},
	{"\"198.51.100.25:465\"", "answer: 421", TLS_FIRST("answer", "421"), 0,
	 NULL},
	{"\"198.51.100.25:25\", \"198.51.100.25:465\"",
	 "direction: both, answer: 421", TLS_FIRST("answer", "421"), 0, NULL},
	{"\"198.51.100.25:465\"", "clients: {sessions: 9, answer: 421}",
	 TLS_FIRST("clients.answer", "421"), 0, NULL},
	{"\"198.51.100.25:465\"", "deny: {file: /d, answer: 554}",
	 TLS_FIRST("deny.answer", "554"), 0, NULL},
	{"\"198.51.100.25:465\"",
	 "clients: {sessions: 9, answer: reset}, deny: {file: /d, answer: drop}",
	 NULL, 0, NULL},
	{"\"198.51.100.25:25\"",
	 "clients: {sessions: 9, answer: 421}, deny: {file: /d, answer: 554}",
	 NULL, 0, NULL},
	{"\"198.51.100.25:25\"", "clients: {sessions: 9, answer: 554}",
	 IS_FINAL("clients.answer"), 0, NULL},
	{"\"198.51.100.25:465\"", "early-talkers: count",
	 "f:6: early-talkers: expected off with port 465, whose clients speak "
	 "first, TLS (RFC 8314 3); or another service for it",
	 0, NULL},
	{"\"198.51.100.25:25\"", "early-talkers: delay",
	 "f:6: early-talkers: expected greeting-delay, such as 2s, beside delay",
	 0, NULL},
	{"\"198.51.100.25:25\"", "early-talkers: mark, greeting-delay: 2s",
	 "f:6: early-talkers: expected proxy-protocol: v2 beside mark, as the "
	 "PROXY header has the mark",
	 0, NULL},
	{"\"198.51.100.25:25\"", "greeting-delay: 2s", DELAY_ALONE, 0, NULL},
	{"\"198.51.100.25:25\"", "early-talkers: count, greeting-delay: 2s",
	 DELAY_ALONE, 0, NULL},
	{"\"198.51.100.25:25\"", "early-talkers: refuse, greeting-delay: 61s",
	 "f:6: greeting-delay: expected a time from 1s to 60s, such as 2s, found "
	 "\"61s\"",
	 0, NULL},
	{"\"198.51.100.25:25\"",
	 "early-talkers: delay, greeting-delay: 2s, syn-cookies: never",
	 "f:6: syn-cookies: expected auto or always with greeting-delay, as "
	 "mxsteer answers the SYN of a client that is to wait",
	 0, NULL},
	{"\"198.51.100.25:25\"", "answer: 450",
	 "f:6: answer: expected drop, 421, 554 or reset, found \"450\"", 0,
	 NULL},
	{"\"198.51.100.25:25\"", "host: \"mx.example.org\\r\\n250 ok\"",
	 "f:6: host: expected a host name, such as lb.example.net, found "
	 "\"mx.example.org??250 ok\"",
	 0, NULL},
	{"\"198.51.100.25:25\"", "host: " LONG_NAME, NULL, MX_ANSWER_DROP,
	 LONG_NAME},
	{"\"198.51.100.25:25\"", "host: " LONG_NAME "x",
	 "f:6: host: expected a name of up to 80 letters, as it is part of a "
	 "short line",
	 0, NULL},
	/* With nat a client may still hear it when its session ends. */
	{"\"198.51.100.25:25\"", "host: a.example.org", NULL, 0,
	 "a.example.org"},
	{"\"198.51.100.25:25\"", "host: a.example.org", NO_TEXT, 0, NULL,
	 "dsr"},
	{"\"198.51.100.25:25\"",
	 "host: a.example.org, answer: reset, deny: {file: /d, answer: drop}",
	 NO_TEXT, 0, NULL, "dsr"},
	{"\"198.51.100.25:25\"", "host: a.example.org, answer: 421", NULL,
	 MX_ANSWER_421, "a.example.org", "dsr"},
	{"\"198.51.100.25:25\"",
	 "host: a.example.org, clients: {sessions: 9, answer: 421}",
	 "f:6: warning[forged-clients]: clients: with forward: dsr the answers of MTAs do not "
	 "pass here, so a client is counted from its first data on, which anyone "
	 "can forge",
	 0, "a.example.org", "dsr"},
	{"\"198.51.100.25:25\"",
	 "host: a.example.org, deny: {file: /d, answer: 554}", NULL, 0,
	 "a.example.org", "dsr"},
	{"\"198.51.100.25:465\"", "host: a.example.org", NO_TEXT, 0, NULL},
	{"\"198.51.100.25:25\", \"198.51.100.25:465\"",
	 "direction: both, host: a.example.org", NULL, 0, "a.example.org"},
};

START_TEST(an_answer_is_one_that_its_client_can_read)
{
	static struct mx_config_errors errors;
	char text[1024], here[MX_HOSTNAME_MAX];

	snprintf(text, sizeof(text),
		 "instance: mx1\n"
		 "dataplane: {workers: [1], ports: [{name: lan, interface: "
		 "eth0}]}\n"
		 "services:\n"
		 "- {name: s, pool: p, listen: [%s],\n"
		 "forward: %s,\n"
		 "%s}\n"
		 "pools: [{name: p, backends: [{name: a, address: "
		 "\"10.0.2.11:25\"}]}]\n",
		 files[_i].listen,
		 files[_i].forward == NULL ? "nat" : files[_i].forward,
		 files[_i].rest);
	struct mx_config *config =
		mx_config_parse(text, strlen(text), "f", &errors);
	const char *message = errors.count > 0      ? errors.text[0]
			      : errors.warnings > 0 ? errors.warning[0]
						    : NULL;

	ck_assert_uint_le(errors.count + errors.warnings, 1);
	ck_assert_pstr_eq(message, files[_i].message);
	if (config == NULL)
		return;
	gethostname(here, sizeof(here));
	ck_assert_int_eq(config->service[0].answer, files[_i].answer);
	ck_assert_str_eq(config->service[0].host,
			 files[_i].host == NULL ? here : files[_i].host);
	mx_config_free(config);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("checkanswer");
	TCase *t = tcase_create("checkanswer");

	tcase_add_loop_test(t, an_answer_is_one_that_its_client_can_read, 0,
			    sizeof(files) / sizeof(files[0]));
	suite_add_tcase(s, t);
	return s;
}
