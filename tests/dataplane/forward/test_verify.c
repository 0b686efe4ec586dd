/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of a segment's TCP checksum: right, partial because its sender left
 * the rest to a network card, or wrong.
 * Method: whole frames of both families, a bare struct rte_mbuf around each, no
 * EAL; checksums of each state are made by hand. */
#include <stdlib.h>
#include <string.h>

#include "verify.h"
#include "frames.h"
#include "runner.h"

static const struct end ends[][2] = {
	{{.ip = {{[10] = 0xff, 0xff, 203, 0, 113, 7}}, .port = 40000},
	 {.ip = {{[10] = 0xff, 0xff, 198, 51, 100, 25}}, .port = 25}},
	{{.ip = {{0x20, 1, 0xd, 0xb8, [15] = 7}}, .port = 40000},
	 {.ip = {{0x20, 1, 0xd, 0xb8, [15] = 25}}, .port = 25}},
};
#define FAMILIES (int)RTE_DIM(ends)

static uint8_t data[FRAME_MAX];
static struct rte_mbuf frame;
static uint32_t ip_bytes;
static uint16_t bytes;

/* A right segment with so many bytes of payload. */
static struct rte_tcp_hdr *
make(int family, uint16_t payload_bytes, uint32_t seed)
{
	const struct segment segment = {
		.from = ends[family][0],
		.to = ends[family][1],
		.flags = ACK,
		.seq = seed * 2654435761u,
		.ack = seed * 40503u,
		.payload_bytes = payload_bytes,
		.seed = seed,
	};

	bytes = frame_tcp(data, &segment);
	ip_bytes = family == 0 ? 20 : 40;
	frame = (struct rte_mbuf){
		.buf_addr = data,
		.buf_len = sizeof(data),
		.data_len = bytes,
		.pkt_len = bytes,
	};
	return packet_tcp(&frame, ip_bytes);
}

START_TEST(a_right_checksum_is_good_whatever_the_length)
{
	for (uint16_t n = 0; n <= 1400; n++) {
		make(_i, n, n);
		ck_assert_int_eq(checksum_verify(&frame, ip_bytes),
				 CHECKSUM_GOOD);
	}
}
END_TEST

START_TEST(bytes_behind_the_packet_do_not_count)
{
	make(_i, 0, 1);
	memset(data + bytes, 0xa5, 6); /* what Ethernet fills up with */
	frame.data_len = (uint16_t)(bytes + 6);
	frame.pkt_len = frame.data_len;
	ck_assert_int_eq(checksum_verify(&frame, ip_bytes), CHECKSUM_GOOD);
}
END_TEST

START_TEST(any_bit_that_is_not_as_it_was_makes_it_wrong)
{
	for (uint16_t n = 0; n < 40; n += 13) {
		const struct rte_tcp_hdr *tcp = make(_i, n, n);
		const uint32_t first = (uint32_t)((uint8_t *)tcp - data);

		for (uint32_t bit = first * 8; bit < bytes * 8u; bit++) {
			data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			ck_assert_int_eq(checksum_verify(&frame, ip_bytes),
					 CHECKSUM_WRONG);
			data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		ck_assert_int_eq(checksum_verify(&frame, ip_bytes),
				 CHECKSUM_GOOD);
	}
}
END_TEST

/* As Linux writes it: the folded sum of addresses, protocol and length. */
static uint16_t
begun(void)
{
	const uint32_t length =
		(uint32_t)(bytes - RTE_ETHER_HDR_LEN - ip_bytes);
	const uint8_t *at =
		data + RTE_ETHER_HDR_LEN + (ip_bytes == 20 ? 12 : 8);
	uint32_t sum = length + IPPROTO_TCP;

	for (uint32_t i = 0; i < (ip_bytes == 20 ? 8u : 32u); i += 2)
		sum += (uint32_t)(at[i] << 8 | at[i + 1]);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return rte_cpu_to_be_16((uint16_t)sum);
}

START_TEST(a_begun_checksum_is_told_from_a_wrong_one)
{
	for (uint16_t n = 0; n <= 1400; n++) {
		struct rte_tcp_hdr *tcp = make(_i, n, n);

		tcp->cksum = begun();
		ck_assert_int_eq(checksum_verify(&frame, ip_bytes),
				 CHECKSUM_PARTIAL);
		ck_assert_uint_eq(checksum_pseudo(&frame, ip_bytes),
				  tcp->cksum);
		/* The complement is neither right nor partial. */
		tcp->cksum = (uint16_t)~tcp->cksum;
		ck_assert_int_eq(checksum_verify(&frame, ip_bytes),
				 CHECKSUM_WRONG);
	}
}
END_TEST

START_TEST(a_right_checksum_that_looks_begun_is_good)
{
	/* A payload whose words sum to zero makes the two equal. */
	struct rte_tcp_hdr *tcp = make(_i, 2, 1);
	const uint16_t pseudo = checksum_pseudo(&frame, ip_bytes);
	uint8_t *payload = (uint8_t *)(tcp + 1);

	for (uint32_t word = 0; word < 0x10000; word++) {
		payload[0] = (uint8_t)(word >> 8);
		payload[1] = (uint8_t)word;
		tcp->cksum = 0;
		tcp->cksum = frame_sum(data, tcp);
		if (tcp->cksum == pseudo)
			break;
	}
	ck_assert_uint_eq(tcp->cksum, pseudo);
	ck_assert_int_eq(checksum_verify(&frame, ip_bytes), CHECKSUM_GOOD);
}
END_TEST

START_TEST(what_the_port_says_is_believed)
{
	struct rte_tcp_hdr *tcp = make(_i, 10, 1);

	frame.ol_flags = RTE_MBUF_F_RX_L4_CKSUM_BAD;
	ck_assert_int_eq(checksum_verify(&frame, ip_bytes), CHECKSUM_WRONG);
	frame.ol_flags = RTE_MBUF_F_RX_L4_CKSUM_NONE;
	ck_assert_int_eq(checksum_verify(&frame, ip_bytes), CHECKSUM_PARTIAL);
	tcp->cksum ^= 1;
	frame.ol_flags = RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	ck_assert_int_eq(checksum_verify(&frame, ip_bytes), CHECKSUM_GOOD);
	/* The flag concerns only the IPv4 header. */
	frame.ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	ck_assert_int_eq(checksum_verify(&frame, ip_bytes), CHECKSUM_WRONG);
}
END_TEST

Suite *
suite(void)
{
	Suite *all = suite_create("verify");
	TCase *test = tcase_create("checksums");

	tcase_add_loop_test(test, a_right_checksum_is_good_whatever_the_length,
			    0, FAMILIES);
	tcase_add_loop_test(test, bytes_behind_the_packet_do_not_count, 0,
			    FAMILIES);
	tcase_add_loop_test(test, any_bit_that_is_not_as_it_was_makes_it_wrong,
			    0, FAMILIES);
	tcase_add_loop_test(test, a_begun_checksum_is_told_from_a_wrong_one, 0,
			    FAMILIES);
	tcase_add_loop_test(test, a_right_checksum_that_looks_begun_is_good, 0,
			    FAMILIES);
	tcase_add_loop_test(test, what_the_port_says_is_believed, 0, FAMILIES);
	suite_add_tcase(all, test);
	return all;
}
