/* SPDX-License-Identifier: BSD-3-Clause */
/* The pick table: shares follow weights, a change moves few flows, and the
 * table is the one of the paper.
 * Method: random weights with a fixed seed, and slots counted; a naive twin
 * that writes out every backend's permutation. */
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

			/* Compared with all slots, and with its own share, the
			 * error is small. */
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

/* Weighted Maglev, written out with whole permutations and a list of turns. */
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

/* A flow of either family, with random ends. */
static struct mx_flow
random_flow(bool four)
{
	struct mx_flow flow;
	uint8_t *byte = (uint8_t *)&flow;

	for (size_t i = 0; i < sizeof(flow); i++)
		byte[i] = (uint8_t)rand();
	if (four) {
		flow.src = mx_addr_from4((uint32_t)rand());
		flow.dst = mx_addr_from4((uint32_t)rand());
	}
	return flow;
}

/* Flip bit n of the bits that distinguish flows of this family: of IPv4 flows
 * the last four bytes of each address, and the ports. */
static void
flip(struct mx_flow *flow, bool four, uint32_t n)
{
	uint32_t at = n / 8;

	if (four)
		at += at < 4 ? 12 : 24;
	((uint8_t *)flow)[at] ^= (uint8_t)(1u << n % 8);
}

START_TEST(each_bit_of_a_flow_turns_half_the_hash)
{
	const bool four = _i == 0;
	const uint32_t bits = four ? 96 : 288;
	uint32_t turned[288] = {0};

	srand(4);
	for (int round = 0; round < 400; round++) {
		struct mx_flow flow = random_flow(four);
		const uint32_t base = mx_hash_pick(&key, MX_HASH_FLOW, &flow);

		for (uint32_t n = 0; n < bits; n++) {
			flip(&flow, four, n);
			turned[n] += (uint32_t)__builtin_popcount(
				base ^ mx_hash_pick(&key, MX_HASH_FLOW, &flow));
			flip(&flow, four, n);
		}
	}
	/* 6400 of 12,800 expected, and a standard deviation of 57: ten. */
	for (uint32_t n = 0; n < bits; n++) {
		ck_assert_uint_ge(turned[n], 5830);
		ck_assert_uint_le(turned[n], 6970);
	}
}
END_TEST

START_TEST(neighbouring_flows_spread_evenly)
{
	static uint32_t low[256], high[256];

	memset(low, 0, sizeof(low));
	memset(high, 0, sizeof(high));
	for (uint32_t i = 0; i < 256 * 1000; i++) {
		const struct mx_flow flow = {
			.src = mx_addr_from4(htonl(0xc0000200 + i / 1000)),
			.dst = mx_addr_from4(htonl(0xc6336419)),
			.src_port_be = htons((uint16_t)(1024 + i % 1000)),
			.dst_port_be = htons(25)};
		const uint32_t hash = mx_hash_pick(&key, MX_HASH_FLOW, &flow);

		low[hash & 255]++;
		high[hash >> 24]++;
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
	static const struct {
		enum mx_hash_input input;
		bool port, neighbour, stranger; /* alike? */
	} rows[] = {{MX_HASH_FLOW, false, false, false},
		    {MX_HASH_SOURCE, true, false, false},
		    {MX_HASH_SOURCE_PREFIX, true, true, false}};
	const bool four = _i == 0;

	srand(5);
	const struct mx_flow a = random_flow(four);
	struct mx_flow other_port = a, neighbour = a, stranger = a;
	other_port.src_port_be ^= 1;
	neighbour.src.byte[15] ^= 1;
	stranger.src.byte[four ? 14 : 7] ^= 1; /* beyond the /24, the /64 */
	for (int i = 0; i < 3; i++) {
		const enum mx_hash_input input = rows[i].input;
		const uint32_t hash = mx_hash_pick(&key, input, &a);

		ck_assert_int_eq(hash == mx_hash_pick(&key, input, &other_port),
				 rows[i].port);
		ck_assert_int_eq(hash == mx_hash_pick(&key, input, &neighbour),
				 rows[i].neighbour);
		ck_assert_int_eq(hash == mx_hash_pick(&key, input, &stranger),
				 rows[i].stranger);
	}
}
END_TEST

/* The place of a client's session is the same from both directions, so there is
 * only one hash.  It must distinguish clients. */
START_TEST(clients_spread_over_slots)
{
	static uint32_t low[256];

	memset(low, 0, sizeof(low));
	for (uint32_t i = 0; i < 256 * 1000; i++) {
		const uint16_t port_be = htons((uint16_t)(1024 + i % 1000));
		uint8_t addr[16] = {0x20, 0x01, 0x0d, 0xb8};

		addr[15] = (uint8_t)(i / 1000);
		low[mx_hash_client6(&key, addr, port_be) & 255]++;
		low[mx_hash_client4(&key, htonl(0xc0000200 + i / 1000),
				    port_be) &
		    255]++;
	}
	for (int i = 0; i < 256; i++) {
		ck_assert_uint_ge(low[i], 2000 - 270);
		ck_assert_uint_le(low[i], 2000 + 270);
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
	tcase_add_loop_test(t, each_bit_of_a_flow_turns_half_the_hash, 0, 2);
	tcase_add_test(t, neighbouring_flows_spread_evenly);
	tcase_add_loop_test(t, the_pool_chooses_what_of_a_client_counts, 0, 2);
	tcase_add_test(t, clients_spread_over_slots);
	suite_add_tcase(s, t);
	return s;
}
