/* SPDX-License-Identifier: BSD-3-Clause */
/* Pools with `discover`: what is read, and each mistake by its line.
 * Method: small files, in which one line differs. */
#include <stdio.h>
#include <string.h>

#include "endpoint.h"
#include "load.h"
#include "runner.h"

static struct mx_config_errors errors;

/* service: further keys of it; discover: further lines of the pool. */
static struct mx_config *
parse(const char *service, const char *discover)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "instance: mx1\n"
		 "dataplane:\n"
		 "  workers: [1, 2, 3]\n"
		 "  ports: [{name: wan, interface: eth0}]\n"
		 "services:\n"
		 "  - {name: in, listen: [\"198.51.100.25:25\"], pool: mx,\n"
		 "     %s}\n"
		 "pools:\n"
		 "  - name: mx\n"
		 "%s",
		 service, discover);
	return mx_config_parse(text, strlen(text), "f", &errors);
}

static const char hidden[] = "snat: [10.0.2.100], client-address: hidden";

START_TEST(a_domain_is_enough)
{
	struct mx_config *c =
		parse(hidden, "    discover: {mx: example.net}\n");

	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	const struct mx_config_discover *d = &c->pool[0].discover;
	ck_assert_str_eq(d->mx, "example.net");
	ck_assert_uint_eq(d->port, 25);
	ck_assert_uint_eq(d->weight, 100);
	ck_assert_uint_eq(d->connections_max, 0);
	ck_assert_uint_eq(d->resolver_count, 0);
	ck_assert_int_eq(d->trust, MX_SWITCH_OFF);
	ck_assert_uint_eq(c->pool[0].backend_count, 0);
	ck_assert(mx_config_reaches(c, 0, true));
	ck_assert(!mx_config_reaches(c, 0, false));
	mx_config_free(c);
}
END_TEST

START_TEST(every_key_arrives)
{
	char text[MX_ENDPOINT_TEXT_MAX];
	struct mx_config *c = parse(
		hidden,
		"    discover: {mx: example.net, port: 2525, trust: on,\n"
		"      resolvers: [10.0.2.53, \"10.0.2.54:5353\", \"fd00::53\"],"
		"\n      weight: 7, connections-max: 30}\n");

	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	const struct mx_config_discover *d = &c->pool[0].discover;
	ck_assert_uint_eq(d->port, 2525);
	ck_assert_uint_eq(d->weight, 7);
	ck_assert_uint_eq(d->connections_max, 30);
	ck_assert_int_eq(d->trust, MX_SWITCH_ON);
	ck_assert_uint_eq(d->resolver_count, 3);
	ck_assert_str_eq(mx_endpoint_format(&d->resolver[0], text),
			 "10.0.2.53:53");
	ck_assert_str_eq(mx_endpoint_format(&d->resolver[1], text),
			 "10.0.2.54:5353");
	ck_assert_str_eq(mx_endpoint_format(&d->resolver[2], text),
			 "[fd00::53]:53");
	mx_config_free(c);
}
END_TEST

static const struct {
	const char *service, *discover, *message;
} wrong[] = {
	{hidden, "",
	 "f:9: backends is missing: expected a list of MTAs, each {name: "
	 "mta1, address: \"10.0.2.11:25\"}, or discover"},
	{hidden, "    discover: {port: 25}\n",
	 "f:10: discover: expected mx, the domain whose MX records name the "
	 "MTAs, such as example.net"},
	{hidden, "    discover: {mx: 10.0.2.11}\n",
	 "f:10: mx: expected a domain, such as example.net, found "
	 "\"10.0.2.11\""},
	{hidden, "    discover: {mx: \"[10.0.2.11]\"}\n", "f:10: mx: expected"},
	{hidden, "    discover: {mx: a..b}\n",
	 "f:10: mx: expected a domain, such as example.net, found \"a..b\""},
	{hidden, "    discover: {mx: a.test, resolvers: [dns.test]}\n",
	 "f:10: resolvers: expected the address of a resolver, such as "
	 "10.0.2.53 or \"10.0.2.53:5353\", found \"dns.test\""},
	{hidden,
	 "    discover: {mx: a.test,\n"
	 "      resolvers: [10.0.2.53,\n"
	 "        198.51.100.25]}\n",
	 "f:12: resolvers: expected the address of a resolver, found "
	 "198.51.100.25:53, which is a listen address of service in"},
	{hidden, "    discover: {mx: a.test, resolvers: [10.0.2.100]}\n",
	 "f:10: resolvers: expected the address of a resolver, found "
	 "10.0.2.100:53, which is a snat address of service in"},
	{hidden, "    discover: {mx: a.test, connections-max: 2}\n",
	 "f:10: connections-max: expected 0 for no limit, or 3 at least"},
	{hidden, "    discover: {mx: a.test, trust: maybe}\n",
	 "f:10: trust: expected off or on, found \"maybe\""},
	{"forward: dsr", "    discover: {mx: a.test, port: 26}\n",
	 "f:10: discover: expected port: 25, as service in listens there and "
	 "forward: dsr leaves the port as it is, found 26"},
	{"client-address: hidden", "    discover: {mx: a.test}\n",
	 "f:10: discover: expected a family of addresses that all services "
	 "of pool mx reach"},
};

START_TEST(a_mistake_is_named_with_its_line)
{
	const char *message = wrong[_i].message;

	ck_assert_ptr_null(parse(wrong[_i].service, wrong[_i].discover));
	ck_assert_msg(strncmp(errors.text[0], message, strlen(message)) == 0,
		      "%s", errors.text[0]);
}
END_TEST

START_TEST(each_mode_reaches_what_it_can)
{
	struct mx_config *c =
		parse("forward: nat", "    discover: {mx: example.net}\n");

	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert(mx_config_reaches(c, 0, true));
	ck_assert(!mx_config_reaches(c, 0, false));
	mx_config_free(c);
	c = parse("forward: tunnel, tunnel: {source: [\"10.0.2.128/26\"]}",
		  "    discover: {mx: example.net}\n");
	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert(mx_config_reaches(c, 0, true));
	ck_assert(!mx_config_reaches(c, 0, false));
	mx_config_free(c);
	c = parse("snat: [10.0.2.100, \"fd00::100\"], client-address: hidden",
		  "    discover: {mx: example.net}\n");
	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert(mx_config_reaches(c, 0, true));
	ck_assert(mx_config_reaches(c, 0, false));
	mx_config_free(c);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("checkdiscover");
	TCase *t = tcase_create("pools");

	tcase_add_test(t, a_domain_is_enough);
	tcase_add_test(t, every_key_arrives);
	tcase_add_loop_test(t, a_mistake_is_named_with_its_line, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(t, each_mode_reaches_what_it_can);
	suite_add_tcase(s, t);
	return s;
}
