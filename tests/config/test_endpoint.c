/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses: the text of an address is parsed to the same address, and other
 * text leaves the output unchanged.
 * Method: random endpoints with a fixed seed, there and back; the few forms
 * that people write; damaged ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "runner.h"

static struct mx_endpoint
random_endpoint(bool v4)
{
	struct mx_endpoint endpoint;

	for (size_t i = 0; i < sizeof(endpoint.addr.byte); i++)
		endpoint.addr.byte[i] = (uint8_t)rand();
	if (v4)
		endpoint.addr = mx_addr_from4((uint32_t)rand());
	endpoint.port_be = htons((uint16_t)(1 + rand() % 65535));
	return endpoint;
}

START_TEST(every_endpoint_reads_back_as_it_was_written)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	srand(1);
	for (int i = 0; i < 20000; i++) {
		const struct mx_endpoint in = random_endpoint(i % 2 == 0);
		struct mx_endpoint out;
		struct mx_addr addr;

		mx_endpoint_format(&in, text);
		ck_assert_int_eq(mx_endpoint_parse(text, &out), 0);
		ck_assert_mem_eq(&out.addr, &in.addr, sizeof(in.addr));
		ck_assert_uint_eq(out.port_be, in.port_be);

		mx_addr_format(&in.addr, text);
		ck_assert_int_eq(mx_addr_parse(text, &addr), 0);
		ck_assert_mem_eq(&addr, &in.addr, sizeof(addr));
	}
}
END_TEST

START_TEST(addresses_are_written_in_their_usual_form)
{
	static const char *const usual[][2] = {
		{"192.0.2.1", "192.0.2.1"},
		{"2001:db8::1", "2001:db8::1"},
		{"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
		{"::", "::"},
		{"::ffff:192.0.2.1", "192.0.2.1"}, /* one address, one key */
	};
	char text[MX_ENDPOINT_TEXT_MAX];
	struct mx_addr addr;

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		ck_assert_int_eq(mx_addr_parse(usual[i][0], &addr), 0);
		ck_assert_str_eq(mx_addr_format(&addr, text), usual[i][1]);
	}
}
END_TEST

START_TEST(the_longest_endpoint_fits)
{
	static const char longest[] =
		"[2001:db80:1111:2222:3333:4444:5555:6666]:65535";
	struct mx_endpoint endpoint;
	char text[MX_ENDPOINT_TEXT_MAX];

	ck_assert_int_eq(mx_endpoint_parse(longest, &endpoint), 0);
	ck_assert_str_eq(mx_endpoint_format(&endpoint, text), longest);
}
END_TEST

START_TEST(what_is_refused_changes_nothing)
{
	static const char *const bad[] = {
		"",         "1.2.3",    "1.2.3.4.5", "1.2.3.256",
		"01.2.3.4", "1.2.3.4 ", " 1.2.3.4",  "1.2.3.4/24",
		"::1%lo",   "[::1]",    "1:2",       "mta1"};
	struct mx_endpoint endpoint, before;
	struct mx_addr addr;

	memset(&before, 0x5a, sizeof(before));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		endpoint = before;
		addr = before.addr;
		ck_assert_msg(mx_addr_parse(bad[i], &addr) == -EINVAL, "%s",
			      bad[i]);
		ck_assert_msg(mx_endpoint_parse(bad[i], &endpoint) == -EINVAL,
			      "%s", bad[i]);
		ck_assert_mem_eq(&addr, &before.addr, sizeof(addr));
		ck_assert_mem_eq(&endpoint, &before, sizeof(endpoint));
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("endpoint");
	TCase *t = tcase_create("endpoint");

	tcase_add_test(t, every_endpoint_reads_back_as_it_was_written);
	tcase_add_test(t, addresses_are_written_in_their_usual_form);
	tcase_add_test(t, the_longest_endpoint_fits);
	tcase_add_test(t, what_is_refused_changes_nothing);
	suite_add_tcase(s, t);
	return s;
}
