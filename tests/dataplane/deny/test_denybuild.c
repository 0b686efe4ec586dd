/* SPDX-License-Identifier: BSD-3-Clause */
/* Deny tables: a look-up gives what a plain list of the same prefixes gives, of
 * all lengths and both families.
 * Method: random prefixes in few networks, so that many are inside others; a
 * million look-ups beside a loop over all prefixes. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plainlist.h"
#include "runner.h"
#include "sanitized.h"

#define LOOKUPS (SANITIZED ? 50000 : 250000)

static bool
is_inside(const struct plain *prefix, const struct mx_deny_key *at)
{
	const struct mx_deny_key first = plain_cut(*at, prefix->bits);

	return prefix->at.family == at->family &&
	       first.high == prefix->at.high && first.low == prefix->at.low;
}

/* The verdict by the words of denylist.h. */
static enum mx_deny_verdict
plain_verdict(const struct mx_deny_key *at, enum mx_deny_mode mode)
{
	const struct plain *longest = NULL;
	bool allowed = false;

	for (uint32_t i = 0; i < plains; i++) {
		if (!is_inside(&plain[i], at))
			continue;
		allowed |= !plain[i].denied;
		if (longest == NULL || plain[i].bits >= longest->bits)
			longest = &plain[i];
	}
	if (longest == NULL)
		return MX_DENY_UNLISTED;
	if (mode == MX_DENY_BY_FILES)
		return allowed ? MX_DENY_EXEMPT : MX_DENY_DENIED;
	return longest->denied ? MX_DENY_DENIED : MX_DENY_EXEMPT;
}

static void
compare(enum mx_deny_family family, enum mx_deny_mode mode,
	uint32_t seen[static MX_DENY_VERDICTS])
{
	plain_draw_list(family);
	struct mx_deny_table *table = plain_build(mode);
	for (uint32_t i = 0; i < LOOKUPS / 10; i++) {
		const struct mx_deny_key at = plain_near(family);
		const struct mx_addr addr = plain_addr(&at);
		const enum mx_deny_verdict want = plain_verdict(&at, mode);
		const enum mx_deny_verdict got = mx_deny_find(table, &addr);

		seen[want]++;
		/* In a list of files only "denied" counts. */
		if (mode == MX_DENY_BY_FILES)
			ck_assert_int_eq(got == MX_DENY_DENIED,
					 want == MX_DENY_DENIED);
		else
			ck_assert_int_eq(got, want);
	}
	free(table);
}

/* Four kinds, ten draws each: a million look-ups. */
START_TEST(a_look_up_gives_what_a_plain_list_gives)
{
	uint32_t seen[MX_DENY_VERDICTS] = {0};

	for (int i = 0; i < 10; i++) {
		plain_seed = (uint64_t)_i * 100 + (uint64_t)i;
		compare(_i & 1 ? MX_DENY_V6 : MX_DENY_V4,
			_i & 2 ? MX_DENY_BY_RULES : MX_DENY_BY_FILES, seen);
	}
	for (int i = 0; i < MX_DENY_VERDICTS; i++)
		ck_assert_uint_gt(seen[i], 0);
}
END_TEST

static struct mx_deny_table *
build_one(const struct mx_deny_key *at, uint32_t bits)
{
	plain[0] = (struct plain){*at, bits, true};
	plains = 1;
	return plain_build(MX_DENY_BY_FILES);
}

static void
check_edges(enum mx_deny_family family, uint32_t bits)
{
	const uint32_t most = family == MX_DENY_V4 ? 32 : 128;
	struct mx_deny_key at = {plain_draw(), plain_draw(), family};

	at = plain_cut(at, most);
	const struct mx_deny_key prefix = plain_cut(at, bits);
	struct mx_deny_table *table = build_one(&prefix, bits);
	struct mx_addr addr = plain_addr(&at);
	ck_assert_int_eq(mx_deny_find(table, &addr), MX_DENY_DENIED);
	for (uint32_t i = 0; i < most; i++) {
		struct mx_deny_key other = at;

		if (i < 64)
			other.high ^= (uint64_t)1 << (63 - i);
		else
			other.low ^= (uint64_t)1 << (127 - i);
		addr = plain_addr(&other);
		ck_assert_int_eq(mx_deny_find(table, &addr) == MX_DENY_DENIED,
				 i >= bits);
	}
	free(table);
}

START_TEST(each_length_covers_its_addresses_and_no_neighbour)
{
	plain_seed = 7;
	for (uint32_t bits = 0; bits <= 32; bits++)
		check_edges(MX_DENY_V4, bits);
	for (uint32_t bits = 0; bits <= 128; bits++)
		check_edges(MX_DENY_V6, bits);
}
END_TEST

START_TEST(a_list_of_one_family_says_nothing_of_the_other)
{
	const struct mx_deny_key all4 = {0, 0, MX_DENY_V4};
	struct mx_deny_table *table = build_one(&all4, 0);
	const struct mx_addr four = mx_addr_from4(htobe32(0x01020304));
	const struct mx_addr six = {{0x20, 1, 0xd, 0xb8}};

	ck_assert_int_eq(mx_deny_find(table, &four), MX_DENY_DENIED);
	ck_assert_int_eq(mx_deny_find(table, &six), MX_DENY_UNLISTED);
	free(table);
}
END_TEST

START_TEST(prefixes_inside_a_denied_one_take_no_room)
{
	const uint32_t bits[] = {8, 16, 24, 32, 32};

	for (plains = 0; plains < 5; plains++)
		plain[plains] =
			(struct plain){{(uint64_t)10 << 56, 0, MX_DENY_V4},
				       bits[plains],
				       true};
	struct mx_deny_table *table = plain_build(MX_DENY_BY_FILES);
	ck_assert_uint_eq(table->prefixes, 1);
	free(table);
}
END_TEST

START_TEST(a_table_follows_from_the_prefixes_and_not_from_their_order)
{
	plain_seed = 5;
	plain_draw_list(MX_DENY_V6);
	struct mx_deny_table *one = plain_build(MX_DENY_BY_FILES);
	for (uint32_t i = 0; i < plains / 2; i++) {
		const struct plain other = plain[i];
		plain[i] = plain[plains - 1 - i];
		plain[plains - 1 - i] = other;
	}
	struct mx_deny_table *two = plain_build(MX_DENY_BY_FILES);
	ck_assert_uint_eq(mx_deny_serial(one), mx_deny_serial(two));
	free(two);
	/* The verdict on all that no prefix covers. */
	plain[plains - 1] = (struct plain){{0, 0, MX_DENY_V6}, 0, true};
	two = plain_build(MX_DENY_BY_FILES);
	ck_assert_uint_ne(mx_deny_serial(one), mx_deny_serial(two));
	free(one);
	free(two);
}
END_TEST

START_TEST(an_address_with_bits_beyond_the_prefix_is_refused)
{
	struct mx_deny_list list = {0};
	const struct mx_deny_key four = {(uint64_t)0x0a000001 << 32, 0,
					 MX_DENY_V4};
	const struct mx_deny_key six = {1, 1, MX_DENY_V6};

	ck_assert_int_eq(mx_deny_add(&list, &four, 24, MX_DENY_DENIED),
			 -EINVAL);
	ck_assert_int_eq(mx_deny_add(&list, &four, 32, MX_DENY_DENIED), 0);
	ck_assert_int_eq(mx_deny_add(&list, &six, 63, MX_DENY_DENIED), -EINVAL);
	ck_assert_int_eq(mx_deny_add(&list, &six, 127, MX_DENY_DENIED),
			 -EINVAL);
	ck_assert_int_eq(mx_deny_add(&list, &six, 128, MX_DENY_DENIED), 0);
	mx_deny_list_free(&list);
}
END_TEST

START_TEST(a_list_takes_two_million_prefixes_and_no_more)
{
	struct mx_deny_list list = {0};
	struct mx_deny_key at = {0, 0, MX_DENY_V4};

	for (uint32_t i = 0; i < MX_DENY_PREFIXES_MAX; i++) {
		at.high = (uint64_t)(i * 2654435761u) << 32;
		ck_assert_int_eq(mx_deny_add(&list, &at, 32, MX_DENY_DENIED),
				 0);
	}
	ck_assert_int_eq(mx_deny_add(&list, &at, 32, MX_DENY_DENIED), -E2BIG);
	struct mx_deny_table *table =
		mx_deny_build(&list, MX_DENY_BY_FILES, &plain_key);
	ck_assert_uint_eq(table->prefixes, MX_DENY_PREFIXES_MAX);
	ck_assert_uint_le(table->size_bytes, 27 * 1024 * 1024);
	for (uint32_t i = 0; i < MX_DENY_PREFIXES_MAX; i += 7) {
		const struct mx_addr addr =
			mx_addr_from4(htobe32(i * 2654435761u));
		ck_assert_int_eq(mx_deny_find(table, &addr), MX_DENY_DENIED);
	}
	mx_deny_list_free(&list);
	free(table);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("denybuild");
	TCase *look = tcase_create("look-ups");

	tcase_set_timeout(look, 120);
	tcase_add_loop_test(look, a_look_up_gives_what_a_plain_list_gives, 0,
			    4);
	tcase_add_test(look, each_length_covers_its_addresses_and_no_neighbour);
	tcase_add_test(look, a_list_of_one_family_says_nothing_of_the_other);
	tcase_add_test(look, prefixes_inside_a_denied_one_take_no_room);
	tcase_add_test(
		look,
		a_table_follows_from_the_prefixes_and_not_from_their_order);
	tcase_add_test(look, an_address_with_bits_beyond_the_prefix_is_refused);
	tcase_add_test(look, a_list_takes_two_million_prefixes_and_no_more);
	suite_add_tcase(s, look);
	return s;
}
