/* SPDX-License-Identifier: BSD-3-Clause */
/* Mail of strangers and of the site's own hosts at one port of an MTA is warned
 * of, and so is a check that expects strangers to log in.
 * Method: a file of two services, with a pool each or one for both; the warnings
 * compared in full. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "load.h"
#include "runner.h"

#define HIDDEN(snat) "snat: [10.0.2." snat "], client-address: hidden,"
#define NAMED "snat: [10.0.2.100], proxy-protocol: v2,"
#define NAT "forward: nat,"

#define ADVICE                                                                 \
	" Expected a port of their own for outbound mail, as in "              \
	"examples/site.yaml"
#define MEETS(where, why)                                                                           \
	"f:5: warning[submission-behind-mx]: service out: its mail and that of strangers (service " \
	"in, line 4) come to the same port of MTAs: " where ". " why                                \
	"." ADVICE
#define ALIKE(where)                                                           \
	MEETS(where, "Both come from the same snat address without a PROXY "   \
		     "header, so MTAs that relay for one relay for everyone")
#define SLIP(where)                                                            \
	MEETS(where, "A mistake in the MTAs' rules for relaying makes them "   \
		     "relay for everyone")
#define LOGIN                                                                             \
	"f:7: warning[check-auth]: check: submission expects AUTH, and strangers, whose " \
	"mail service in in line 4 takes, do not log in. Expected type: smtp "            \
	"here, or direction: outbound there"

#define ONE "backends: [{name: a, address: '192.0.2.1:25'}]"
#define OTHER_PORT "backends: [{name: a, address: '192.0.2.1:2525'}]"
#define MORE                                                                   \
	"backends: [{name: b, address: '192.0.2.2:25'}, {name: c, address: "   \
	"'192.0.2.1:25'}]"
#define BY_DNS "discover: {mx: example.net}"

static const struct {
	const char *in, *out;           /* lines 4 and 5 */
	const char *in_pool, *out_pool; /* lines 7 and 8; NULL: one pool */
	const char *warning;            /* NULL: none */
} files[] = {
	{NAT, NAT, ONE, OTHER_PORT, NULL},
	{NAT, NAT, ONE, NULL, SLIP("192.0.2.1:25")},
	{NAT, NAT, ONE, MORE, SLIP("192.0.2.1:25")},
	{NAT, NAT, MORE, OTHER_PORT, NULL},
	{NAMED, NAMED, ONE, MORE, SLIP("192.0.2.1:25")},
	{HIDDEN("100"), HIDDEN("100"), ONE, MORE, ALIKE("192.0.2.1:25")},
	{HIDDEN("100"), HIDDEN("101"), ONE, MORE, SLIP("192.0.2.1:25")},
	{HIDDEN("100"), HIDDEN("100"), ONE, OTHER_PORT, NULL},
	{HIDDEN("100"), HIDDEN("100"), ONE, NULL, ALIKE("192.0.2.1:25")},
	{HIDDEN("100, 'fd00::1'"), HIDDEN("100, 'fd00::1'"), BY_DNS, NULL,
	 ALIKE("all of the pool")},
	{"direction: both," NAT, NAT, ONE, MORE, NULL},
	{NAT, "direction: both," NAT, ONE, NULL, NULL},
	{"direction: outbound," NAT, NAT, ONE, NULL, NULL},
	{NAT, "direction: inbound," NAT, ONE, MORE, NULL},
	{NAT, NAT, "check: {type: submission}, " ONE, OTHER_PORT, LOGIN},
	{"direction: outbound," NAT, NAT, "check: {type: submission}, " ONE,
	 OTHER_PORT, NULL},
	{NAT, NAT, ONE, "check: {type: submission}, " OTHER_PORT, NULL},
};

static struct mx_config_errors errors;

/* A direction of the row comes in place of the usual one. */
static const char *
usual(const char *service, const char *direction)
{
	return strstr(service, "direction:") != NULL ? "" : direction;
}

START_TEST(mail_of_strangers_and_of_own_hosts_does_not_meet)
{
	char text[2048], second[512] = "";
	const bool one_pool = files[_i].out_pool == NULL;

	if (!one_pool)
		snprintf(second, sizeof(second), "  - {name: p2, %s}\n",
			 files[_i].out_pool);
	snprintf(
		text, sizeof(text),
		"instance: i\n"
		"dataplane: {workers: [1], ports: [{name: p, interface: e}]}\n"
		"services:\n"
		"  - {name: in, listen: ['198.51.100.25:25'], %s %s pool: p1}\n"
		"  - {name: out, listen: ['10.0.2.25:25'], %s %s pool: %s}\n"
		"pools:\n"
		"  - {name: p1, %s}\n"
		"%s"
		"lints: [{name: open-relay, ignore: it has a test of its own}]\n",
		files[_i].in, usual(files[_i].in, "direction: inbound,"),
		files[_i].out, usual(files[_i].out, "direction: outbound,"),
		one_pool ? "p1" : "p2", files[_i].in_pool, second);
	struct mx_config *c = mx_config_parse(text, strlen(text), "f", &errors);
	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert_msg(errors.warnings == (files[_i].warning != NULL), "%s",
		      errors.warning[0]);
	if (files[_i].warning != NULL)
		ck_assert_str_eq(errors.warning[0], files[_i].warning);
	mx_config_free(c);
}
END_TEST

/* One mistake in two services of each kind is one warning. */
START_TEST(two_pools_that_meet_are_told_of_once)
{
	static const char text[] =
		"instance: i\n"
		"dataplane: {workers: [1], ports: [{name: p, interface: e}]}\n"
		"services:\n"
		"  - {name: a, listen: ['198.51.100.25:25'], forward: nat,\n"
		"     pool: p}\n"
		"  - {name: b, listen: ['198.51.100.26:25'], forward: nat,\n"
		"     pool: p}\n"
		"  - {name: c, listen: ['10.0.2.25:25'], forward: nat,\n"
		"     direction: outbound, pool: p}\n"
		"  - {name: d, listen: ['10.0.2.26:25'], forward: nat,\n"
		"     direction: outbound, pool: p}\n"
		"pools:\n"
		"  - {name: p, " ONE "}\n";

	mx_config_free(mx_config_parse(text, strlen(text), "f", &errors));
	ck_assert_uint_eq(errors.warnings, 1);
}
END_TEST

#define MIXED                                                                      \
	"f:4: warning[submission-behind-mx]: service a: mail of users (port 587) " \
	"and that of strangers (port 25) go to the same MTAs, those of pool p. "   \
	"Expected a service and a pool of their own for users, as in "             \
	"examples/submission.yaml, or direction: both if the MTAs' rules for "     \
	"relaying tell them apart"

static const struct {
	const char *listen, *direction;
	bool mixed;
} services[] = {
	{"'198.51.100.25:25', '198.51.100.25:587'", "", true},
	{"'198.51.100.26:587', '198.51.100.25:25'", "", true},
	{"'198.51.100.25:25', '198.51.100.25:587'", "direction: both,", false},
	{"'198.51.100.25:25', '198.51.100.25:587'", "direction: outbound,",
	 false},
	{"'198.51.100.25:25', '198.51.100.25:2525'", "", false},
	{"'198.51.100.25:465', '198.51.100.25:587'", "", false},
};

START_TEST(one_service_for_users_and_strangers_is_told_of)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "instance: i\n"
		 "dataplane: {workers: [1], ports: [{name: p, interface: e}]}\n"
		 "services:\n"
		 "  - {name: a, listen: [%s], forward: nat, %s pool: p}\n"
		 "pools:\n"
		 "  - {name: p, " ONE "}\n",
		 services[_i].listen, services[_i].direction);
	struct mx_config *c = mx_config_parse(text, strlen(text), "f", &errors);
	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert_msg(errors.warnings == services[_i].mixed, "%s",
		      errors.warning[0]);
	if (services[_i].mixed)
		ck_assert_str_eq(errors.warning[0], MIXED);
	mx_config_free(c);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("checkcrossing");
	TCase *t = tcase_create("checkcrossing");

	tcase_add_loop_test(t, mail_of_strangers_and_of_own_hosts_does_not_meet,
			    0, sizeof(files) / sizeof(files[0]));
	tcase_add_loop_test(t, one_service_for_users_and_strangers_is_told_of,
			    0, sizeof(services) / sizeof(services[0]));
	tcase_add_test(t, two_pools_that_meet_are_told_of_once);
	suite_add_tcase(s, t);
	return s;
}
