/* SPDX-License-Identifier: BSD-3-Clause */
/* PROXY headers as the generator's servers read them.
 * Method: headers of the product, a header that HAProxy 2.6 sent, and text that
 * is no header. */
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "proxyheader.h"
#include "proxyread.h"
#include "runner.h"

static struct proxy_says says;

static int
read_text(const char *text)
{
	return proxy_read(1, (const uint8_t *)text, (uint32_t)strlen(text),
			  &says);
}

static void
check_says(const char *client, const char *server)
{
	char text[MX_ENDPOINT_TEXT_MAX];

	ck_assert_str_eq(mx_endpoint_format(&says.client, text), client);
	ck_assert_str_eq(mx_endpoint_format(&says.server, text), server);
}

START_TEST(what_is_written_is_read_and_no_part_of_it)
{
	static const char *const ends[][2] = {
		{"192.0.2.7:40000", "198.51.100.25:25"},
		{"255.255.255.255:65535", "1.2.3.4:1"},
		{"[2001:db8::7]:40000", "[2001:db8:1::25]:25"},
	};
	const int version = _i + 1;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		uint8_t header[MX_PROXY_HEADER_MAX + 20];
		struct mx_endpoint client, server;

		ck_assert_int_eq(mx_endpoint_parse(ends[i][0], &client), 0);
		ck_assert_int_eq(mx_endpoint_parse(ends[i][1], &server), 0);
		memset(header, 'E', sizeof(header));
		const uint32_t bytes = mx_proxy_write(
			header, version == 1 ? MX_PROXY_V1 : MX_PROXY_V2,
			&client, &server);
		for (uint32_t part = 0; part < bytes; part++)
			ck_assert_int_eq(
				proxy_read(version, header, part, &says), 0);
		ck_assert_int_eq(
			proxy_read(version, header, sizeof(header), &says),
			(int)bytes);
		check_says(ends[i][0], ends[i][1]);
	}
}
END_TEST

START_TEST(version_2_is_read_past_what_is_not_understood)
{
	/* HAProxy's, with a checksum and an id after the addresses. */
	static const uint8_t header[] =
		"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a\x21\x11\x00"
		"\x3a\x7f\x00\x00\x01\x7f\x00\x00\x01\xa0\x50\x0a\x28\x03\x00"
		"\x04\x13\x3b\x6c\x5a\x05\x00\x24"
		"6179712e-c0b7-4109-85d1-267cbf359cb5";
	static const uint8_t local[] =
		"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a\x20\x00\x00"
		"\x07\x03\x00\x04\xa9\xb8\x7e\x8f";

	ck_assert_int_eq(proxy_read(2, header, sizeof(header) - 1, &says),
			 16 + 0x3a);
	check_says("127.0.0.1:41040", "127.0.0.1:2600");
	ck_assert(!says.local);
	ck_assert_int_eq(proxy_read(2, local, sizeof(local) - 1, &says), 23);
	ck_assert(says.local);
}
END_TEST

START_TEST(what_is_no_header_is_refused)
{
	static const char *const none[] = {
		"EHLO client.example\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.25 40000\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.25 40000 25 \r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.25 40000 25\n",
		"PROXY TCP4 192.0.2.7  198.51.100.25 40000 25\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.25 040000 25\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.25 70000 25\r\n",
		"PROXY TCP6 192.0.2.7 198.51.100.25 40000 25\r\n",
		"PROXY TCP4 2001:db8::7 2001:db8::25 40000 25\r\n",
		"proxy TCP4 192.0.2.7 198.51.100.25 40000 25\r\n",
		"PROXY UNKNOWN\r\n",
		"\r\n",
		"\n",
	};
	char text[200];
	uint8_t v2[32] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x08";

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_msg(read_text(none[i]) == -1, "%s", none[i]);
	/* A line without an end is refused at some length. */
	memset(text, 'P', sizeof(text));
	text[199] = '\0';
	ck_assert_int_eq(read_text(text), -1);
	/* Shorter than its addresses; another command; another family. */
	ck_assert_int_eq(proxy_read(2, v2, sizeof(v2), &says), -1);
	v2[15] = 12;
	ck_assert_int_eq(proxy_read(2, v2, sizeof(v2), &says), 28);
	v2[12] = 0x22;
	ck_assert_int_eq(proxy_read(2, v2, sizeof(v2), &says), -1);
	v2[12] = 0x21;
	v2[13] = 0x12;
	ck_assert_int_eq(proxy_read(2, v2, sizeof(v2), &says), -1);
	ck_assert_int_eq(proxy_read(2, (const uint8_t *)"EHLO", 4, &says), -1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("gen_proxyread");
	TCase *t = tcase_create("gen_proxyread");

	tcase_add_loop_test(t, what_is_written_is_read_and_no_part_of_it, 0, 2);
	tcase_add_test(t, version_2_is_read_past_what_is_not_understood);
	tcase_add_test(t, what_is_no_header_is_refused);
	suite_add_tcase(s, t);
	return s;
}
