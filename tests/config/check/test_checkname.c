/* SPDX-License-Identifier: BSD-3-Clause */
/* Names that do not fit what senders look for are warned of: the name in the
 * certificates of MTAs, and the names that mxsteer says.
 * Method: a file of two services and one pool; the warnings compared in full. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "load.h"
#include "runner.h"

#define ANY_NAME                                                               \
	"f:7: warning[cert-name]: ca: expected tls-name with it, the name "    \
	"that clients look for in the certificate: without it, a certificate " \
	"of any name passes, and clients that verify it refuse the MTA"
#define NO_MX_NAME(found)                                                           \
	"f:7: warning[cert-name]: tls-name: expected the MX name, such as "         \
	"mx.example.net, as senders look for it in the certificate, found \"" found \
	"\""
#define DOMAIN(found)                                                          \
	"f:7: warning[cert-name]: tls-name: expected the name of an MX host, " \
	"which senders look for in the certificate, found the domain that "    \
	"`mx` has too: \"" found "\""
#define OTHER(service, line, host, found)                                      \
	"f:7: warning[cert-name]: tls-name: expected the MX name, which "      \
	"senders look for in the certificate: service " service                \
	" in line " line " says that it is \"" host "\", found \"" found "\""
#define HELO(found)                                                            \
	"f:7: warning[mx-name]: helo: expected a whole name, such as "         \
	"mx.example.net, as some MTAs refuse mail after EHLO with another, "   \
	"found \"" found "\""
#define HOST(found)                                                            \
	"f:4: warning[mx-name]: host: expected a whole name, such as "         \
	"mx.example.net, as senders hear it (RFC 5321), found \"" found "\""

#define IN "direction: inbound,"
#define OUT "direction: outbound,"
#define MX1 "host: mx1.example.net,"
#define MX2 "host: MX2.example.net,"
#define FULL "ca: /etc/ca.pem, tls-name: "

static const struct {
	const char *one, *two; /* services, lines 4 and 5 */
	const char *check;     /* line 7 */
	const char *warning;   /* NULL: none */
} files[] = {
	{IN, IN, "", NULL},
	{IN, IN, "tls-name: mx.example.net", NULL},
	{IN, IN, FULL "mx.example.net", NULL},
	{IN, IN, "ca: /etc/ca.pem", ANY_NAME},
	{OUT, OUT, "ca: /etc/ca.pem", ANY_NAME},
	{IN, IN, "tls-name: mta", NO_MX_NAME("mta")},
	{IN, IN, "tls-name: mta.Local", NO_MX_NAME("mta.Local")},
	{OUT, OUT, "tls-name: mta", NULL},
	{OUT, IN, "tls-name: mta", NO_MX_NAME("mta")},
	{IN, IN, "tls-name: Example.org", DOMAIN("Example.org")},
	{OUT, OUT, "tls-name: example.org", NULL},
	{IN MX1, IN, "tls-name: mx1.Example.net", NULL},
	{IN MX1, IN MX2, "tls-name: mx2.example.net", NULL},
	{IN MX1, IN MX2, "tls-name: mx.example.net",
	 OTHER("one", "4", "mx1.example.net", "mx.example.net")},
	{IN, IN MX2, "tls-name: mx.example.net",
	 OTHER("two", "5", "MX2.example.net", "mx.example.net")},
	{OUT MX1, OUT, "tls-name: smtp.example.net", NULL},
	{OUT MX1, IN, "tls-name: smtp.example.net", NULL},
	{IN, IN, "helo: mta-box", HELO("mta-box")},
	{IN, IN, "helo: mta-box.localdomain", HELO("mta-box.localdomain")},
	{OUT, OUT, "helo: mta-box", HELO("mta-box")},
	{IN, IN, "helo: lb.example.net", NULL},
	{IN, IN, "helo: '[192.0.2.1]'", NULL},
	{IN "host: mta-box,", IN, "", HOST("mta-box")},
	{"direction: both, host: mta-box,", IN, "", HOST("mta-box")},
	{OUT "host: mta-box,", IN, "", NULL},
};

static struct mx_config_errors errors;

START_TEST(names_fit_what_senders_look_for)
{
	char text[2048];

	snprintf(
		text, sizeof(text),
		"instance: i\n"
		"dataplane: {workers: [1], ports: [{name: p, interface: e}]}\n"
		"services:\n"
		"  - {name: one, listen: ['198.51.100.25:25'], %s pool: p, snat: [10.0.2.9], proxy-protocol: v2}\n"
		"  - {name: two, listen: ['198.51.100.26:25'], %s pool: p, snat: [10.0.2.9], proxy-protocol: v2}\n"
		"pools:\n"
		"  - {name: p, discover: {mx: example.org}, check: {timeout: 20s, %s}}\n"
		"lints: [{name: submission-behind-mx, ignore: it has a test}]\n",
		files[_i].one, files[_i].two, files[_i].check);
	struct mx_config *c = mx_config_parse(text, strlen(text), "f", &errors);
	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert_msg(errors.warnings == (files[_i].warning != NULL), "%s",
		      errors.warning[0]);
	if (files[_i].warning != NULL)
		ck_assert_str_eq(errors.warning[0], files[_i].warning);
	mx_config_free(c);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("checkname");
	TCase *t = tcase_create("checkname");

	tcase_add_loop_test(t, names_fit_what_senders_look_for, 0,
			    sizeof(files) / sizeof(files[0]));
	suite_add_tcase(s, t);
	return s;
}
