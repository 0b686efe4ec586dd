/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses of mxsteer-agent: where it listens, and who may ask. */
#include <arpa/inet.h>
#include <string.h>

#include "peers.h"
#include "runner.h"

static bool
has(const struct peers *peers, const char *text)
{
	struct peer_prefix one;

	ck_assert(peer_prefix_parse(text, &one));
	return peers_have(peers, one.address);
}

START_TEST(private_networks_may_ask_and_the_internet_may_not)
{
	static const char *const inside[] = {
		"10.0.2.1",  "172.31.255.255", "192.168.3.4", "127.0.0.1",
		"fd00:2::1", "fe80::1",        "::1",
	};
	static const char *const outside[] = {
		"11.0.0.1",    "172.32.0.1", "192.169.0.1", "198.51.100.1",
		"2001:db8::1", "::2",        "::",
	};
	struct peers peers = {0};

	peers_private(&peers);
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		ck_assert_msg(has(&peers, inside[i]), "%s", inside[i]);
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		ck_assert_msg(!has(&peers, outside[i]), "%s", outside[i]);
}
END_TEST

START_TEST(nobody_may_ask_by_default)
{
	ck_assert(!has(&(struct peers){0}, "10.0.0.1"));
}
END_TEST

START_TEST(zero_bits_are_everybody_of_the_family)
{
	struct peers peers = {.count = 1};

	ck_assert(peer_prefix_parse("0.0.0.0/0", &peers.prefix[0]));
	ck_assert(has(&peers, "198.51.100.1"));
	ck_assert(!has(&peers, "2001:db8::1"));
}
END_TEST

START_TEST(wrong_prefixes_are_refused)
{
	static const char *const wrong[] = {
		"",
		"10.0.2",
		"10.0.2.1/24",
		"10.0.2.0/33",
		"10.0.2.0/",
		"10.0.2.0/-1",
		"fd00::1/64",
		"fd00::/129",
		"10.0.2.0/08",
		"host",
		"10.0.2.0/24/1",
		"fd00:2::1 ",
		("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	};
	struct peer_prefix prefix;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!peer_prefix_parse(wrong[i], &prefix), "%s",
			      wrong[i]);
}
END_TEST

START_TEST(a_port_alone_is_at_all_addresses)
{
	struct sockaddr_in6 address;

	ck_assert(peer_listen_parse("9707", &address));
	ck_assert_uint_eq(address.sin6_port, htons(9707));
	ck_assert_mem_eq(&address.sin6_addr, &in6addr_any, 16);
}
END_TEST

START_TEST(addresses_to_listen_at_are_of_both_families)
{
	static const struct in6_addr one = {{{0xfd, [15] = 1}}};
	struct sockaddr_in6 address;
	char text[PEER_TEXT_MAX];

	ck_assert(peer_listen_parse("10.0.2.11:1", &address));
	ck_assert_str_eq(peer_format(address.sin6_addr.s6_addr, text),
			 "10.0.2.11");
	ck_assert(peer_listen_parse("[fd00::1]:65535", &address));
	ck_assert_mem_eq(&address.sin6_addr, &one, 16);
}
END_TEST

START_TEST(wrong_listen_addresses_are_refused)
{
	static const char *const wrong[] = {
		"",
		"0",
		"65536",
		"10.0.2.11",
		":9707",
		"fd00::1:9707",
		"[10.0.2.1]:9707",
		"[fd00::1]",
		"x:9707",
		"10.0.2.11:",
		"10.0.2.11:+1",
		"[]:1",
	};
	struct sockaddr_in6 address;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!peer_listen_parse(wrong[i], &address), "%s",
			      wrong[i]);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("peers");
	TCase *t = tcase_create("peers");

	tcase_add_test(t, private_networks_may_ask_and_the_internet_may_not);
	tcase_add_test(t, nobody_may_ask_by_default);
	tcase_add_test(t, zero_bits_are_everybody_of_the_family);
	tcase_add_test(t, wrong_prefixes_are_refused);
	tcase_add_test(t, a_port_alone_is_at_all_addresses);
	tcase_add_test(t, addresses_to_listen_at_are_of_both_families);
	tcase_add_test(t, wrong_listen_addresses_are_refused);
	suite_add_tcase(s, t);
	return s;
}
