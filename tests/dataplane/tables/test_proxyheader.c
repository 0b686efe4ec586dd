/* SPDX-License-Identifier: BSD-3-Clause */
/* The PROXY header: it is as in the protocol's document, and as other balancers
 * send it.
 * Method: texts from the document; a header that HAProxy 2.6 sent, without its
 * TLVs. */
#include <string.h>

#include "endpoint.h"
#include "proxyheader.h"
#include "runner.h"

static uint8_t out[MX_PROXY_HEADER_MAX];

static uint8_t
written(enum mx_proxy version, const char *client, const char *vip)
{
	struct mx_endpoint from, to;

	ck_assert_int_eq(mx_endpoint_parse(client, &from), 0);
	ck_assert_int_eq(mx_endpoint_parse(vip, &to), 0);
	memset(out, 0xee, sizeof(out));
	return mx_proxy_write(out, version, &from, &to);
}

/* clang-format off */
static const struct {
	const char *client;
	const char *vip;
	const char *line;
} lines[] = {
	{"192.168.0.1:56324", "192.168.0.11:443",
	 "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"},
	{"255.255.255.255:65535", "255.255.255.255:65535",
	 "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"},
	{"[2001:db8::7]:1", "[2001:db8:1::25]:25",
	 "PROXY TCP6 2001:db8::7 2001:db8:1::25 1 25\r\n"},
	{"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	 "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	 "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"},
};
/* clang-format on */

START_TEST(version_1_is_the_line_of_the_document)
{
	const uint8_t bytes =
		written(MX_PROXY_V1, lines[_i].client, lines[_i].vip);

	ck_assert_uint_eq(bytes, strlen(lines[_i].line));
	ck_assert_mem_eq(out, lines[_i].line, bytes);
	/* Not even a terminator goes beyond it. */
	if (bytes < sizeof(out))
		ck_assert_uint_eq(out[bytes], 0xee);
}
END_TEST

START_TEST(version_2_is_what_haproxy_sends)
{
	static const uint8_t wanted[28] = {
		0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49,
		0x54, 0x0a, 0x21, 0x11, 0x00, 0x0c, 0x7f, 0x00, 0x00, 0x01,
		0x7f, 0x00, 0x00, 0x01, 0xa0, 0x50, 0x0a, 0x28};

	ck_assert_uint_eq(
		written(MX_PROXY_V2, "127.0.0.1:41040", "127.0.0.1:2600"),
		sizeof(wanted));
	ck_assert_mem_eq(out, wanted, sizeof(wanted));
	ck_assert_uint_eq(out[sizeof(wanted)], 0xee);
}
END_TEST

START_TEST(a_mark_is_a_tlv_behind_the_addresses)
{
	static const uint8_t tlv[] = {0xe0, 0x00, 0x01, 0x01};
	static const struct {
		const char *client, *vip;
		uint8_t bytes;
	} ends[] = {
		{"127.0.0.1:41040", "127.0.0.1:2600", 28},
		{"[2001:db8::7]:1", "[2001:db8:1::25]:25", 52},
	};
	uint8_t plain[MX_PROXY_HEADER_MAX];
	const uint8_t bytes =
		written(MX_PROXY_V2, ends[_i].client, ends[_i].vip);

	ck_assert_uint_eq(bytes, ends[_i].bytes);
	memcpy(plain, out, sizeof(plain));
	ck_assert_uint_eq(mx_proxy_mark(out, bytes), bytes + sizeof(tlv));
	plain[15] = (uint8_t)(bytes + sizeof(tlv) - 16);
	ck_assert_mem_eq(out, plain, bytes);
	ck_assert_mem_eq(out + bytes, tlv, sizeof(tlv));
	ck_assert_uint_eq(out[bytes + sizeof(tlv)], 0xee);
}
END_TEST

START_TEST(version_2_has_whole_addresses_of_ipv6)
{
	static const uint8_t wanted[52] = {
		0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55,
		0x49, 0x54, 0x0a, 0x21, 0x21, 0x00, 0x24, 0x20, 0x01,
		0x0d, 0xb8, 0,    0,    0,    0,    0,    0,    0,
		0,    0,    0,    0,    0x07, 0x20, 0x01, 0x0d, 0xb8,
		0,    0x01, 0,    0,    0,    0,    0,    0,    0,
		0,    0,    0x25, 0x9c, 0x40, 0x00, 0x19};

	ck_assert_uint_eq(written(MX_PROXY_V2, "[2001:db8::7]:40000",
				  "[2001:db8:1::25]:25"),
			  sizeof(wanted));
	ck_assert_mem_eq(out, wanted, sizeof(wanted));
	ck_assert_uint_eq(out[sizeof(wanted)], 0xee);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("proxyheader");
	TCase *t = tcase_create("proxyheader");

	tcase_add_loop_test(t, version_1_is_the_line_of_the_document, 0,
			    sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(t, version_2_is_what_haproxy_sends);
	tcase_add_loop_test(t, a_mark_is_a_tlv_behind_the_addresses, 0, 2);
	tcase_add_test(t, version_2_has_whole_addresses_of_ipv6);
	suite_add_tcase(s, t);
	return s;
}
