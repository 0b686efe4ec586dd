/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's address is found in what real MTAs write, and nothing else is taken
 * for it.
 * Method: lines of MTAs of the lab, and of others by their documents. */
#include <string.h>

#include "endpoint.h"
#include "runner.h"
#include "sighting.h"

static const struct {
	bool (*find)(const char *text, struct mx_addr *seen);
	const char *text;
	const char *seen; /* NULL: none */
} cases[] = {
	/* clang-format off */
	{sighting_in_hello, "mta1.example.org", NULL},
	{sighting_in_hello, "mta2.example.org Hello vm [203.0.113.9], pleased to meet you", "203.0.113.9"},
	{sighting_in_hello, "mta2.example.org Hello vm [IPv6:2001:db8::9], pleased to meet you", "2001:db8::9"},
	{sighting_in_hello, "mta3.example.org Hello vm [2001:db8::9]", "2001:db8::9"},
	{sighting_in_hello, "[10.0.2.11] Hello client [203.0.113.9]", "203.0.113.9"},
	{sighting_in_hello, "[10.0.2.11]", NULL},
	{sighting_in_hello, "EX01.example.net Hello [203.0.113.9]", "203.0.113.9"},
	{sighting_in_hello, "mx.example.org Hello [vm] [] [1.2.3] [203.0.113.9", NULL},
	{sighting_in_hello, "", NULL},
	{sighting_in_received, " from vm (unknown [203.0.113.9]) by mta1.example.org (Postfix) with ESMTP id 4", "203.0.113.9"},
	{sighting_in_received, " from vm (unknown [IPv6:2001:db8::9]) by mta1.example.org (Postfix)", "2001:db8::9"},
	{sighting_in_received, " from [203.0.113.9] (helo=vm) by mta3.example.org with esmtp (Exim 4.96)", "203.0.113.9"},
	{sighting_in_received, " from vm ([203.0.113.9]) by mta1.example.org (Haraka) with ESMTP", "203.0.113.9"},
	{sighting_in_received, " from vm (203.0.113.9) by EX01.example.net (10.0.0.1) with Microsoft SMTP Server", "203.0.113.9"},
	{sighting_in_received, " by mta1.example.org (Postfix, from userid 0) id [10.0.2.11]", NULL},
	{sighting_in_received, " from (a) (b) ([", NULL},
	{sighting_in_refusal, "5.7.1 Client host [203.0.113.9] blocked using zen", "203.0.113.9"},
	{sighting_in_refusal, "5.7.1 <unknown[203.0.113.9]>: Client host rejected", "203.0.113.9"},
	{sighting_in_refusal, "5.1.1 no such user [203.0.113.9]", NULL},
	/* clang-format on */
};

START_TEST(the_address_is_found)
{
	struct mx_addr seen = {{0}};
	char text[MX_ENDPOINT_TEXT_MAX];
	const bool found = cases[_i].find(cases[_i].text, &seen);

	ck_assert_msg(found == (cases[_i].seen != NULL), "%s", cases[_i].text);
	if (found)
		ck_assert_str_eq(mx_addr_format(&seen, text), cases[_i].seen);
}
END_TEST

START_TEST(a_long_text_has_no_address)
{
	struct mx_addr seen;
	char text[4096];

	memset(text, '[', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert(!sighting_in_hello(text, &seen));
	ck_assert(!sighting_in_received(text, &seen));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("sighting");
	TCase *t = tcase_create("sighting");

	tcase_add_loop_test(t, the_address_is_found, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, a_long_text_has_no_address);
	suite_add_tcase(s, t);
	return s;
}
