/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots of rules: an address finds the slot of the longest rule that covers it,
 * whatever the others say.
 * Method: random prefixes in few networks, beside a loop over all of them. */
#include <check.h>
#include <stdlib.h>

#include "plainlist.h"
#include "ruleslots.h"
#include "runner.h"

static struct mx_deny_rule rule[PLAIN_PREFIXES];
static struct mx_deny_table *table;
static struct rule_slots *slots;

static bool
is_inside(const struct plain *prefix, const struct mx_deny_key *at)
{
	const struct mx_deny_key first = plain_cut(*at, prefix->bits);

	return prefix->at.family == at->family &&
	       first.high == prefix->at.high && first.low == prefix->at.low;
}

static bool
is_twice(uint32_t row)
{
	for (uint32_t i = 0; i < row; i++)
		if (plain[i].bits == plain[row].bits &&
		    is_inside(&plain[i], &plain[row].at))
			return true;
	return false;
}

/* The list has no prefix twice, as that of rules. */
static void
make(void)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < plains; i++)
		if (!is_twice(i))
			plain[kept++] = plain[i];
	plains = kept;
	for (uint32_t i = 0; i < plains; i++)
		rule[i] = (struct mx_deny_rule){
			.addr = plain_addr(&plain[i].at),
			.bits = (uint8_t)plain[i].bits,
			.denied = plain[i].denied,
			.slot = (uint16_t)(MX_DENY_RULES_MAX - 1 - i),
		};
	table = plain_build(MX_DENY_BY_RULES);
	slots = rule_slots_make(table, rule, (uint16_t)plains);
	ck_assert_ptr_nonnull(slots);
}

static void
drop(void)
{
	rule_slots_free(slots);
	free(table);
}

static uint16_t
plain_slot(const struct mx_deny_key *at)
{
	uint32_t longest = plains;

	for (uint32_t i = 0; i < plains; i++)
		if (is_inside(&plain[i], at) &&
		    (longest == plains || plain[i].bits > plain[longest].bits))
			longest = i;
	return longest == plains ? RULE_SLOT_NONE : rule[longest].slot;
}

static void
compare(enum mx_deny_family family, bool *found, bool *none)
{
	plain_draw_list(family);
	make();
	for (int i = 0; i < 10000; i++) {
		const struct mx_deny_key at = plain_near(family);
		const struct mx_addr addr = plain_addr(&at);
		const uint16_t want = plain_slot(&at);

		ck_assert_uint_eq(rule_slots_find(slots, table, &addr), want);
		*found |= want != RULE_SLOT_NONE;
		*none |= want == RULE_SLOT_NONE;
	}
	drop();
}

START_TEST(an_address_finds_the_longest_rule_around_it)
{
	bool found = false, none = false;

	for (uint64_t seed = 0; seed < 6; seed++) {
		plain_seed = seed;
		compare(_i & 1 ? MX_DENY_V6 : MX_DENY_V4, &found, &none);
	}
	ck_assert(found && none);
}
END_TEST

/* Of 0 to 128 bits: some have a place, some none, and each is inside the others. */
START_TEST(each_length_has_its_slot)
{
	const enum mx_deny_family family = _i & 1 ? MX_DENY_V6 : MX_DENY_V4;
	const uint32_t most = family == MX_DENY_V4 ? 32 : 128;
	struct mx_deny_key at = {UINT64_MAX, UINT64_MAX, family};

	at = plain_cut(at, most);
	for (plains = 0; plains <= most; plains++)
		plain[plains] = (struct plain){plain_cut(at, plains), plains,
					       plains % 3 != 0};
	make();
	for (uint32_t bits = 0; bits <= most; bits++) {
		struct mx_deny_key in = at;

		if (bits < 64)
			in.high ^= (uint64_t)1 << (63 - bits);
		else if (bits < 128)
			in.low ^= (uint64_t)1 << (127 - bits);
		in = plain_cut(in, most);
		const struct mx_addr addr = plain_addr(&in);
		ck_assert_uint_eq(rule_slots_find(slots, table, &addr),
				  rule[bits].slot);
	}
	drop();
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ruleslots");
	TCase *t = tcase_create("ruleslots");

	tcase_add_loop_test(t, an_address_finds_the_longest_rule_around_it, 0,
			    2);
	tcase_add_loop_test(t, each_length_has_its_slot, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
