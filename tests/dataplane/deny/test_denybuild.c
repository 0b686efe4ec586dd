/* SPDX-License-Identifier: BSD-3-Clause */
/* Deny tables: a look-up gives what a plain list of the same prefixes gives, of
 * all lengths and both families; and no content of a table makes a look-up read
 * outside of it.
 * Method: random prefixes in few networks, so that many are inside others; a
 * million look-ups beside a loop over all prefixes. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "denybuild.h"
#include "runner.h"

#define PREFIXES 400
#define LOOKUPS 250000

static const struct mx_hash_key key = {{0x1234567890abcdefu, 0xfeedfacecafeu}};
static uint64_t seed;

static uint64_t
draw(void)
{
	seed += 0x9e3779b97f4a7c15u;
	return mx_hash_fold(seed, seed ^ 0xd6e8feb86659fd93u);
}

struct plain {
	struct mx_deny_key at;
	uint32_t bits;
	bool denied;
};

static struct plain plain[PREFIXES];
static uint32_t plains;

/* Clear what is behind the first bits. */
static struct mx_deny_key
cut(struct mx_deny_key at, uint32_t bits)
{
	const uint32_t high = bits < 64 ? bits : 64, low = bits - high;

	at.high = high == 0 ? 0 : at.high >> (64 - high) << (64 - high);
	at.low = low == 0 ? 0 : at.low >> (64 - low) << (64 - low);
	return at;
}

/* An address near others: its bytes have few values. */
static struct mx_deny_key
near(enum mx_deny_family family)
{
	struct mx_deny_key at = {draw() & 0x0f0f0f0f0f0f0f0fu,
				 draw() & 0x0f0f0f0f0f0f0f0fu, family};

	if (draw() % 4 == 0)
		at.low = 0;
	return family == MX_DENY_V4 ? cut(at, 32) : at;
}

static void
draw_plain(enum mx_deny_family family)
{
	const uint32_t most = family == MX_DENY_V4 ? 32 : 128;

	for (plains = 0; plains < PREFIXES; plains++) {
		/* Short ones seldom: they cover nearly all. */
		uint32_t bits = (uint32_t)(draw() % (most + 1));
		if (bits < most / 3 && draw() % 64 != 0)
			bits = most;
		plain[plains] = (struct plain){cut(near(family), bits), bits,

					       draw() % 8 != 0};
	}
}

static struct mx_addr
addr_of(const struct mx_deny_key *at)
{
	struct mx_addr addr;
	const uint64_t half[2] = {htobe64(at->high), htobe64(at->low)};

	if (at->family == MX_DENY_V4)
		return mx_addr_from4(htobe32((uint32_t)(at->high >> 32)));
	memcpy(&addr, half, sizeof(addr));
	return addr;
}

static struct mx_deny_table *
build(enum mx_deny_mode mode)
{
	struct mx_deny_list list = {0};

	for (uint32_t i = 0; i < plains; i++)
		ck_assert_int_eq(mx_deny_add(&list, &plain[i].at, plain[i].bits,
					     plain[i].denied ? MX_DENY_DENIED
							     : MX_DENY_EXEMPT),
				 0);
	struct mx_deny_table *table = mx_deny_build(&list, mode, &key);
	ck_assert_ptr_nonnull(table);
	mx_deny_list_free(&list);
	ck_assert_int_eq(mx_deny_check(table, table->size_bytes), 0);
	return table;
}

static bool
is_inside(const struct plain *prefix, const struct mx_deny_key *at)
{
	const struct mx_deny_key first = cut(*at, prefix->bits);

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
	draw_plain(family);
	struct mx_deny_table *table = build(mode);
	for (uint32_t i = 0; i < LOOKUPS / 10; i++) {
		const struct mx_deny_key at = near(family);
		const struct mx_addr addr = addr_of(&at);
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
		seed = (uint64_t)_i * 100 + (uint64_t)i;
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
	return build(MX_DENY_BY_FILES);
}

static void
check_edges(enum mx_deny_family family, uint32_t bits)
{
	const uint32_t most = family == MX_DENY_V4 ? 32 : 128;
	struct mx_deny_key at = {draw(), draw(), family};

	at = cut(at, most);
	const struct mx_deny_key prefix = cut(at, bits);
	struct mx_deny_table *table = build_one(&prefix, bits);
	struct mx_addr addr = addr_of(&at);
	ck_assert_int_eq(mx_deny_find(table, &addr), MX_DENY_DENIED);
	for (uint32_t i = 0; i < most; i++) {
		struct mx_deny_key other = at;

		if (i < 64)
			other.high ^= (uint64_t)1 << (63 - i);
		else
			other.low ^= (uint64_t)1 << (127 - i);
		addr = addr_of(&other);
		ck_assert_int_eq(mx_deny_find(table, &addr) == MX_DENY_DENIED,
				 i >= bits);
	}
	free(table);
}

START_TEST(each_length_covers_its_addresses_and_no_neighbour)
{
	seed = 7;
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
	struct mx_deny_table *table = build(MX_DENY_BY_FILES);
	ck_assert_uint_eq(table->prefixes, 1);
	free(table);
}
END_TEST

START_TEST(a_table_follows_from_the_prefixes_and_not_from_their_order)
{
	seed = 5;
	draw_plain(MX_DENY_V6);
	struct mx_deny_table *one = build(MX_DENY_BY_FILES);
	for (uint32_t i = 0; i < plains / 2; i++) {
		const struct plain other = plain[i];
		plain[i] = plain[plains - 1 - i];
		plain[plains - 1 - i] = other;
	}
	struct mx_deny_table *two = build(MX_DENY_BY_FILES);
	ck_assert_uint_eq(mx_deny_serial(one), mx_deny_serial(two));
	free(two);
	/* The verdict on all that no prefix covers. */
	plain[plains - 1] = (struct plain){{0, 0, MX_DENY_V6}, 0, true};
	two = build(MX_DENY_BY_FILES);
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
		mx_deny_build(&list, MX_DENY_BY_FILES, &key);
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

/* The table as a file may have it: `size` bytes, in memory of exactly that
 * size, so that the sanitizer sees what is read beyond. */
static int
check_copy(const struct mx_deny_table *table, size_t size)
{
	void *copy = aligned_alloc(64, (size + 63) / 64 * 64);

	memcpy(copy, table, size);
	const int error = mx_deny_check(copy, size);
	free(copy);
	return error;
}

START_TEST(a_table_that_was_cut_is_refused)
{
	seed = 11;
	draw_plain(MX_DENY_V4);
	struct mx_deny_table *table = build(MX_DENY_BY_FILES);
	const size_t size = table->size_bytes;

	ck_assert_int_eq(check_copy(table, size), 0);
	ck_assert_int_eq(check_copy(table, size - 1), -EBADMSG);
	ck_assert_int_eq(check_copy(table, size - 64), -EBADMSG);
	ck_assert_int_eq(check_copy(table, sizeof(*table)), -EBADMSG);
	ck_assert_int_eq(check_copy(table, 16), -EBADMSG);
	free(table);
}
END_TEST

static void
seal_again(struct mx_deny_table *table, size_t size)
{
	const size_t skip = offsetof(struct mx_deny_table, size_bytes);

	table->crc = mx_crc32c((uint8_t *)table + skip, size - skip);
}

/* A writer that means harm seals what it writes. */
START_TEST(a_header_that_names_what_is_not_there_is_refused)
{
	seed = 12;
	draw_plain(MX_DENY_V6);
	struct mx_deny_table *table = build(MX_DENY_BY_FILES);
	const size_t size = table->size_bytes;
	const struct mx_deny_table good = *table;

#define REFUSED(change, error)                                                 \
	do {                                                                   \
		change;                                                        \
		seal_again(table, size);                                       \
		ck_assert_int_eq(check_copy(table, size), error);              \
		memcpy(table, &good, sizeof(good));                            \
	} while (0)

	REFUSED(table->magic++, -EPROTO);
	REFUSED(table->layout++, -EPROTO);
	REFUSED(table->filter_log2++, -EBADMSG);
	REFUSED(table->filter_log2 = 0, -EBADMSG);
	REFUSED(table->filter_log2 = 64, -EBADMSG);
	REFUSED(table->buckets++, -EBADMSG);
	REFUSED(table->buckets = 0, -EBADMSG);
	REFUSED(table->buckets = UINT32_MAX, -EBADMSG);
	REFUSED(table->size_bytes--, -EBADMSG);
	REFUSED(table->dense_at += 64, -EBADMSG);
	REFUSED(table->dense_at = UINT64_MAX, -EBADMSG);
	REFUSED(table->lengths[MX_DENY_V4].beyond[3] = 2, -EBADMSG);
	REFUSED(table->lengths[MX_DENY_V4].beyond[0] = 256, -EBADMSG);
	REFUSED(table->lengths[MX_DENY_V6].beyond[2] = 65536, -EBADMSG);
	REFUSED(table->lengths[MX_DENY_V6].stems = 16, -EBADMSG);
	REFUSED(table->short4[255] = 3, -EBADMSG);
	REFUSED(table->short6[65535] = 255, -EBADMSG);
	REFUSED((void)0, 0);
	table->crc++;
	ck_assert_int_eq(check_copy(table, size), -EBADMSG);
	free(table);
}
END_TEST

/* Filter and buckets of noise, sealed: a look-up ends. */
START_TEST(noise_in_a_table_only_gives_wrong_verdicts)
{
	seed = 13;
	for (int round = 0; round < 20; round++) {
		draw_plain(round & 1 ? MX_DENY_V6 : MX_DENY_V4);
		struct mx_deny_table *table = build(MX_DENY_BY_FILES);
		const size_t size = table->size_bytes;
		const size_t words = (size - sizeof(*table)) / 8;

		for (size_t i = 0; i < words; i++)
			table->rest[i] = round < 10 ? draw() : UINT64_MAX;
		for (uint32_t f = 0; f < MX_DENY_FAMILIES; f++) {
			table->lengths[f].stems = 15;
			table->lengths[f].hosts6 = 1;
			for (uint32_t s = 0; s < 3; s++)
				table->lengths[f].beyond[s] = 255;
		}
		seal_again(table, size);
		ck_assert_int_eq(mx_deny_check(table, size), 0);
		for (int i = 0; i < 10000; i++) {
			const struct mx_deny_key at =
				near(draw() & 1 ? MX_DENY_V6 : MX_DENY_V4);
			const struct mx_addr addr = addr_of(&at);

			mx_deny_prefetch(table, &addr);
			ck_assert_int_lt((int)mx_deny_find(table, &addr),
					 (int)MX_DENY_VERDICTS);
		}
		free(table);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("denybuild");
	TCase *look = tcase_create("look-ups");
	TCase *hostile = tcase_create("hostile tables");

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
	tcase_add_test(hostile, a_table_that_was_cut_is_refused);
	tcase_add_test(hostile,
		       a_header_that_names_what_is_not_there_is_refused);
	tcase_add_test(hostile, noise_in_a_table_only_gives_wrong_verdicts);
	suite_add_tcase(s, look);
	suite_add_tcase(s, hostile);
	return s;
}
