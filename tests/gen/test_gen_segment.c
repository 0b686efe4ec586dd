/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments: DPDK's own sums agree with a written segment, and it is read back
 * unchanged.  A damaged or cut segment is not read, and no read goes past it.
 * Method: both families, all small payload sizes, buffers of the exact size for
 * the sanitizers. */
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "segment.h"

#define FRAME_BYTES 2048

static uint8_t frame[FRAME_BYTES];
static struct conn_key key;

static void
set_key(bool six)
{
	key = (struct conn_key){
		.local = mx_addr_from4(htonl(0xc6120102)),
		.remote = mx_addr_from4(htonl(0xc6130001)),
		.local_port_be = htons(40000),
		.remote_port_be = htons(25),
	};
	if (six) {
		key.local = (struct mx_addr){{0xfd, [15] = 1}};
		key.remote = (struct mx_addr){{0xfd, [3] = 2, [15] = 7}};
	}
}

static uint16_t
write_frame(uint32_t bytes, uint16_t mss)
{
	const struct segment_head head = {
		.key = &key,
		.sum = segment_sum(&key),
		.mss = mss,
		.seq = 0xfffffff0,
		.ack = 12345,
		.bytes = bytes,
		.flags = SEGMENT_ACK | (mss != 0 ? SEGMENT_SYN : SEGMENT_PSH),
	};

	for (uint32_t i = 0; i < bytes; i++)
		frame[segment_payload_at(&key) + i] = (uint8_t)(i * 7 + bytes);
	return segment_finish(frame, &head);
}

/* Read `bytes` of a frame that has an allocation of its own. */
static enum segment_kind
read_frame(uint16_t bytes, struct segment *segment)
{
	uint8_t *copy = malloc(bytes > 0 ? bytes : 1);
	struct rte_mbuf mbuf = {
		.buf_addr = copy,
		.data_len = bytes,
		.pkt_len = bytes,
		.nb_segs = 1,
	};

	memcpy(copy, frame, bytes);
	const enum segment_kind kind = segment_read(&mbuf, segment);
	free(copy);
	return kind;
}

START_TEST(sums_are_those_of_dpdk)
{
	for (uint32_t bytes = 0; bytes < 1400; bytes++) {
		void *ip = frame + 14;

		set_key(_i == 1);
		write_frame(bytes, 0);
		struct rte_tcp_hdr *tcp =
			(void *)(frame + segment_payload_at(&key) - 20);
		const uint16_t sum = tcp->cksum;
		tcp->cksum = 0;
		ck_assert_uint_eq(sum,
				  _i == 0 ? rte_ipv4_udptcp_cksum(ip, tcp)
					  : rte_ipv6_udptcp_cksum(ip, tcp));
		if (_i == 0)
			ck_assert_uint_eq(rte_raw_cksum(ip, 20), 0xffff);
	}
}
END_TEST

START_TEST(what_is_written_is_read_from_the_other_side)
{
	struct segment segment;

	set_key(_i == 1);
	const uint16_t bytes = write_frame(100, 0);
	ck_assert_int_eq(read_frame(bytes, &segment), SEGMENT_READ);
	ck_assert(mx_addr_equal(&segment.key.local, &key.remote));
	ck_assert(mx_addr_equal(&segment.key.remote, &key.local));
	ck_assert_uint_eq(segment.key.local_port_be, key.remote_port_be);
	ck_assert_uint_eq(segment.key.remote_port_be, key.local_port_be);
	ck_assert_uint_eq(segment.seq, 0xfffffff0);
	ck_assert_uint_eq(segment.ack, 12345);
	ck_assert_uint_eq(segment.bytes, 100);
	ck_assert_uint_eq(segment.mss, 0);
	ck_assert_int_eq(read_frame(write_frame(0, 1440), &segment),
			 SEGMENT_READ);
	ck_assert_uint_eq(segment.mss, 1440);
	ck_assert_uint_eq(segment.bytes, 0);
}
END_TEST

START_TEST(one_wrong_bit_is_seen)
{
	struct segment segment;

	set_key(_i == 1);
	const uint16_t bytes = write_frame(33, 0);
	for (uint32_t bit = 14 * 8; bit < bytes * 8u; bit++) {
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		const enum segment_kind kind = read_frame(bytes, &segment);
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* IPv6 has no sum over what is not in the pseudo header. */
		const bool unsummed =
			_i == 1 && (bit / 8 < 14 + 4 || bit / 8 == 14 + 7);
		ck_assert(kind != SEGMENT_READ || unsummed);
	}
}
END_TEST

START_TEST(a_part_of_a_frame_is_no_segment)
{
	struct segment segment;

	set_key(_i == 1);
	const uint16_t bytes = write_frame(20, 1440);
	for (uint16_t part = 0; part < bytes; part++)
		ck_assert_int_ne(read_frame(part, &segment), SEGMENT_READ);
	/* A header that claims more than there is, sums put right. */
	for (uint8_t words = 0; words < 16; words++) {
		struct rte_tcp_hdr *tcp =
			(void *)(frame + segment_payload_at(&key) - 20);
		void *ip = frame + 14;

		tcp->data_off = (uint8_t)(words << 4);
		tcp->cksum = 0;
		tcp->cksum = _i == 0 ? rte_ipv4_udptcp_cksum(ip, tcp)
				     : rte_ipv6_udptcp_cksum(ip, tcp);
		if (read_frame(bytes, &segment) == SEGMENT_READ)
			ck_assert_uint_le(words * 4u, 20 + 4 + 20);
		else
			ck_assert(words < 5 || words * 4u > 20 + 4 + 20);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("gen_segment");
	TCase *c = tcase_create("gen_segment");

	tcase_add_loop_test(c, sums_are_those_of_dpdk, 0, 2);
	tcase_add_loop_test(c, what_is_written_is_read_from_the_other_side, 0,
			    2);
	tcase_add_loop_test(c, one_wrong_bit_is_seen, 0, 2);
	tcase_add_loop_test(c, a_part_of_a_frame_is_no_segment, 0, 2);
	suite_add_tcase(s, c);
	return s;
}
