/* SPDX-License-Identifier: BSD-3-Clause */
/* SYN-ACKs that begin here, in the frame of the SYN.
 * Method: read what real SYNs offer, fill a frame, and compare it with one of a
 * builder that computes every checksum in full. */
#include <stdlib.h>
#include <string.h>

#include "maker.h"
#include "options.h"
#include "rigports.h"
#include "runner.h"
#include "synack.h"

static const struct end vip4 = {
	{{2, 0, 0, 0, 0, 1}}, {{[10] = 0xff, 0xff, 198, 51, 100, 25}}, 25};

static struct segment
syn_of(bool six, const uint8_t *option, uint8_t bytes)
{
	struct segment syn = {
		.from = six ? rig_client6 : rig_client,
		.to = six ? rig_vip6 : vip4,
		.flags = SYN,
		.seq = 0xfffffffe,
		.option_bytes = bytes,
	};

	if (bytes > 0)
		memcpy(syn.option, option, bytes);
	return syn;
}

static struct rte_mbuf *
frame_of(const struct segment *segment)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(rig_ports.pool);
	uint8_t bytes[FRAME_MAX];
	const uint16_t count = frame_tcp(bytes, segment);

	memcpy(rte_pktmbuf_append(frame, count), bytes, count);
	return frame;
}

static struct mx_flow
flow_of(const struct segment *segment)
{
	return (struct mx_flow){segment->from.ip, segment->to.ip,
				rte_cpu_to_be_16(segment->from.port),
				rte_cpu_to_be_16(segment->to.port)};
}

/* Answer a SYN, and compare with the builder's answer. */
static void
check_answer(const struct segment *syn, const struct offer *says,
	     const uint8_t *option, uint8_t option_bytes)
{
	const struct mx_flow flow = flow_of(syn);
	const struct synack synack = {.flow = &flow,
				      .client_isn = syn->seq,
				      .isn = 0xabcdef12,
				      .window = 8192,
				      .says = *says};
	struct segment expected = {
		.from = syn->to,
		.to = syn->from,
		.flags = SYN | ACK,
		.seq = 0xabcdef12,
		.ack = syn->seq + 1,
		.window = 8192,
		.made = true,
		.option_bytes = option_bytes,
	};
	struct rte_mbuf *frame = frame_of(syn);
	uint8_t bytes[FRAME_MAX];

	memcpy(expected.option, option, option_bytes);
	const uint16_t count = frame_tcp(bytes, &expected);
	frame->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_NONE;
	maker_empty(frame);
	ck_assert_uint_eq(frame->ol_flags, 0);
	synack_fill(frame, &synack);
	ck_assert_uint_eq(rte_pktmbuf_pkt_len(frame), count);
	/* The Ethernet header is egress_send()'s. */
	ck_assert_mem_eq(rte_pktmbuf_mtod_offset(frame, void *, 14), bytes + 14,
			 count - 14u);
	rte_pktmbuf_free(frame);
}

/* Of Linux: size, SACK, timestamps, scale 7. */
static const uint8_t linux_syn[] = {2, 4, 0x05, 0xb4, 4, 2, 8, 10, 1, 2,
				    3, 4, 0,    0,    0, 0, 1, 3,  3, 7};

START_TEST(a_syn_of_linux_is_read_and_answered)
{
	const struct segment syn = syn_of(_i, linux_syn, sizeof(linux_syn));
	struct rte_mbuf *frame = frame_of(&syn);
	const struct offer offer = options_read_offer(frame, _i ? 40 : 20);
	const struct offer says = {1440, 9, true};

	rte_pktmbuf_free(frame);
	ck_assert_uint_eq(offer.mss, 1460);
	ck_assert_uint_eq(offer.scale, 7);
	ck_assert(offer.sack);
	check_answer(
		&syn, &says,
		(const uint8_t[]){2, 4, 0x05, 0xa0, 1, 3, 3, 9, 1, 1, 4, 2},
		12);
}
END_TEST

START_TEST(only_what_is_to_be_said_is_said)
{
	const struct segment syn = syn_of(_i, NULL, 0);
	const struct offer nothing = {1460, OFFER_NO_SCALE, false};
	const struct offer sack = {1460, OFFER_NO_SCALE, true};
	const struct offer scale = {1300, 7, false};

	check_answer(&syn, &nothing, (const uint8_t[]){2, 4, 0x05, 0xb4}, 4);
	check_answer(&syn, &sack,
		     (const uint8_t[]){2, 4, 0x05, 0xb4, 1, 1, 4, 2}, 8);
	check_answer(&syn, &scale,
		     (const uint8_t[]){2, 4, 0x05, 0x14, 1, 3, 3, 7}, 8);
}
END_TEST

/* Lengths that lie, an option that ends behind the header, scales that no end
 * may use, random bytes: none is read beyond, and none makes an offer that is
 * none. */
START_TEST(options_that_lie_offer_nothing_wrong)
{
	static const uint8_t lies[][8] = {
		{2, 3, 5, 0xb4, 1, 1, 1, 1},    {2, 200, 5, 0xb4, 1, 1, 1, 1},
		{3, 2, 7, 1, 1, 1, 1, 1},       {4, 3, 0, 1, 1, 1, 1, 1},
		{2, 0, 5, 0xb4, 2, 1, 5, 5},    {1, 1, 1, 1, 1, 1, 3, 3},
		{0, 2, 4, 0x05, 0xb4, 1, 1, 1},
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		const struct segment syn = syn_of(false, lies[i], 8);
		struct rte_mbuf *frame = frame_of(&syn);
		const struct offer offer = options_read_offer(frame, 20);

		ck_assert_uint_eq(offer.mss, 0);
		ck_assert_uint_eq(offer.scale, OFFER_NO_SCALE);
		ck_assert(!offer.sack);
		rte_pktmbuf_free(frame);
	}
	const uint8_t steep[4] = {1, 3, 3, 200};
	const struct segment syn = syn_of(false, steep, 4);
	struct rte_mbuf *frame = frame_of(&syn);
	ck_assert_uint_eq(options_read_offer(frame, 20).scale, 14);
	rte_pktmbuf_free(frame);
	srand(3);
	for (int i = 0; i < 20000; i++) {
		uint8_t noise[40];

		for (int k = 0; k < 40; k++)
			noise[k] = (uint8_t)(rand() % 12);
		const struct segment random =
			syn_of(false, noise, (uint8_t)(rand() % 11 * 4));
		frame = frame_of(&random);
		const struct offer offer = options_read_offer(frame, 20);
		ck_assert(offer.scale <= OFFER_NO_SCALE);
		rte_pktmbuf_free(frame);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("synack");
	TCase *t = tcase_create("synack");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_syn_of_linux_is_read_and_answered, 0, 2);
	tcase_add_loop_test(t, only_what_is_to_be_said_is_said, 0, 2);
	tcase_add_test(t, options_that_lie_offer_nothing_wrong);
	suite_add_tcase(s, t);
	return s;
}
