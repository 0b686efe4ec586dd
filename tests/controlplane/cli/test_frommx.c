/* SPDX-License-Identifier: BSD-3-Clause */
/* The first configuration that `config from-mx` writes.
 * Method: a resolver that answers from a zone of the test (fakeresolver.c); what
 * is written is read again as a configuration. */
#include <arpa/nameser.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "fakeresolver.h"
#include "arguments.h"
#include "frommx.h"
#include "load.h"
#include "membership.h"
#include "runner.h"

static char *written;
static size_t length;
static char text[FROMMX_TEXT_MAX];

static int
run(const char *words)
{
	struct arguments arguments;
	char line[512], why[ARGUMENTS_WHY_MAX];

	snprintf(line, sizeof(line), "%s", words);
	if (!arguments_parse("DOMAIN [RESOLVER]", false, line, &arguments, why))
		return 2;
	free(written);
	written = NULL;
	FILE *out = open_memstream(&written, &length);
	const int status =
		frommx(arguments_get(&arguments, "DOMAIN"),
		       arguments_get(&arguments, "RESOLVER"), out, text);

	fclose(out);
	return status;
}

static void
setup(void)
{
	fakeresolver_clear();
	fakeresolver_mx("example.net", 60, 10, "mx1.example.net");
	fakeresolver_mx("example.net", 60, 10, "mx2.example.net");
	fakeresolver_mx("example.net", 60, 20, "gone.example.net");
	fakeresolver_address("mx1.example.net", 60, "192.0.2.11");
	fakeresolver_address("mx1.example.net", 60, "fd00:9::11");
	fakeresolver_address("mx2.example.net", 60, "192.0.2.12");
	fakeresolver_address("mx2.example.net", 60, "127.0.0.1");
}

static void
teardown(void)
{
	free(written);
	written = NULL;
}

START_TEST(what_is_written_is_a_configuration)
{
	struct mx_config_errors errors = {0};

	ck_assert_msg(run("example.net") == 0, "%s", text);
	struct mx_config *config =
		mx_config_parse(written, length, "written", &errors);
	ck_assert_msg(config != NULL, "%s\n%s", errors.text[0], written);
	ck_assert_uint_eq(errors.warnings, 0);
	const struct mx_config_pool *pool = &config->pool[0];
	ck_assert_uint_eq(pool->backend_count, 3);
	ck_assert_str_eq(pool->backend[0].name, "mx1_192.0.2.11");
	ck_assert_uint_eq(pool->backend[0].tier, 10);
	ck_assert_uint_eq(pool->backend[0].weight, 50);
	ck_assert(strstr(written, "gone.example.net has no address: NXDOMAIN"));
	ck_assert(strstr(written, "not taken: 127.0.0.1 of mx2.example.net: it "
				  "is not the address of a host"));
	ck_assert(strstr(written, "CHANGE"));
	mx_config_free(config);
}
END_TEST

/* What is written is a configuration, whatever the zone has.  Returns it. */
static struct mx_config *
written_config(const char *domain)
{
	struct mx_config_errors errors = {0};

	ck_assert_msg(run(domain) == 0, "%s", text);
	struct mx_config *config =
		mx_config_parse(written, length, "written", &errors);
	ck_assert_msg(config != NULL, "%s\n%s", errors.text[0], written);
	return config;
}

START_TEST(hostile_names_and_addresses_make_a_configuration_too)
{
	static const char *const hosts[] = {
		"-.test",   "---.test",     "_.test",
		"null",     "true.test",    "1e5.test",
		"0x10",     "a\\010b.test", "a\\034, x: y}.test",
		"{x}.test", "a\\.b.test",   "10.0.2.11",
		"a#b.test", "*.test",       "&a.test"};
	char longest[254];
	char address[32];

	memset(longest, 'x', sizeof(longest));
	longest[253] = '\0';
	for (int i = 63; i < 253; i += 64)
		longest[i] = '.';
	fakeresolver_mx("odd.test", 60, 65535, longest);
	fakeresolver_address(longest, 60, "192.0.2.99");
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		snprintf(address, sizeof(address), "192.0.2.%zu", 100 + i);
		fakeresolver_mx("odd.test", 60, 65535, hosts[i]);
		fakeresolver_address(hosts[i], 60, address);
	}
	/* The file's own placeholders, and an address of two targets. */
	fakeresolver_mx("odd.test", 60, 1, "own.test");
	fakeresolver_address("own.test", 60, "198.51.100.25");
	fakeresolver_address("own.test", 60, "10.0.2.100");
	fakeresolver_mx("odd.test", 60, 2, "twice.test");
	fakeresolver_address("twice.test", 60, "192.0.2.99");
	struct mx_config *config = written_config("odd.test");
	const struct mx_config_pool *pool = &config->pool[0];

	ck_assert_uint_eq(pool->backend_count, 7);
	ck_assert_str_eq(pool->backend[0].name, "twice_192.0.2.99");
	ck_assert_uint_eq(pool->backend[0].weight, 100);
	ck_assert_uint_eq(pool->backend[1].tier, 65535);
	ck_assert(strstr(written, "not taken: 198.51.100.25 of own.test: it is "
				  "a listen address of mxsteer"));
	ck_assert(strstr(written, "it is a better target's"));
	ck_assert_ptr_null(strchr(written, '\\'));
	mx_config_free(config);
}
END_TEST

START_TEST(more_mtas_than_a_pool_by_dns_has_are_left_out)
{
	char host[32], address[32];

	for (int i = 0; i < 300; i++) {
		snprintf(host, sizeof(host), "m%d.test", i);
		fakeresolver_mx("many.test", 60, (uint16_t)i, host);
		for (int k = 1; k < 3; k++) {
			snprintf(address, sizeof(address), "192.%d.2.%d", k,
				 i % 250);
			fakeresolver_address(host, 60, address);
		}
	}
	struct mx_config *config = written_config("many.test");

	ck_assert_uint_eq(config->pool[0].backend_count, MEMBERSHIP_MAX);
	ck_assert(strstr(written, "it is over the limit"));
	mx_config_free(config);
}
END_TEST

START_TEST(without_an_mta_there_is_a_reason)
{
	ck_assert_int_eq(run("none.test"), 1);
	ck_assert_msg(strstr(text, "none.test: NXDOMAIN") != NULL, "%s", text);
	fakeresolver_mx("null.test", 60, 0, ".");
	ck_assert_int_eq(run("null.test."), 1);
	ck_assert_msg(strstr(text, "takes no mail") != NULL, "%s", text);
	fakeresolver_mx("lo.test", 60, 0, "lo.test");
	fakeresolver_address("lo.test", 60, "127.0.0.1");
	ck_assert_int_eq(run("lo.test"), 1);
	ck_assert_msg(strstr(text, "no target has a usable address: "
				   "lo_127.0.0.1 is not the address of a "
				   "host") != NULL,
		      "%s", text);
	ck_assert_int_eq(run("10.0.2.11"), 1);
	ck_assert_msg(strstr(text, "expected a domain") != NULL, "%s", text);
	fakeresolver_fail("fail.test", ns_r_servfail);
	ck_assert_int_eq(run("fail.test 10.0.2.53"), 1);
	ck_assert_msg(strstr(text, "SERVFAIL") != NULL, "%s", text);
	ck_assert_uint_eq(length, 0);
}
END_TEST

START_TEST(wrong_arguments_are_refused)
{
	static const char *const wrong[] = {"a..b", "a b", "a.test x",
					    "a\x1b.test"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_int_eq(run(wrong[i]), 2);
		ck_assert(strstr(text, "config from-mx DOMAIN"));
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("frommx");
	TCase *t = tcase_create("files");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_written_is_a_configuration);
	tcase_add_test(t, hostile_names_and_addresses_make_a_configuration_too);
	tcase_add_test(t, more_mtas_than_a_pool_by_dns_has_are_left_out);
	tcase_add_test(t, without_an_mta_there_is_a_reason);
	tcase_add_test(t, wrong_arguments_are_refused);
	suite_add_tcase(s, t);
	return s;
}
