/* SPDX-License-Identifier: BSD-3-Clause */
#include "plainlist.h"

#include <check.h>
#include <string.h>

const struct mx_hash_key plain_key = {{0x1234567890abcdefu, 0xfeedfacecafeu}};
uint64_t plain_seed;

uint64_t
plain_draw(void)
{
	plain_seed += 0x9e3779b97f4a7c15u;
	return mx_hash_fold(plain_seed, plain_seed ^ 0xd6e8feb86659fd93u);
}

struct plain plain[PLAIN_PREFIXES];
uint32_t plains;

struct mx_deny_key
plain_cut(struct mx_deny_key at, uint32_t bits)
{
	const uint32_t high = bits < 64 ? bits : 64, low = bits - high;

	at.high = high == 0 ? 0 : at.high >> (64 - high) << (64 - high);
	at.low = low == 0 ? 0 : at.low >> (64 - low) << (64 - low);
	return at;
}

struct mx_deny_key
plain_near(enum mx_deny_family family)
{
	struct mx_deny_key at = {plain_draw() & 0x0f0f0f0f0f0f0f0fu,
				 plain_draw() & 0x0f0f0f0f0f0f0f0fu, family};

	if (plain_draw() % 4 == 0)
		at.low = 0;
	return family == MX_DENY_V4 ? plain_cut(at, 32) : at;
}

void
plain_draw_list(enum mx_deny_family family)
{
	const uint32_t most = family == MX_DENY_V4 ? 32 : 128;

	for (plains = 0; plains < PLAIN_PREFIXES; plains++) {
		/* Short ones seldom: they cover nearly all. */
		uint32_t bits = (uint32_t)(plain_draw() % (most + 1));
		if (bits < most / 3 && plain_draw() % 64 != 0)
			bits = most;
		plain[plains] =
			(struct plain){plain_cut(plain_near(family), bits),
				       bits, plain_draw() % 8 != 0};
	}
}

struct mx_addr
plain_addr(const struct mx_deny_key *at)
{
	struct mx_addr addr;
	const uint64_t half[2] = {htobe64(at->high), htobe64(at->low)};

	if (at->family == MX_DENY_V4)
		return mx_addr_from4(htobe32((uint32_t)(at->high >> 32)));
	memcpy(&addr, half, sizeof(addr));
	return addr;
}

struct mx_deny_table *
plain_build(enum mx_deny_mode mode)
{
	struct mx_deny_list list = {0};

	for (uint32_t i = 0; i < plains; i++)
		ck_assert_int_eq(mx_deny_add(&list, &plain[i].at, plain[i].bits,
					     plain[i].denied ? MX_DENY_DENIED
							     : MX_DENY_EXEMPT),
				 0);
	struct mx_deny_table *table = mx_deny_build(&list, mode, &plain_key);
	ck_assert_ptr_nonnull(table);
	mx_deny_list_free(&list);
	ck_assert_int_eq(mx_deny_check(table, table->size_bytes), 0);
	return table;
}
