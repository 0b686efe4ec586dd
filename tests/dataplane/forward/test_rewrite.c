/* SPDX-License-Identifier: BSD-3-Clause */
/* Forward modes fullnat and nat: a frame leaves by the other port as expected,
 * byte for byte, for all families of both sides.
 * Method: real worker_poll() over ring ports; the expected frame is built from
 * scratch with its checksums computed in full. */
#include <stdlib.h>
#include <string.h>

#include "onerig.h"
#include "runner.h"

static const struct {
	enum rig_service service;
	bool six;
} ways[] = {
	{RIG_FULLNAT_TO4, false}, {RIG_FULLNAT_TO4, true},
	{RIG_FULLNAT_TO6, false}, {RIG_FULLNAT_TO6, true},
	{RIG_NAT_TO4, false},     {RIG_NAT_TO6, true},
};
#define WAYS (int)RTE_DIM(ways)

static struct talk
the_talk(int way)
{
	const struct end client = talk_client(ways[way].six, 40000);
	struct talk talk = talk_make(rig, ways[way].service, &client);

	talk_syn(&talk);
	return talk;
}

START_TEST(a_session_is_rewritten_both_ways_to_the_byte)
{
	const struct talk talk = the_talk(_i);
	struct segment said;

	for (uint32_t i = 0; i < 1500; i++) {
		const uint16_t bytes = (uint16_t)(i * 7 % 1421);
		said = talk_in(&talk, ACK | PSH);
		said.seq = i * 2654435761u;
		said.ack = i * 40503u;
		said.window = (uint16_t)(i + 1);
		said.tos = (uint8_t)(i * 5);
		said.payload_bytes = bytes;
		said.seed = i;
		said.ttl = (uint8_t)(2 + i % 250);
		talk_send(&talk, WAN, &said);
		said = talk_left_in(&talk, said);
		talk_assert_left(rig, LAN, &said);

		said = talk_back(&talk, ACK);
		said.seq = ~i;
		said.tos = (uint8_t)(i * 3);
		said.payload_bytes = bytes;
		said.ttl = (uint8_t)(2 + i % 250);
		talk_send(&talk, LAN, &said);
		said = talk_left_back(&talk, said);
		talk_assert_left(rig, WAN, &said);
	}
	const struct mx_flow_count *count =
		&rig->count[0].service[talk.service];
	ck_assert_uint_eq(count->packets_in, 1501);
	ck_assert_uint_eq(count->packets_out, 1500);
}
END_TEST

START_TEST(who_is_who_is_what_the_mode_says)
{
	const struct talk talk = the_talk(_i);
	const bool nat =
		talk.service == RIG_NAT_TO4 || talk.service == RIG_NAT_TO6;
	const bool local6 = !mx_addr_is4(&talk.mta.ip);
	struct mx_addr local = local6 ? rig_local6.ip : rig_local.ip;

	if (nat) {
		ck_assert(mx_addr_equal(&talk.local.ip, &talk.client.ip));
		ck_assert_uint_eq(talk.local.port, talk.client.port);
		return;
	}
	/* One of the two of the server's family. */
	if (!mx_addr_equal(&talk.local.ip, &local))
		local.byte[15]++;
	ck_assert(mx_addr_equal(&talk.local.ip, &local));
	ck_assert_uint_ge(talk.local.port, MX_LOCAL_PORT_FIRST);
}
END_TEST

START_TEST(padding_of_a_short_frame_is_no_payload)
{
	const struct talk talk = the_talk(_i);
	const struct segment said = talk_in(&talk, ACK);
	const struct segment left = talk_left_in(&talk, said);
	uint8_t frame[FRAME_MAX], twin[FRAME_MAX];
	const uint16_t bytes = frame_tcp(frame, &said);
	const uint16_t twin_bytes = frame_tcp(twin, &left);

	memset(frame + bytes, 0x55, 6);
	rig_put(rig, 0, WAN, frame, (uint16_t)(bytes + 6));
	rig_poll(rig);
	const uint16_t left_bytes = rig_get(rig, LAN, frame);
	ck_assert_uint_ge(left_bytes, twin_bytes);
	ck_assert_mem_eq(frame, twin, twin_bytes);
}
END_TEST

START_TEST(many_addresses_and_ports_keep_their_checksums_right)
{
	srand(1);
	for (int i = 0; i < 1000; i++) {
		struct end client = talk_client(ways[_i].six,
						(uint16_t)(1 + rand() % 65535));
		client.ip.byte[12] = (uint8_t)(1 + rand() % 100);
		client.ip.byte[13] = (uint8_t)rand();
		client.ip.byte[14] = (uint8_t)rand();
		const struct talk talk =
			talk_make(rig, ways[_i].service, &client);
		struct segment syn = talk_in(&talk, SYN);
		syn.payload_bytes = (uint16_t)(rand() % 64);
		talk_send(&talk, WAN, &syn);
		talk_next(rig, LAN); /* looks at the checksums */
	}
}
END_TEST

START_TEST(a_wrong_tcp_checksum_stays_wrong)
{
	const struct talk talk = the_talk(_i);
	const struct segment said = talk_in(&talk, ACK);
	uint8_t frame[FRAME_MAX];
	const uint16_t bytes = frame_tcp(frame, &said);

	frame[bytes - 4] ^= 0x40;
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
	const uint16_t left = rig_get(rig, LAN, frame);
	ck_assert_uint_gt(left, 0);
	ck_assert(!frame_sums_are_right(frame, left));
}
END_TEST

START_TEST(a_checksum_nobody_has_computed_is_computed)
{
	const struct talk talk = the_talk(_i);
	struct segment said = talk_in(&talk, ACK);
	uint8_t frame[FRAME_MAX];

	said.payload_bytes = 33;
	const uint16_t bytes = frame_tcp(frame, &said);
	frame[bytes - 33 - 4] ^= 0x40;
	rig->said = RTE_MBUF_F_RX_L4_CKSUM_NONE;
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
	said = talk_left_in(&talk, said);
	talk_assert_left(rig, LAN, &said);
}
END_TEST

/* Options as they are sent and as they leave, of SYN and SYN-ACK. */
static const struct {
	const char *what;
	uint8_t bytes;
	uint8_t in[40];
	uint8_t out[40];
} options[] = {
	{"none", 0, {0}, {0}},
	{"all that Linux sends",
	 20,
	 {2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7},
	 {2, 4, 5, 0xb4, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 7}},
	{"at an odd place",
	 16,
	 {1, 8, 10, 9, 8, 7, 6, 5, 4, 3, 2, 3, 3, 7, 0, 0},
	 {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 7, 0, 0}},
	{"a fast-open cookie",
	 12,
	 {34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1},
	 {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
	{"an empty fast-open request", 4, {34, 2, 1, 1}, {1, 1, 1, 1}},
	{"past the end", 4, {8, 10, 1, 2}, {8, 10, 1, 2}},
	{"length 0", 8, {99, 0, 8, 10, 1, 1, 1, 1}, {99, 0, 8, 10, 1, 1, 1, 1}},
	{"length 1", 8, {99, 1, 8, 10, 1, 1, 1, 1}, {99, 1, 8, 10, 1, 1, 1, 1}},
	{"a kind at the very end", 4, {1, 1, 1, 8}, {1, 1, 1, 8}},
	{"after the end",
	 16,
	 {0, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8},
	 {0, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}},
	{"as many as there can be",
	 40,
	 {8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 8,  10, 1, 2, 3, 4, 5, 6, 7, 8,
	  8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 34, 10, 1, 2, 3, 4, 5, 6, 7, 8},
	 {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
};
#define OPTIONS (int)RTE_DIM(options)

static struct segment
with_options(struct segment segment, uint8_t bytes, const uint8_t *option)
{
	segment.option_bytes = bytes;
	memcpy(segment.option, option, bytes);
	return segment;
}

START_TEST(handshakes_through_a_shared_address_hide_whose_they_are)
{
	const int way = _i / OPTIONS, row = _i % OPTIONS;
	const struct talk talk = the_talk(way);
	const bool shared = talk.service == RIG_FULLNAT_TO4 ||
			    talk.service == RIG_FULLNAT_TO6;
	const uint8_t bytes = options[row].bytes;
	const uint8_t *left = shared ? options[row].out : options[row].in;
	struct segment said;

	said = with_options(talk_in(&talk, SYN), bytes, options[row].in);
	talk_send(&talk, WAN, &said);
	said = with_options(talk_left_in(&talk, said), bytes, left);
	talk_assert_left(rig, LAN, &said);

	said = with_options(talk_back(&talk, SYN | ACK), bytes,
			    options[row].in);
	talk_send(&talk, LAN, &said);
	said = with_options(talk_left_back(&talk, said), bytes, left);
	talk_assert_left(rig, WAN, &said);

	/* Later segments have what the handshake agreed on. */
	said = with_options(talk_in(&talk, ACK), bytes, options[row].in);
	talk_send(&talk, WAN, &said);
	said = talk_left_in(&talk, said);
	talk_assert_left(rig, LAN, &said);
}
END_TEST

START_TEST(a_time_to_live_that_is_used_up_goes_no_further)
{
	const struct talk talk = the_talk(_i);
	struct segment said = talk_in(&talk, ACK);

	said.ttl = 1;
	talk_send(&talk, WAN, &said);
	said = talk_back(&talk, ACK);
	said.ttl = 1;
	talk_send(&talk, LAN, &said);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_TTL), 2);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(what_a_nat_backend_says_to_others_is_the_kernels)
{
	const struct talk talk = the_talk(4 + _i);
	struct segment said = talk_back(&talk, ACK);

	said.to.port++;
	talk_send(&talk, LAN, &said);
	said = talk_back(&talk, ACK);
	said.to.ip.byte[15]++;
	talk_send(&talk, LAN, &said);
	said = talk_back(&talk, ACK);
	said.from.port++;
	talk_send(&talk, LAN, &said);
	ck_assert_uint_eq(rig->count[0].to_kernel, 3);
	talk_assert_silence(rig);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("rewrite");
	TCase *t = tcase_create("rewrite");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_session_is_rewritten_both_ways_to_the_byte, 0,
			    WAYS);
	tcase_add_loop_test(t, who_is_who_is_what_the_mode_says, 0, WAYS);
	tcase_add_loop_test(t, padding_of_a_short_frame_is_no_payload, 0, WAYS);
	tcase_add_loop_test(t,
			    many_addresses_and_ports_keep_their_checksums_right,
			    0, WAYS);
	tcase_add_loop_test(t, a_wrong_tcp_checksum_stays_wrong, 0, WAYS);
	tcase_add_loop_test(t, a_checksum_nobody_has_computed_is_computed, 0,
			    WAYS);
	tcase_add_loop_test(
		t, handshakes_through_a_shared_address_hide_whose_they_are, 0,
		WAYS * OPTIONS);
	tcase_add_loop_test(t, a_time_to_live_that_is_used_up_goes_no_further,
			    0, WAYS);
	tcase_add_loop_test(t, what_a_nat_backend_says_to_others_is_the_kernels,
			    0, 2);
	suite_add_tcase(s, t);
	return s;
}
