/* SPDX-License-Identifier: BSD-3-Clause */
/* What `direction` means: other defaults for mail of the site's own hosts, and
 * warnings of settings that do not fit.
 * Method: a file of one or two services of a pool; the warnings compared in full. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "load.h"
#include "runner.h"

#define OWN_USERS(port)                                                        \
	"f:5: warning[direction]: direction: expected outbound, as port " port \
	" of service s takes the mail of its own users (RFC 6409, RFC 8314)"
#define STRANGERS(key)                                                         \
	"f:6: warning[strangers]: " key                                        \
	": expected it only with direction: inbound: it "                      \
	"tests strangers, and the clients of service s are the site's own"

static const struct {
	const char *direction; /* line 5: of service s; NULL: not said */
	const char *port;
	const char *rest;  /* line 6 */
	const char *other; /* direction of a second service of the pool */
	const char *check; /* of the pool */
	uint32_t timeout_ms;
	uint32_t patience_ms;
	const char *warning;
	enum mx_direction becomes; /* if it is not said */
} files[] = {
	{"inbound", "25", "", NULL, "", 20000, 20000, NULL},
	{"outbound", "25", "", NULL, "", 8000, 8000, NULL},
	{NULL, "25", "", NULL, "", 20000, 20000, NULL, MX_DIRECTION_INBOUND},
	{NULL, "587", "", NULL, "", 8000, 8000, NULL, MX_DIRECTION_OUTBOUND},
	{NULL, "465", "", NULL, "", 8000, 8000, NULL, MX_DIRECTION_OUTBOUND},
	{"both", "25", "", NULL, "", 20000, 20000, NULL},
	{"outbound", "25", "", "outbound", "", 8000, 8000, NULL},
	/* The MTAs may have a postscreen for the other service. */
	{"outbound", "25", "", "both", "", 20000, 8000, NULL},
	/* What the file says stays. */
	{"outbound", "25", "banner-patience: 20s,", NULL,
	 "check: {timeout: 20s},", 20000, 20000, NULL},
	{"inbound", "587", "", NULL, "", 20000, 20000, OWN_USERS("587")},
	{"inbound", "465", "", NULL, "", 20000, 20000, OWN_USERS("465")},
	{"both", "587", "", NULL, "", 20000, 20000, NULL},
	{"outbound", "587", "", NULL, "", 8000, 8000, NULL},
	{"outbound", "25", "early-talkers: refuse,", NULL, "", 8000, 8000,
	 STRANGERS("early-talkers")},
	{"outbound", "25", "early-talkers: count,", NULL, "", 8000, 8000, NULL},
	{"both", "25", "early-talkers: refuse,", NULL, "", 20000, 20000, NULL},
};

static struct mx_config_errors errors;

/* Backends of outbound services see one local address each, if the file does not
 * say otherwise. */
START_TEST(outbound_backends_see_one_address)
{
	static const struct {
		const char *service;
		enum mx_snat_by by;
	} cases[] = {
		{"direction: inbound,", MX_SNAT_BY_SESSION},
		{"direction: both,", MX_SNAT_BY_SESSION},
		{"direction: outbound,", MX_SNAT_BY_BACKEND},
		{"direction: outbound, snat-by: session,", MX_SNAT_BY_SESSION},
		{"direction: inbound, snat-by: backend,", MX_SNAT_BY_BACKEND},
	};
	char text[1024];

	snprintf(text, sizeof(text),
		 "instance: i\n"
		 "dataplane: {workers: [1], ports: [{name: p, interface: "
		 "e}]}\n"
		 "services:\n"
		 "  - {name: s, listen: ['198.51.100.25:25'], %s\n"
		 "     snat: [10.0.2.100], proxy-protocol: v2, pool: q}\n"
		 "pools:\n"
		 "  - {name: q, backends: [{name: a, address: "
		 "'192.0.2.1:25'}]}\n",
		 cases[_i].service);
	struct mx_config *c = mx_config_parse(text, strlen(text), "f", &errors);
	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert_int_eq(c->service[0].snat_by, cases[_i].by);
	ck_assert_uint_eq(errors.warnings, 0);
	mx_config_free(c);
}
END_TEST

START_TEST(a_direction_has_its_defaults_and_its_warnings)
{
	char text[2048], second[512] = "", said[32];

	snprintf(said, sizeof(said), "%s,",
		 files[_i].direction != NULL ? files[_i].direction : "");

	if (files[_i].other != NULL)
		snprintf(second, sizeof(second),
			 "  - {name: t, direction: %s, pool: q, forward: nat,\n"
			 "     listen: ['198.51.100.26:25']}\n",
			 files[_i].other);
	snprintf(text, sizeof(text),
		 "instance: i\n"
		 "dataplane: {workers: [1], ports: [{name: p, interface: "
		 "eth0}]}\n"
		 "services:\n"
		 "  - {name: s, listen: ['198.51.100.25:%s'],\n"
		 "     %s%s\n"
		 "     %s pool: q, forward: nat}\n"
		 "%s"
		 "pools:\n"
		 "  - {name: q, %s backends: [{name: a, address: "
		 "'192.0.2.1:25'}]}\n",
		 files[_i].port,
		 files[_i].direction != NULL ? "direction: " : "",
		 files[_i].direction != NULL ? said : "", files[_i].rest,
		 second, files[_i].check);
	struct mx_config *c = mx_config_parse(text, strlen(text), "f", &errors);
	ck_assert_msg(c != NULL, "%s", errors.text[0]);
	ck_assert_uint_eq(c->pool[0].check.timeout_ms, files[_i].timeout_ms);
	ck_assert_uint_eq(c->service[0].patience_ms, files[_i].patience_ms);
	if (files[_i].direction == NULL)
		ck_assert_int_eq(c->service[0].direction, files[_i].becomes);
	ck_assert_uint_eq(errors.warnings, files[_i].warning != NULL);
	if (files[_i].warning != NULL)
		ck_assert_str_eq(errors.warning[0], files[_i].warning);
	mx_config_free(c);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("checkdirection");
	TCase *t = tcase_create("checkdirection");

	tcase_add_loop_test(t, a_direction_has_its_defaults_and_its_warnings, 0,
			    sizeof(files) / sizeof(files[0]));
	tcase_add_loop_test(t, outbound_backends_see_one_address, 0, 5);
	suite_add_tcase(s, t);
	return s;
}
