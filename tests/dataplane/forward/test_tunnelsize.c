/* SPDX-License-Identifier: BSD-3-Clause */
/* The size of a tunnel's packets: one that is too big is answered, and one that
 * both ends agreed on fits.
 * Method: real worker_poll(); the wrapped frame is built from scratch
 * (direct.c). */
#include <string.h>

#include "directrig.h"
#include "runner.h"

START_TEST(a_packet_too_big_for_the_tunnel_is_answered)
{
	const int way = DSRS + _i;
	const uint16_t room = (uint16_t)(1500 - ways[way].overhead);
	const uint16_t headers = ways[way].six ? 60 : 40;
	const struct talk talk = direct_talk(way, 40000);
	struct segment said = talk_in(&talk, SYN);
	uint8_t twin[FRAME_MAX];

	for (int id = 1; id <= 6; id++)
		rig_plan(rig)->backend[id].mtu = 1500;
	talk_send(&talk, WAN, &said);
	rig_flush(rig);
	said = talk_in(&talk, ACK);
	said.payload_bytes = (uint16_t)(room - headers);
	talk_send(&talk, WAN, &said);
	direct_assert_left(way, &said, NULL);

	said.payload_bytes++;
	said.ttl = 17;
	talk_send(&talk, WAN, &said);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_TOO_BIG), 1);
	ck_assert_uint_eq(rig->count[0].made, 1);
	struct error error = {
		.from = talk.vip,
		.to = talk.client,
		.type = ways[way].six ? 2 : 3,
		.code = ways[way].six ? 0 : 4,
		.mtu = room,
		.about = said,
		.made = true,
	};
	error.about.made = true;
	talk_assert_frame(rig, WAN, twin, frame_error(twin, &error));
	talk_assert_silence(rig);
}
END_TEST

START_TEST(an_mtu_nobody_knows_refuses_nothing)
{
	const int way = DSRS + _i;
	const struct talk talk = direct_talk(way, 40000);
	struct segment said = talk_in(&talk, SYN);

	talk_send(&talk, WAN, &said);
	rig_flush(rig);
	said = talk_in(&talk, ACK);
	said.payload_bytes = 1400;
	talk_send(&talk, WAN, &said);
	direct_assert_left(way, &said, NULL);
}
END_TEST

START_TEST(the_segment_size_is_clamped_to_what_the_tunnel_holds)
{
	const int way = DSRS + _i;
	const uint16_t most = (uint16_t)(1500 - ways[way].overhead -
					 (ways[way].six ? 60 : 40));
	static const uint16_t sizes[] = {536, 1300, 1460, 9000, 65535};
	struct talk talk = direct_talk(way, 40000);

	for (int id = 1; id <= 6; id++)
		rig_plan(rig)->backend[id].mtu = 1500;
	for (size_t i = 0; i < RTE_DIM(sizes); i++) {
		for (uint8_t odd = 0; odd < 2; odd++) {
			struct segment said = talk_in(&talk, SYN);
			const uint16_t left = sizes[i] < most ? sizes[i] : most;
			uint8_t *mss = said.option + odd;

			said.option_bytes = 8;
			memset(said.option, 1, 8);
			memcpy(mss, (uint8_t[]){2, 4}, 2);
			mss[2] = (uint8_t)(sizes[i] >> 8);
			mss[3] = (uint8_t)sizes[i];
			talk.client.port++;
			said.from.port = talk.client.port;
			talk_send(&talk, WAN, &said);
			mss[2] = (uint8_t)(left >> 8);
			mss[3] = (uint8_t)left;
			direct_assert_left(way, &said, NULL);
		}
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("tunnelsize");
	TCase *t = tcase_create("tunnelsize");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_packet_too_big_for_the_tunnel_is_answered, 0,
			    WAYS - DSRS);
	tcase_add_loop_test(t, an_mtu_nobody_knows_refuses_nothing, 0,
			    WAYS - DSRS);
	tcase_add_loop_test(
		t, the_segment_size_is_clamped_to_what_the_tunnel_holds, 0,
		WAYS - DSRS);
	suite_add_tcase(s, t);
	return s;
}
