/* SPDX-License-Identifier: BSD-3-Clause */
/* PROXY headers: all services of a pool, and all pools of an MTA's port, agree
 * whether it waits for one.
 * Method: a file of three services and two pools; the error compared in full. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "load.h"
#include "runner.h"

static struct mx_config_errors errors;

/* Services t and u with what their modes say, and pools p and q, whose one
 * backend may be the same. */
static struct mx_config *
parse_two(const char *t, const char *u, const char *pool_of_u,
	  const char *backend_of_q)
{
	char text[2048];

	snprintf(
		text, sizeof(text),
		"instance: mx1\n"
		"dataplane: {workers: [1], ports: [{name: lan, interface: eth0}]}\n"
		"services:\n"
		"- {name: t, pool: p, listen: [\"198.51.100.25:25\"],\n"
		"   %s}\n"
		"- {name: u, pool: %s, listen: [\"198.51.100.26:25\"],\n"
		"   %s}\n"
		"- {name: v, pool: q, listen: [\"198.51.100.27:25\"],\n"
		"   snat: [10.0.2.100], proxy-protocol: v2}\n"
		"pools:\n"
		"- {name: p, backends: [{name: a, "
		"address: \"10.0.2.11:25\"}]}\n"
		"- {name: q, backends: [{name: a, address: \"%s\"}]}\n",
		t, pool_of_u, u, backend_of_q);
	return mx_config_parse(text, strlen(text), "f", &errors);
}

#define TOLD(word) "snat: [10.0.2.100], proxy-protocol: " word
#define UNTOLD "snat: [10.0.2.100], client-address: hidden"

/* What two services of one pool say, what the pool's MTAs wait for then, or
 * where they disagree. */
static const struct {
	const char *t;
	const char *u;
	enum mx_proxy proxy;
	const char *message; /* NULL: fine */
} twins[] = {
	{TOLD("v2"), TOLD("v2"), MX_PROXY_V2, NULL},
	{TOLD("v1"), TOLD("v1"), MX_PROXY_V1, NULL},
	{UNTOLD, UNTOLD, MX_PROXY_OFF, NULL},
	{UNTOLD, "forward: nat", MX_PROXY_OFF, NULL},
	{"forward: dsr", "forward: nat", MX_PROXY_OFF, NULL},
	{TOLD("v2"), UNTOLD, 0,
	 "f:6: service u: proxy-protocol: expected v2, as service t has with "
	 "the same pool (an MTA's port waits for the header or does not), or a "
	 "pool of other ports, found off"},
	{TOLD("v2"), "forward: dsr", 0,
	 "f:6: service u: proxy-protocol: expected v2, as service t has with "
	 "the same pool (an MTA's port waits for the header or does not), or a "
	 "pool of other ports, found off"},
	{"forward: nat", TOLD("v1"), 0,
	 "f:7: service u: proxy-protocol: expected off, as service t has with "
	 "the same pool (an MTA's port waits for the header or does not), or a "
	 "pool of other ports, found v1"},
	{TOLD("v2"), TOLD("v1"), 0,
	 "f:7: service u: proxy-protocol: expected v2, as service t has with "
	 "the same pool (an MTA's port waits for the header or does not), or a "
	 "pool of other ports, found v1"},
};

START_TEST(a_pool_waits_for_one_header)
{
	struct mx_config *config =
		parse_two(twins[_i].t, twins[_i].u, "p", "10.0.2.12:25");

	if (twins[_i].message != NULL) {
		ck_assert_ptr_null(config);
		ck_assert_uint_eq(errors.count, 1);
		ck_assert_str_eq(errors.text[0], twins[_i].message);
		return;
	}
	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_uint_eq(config->pool[0].proxy, twins[_i].proxy);
	ck_assert_uint_eq(config->pool[1].proxy, MX_PROXY_V2);
	mx_config_free(config);
}
END_TEST

START_TEST(an_mta_in_two_pools_waits_for_one_header)
{
	struct mx_config *config =
		parse_two(TOLD("v1"), TOLD("v2"), "q", "10.0.2.11:25");

	/* MTAs themselves distinguish the two versions. */
	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	mx_config_free(config);

	config = parse_two(UNTOLD, TOLD("v2"), "q", "10.0.2.11:26");
	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	mx_config_free(config);

	ck_assert_ptr_null(parse_two(UNTOLD, TOLD("v2"), "q", "10.0.2.11:25"));
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_str_eq(errors.text[0],
			 "f:12: 10.0.2.11:25: expected another port, as pool p "
			 "has it with proxy-protocol off and pool q with v2: "
			 "an MTA's port waits for the header or does not");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("checkheader");
	TCase *t = tcase_create("checkheader");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_pool_waits_for_one_header, 0,
			    sizeof(twins) / sizeof(twins[0]));
	tcase_add_test(t, an_mta_in_two_pools_waits_for_one_header);
	suite_add_tcase(s, t);
	return s;
}
