/* SPDX-License-Identifier: BSD-3-Clause */
/* The HTTP server: its default, and what is warned of.
 * Method: whole files that differ in one line. */
#include <stdio.h>
#include <string.h>

#include "load.h"
#include "runner.h"

static struct mx_config_errors errors;

static struct mx_config *
parse_with(const char *line)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "instance: a\n%s\n"
		 "dataplane: {workers: [3], ports: [{name: p, interface: e}]}\n"
		 "services: [{name: s, listen: ['192.0.2.1:25'], pool: q,\n"
		 "  snat: [192.0.2.2], client-address: hidden}]\n"
		 "pools: [{name: q, backends: [\n"
		 "  {name: b, address: '192.0.2.9:25'}]}]\n",
		 line);
	memset(&errors, 0, sizeof(errors));
	return mx_config_parse(text, strlen(text), "f", &errors);
}

/* clang-format off */
static const struct {
	const char *line;
	const char *listen; /* NULL: off */
	const char *warning; /* NULL: none */
} files[] = {
	{"", "127.0.0.1:9625", NULL},
	{"http: {hosts: [a.example]}", "127.0.0.1:9625", NULL},
	{"http: {hosts: [mail_lb, _x.example]}", "127.0.0.1:9625", NULL},
	{"http: {listen: off}", NULL, NULL},
	{"http: {listen: '127.9.9.9:1024'}", "127.9.9.9:1024", NULL},
	{"http: {listen: '[::1]:9625'}", "[::1]:9625", NULL},
	{"http: {listen: '0.0.0.0:9625'}", "0.0.0.0:9625",
	 "f:2: warning[http-open]: listen: with 0.0.0.0:9625 each host that reaches this"},
	{"http: {listen: '[2001:db8::1]:9625'}", "[2001:db8::1]:9625",
	 "f:2: warning[http-open]: listen: with [2001:db8::1]:9625 each host"},
};
/* clang-format on */

START_TEST(strangers_who_could_read_are_warned_of)
{
	struct mx_config *c = parse_with(files[_i].line);
	const char *warning = files[_i].warning;
	char shown[MX_ENDPOINT_TEXT_MAX];

	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	if (files[_i].listen == NULL)
		ck_assert_uint_eq(c->http.listen.port_be, 0);
	else
		ck_assert_str_eq(mx_endpoint_format(&c->http.listen, shown),
				 files[_i].listen);
	ck_assert_uint_eq(errors.warnings, warning != NULL);
	if (warning != NULL)
		ck_assert_int_eq(
			strncmp(errors.warning[0], warning, strlen(warning)),
			0);
	mx_config_free(c);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("checkhttp");
	TCase *t = tcase_create("checkhttp");

	tcase_add_loop_test(t, strangers_who_could_read_are_warned_of, 0,
			    sizeof(files) / sizeof(files[0]));
	suite_add_tcase(s, t);
	return s;
}
