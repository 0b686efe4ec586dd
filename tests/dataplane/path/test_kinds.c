/* SPDX-License-Identifier: BSD-3-Clause */
/* Every kind of session, each mode with each family on either side and each
 * PROXY header: packets leave as expected, byte for byte, in both directions,
 * one at a time and with all kinds in one burst.
 * Method: real worker_poll() over ring ports; expected frames are built from
 * scratch, in the order in which packets were put in. */
#include <stdlib.h>
#include <string.h>

#include "proxytalk.h"
#include "runner.h"

#define ROUNDS 400
#define PADDING 6
#define FULL_BYTES 1400

static const struct {
	enum rig_service service;
	bool client6;
	uint16_t gue_port; /* 0: none */
} kinds[] = {
	{RIG_FULLNAT_TO4, false, 0}, {RIG_FULLNAT_TO4, true, 0},
	{RIG_FULLNAT_TO6, false, 0}, {RIG_FULLNAT_TO6, true, 0},
	{RIG_V1_TO4, false, 0},      {RIG_V1_TO4, true, 0},
	{RIG_V1_TO6, false, 0},      {RIG_V1_TO6, true, 0},
	{RIG_V2_TO4, false, 0},      {RIG_V2_TO4, true, 0},
	{RIG_V2_TO6, false, 0},      {RIG_V2_TO6, true, 0},
	{RIG_NAT_TO4, false, 0},     {RIG_NAT_TO6, true, 0},
	{RIG_DSR_TO4, false, 0},     {RIG_DSR_TO6, true, 0},
	{RIG_IPIP_TO4, false, 0},    {RIG_IPIP_TO4, true, 0},
	{RIG_IPIP_TO6, false, 0},    {RIG_IPIP_TO6, true, 0},
	{RIG_GUE_TO4, false, 6080},  {RIG_GUE_TO4, true, 6080},
	{RIG_GUE_TO6, false, 6080},  {RIG_GUE_TO6, true, 6080},
};
#define KINDS (int)RTE_DIM(kinds)

/* The special property of a packet. */
enum variant {
	PLAIN,
	FULL,     /* as large as there are */
	PADDED,   /* bytes behind it that Ethernet wanted */
	OPTIONS,  /* TCP options, agreed on before */
	SPOILT,   /* damaged on its way here: the checksum stays wrong */
	UNSUMMED, /* its checksum is still to be computed */
	VARIANTS,
};

struct frame {
	uint16_t bytes;
	uint8_t data[FRAME_MAX];
};

static struct rig *rig;
static struct proxytalk session[KINDS];
static struct end outer[KINDS]; /* the sender of the outer packet */

/* What should leave by each port, in order. */
static struct frame expected[2][BURST_MAX];
static uint16_t expected_count[2];

static bool
is_direct(int kind)
{
	return kinds[kind].service >= RIG_DSR_TO4 &&
	       kinds[kind].service <= RIG_GUE_TO6;
}

static bool
is_dsr(int kind)
{
	return kinds[kind].service == RIG_DSR_TO4 ||
	       kinds[kind].service == RIG_DSR_TO6;
}

static void
open_direct(int kind)
{
	struct talk *talk = &session[kind].talk;
	const struct segment syn = talk_in(talk, SYN);
	struct segment sent;
	uint8_t frame[FRAME_MAX];

	talk_send(talk, WAN, &syn);
	const uint16_t bytes = rig_get(rig, LAN, frame);
	ck_assert_uint_gt(bytes, 0);
	frame_read(frame, bytes, &sent);
	talk->mta = rig_mta(sent.to.mac.addr_bytes[5]);
	outer[kind] = sent.from;
	outer[kind].mac = rig_local.mac;
	if (kinds[kind].gue_port == 0)
		outer[kind].port = 0;
	/* Established, as far as mxsteer can see. */
	talk_send(talk, WAN,
		  &(struct segment){.from = talk->client,
				    .to = talk->vip,
				    .flags = ACK,
				    .payload_bytes = 9});
	rig_flush(rig);
}

static void
open_kind(int kind)
{
	struct proxytalk *p = &session[kind];

	*p = proxytalk_make(rig, kinds[kind].service, kinds[kind].client6);
	p->talk.client.port = (uint16_t)(41000 + kind);
	if (is_direct(kind)) {
		open_direct(kind);
	} else if (kinds[kind].service >= RIG_V1_TO4) {
		proxytalk_open(p);
	} else {
		proxytalk_answer(p);
		proxytalk_expect_in(p, ACK, 0, 0, 0);
	}
	if (!is_direct(kind))
		proxytalk_expect_back(p, ACK | PSH, 0, 0, 9);
}

static void
setup(void)
{
	rig = rig_make(1);
	srand(1);
	memset(expected_count, 0, sizeof(expected_count));
}

static void
teardown(void)
{
	rig_free(rig);
}

/* Some segment of either end. */
static struct segment
draw(int kind, uint16_t port, enum variant variant)
{
	static const uint8_t stamps[12] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};
	const struct proxytalk *p = &session[kind];
	const uint32_t at = (uint32_t)rand() % 100000;
	const uint32_t got = (uint32_t)rand() % 100000;
	struct segment said = port == WAN
				      ? proxytalk_in(p, ACK | PSH, at, got)
				      : proxytalk_back(p, ACK | PSH, at, got);

	said.seed = at;
	said.payload_bytes = (uint16_t)(1 + rand() % 300);
	if (variant == FULL)
		said.payload_bytes = FULL_BYTES;
	if (variant == PADDED)
		said.payload_bytes = 0;
	if (variant == OPTIONS) {
		said.option_bytes = sizeof(stamps);
		memcpy(said.option, stamps, sizeof(stamps));
	}
	said.tos = (uint8_t)rand();
	said.ttl = (uint8_t)(2 + rand() % 250);
	said.window = (uint16_t)(1 + rand() % 65535);
	return said;
}

/* The expected frame of a packet that is rewritten. */
static uint16_t
rewritten(int kind, uint16_t port, struct segment said, uint8_t *out)
{
	const struct proxytalk *p = &session[kind];

	if (port == WAN) {
		said = talk_left_in(&p->talk, said);
		said.seq += p->shift;
	} else {
		said = talk_left_back(&p->talk, said);
		said.ack -= p->shift;
	}
	return frame_tcp(out, &said);
}

/* The expected frame of a packet that only changes its path: the same frame. */
static uint16_t
passed_by(int kind, const uint8_t *frame, uint16_t bytes, uint8_t tos,
	  uint8_t *out)
{
	struct wrapping wrapping = {
		.from = outer[kind], .to = session[kind].talk.mta, .tos = tos};

	if (is_dsr(kind)) {
		memcpy(out, frame, bytes);
		memcpy(out, &wrapping.to.mac, 6);
		memcpy(out + 6, &rig_local.mac, 6);
		return bytes;
	}
	wrapping.to.port = kinds[kind].gue_port;
	return frame_wrap(out, &wrapping, frame, bytes);
}

/* Put a packet in, and note what should come out. */
static void
put(int kind, uint16_t port, enum variant variant)
{
	const struct segment said = draw(kind, port, variant);
	const uint16_t to = port == WAN ? LAN : WAN;
	struct frame *twin = &expected[to][expected_count[to]++];
	uint8_t frame[FRAME_MAX];
	uint16_t bytes = frame_tcp(frame, &said);
	uint8_t *sum = frame + (frame_is4(frame) ? 34 : 54) + 16;

	twin->bytes = is_direct(kind) ? passed_by(kind, frame, bytes, said.tos,
						  twin->data)
				      : rewritten(kind, port, said, twin->data);
	/* So is an outer checksum that is computed from the inner one. */
	if (variant == SPOILT) {
		frame[bytes - 1] ^= 0x55;
		twin->data[twin->bytes - 1] ^= 0x55;
	}

	if (variant == PADDED) {
		memset(frame + bytes, 0x55, PADDING);
		bytes += PADDING;
	}
	if (variant == UNSUMMED) {
		memset(sum, 0x55, 2);
		rig->said = RTE_MBUF_F_RX_L4_CKSUM_NONE;
	}
	rig_put(rig, 0, port, frame, bytes);
	rig->said = 0;
}

/* Padding may stay behind the packet. */
static void
assert_left(uint16_t port)
{
	uint8_t frame[FRAME_MAX];

	for (uint16_t i = 0; i < expected_count[port]; i++) {
		const struct frame *twin = &expected[port][i];
		const uint16_t bytes = rig_get(rig, port, frame);

		ck_assert_uint_ge(bytes, twin->bytes);
		ck_assert_uint_le(bytes, twin->bytes + PADDING);
		ck_assert_mem_eq(frame, twin->data, twin->bytes);
	}
	expected_count[port] = 0;
}

static void
poll_and_compare(void)
{
	rig_poll(rig);
	assert_left(LAN);
	assert_left(WAN);
	talk_assert_silence(rig);
}

/* A packet without a checksum is from this machine.  dsr and tunnel send it
 * unchanged. */
static enum variant
variant_for(int kind, int number)
{
	return is_direct(kind) && number == UNSUMMED ? PLAIN
						     : (enum variant)number;
}

START_TEST(a_packet_of_any_kind_leaves_as_built_from_scratch)
{
	const int kind = _i % KINDS;
	const enum variant variant = variant_for(kind, _i / KINDS);

	open_kind(kind);
	for (int i = 0; i < 50; i++) {
		put(kind, WAN, variant);
		poll_and_compare();
		if (is_direct(kind))
			continue;
		put(kind, LAN, variant);
		poll_and_compare();
	}
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

START_TEST(packets_of_all_kinds_in_one_burst_leave_in_order_as_if_alone)
{
	for (int kind = 0; kind < KINDS; kind++)
		open_kind(kind);
	for (int round = 0; round < ROUNDS; round++) {
		const int in = 1 + rand() % BURST_MAX;
		const int back = rand() % BURST_MAX;

		for (int i = 0; i < in; i++) {
			const int kind = rand() % KINDS;

			put(kind, WAN, variant_for(kind, rand() % VARIANTS));
		}
		for (int i = 0; i < back; i++) {
			const int kind = rand() % KINDS;

			if (!is_direct(kind))
				put(kind, LAN,
				    variant_for(kind, rand() % VARIANTS));
		}
		poll_and_compare();
	}
	ck_assert_uint_eq(rig_sessions(rig), KINDS);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("kinds");
	TCase *t = tcase_create("kinds");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t,
			    a_packet_of_any_kind_leaves_as_built_from_scratch,
			    0, VARIANTS * KINDS);
	tcase_add_test(
		t,
		packets_of_all_kinds_in_one_burst_leave_in_order_as_if_alone);
	suite_add_tcase(s, t);
	return s;
}
