/* SPDX-License-Identifier: BSD-3-Clause */
/* The worker that owns a flow: DPDK's own hash agrees, flows are spread evenly,
 * and the answer is always the same.
 * Method: rte_softrss() with the ports' key is the naive twin of the tables;
 * random flows of both families, fixed seeds. */
#include <string.h>

#include <rte_thash.h>

#include "portmap.h"
#include "rssowner.h"
#include "runner.h"

#define FLOWS 20000

static struct rss_owner rss_owner;
static struct rss rss;
static uint64_t seed;

static uint64_t
draw(void)
{
	const struct mx_hash_key key = {
		{0xa4093822299f31d0u, 0x082efa98ec4e6c89u}};

	return mx_hash_words(&key, ++seed, 0);
}

static struct mx_addr
draw_addr(bool six)
{
	struct mx_addr addr = mx_addr_from4((uint32_t)draw());
	const uint64_t half[2] = {draw(), draw()};

	if (six)
		memcpy(&addr, half, sizeof(addr));
	return addr;
}

static struct mx_flow
draw_flow(bool six)
{
	return (struct mx_flow){draw_addr(six), draw_addr(six),
				(uint16_t)draw(), (uint16_t)draw()};
}

static void
make(uint64_t number, uint16_t worker, uint16_t workers)
{
	const struct mx_hash_key key = {{number, ~number}};

	rss_owner_make(&rss_owner, &key, worker, workers);
	rss = rss_owner_wanted(&rss_owner, &key, true);
}

/* The naive twin. */
static uint32_t
hash_of(const struct mx_flow *flow)
{
	uint32_t word[9] = {0};
	const bool four = mx_addr_is4(&flow->src);
	const uint32_t addr_words = four ? 1 : 4;

	memcpy(word, &flow->src.byte[four ? 12 : 0], 4 * addr_words);
	memcpy(word + addr_words, &flow->dst.byte[four ? 12 : 0],
	       4 * addr_words);
	for (uint32_t i = 0; i < 2 * addr_words; i++)
		word[i] = rte_be_to_cpu_32(word[i]);
	word[2 * addr_words] = (uint32_t)rte_be_to_cpu_16(flow->src_port_be)
				       << 16 |
			       rte_be_to_cpu_16(flow->dst_port_be);
	return rte_softrss(word, 2 * addr_words + 1, rss.key);
}

START_TEST(an_owner_is_the_queue_that_rss_chooses)
{
	const uint16_t workers = (uint16_t)_i;
	uint32_t wrong = 0;

	for (uint64_t key = 0; key < 8; key++) {
		make(key, 0, workers);
		for (int i = 0; i < FLOWS; i++) {
			const struct mx_flow flow = draw_flow(i % 2);

			wrong += mx_flow_owner(&rss_owner.owners, &flow) !=
				 rss.queue[hash_of(&flow) % RSS_CLASSES];
		}
	}
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(flows_are_shared_out_evenly)
{
	const uint16_t workers = (uint16_t)_i;
	uint32_t count[MX_WORKERS_MAX] = {0};

	make(7, 0, workers);
	for (int i = 0; i < FLOWS; i++) {
		const struct mx_flow flow = draw_flow(i % 2);
		count[mx_flow_owner(&rss_owner.owners, &flow)]++;
	}
	for (uint16_t w = 0; w < workers; w++)
		ck_assert_uint_gt(count[w], FLOWS / workers / 2u);
}
END_TEST

START_TEST(every_local_port_is_in_a_class_that_tells_where_its_replies_come)
{
	static const uint16_t workers_of[] = {2, 3, 4, 32};
	const bool six = _i % 2;
	const uint16_t workers = workers_of[_i / 2];
	uint32_t wrong = 0;

	for (uint16_t worker = 0; worker < workers; worker++) {
		make((uint64_t)_i, worker, workers);
		rss_owner.predicted = true;
		struct mx_flow reply = draw_flow(six);
		const uint64_t here = rss_owner_here(
			&rss_owner, &reply.src, reply.src_port_be, &reply.dst);
		const struct mx_class_byte *byte =
			rss_owner_port_bytes(&rss_owner, &reply.dst);
		for (uint32_t port = MX_LOCAL_PORT_FIRST; port < 65536;
		     port++) {
			const uint32_t class = byte[0].class[port >> 8] ^
					       byte[1].class[port & 0xff];
			reply.dst_port_be = rte_cpu_to_be_16((uint16_t)port);
			const uint16_t queue =
				rss.queue[hash_of(&reply) % RSS_CLASSES];
			wrong += (here >> class & 1) != (queue == worker);
		}
	}
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(of_64_ports_each_is_in_a_class_of_its_own)
{
	uint32_t wrong = 0;

	make((uint64_t)_i, 0, 2);
	rss_owner.predicted = true;
	for (int six = 0; six < 2; six++) {
		const struct mx_addr local = draw_addr(six);
		const struct mx_class_byte *byte =
			rss_owner_port_bytes(&rss_owner, &local);

		for (uint32_t first = MX_LOCAL_PORT_FIRST; first < 65536;
		     first += 64) {
			uint64_t seen = 0;
			for (uint32_t port = first; port < first + 64; port++)
				seen |= UINT64_C(1)
					<< (byte[0].class[port >> 8] ^
					    byte[1].class[port & 0xff]);
			wrong += seen != UINT64_MAX;
		}
	}
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(nothing_predicted_is_one_class_that_suits)
{
	const struct mx_addr local = draw_addr(_i);

	make(3, 1, 4);
	ck_assert_uint_eq(rss_owner_here(&rss_owner, &local, 25, &local),
			  RSS_OWNER_ANY);
	const struct mx_class_byte *byte =
		rss_owner_port_bytes(&rss_owner, &local);
	for (int value = 0; value < 256; value++) {
		ck_assert_uint_eq(byte[0].class[value], 0);
		ck_assert_uint_eq(byte[1].class[value], 0);
	}
}
END_TEST

START_TEST(the_key_of_the_sessions_alone_decides)
{
	struct rss_owner again;
	const struct mx_hash_key key = {{9, ~UINT64_C(9)}};
	int same = 0;

	make(9, 1, 4);
	rss_owner_make(&again, &key, 2, 4);
	for (int i = 0; i < 1000; i++) {
		const struct mx_flow flow = draw_flow(i % 2);
		ck_assert_uint_eq(mx_flow_owner(&rss_owner.owners, &flow),
				  mx_flow_owner(&again.owners, &flow));
	}
	make(10, 1, 4);
	for (int i = 0; i < 1000; i++) {
		const struct mx_flow flow = draw_flow(i % 2);
		same += mx_flow_owner(&rss_owner.owners, &flow) ==
			mx_flow_owner(&again.owners, &flow);
	}
	ck_assert_int_lt(same, 500);
}
END_TEST

START_TEST(a_port_that_does_as_told_has_no_fault)
{
	for (uint16_t workers = 2; workers <= MX_WORKERS_MAX; workers++) {
		make(workers, 0, workers);
		ck_assert_ptr_null(rss_owner_fault(&rss_owner, &rss));
	}
}
END_TEST

/* The queue of two workers is the last bit of the hash.  The first bit of a
 * flow adds bit 31 of the key to it, and the last bit adds bit 318. */
START_TEST(one_wrong_bit_of_the_key_is_found_out)
{
	make(5, 0, 2);
	rss.key[_i / 8] ^= (uint8_t)(0x80 >> _i % 8);
	ck_assert_ptr_nonnull(rss_owner_fault(&rss_owner, &rss));
}
END_TEST

START_TEST(one_wrong_entry_of_the_table_is_found_out)
{
	make(5, 0, 4);
	rss.queue[_i] ^= 1;
	ck_assert_ptr_nonnull(rss_owner_fault(&rss_owner, &rss));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("rssowner");
	TCase *t = tcase_create("rssowner");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, an_owner_is_the_queue_that_rss_chooses, 1, 9);
	tcase_add_loop_test(t, flows_are_shared_out_evenly, 2,
			    MX_WORKERS_MAX + 1);
	tcase_add_loop_test(
		t,
		every_local_port_is_in_a_class_that_tells_where_its_replies_come,
		0, 8);
	tcase_add_loop_test(t, of_64_ports_each_is_in_a_class_of_its_own, 0, 8);
	tcase_add_loop_test(t, nothing_predicted_is_one_class_that_suits, 0, 2);
	tcase_add_test(t, the_key_of_the_sessions_alone_decides);
	tcase_add_test(t, a_port_that_does_as_told_has_no_fault);
	tcase_add_loop_test(t, one_wrong_bit_of_the_key_is_found_out, 31, 319);
	tcase_add_loop_test(t, one_wrong_entry_of_the_table_is_found_out, 0,
			    RSS_CLASSES);
	suite_add_tcase(s, t);
	return s;
}
