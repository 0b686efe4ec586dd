/* SPDX-License-Identifier: BSD-3-Clause */
/* Only requests for this server are answered: a page of another site, whose name
 * leads here for a moment (DNS rebinding), gets nothing.
 * Method: what browsers and tools write into Host, and near misses. */
#include <string.h>

#include "endpoint.h"
#include "hostname.h"
#include "runner.h"

static struct mx_config_http
served_at(const char *endpoint)
{
	struct mx_config_http http = {.host_count = 2,
				      .host = {"lb.example.net", "mail_lb"}};

	ck_assert_int_eq(mx_endpoint_parse(endpoint, &http.listen), 0);
	return http;
}

/* clang-format off */
static const struct {
	const char *listen;
	const char *host;
	bool ours;
} cases[] = {
	{"127.0.0.1:9625", "127.0.0.1:9625", true},
	{"127.0.0.1:9625", "127.0.0.1", true},
	{"127.0.0.1:9625", "localhost:9625", true},
	{"127.0.0.1:9625", "LOCALHOST", true},
	{"127.0.0.1:9625", "localhost.", true},
	{"127.0.0.1:9625", "[::1]:9625", true},
	/* A tunnel of ssh has a port of its own. */
	{"127.0.0.1:9625", "localhost:8080", true},
	{"127.0.0.1:9625", "lb.example.net", true},
	{"127.0.0.1:9625", "Lb.Example.Net:80", true},
	/* A service of Docker Compose. */
	{"127.0.0.1:9625", "mail_lb:9625", true},
	{"127.0.0.1:9625", "Mail_LB", true},
	{"127.0.0.1:9625", "mail-lb", false},
	{"127.0.0.1:9625", "evil.example", false},
	{"127.0.0.1:9625", "evil.example:9625", false},
	{"127.0.0.1:9625", "localhost.evil.example", false},
	{"127.0.0.1:9625", "lb.example.net.evil.example", false},
	{"127.0.0.1:9625", "127.0.0.1.evil.example", false},
	{"127.0.0.1:9625", "192.0.2.1:9625", false},
	{"127.0.0.1:9625", "", false},
	{"127.0.0.1:9625", ":9625", false},
	{"127.0.0.1:9625", ".", false},
	{"127.0.0.1:9625", "localhost:80:80", false},
	{"127.0.0.1:9625", "localhost:x", false},
	{"127.0.0.1:9625", "localhost@evil.example", false},
	{"127.0.0.1:9625", "localhost evil.example", false},
	{"127.0.0.1:9625", "[::1", false},
	{"127.0.0.1:9625", "[::1]evil", false},
	{"127.0.0.1:9625", "[localhost]:", true},
	{"192.0.2.1:9625", "192.0.2.1:9625", true},
	{"192.0.2.1:9625", "192.0.2.2:9625", false},
	{"0.0.0.0:9625", "192.0.2.2:9625", true},
	{"0.0.0.0:9625", "evil.example", false},
	{"[::]:9625", "[2001:db8::7]:9625", true},
	{"[2001:db8::7]:9625", "[2001:db8:0::7]", true},
	{"[2001:db8::7]:9625", "[2001:db8::8]", false},
};
/* clang-format on */

START_TEST(only_names_of_this_server_are_ours)
{
	const struct mx_config_http http = served_at(cases[_i].listen);

	ck_assert_msg(hostname_is_ours(&http, cases[_i].host) == cases[_i].ours,
		      "%s at %s", cases[_i].host, cases[_i].listen);
}
END_TEST

START_TEST(a_name_that_is_too_long_is_not)
{
	const struct mx_config_http http = served_at("127.0.0.1:9625");
	char host[8192];

	memset(host, 'a', sizeof(host));
	host[sizeof(host) - 1] = '\0';
	ck_assert(!hostname_is_ours(&http, host));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("hostname");
	TCase *t = tcase_create("hostname");

	tcase_add_loop_test(t, only_names_of_this_server_are_ours, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, a_name_that_is_too_long_is_not);
	suite_add_tcase(s, t);
	return s;
}
