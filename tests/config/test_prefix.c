/* SPDX-License-Identifier: BSD-3-Clause */
/* Prefixes: which texts are one, what their first bits are, and which addresses
 * they contain.
 * Method: random prefixes with a fixed seed against a twin that looks at one
 * bit at a time; the few forms that people write; damaged ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "prefix.h"
#include "runner.h"

static struct mx_addr
random_addr(bool v4)
{
	struct mx_addr addr;

	for (size_t i = 0; i < sizeof(addr.byte); i++)
		addr.byte[i] = (uint8_t)rand();
	return v4 ? mx_addr_from4((uint32_t)rand() * 2u) : addr;
}

static bool
bit_of(const struct mx_addr *addr, unsigned bit)
{
	return (addr->byte[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

/* The number of first bits that two addresses of the family share. */
static unsigned
bits_shared(const struct mx_addr *a, const struct mx_addr *b)
{
	const unsigned first = mx_addr_is4(a) ? 96 : 0;
	unsigned bit = first;

	while (bit < 128 && bit_of(a, bit) == bit_of(b, bit))
		bit++;
	return bit - first;
}

START_TEST(a_prefix_contains_what_shares_its_first_bits)
{
	unsigned inside = 0;

	srand(3);
	for (int i = 0; i < 20000; i++) {
		const bool v4 = i % 2 == 0;
		const struct mx_config_prefix any = {
			random_addr(v4),
			(uint8_t)((unsigned)rand() % (v4 ? 33 : 129))};
		const struct mx_config_prefix prefix = mx_prefix_trim(&any);
		struct mx_addr addr = any.addr;

		/* One bit off: near the prefix's end, on either side. */
		const unsigned bit = (unsigned)rand() % (v4 ? 32 : 128);
		addr.byte[(v4 ? 12 : 0) + bit / 8] ^=
			(uint8_t)(0x80 >> bit % 8);
		const bool expected =
			bits_shared(&addr, &prefix.addr) >= prefix.bits;
		ck_assert(mx_prefix_contains(&prefix, &any.addr));
		ck_assert(mx_prefix_contains(&prefix, &addr) == expected);
		inside += expected;

		for (unsigned b = (v4 ? 96u : 0u) + prefix.bits; b < 128; b++)
			ck_assert(!bit_of(&prefix.addr, b));
	}
	ck_assert_uint_gt(inside, 5000);
	ck_assert_uint_lt(inside, 15000);
}
END_TEST

START_TEST(families_do_not_contain_each_other)
{
	const struct mx_config_prefix all6 = {{{0}}, 0};
	const struct mx_config_prefix all4 = {mx_addr_from4(0), 0};
	const struct mx_addr addr4 = mx_addr_from4(htonl(0x0a000001));
	const struct mx_addr addr6 = {{0xfd, [15] = 1}};

	ck_assert(mx_prefix_contains(&all4, &addr4));
	ck_assert(mx_prefix_contains(&all6, &addr6));
	ck_assert(!mx_prefix_contains(&all4, &addr6));
	ck_assert(!mx_prefix_contains(&all6, &addr4));
}
END_TEST

START_TEST(every_prefix_reads_back_as_it_was_written)
{
	static const char *const usual[][2] = {
		{"10.0.2.64/26", "10.0.2.64/26"},
		{"10.0.2.70/26", "10.0.2.64/26"},
		{"192.0.2.1/32", "192.0.2.1/32"},
		{"192.0.2.1/0", "0.0.0.0/0"},
		{"192.0.2.1/9", "192.0.0.0/9"},
		{"fd00:2:1::/64", "fd00:2:1::/64"},
		{"FD00:2:1::7/64", "fd00:2:1::/64"},
		{"2001:db8::1/128", "2001:db8::1/128"},
		{"2001:db8:1111:2222:3333:4444:5555:6666/128",
		 "2001:db8:1111:2222:3333:4444:5555:6666/128"},
	};
	char text[MX_PREFIX_TEXT_MAX];
	struct mx_config_prefix prefix;

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		ck_assert_int_eq(mx_prefix_parse(usual[i][0], &prefix), 0);
		prefix = mx_prefix_trim(&prefix);
		ck_assert_str_eq(mx_prefix_format(&prefix, text), usual[i][1]);
	}
}
END_TEST

START_TEST(what_is_refused_changes_nothing)
{
	static const char *const bad[] = {
		"",
		"/",
		"10.0.2.64",
		"10.0.2.64/",
		"10.0.2.64/33",
		"10.0.2.64/026",
		"10.0.2.64/-1",
		"10.0.2.64/+1",
		"10.0.2.64/26 ",
		"10.0.2.64/26/1",
		"10.0.2/24",
		"/24",
		"fd00::/129",
		"fd00::/256",
		"fd00::/1280",
		"[fd00::]/64",
		"::ffff:10.0.2.64/26",
		"::ffff:10.0.2.64/122",
		"2001:db8:1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/8",
	};
	struct mx_config_prefix prefix, before;

	memset(&before, 0x5a, sizeof(before));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		prefix = before;
		ck_assert_msg(mx_prefix_parse(bad[i], &prefix) == -EINVAL, "%s",
			      bad[i]);
		ck_assert_mem_eq(&prefix, &before, sizeof(prefix));
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("prefix");
	TCase *t = tcase_create("prefix");

	tcase_add_test(t, a_prefix_contains_what_shares_its_first_bits);
	tcase_add_test(t, families_do_not_contain_each_other);
	tcase_add_test(t, every_prefix_reads_back_as_it_was_written);
	tcase_add_test(t, what_is_refused_changes_nothing);
	suite_add_tcase(s, t);
	return s;
}
