/* SPDX-License-Identifier: BSD-3-Clause */
/* The pick table: shares follow weights, a change moves few flows, and the
 * table is the one of the paper.
 * Method: random weights with a fixed seed, slots counted; a naive twin that
 * writes out every backend's permutation. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "pick.h"
#include "runner.h"

static struct mx_pick before, after;
static struct mx_pick_claim claims[MX_BACKENDS_MAX + 1];

static void
make_claims(uint32_t count, uint16_t weight_max)
{
	for (uint32_t i = 0; i < count; i++)
		claims[i] = (struct mx_pick_claim){
			.seed = (uint64_t)rand() << 32 | (uint32_t)rand(),
			.backend = (uint16_t)(i + 1),
			.weight = (uint16_t)(1 + rand() % weight_max)};
}

static uint32_t
slots_of(const struct mx_pick *pick, uint16_t backend)
{
	uint32_t count = 0;

	for (uint32_t s = 0; s < MX_PICK_SLOTS; s++)
		count += pick->slot[s] == backend;
	return count;
}

START_TEST(shares_follow_weights_within_one_percent)
{
	srand(1);
	for (int round = 0; round < 60; round++) {
		const uint32_t count = 1 + (uint32_t)rand() % 64;
		uint32_t sum = 0;

		make_claims(count, round % 2 ? MX_WEIGHT_MAX : 10);
		for (uint32_t i = 0; i < count; i++)
			sum += claims[i].weight;
		ck_assert_int_eq(mx_pick_build(&before, claims, count), 0);
		for (uint32_t i = 0; i < count; i++) {
			const double wanted =
				(double)MX_PICK_SLOTS * claims[i].weight / sum;
			const double got = slots_of(&before, claims[i].backend);

			/* Of all slots, and of its own share but a few. */
			ck_assert_double_le(got, wanted + MX_PICK_SLOTS / 100.);
			ck_assert_double_ge(got, wanted - MX_PICK_SLOTS / 100.);
			ck_assert_double_le(got, wanted * 1.01 + 3);
			ck_assert_double_ge(got, wanted * 0.99 - 3);
		}
	}
}
END_TEST

START_TEST(taking_out_one_of_sixteen_moves_under_two_percent_of_the_rest)
{
	srand(2);
	for (int seed = 0; seed < 5; seed++) {
		make_claims(16, 1);
		for (uint32_t gone = 0; gone < 16; gone++) {
			uint32_t moved = 0, others = 0;

			ck_assert_int_eq(mx_pick_build(&before, claims, 16), 0);
			claims[gone].weight = 0;
			ck_assert_int_eq(mx_pick_build(&after, claims, 16), 0);
			claims[gone].weight = 1;
			ck_assert_uint_eq(
				slots_of(&after, claims[gone].backend), 0);
			for (uint32_t s = 0; s < MX_PICK_SLOTS; s++) {
				if (before.slot[s] == claims[gone].backend)
					continue;
				others++;
				moved += before.slot[s] != after.slot[s];
			}
			ck_assert_uint_lt(moved * 100, others * 2);
		}
	}
}
END_TEST

/* Weighted Maglev, written out: whole permutations, and a list of who is next.
 */
static void
naive_build(struct mx_pick *pick, uint32_t count)
{
	static uint32_t permutation[24][MX_PICK_SLOTS];
	uint32_t next[24] = {0}, saved[24] = {0}, heaviest = 0, filled = 0;
	const struct mx_hash_key offset_key = {
		{0x243f6a8885a308d3u, 0x13198a2e03707344u}};
	const struct mx_hash_key skip_key = {
		{0xa4093822299f31d0u, 0x082efa98ec4e6c89u}};

	for (uint32_t i = 0; i < count; i++) {
		const uint64_t offset =
			mx_hash_words(&offset_key, claims[i].seed, 0);
		const uint64_t skip =
			1 + mx_hash_words(&skip_key, claims[i].seed, 0) %
				    (MX_PICK_SLOTS - 1);

		for (uint64_t n = 0; n < MX_PICK_SLOTS; n++)
			permutation[i][n] =
				(uint32_t)((offset % MX_PICK_SLOTS + n * skip) %
					   MX_PICK_SLOTS);
		if (claims[i].weight > heaviest)
			heaviest = claims[i].weight;
	}
	memset(pick, 0, sizeof(*pick));
	while (filled < MX_PICK_SLOTS) {
		for (uint32_t i = 0; i < count && filled < MX_PICK_SLOTS; i++) {
			saved[i] += claims[i].weight;
			if (saved[i] < heaviest)
				continue;
			saved[i] -= heaviest;
			while (pick->slot[permutation[i][next[i]]] != 0)
				next[i]++;
			pick->slot[permutation[i][next[i]]] = claims[i].backend;
			filled++;
		}
	}
}

START_TEST(the_table_is_that_of_the_naive_twin)
{
	srand(3);
	for (int round = 0; round < 12; round++) {
		const uint32_t count = 1 + (uint32_t)rand() % 24;

		make_claims(count, round % 3 ? MX_WEIGHT_MAX : 1);
		ck_assert_int_eq(mx_pick_build(&before, claims, count), 0);
		naive_build(&after, count);
		ck_assert_mem_eq(&before, &after, sizeof(before));
	}
}
END_TEST

START_TEST(no_weight_is_no_backend_and_no_error)
{
	memset(&before, 0xff, sizeof(before));
	make_claims(3, 1);
	claims[0].weight = claims[1].weight = claims[2].weight = 0;
	ck_assert_int_eq(mx_pick_build(&before, claims, 3), 0);
	ck_assert_uint_eq(slots_of(&before, MX_BACKEND_NONE), MX_PICK_SLOTS);
	ck_assert_int_eq(mx_pick_build(&before, claims, 0), 0);
	ck_assert_uint_eq(slots_of(&before, MX_BACKEND_NONE), MX_PICK_SLOTS);
}
END_TEST

START_TEST(bad_claims_are_refused_and_the_table_left_alone)
{
	make_claims(MX_BACKENDS_MAX, 1);
	before.slot[7] = 42;
	ck_assert_int_eq(mx_pick_build(&before, claims, MX_BACKENDS_MAX + 1),
			 -EINVAL);
	claims[3].weight = MX_WEIGHT_MAX + 1;
	ck_assert_int_eq(mx_pick_build(&before, claims, 8), -EINVAL);
	claims[3].weight = 1;
	claims[3].backend = MX_BACKEND_NONE;
	ck_assert_int_eq(mx_pick_build(&before, claims, 8), -EINVAL);
	claims[3].backend = MX_BACKENDS_MAX + 1;
	ck_assert_int_eq(mx_pick_build(&before, claims, 8), -EINVAL);
	ck_assert_uint_eq(before.slot[7], 42);
}
END_TEST

START_TEST(every_hash_finds_a_slot)
{
	make_claims(5, 1);
	ck_assert_int_eq(mx_pick_build(&before, claims, 5), 0);
	for (uint64_t hash = 0; hash <= UINT32_MAX; hash += 65521)
		ck_assert_uint_ne(mx_pick_find(&before, (uint32_t)hash),
				  MX_BACKEND_NONE);
	ck_assert_uint_eq(mx_pick_find(&before, UINT32_MAX),
			  before.slot[MX_PICK_SLOTS - 1]);
}
END_TEST

/* The hash that feeds it. */

static const struct mx_hash_key key = {{0x0123456789abcdefu, 42}};

START_TEST(each_bit_of_a_flow_turns_half_the_hash)
{
	srand(4);
	for (int round = 0; round < 200; round++) {
		uint32_t word[3] = {(uint32_t)rand(), (uint32_t)rand(),
				    (uint32_t)rand()};
		const uint64_t base =
			mx_hash_flow4(&key, word[0], word[1], (uint16_t)word[2],
				      (uint16_t)(word[2] >> 16));
		for (int bit = 0; bit < 96; bit++) {
			word[bit / 32] ^= 1u << bit % 32;
			const uint64_t other = mx_hash_flow4(
				&key, word[0], word[1], (uint16_t)word[2],
				(uint16_t)(word[2] >> 16));
			word[bit / 32] ^= 1u << bit % 32;
			const int turned = __builtin_popcountll(base ^ other);
			ck_assert_int_ge(turned, 10);
			ck_assert_int_le(turned, 54);
		}
	}
}
END_TEST

START_TEST(neighbouring_flows_spread_evenly)
{
	static uint32_t low[256], high[256];

	memset(low, 0, sizeof(low));
	memset(high, 0, sizeof(high));
	for (uint32_t i = 0; i < 256 * 1000; i++) {
		const uint64_t hash = mx_hash_flow4(
			&key, htonl(0xc0000200 + i / 1000), htonl(0xc6336419),
			htons((uint16_t)(1024 + i % 1000)), htons(25));
		low[hash & 255]++;
		high[hash >> 56]++;
	}
	/* 1000 expected, and a standard deviation of 32: six of them. */
	for (int i = 0; i < 256; i++) {
		ck_assert_uint_ge(low[i], 810);
		ck_assert_uint_le(low[i], 1190);
		ck_assert_uint_ge(high[i], 810);
		ck_assert_uint_le(high[i], 1190);
	}
}
END_TEST

START_TEST(the_pool_chooses_what_of_a_client_counts)
{
	const struct mx_flow4 a = {htonl(0xc0000207), 9, htons(1000), 25};
	const struct mx_flow4 other_port = {htonl(0xc0000207), 9, htons(1001),
					    25};
	const struct mx_flow4 neighbour = {htonl(0xc0000208), 9, htons(1000),
					   25};
	const struct mx_flow4 stranger = {htonl(0xc0000307), 9, htons(1000),
					  25};
	static const struct {
		enum mx_hash_input input;
		bool port, neighbour, stranger; /* alike? */
	} rows[] = {{MX_HASH_FLOW, false, false, false},
		    {MX_HASH_SOURCE, true, false, false},
		    {MX_HASH_SOURCE_PREFIX, true, true, false}};

	for (int i = 0; i < 3; i++) {
		const enum mx_hash_input input = rows[i].input;
		const uint32_t hash = mx_hash_pick4(&key, input, &a);

		ck_assert_int_eq(
			hash == mx_hash_pick4(&key, input, &other_port),
			rows[i].port);
		ck_assert_int_eq(hash == mx_hash_pick4(&key, input, &neighbour),
				 rows[i].neighbour);
		ck_assert_int_eq(hash == mx_hash_pick4(&key, input, &stranger),
				 rows[i].stranger);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("pick");
	TCase *t = tcase_create("pick");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, shares_follow_weights_within_one_percent);
	tcase_add_test(
		t,
		taking_out_one_of_sixteen_moves_under_two_percent_of_the_rest);
	tcase_add_test(t, the_table_is_that_of_the_naive_twin);
	tcase_add_test(t, no_weight_is_no_backend_and_no_error);
	tcase_add_test(t, bad_claims_are_refused_and_the_table_left_alone);
	tcase_add_test(t, every_hash_finds_a_slot);
	tcase_add_test(t, each_bit_of_a_flow_turns_half_the_hash);
	tcase_add_test(t, neighbouring_flows_spread_evenly);
	tcase_add_test(t, the_pool_chooses_what_of_a_client_counts);
	suite_add_tcase(s, t);
	return s;
}
