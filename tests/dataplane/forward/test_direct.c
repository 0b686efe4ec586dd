/* SPDX-License-Identifier: BSD-3-Clause */
/* Forward modes dsr and tunnel: the client's packet reaches the backend whole,
 * by its MAC address alone or inside another packet.
 * Method: real worker_poll(); the wrapped frame is built from scratch
 * (directrig.c). test_tunnelsize.c has the sizes. */
#include <string.h>

#include <rte_udp.h>

#include "directrig.h"
#include "runner.h"

START_TEST(the_clients_packet_arrives_whole)
{
	const struct talk talk = direct_talk(_i, 40000);
	struct segment said = talk_in(&talk, SYN);

	talk_send(&talk, WAN, &said);
	direct_assert_left(_i, &said, NULL);
	const struct end source = direct_source(_i);
	for (uint32_t i = 0; i < 500; i++) {
		said = talk_in(&talk, ACK | PSH);
		said.seq = i * 2654435761u;
		said.payload_bytes = (uint16_t)(i * 7 % 1400);
		said.seed = i;
		said.tos = (uint8_t)i; /* ECN is in it */
		said.ttl = (uint8_t)(2 + i % 250);
		talk_send(&talk, WAN, &said);
		direct_assert_left(_i, &said, &source);
	}
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
}
END_TEST

START_TEST(padding_does_not_travel_inside)
{
	const struct talk talk = direct_talk(_i, 40000);
	const struct segment said = talk_in(&talk, SYN);
	uint8_t frame[FRAME_MAX];
	const uint16_t bytes = frame_tcp(frame, &said);

	memset(frame + bytes, 0x55, 6);
	rig_put(rig, 0, WAN, frame, (uint16_t)(bytes + 6));
	rig_poll(rig);
	direct_assert_left(_i, &said, NULL);
}
END_TEST

/* Unless the port says that the inner checksum was never computed. */
START_TEST(what_is_wrong_inside_is_wrong_outside)
{
	const int way = WAYS - 1 - _i / 2; /* GUE over IPv6 */
	const struct talk talk = direct_talk(way, 40000);
	struct segment said = talk_in(&talk, SYN);
	struct rte_udp_hdr *udp = (void *)(out + 54);

	/* In an established session: a segment that moves it must be right. */
	talk_send(&talk, WAN, &said);
	said = talk_in(&talk, ACK);
	said.payload_bytes = 9;
	talk_send(&talk, WAN, &said);
	rig_flush(rig);
	uint8_t frame[FRAME_MAX];
	const uint16_t bytes = frame_tcp(frame, &said);

	frame[bytes - 3] ^= 0x11; /* of the checksum */
	rig->said = _i % 2 ? RTE_MBUF_F_RX_L4_CKSUM_NONE : 0;
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
	ck_assert_uint_gt(rig_get(rig, LAN, out), 0);
	const uint16_t sum = udp->dgram_cksum;
	udp->dgram_cksum = 0;
	ck_assert((sum == frame_sum(out, udp)) == _i % 2);
}
END_TEST

START_TEST(flows_spread_over_sources_and_ports_within_their_bounds)
{
	const bool outer6 = ways[_i].outer6;
	const struct mx_addr base =
		outer6 ? ip6(0xfd00, 3, 0) : ip4(10, 0, 2, 64);
	bool seen[256] = {false}, seen_port[256] = {false};
	uint32_t sources = 0, ports = 0;

	for (uint16_t i = 0; i < 500; i++) {
		const struct talk talk = direct_talk(_i, (uint16_t)(1000 + i));
		const struct segment said = talk_in(&talk, SYN);

		talk_send(&talk, WAN, &said);
		direct_assert_left(_i, &said, NULL);
		const struct end source = direct_source(_i);
		const uint8_t last = source.ip.byte[15];
		if (outer6) {
			ck_assert_mem_eq(&source.ip, &base, 8);
		} else {
			ck_assert_mem_eq(&source.ip, &base, 15);
			ck_assert_uint_eq(last & 0xc0, 64);
		}
		sources += !seen[last];
		seen[last] = true;
		if (ways[_i].port == 0)
			continue;
		ck_assert_uint_ge(source.port, 49152);
		ports += !seen_port[source.port & 255];
		seen_port[source.port & 255] = true;
	}
	ck_assert_uint_ge(sources, 60);
	ck_assert(ways[_i].port == 0 || ports > 200);
}
END_TEST

/* As if another box had the session, or its table were lost. */
START_TEST(a_segment_of_no_session_goes_where_the_table_says)
{
	struct talk talk = direct_talk(_i, 1000);

	for (uint16_t i = 0; i < 100; i++) {
		talk.client.port = (uint16_t)(1000 + i);
		struct segment said = talk_in(&talk, ACK | PSH);

		talk_send(&talk, WAN, &said);
		direct_assert_left(_i, &said, NULL);
		const uint8_t number = out[5];
		said = talk_in(&talk, SYN);
		talk_send(&talk, WAN, &said);
		direct_assert_left(_i, &said, NULL);
		ck_assert_uint_eq(out[5], number);
	}
	ck_assert_uint_eq(rig_sessions(rig), 100);
}
END_TEST

START_TEST(however_loaded_that_backend_is)
{
	struct talk talk = direct_talk(_i, 1000);
	struct segment said = talk_in(&talk, ACK);
	struct mx_plan *plan = rig_plan(rig);

	talk_send(&talk, WAN, &said);
	direct_assert_left(_i, &said, NULL);
	const uint8_t number = out[5];
	/* Sessions of other clients fill it up. */
	plan->backend[number].sessions_max = 1;
	rig->count[0].backend[number].opened = 1;
	talk_send(&talk, WAN, &said);
	direct_assert_left(_i, &said, NULL);
	ck_assert_uint_eq(out[5], number);
	ck_assert_uint_eq(rig->count[0].diverted, 0);
	said = talk_in(&talk, SYN);
	talk_send(&talk, WAN, &said);
	direct_assert_left(_i, &said, NULL);
	ck_assert_uint_ne(out[5], number);
}
END_TEST

START_TEST(a_session_stays_when_the_table_changes)
{
	const struct talk talk = direct_talk(_i, 40000);
	struct segment said = talk_in(&talk, SYN);
	uint16_t weight[3] = {100, 100, 100};

	talk_send(&talk, WAN, &said);
	direct_assert_left(_i, &said, NULL);
	const uint8_t number = out[5];
	weight[(number - 1) % 3] = 0;
	rig_set_weights(rig, weight);
	said = talk_in(&talk, ACK);
	talk_send(&talk, WAN, &said);
	direct_assert_left(_i, &said, NULL);
	ck_assert_uint_eq(out[5], number);
	rig_restart(rig);
	talk_send(&talk, WAN, &said);
	direct_assert_left(_i, &said, NULL);
	ck_assert_uint_eq(out[5], number);
}
END_TEST

START_TEST(a_session_whose_service_forwards_otherwise_now_is_refused)
{
	const struct talk talk = direct_talk(_i, 40000);
	struct segment said = talk_in(&talk, SYN);
	struct mx_service *service = &rig_plan(rig)->service[talk.service];

	talk_send(&talk, WAN, &said);
	rig_flush(rig);
	service->forward = _i < DSRS ? MX_FORWARD_TUNNEL : MX_FORWARD_DSR;
	said = talk_in(&talk, ACK);
	talk_send(&talk, WAN, &said);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_SERVICE), 1);
	talk_assert_silence(rig);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("direct");
	TCase *t = tcase_create("direct");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, the_clients_packet_arrives_whole, 0, WAYS);
	tcase_add_loop_test(t, padding_does_not_travel_inside, DSRS, WAYS);
	tcase_add_loop_test(t, what_is_wrong_inside_is_wrong_outside, 0, 4);
	tcase_add_loop_test(
		t, flows_spread_over_sources_and_ports_within_their_bounds,
		DSRS, WAYS);
	tcase_add_loop_test(
		t, a_segment_of_no_session_goes_where_the_table_says, 0, WAYS);
	tcase_add_loop_test(t, however_loaded_that_backend_is, 0, WAYS);
	tcase_add_loop_test(t, a_session_stays_when_the_table_changes, 0, WAYS);
	tcase_add_loop_test(
		t, a_session_whose_service_forwards_otherwise_now_is_refused, 0,
		WAYS);
	suite_add_tcase(s, t);
	return s;
}
