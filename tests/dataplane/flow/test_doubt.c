/* SPDX-License-Identifier: BSD-3-Clause */
/* A stranger's segments change no session, and the backend's answer decides.
 * Method: one session in a rig.  A stranger sends everything that is possible
 * without the session's numbers; then the next honest segment is checked. */
#include <string.h>

#include "onerig.h"
#include "runner.h"

static uint8_t out[FRAME_MAX];

static void
blind_reset(const struct talk *talk)
{
	struct segment said = talk_in(talk, RST);

	said.seq = 0x12345678;
	talk_send(talk, WAN, &said);
	ck_assert_uint_gt(rig_get(rig, LAN, out), 0); /* the MTA judges it */
	ck_assert_uint_eq(talk_state(talk), MX_SESSION_DOUBTED);
}

START_TEST(a_blind_reset_makes_one_question_and_an_answer_ends_the_doubt)
{
	const struct talk talk = onerig_open(40000);

	blind_reset(&talk);
	ck_assert_uint_eq(rig->count[0].service[0].opened -
				  rig->count[0].service[0].closed,
			  1);
	rig_pass_ms(rig, 60);
	const struct segment asked = talk_next(rig, LAN);
	ck_assert_uint_eq(asked.flags, ACK);
	ck_assert_uint_eq(asked.seq, 1 - 100u);
	ck_assert_uint_eq(asked.ack, 1);
	ck_assert_uint_eq(asked.payload_bytes, 0);
	talk_assert_silence(rig);
	talk_hear(&talk, ACK);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
	rig_pass_ms(rig, 5000);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].doubts_alive, 1);
}
END_TEST

START_TEST(a_backend_that_is_gone_ends_the_session)
{
	const struct talk talk = onerig_open(40000);

	blind_reset(&talk);
	rig_pass_ms(rig, 60);
	rig_flush(rig);
	talk_hear(&talk, RST);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_RESET);
	ck_assert_uint_eq(rig->count[0].doubts_dead, 1);
	ck_assert_uint_eq(rig->count[0].service[0].closed, 1);
}
END_TEST

START_TEST(a_backend_that_says_nothing_leaves_the_session_alone)
{
	const struct talk talk = onerig_open(40000);

	blind_reset(&talk);
	for (int i = 0; i < 6; i++)
		rig_pass_ms(rig, 1500);
	rig_flush(rig);
	ck_assert_uint_eq(rig->count[0].doubts_asked, 3);
	ck_assert_uint_eq(rig->count[0].doubts_unanswered, 1);
	rig_pass_s(rig, 10 * 60);
	talk_hear_data(&talk);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
}
END_TEST

START_TEST(replies_follow_a_new_way_once_the_backend_confirms_the_numbers)
{
	const struct talk talk = onerig_open(40000);
	const bool honest = _i;
	struct segment said = talk_in(&talk, ACK);

	said.from.mac.addr_bytes[5] = 0x77;
	if (honest)
		said.ack += 30; /* the greeting */
	else
		said.seq = 0x12345678;
	talk_send(&talk, WAN, &said);
	rig_flush(rig);
	ck_assert_uint_eq(talk_session(&talk)->client_mac[5],
			  talk.client.mac.addr_bytes[5]);
	said = talk_back(&talk, ACK);
	said.seq = 1 + 30;
	talk_send(&talk, LAN, &said);
	rig_flush(rig);
	ck_assert_uint_eq(talk_session(&talk)->client_mac[5],
			  honest ? 0x77 : talk.client.mac.addr_bytes[5]);
	ck_assert_uint_eq(rig->count[0].ways_moved, honest);
}
END_TEST

START_TEST(a_reply_from_the_clients_side_is_dropped_and_moves_nothing)
{
	static const uint8_t flags[] = {SYN | ACK, ACK, FIN | ACK, RST};
	const struct talk talk = onerig_open(40000);
	struct segment said = talk_back(&talk, flags[_i]);

	said.to.mac = rig_vip.mac;
	talk_send(&talk, WAN, &said);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NOT_OURS), 1);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_ESTABLISHED);
}
END_TEST

START_TEST(a_repeated_syn_ack_does_not_keep_a_half_open_session)
{
	const struct end client = talk_client(false, 40000);
	struct talk talk = talk_make(rig, RIG_FULLNAT_TO4, &client);

	talk_syn(&talk);
	rig_pass_s(rig, 20);
	talk_hear(&talk, SYN | ACK);
	rig_pass_s(rig, 9);
	talk_hear(&talk, SYN | ACK);
	rig_pass_s(rig, 1);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_FREE);
	ck_assert_uint_eq(rig->count[0].service[0].lapsed, 1);
	ck_assert_uint_eq(rig->count[0].service[0].opened, 0);
}
END_TEST

START_TEST(half_open_sessions_fill_no_backend)
{
	for (int id = 1; id <= 3; id++)
		rig_plan(rig)->backend[id].sessions_max = 1;
	for (uint16_t port = 1; port <= 100; port++) {
		const struct end client = talk_client(false, port);
		struct talk talk = talk_make(rig, RIG_FULLNAT_TO4, &client);

		talk_syn(&talk);
		talk_hear(&talk, SYN | ACK);
	}
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_ALL_FULL), 0);
	onerig_open(40000);
}
END_TEST

START_TEST(of_half_open_sessions_the_oldest_gives_way)
{
	struct talk first = {0}, last = {0};

	for (uint32_t i = 0; i < RIG_SESSIONS; i++) {
		const struct end client =
			talk_client(false, (uint16_t)(1000 + i));
		struct talk talk = talk_make(rig, RIG_FULLNAT_TO4, &client);

		talk_syn(&talk);
		if (i == 0)
			first = talk;
		last = talk;
	}
	onerig_open(40000);
	ck_assert_uint_eq(talk_state(&first), MX_SESSION_FREE);
	ck_assert_uint_eq(talk_state(&last), MX_SESSION_OPENING);
}
END_TEST

START_TEST(a_segment_of_no_session_is_answered_at_a_limited_rate)
{
	struct segment said = {.from = talk_client(false, 1),
			       .to = rig_vip,
			       .flags = ACK,
			       .seq = 700,
			       .ack = 900};

	rig_send(rig, 0, WAN, &said);
	rig_poll(rig);
	talk_assert_silence(rig); /* so soon after a start, the session may
				   * exist */
	rig_pass_s(rig, 6);
	for (uint16_t port = 1; port <= 1200; port++) {
		said.from.port = port;
		rig_send(rig, 0, WAN, &said);
		rig_poll(rig);
		if (port <= 1000) {
			const struct segment reset = talk_next(rig, WAN);
			ck_assert_uint_eq(reset.flags, RST);
			ck_assert_uint_eq(reset.seq, 900);
		}
	}
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].resets_unknown, 1000);
}
END_TEST

START_TEST(nobody_opens_a_session_from_an_address_that_no_client_has)
{
	const struct mx_addr martians[] = {
		ip4(127, 0, 0, 1),       ip4(0, 0, 0, 5), ip4(224, 0, 0, 1),
		ip4(255, 255, 255, 255), rig_vip.ip,      rig_local.ip,
	};
	struct segment syn = {
		.from = talk_client(false, 5000), .to = rig_vip, .flags = SYN};

	for (size_t i = 0; i < RTE_DIM(martians); i++) {
		syn.from.ip = martians[i];
		rig_send(rig, 0, WAN, &syn);
		rig_poll(rig);
	}
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_MARTIAN), RTE_DIM(martians));
	/* Unless the configuration allows any source. */
	rig_plan(rig)->service[RIG_FULLNAT_TO4].martians = 1;
	rig_send(rig, 0, WAN, &syn);
	rig_poll(rig);
	ck_assert_uint_gt(rig_get(rig, LAN, out), 0);
}
END_TEST

START_TEST(without_a_place_a_direct_syn_goes_where_the_table_says)
{
	rig_free(rig);
	rig = rig_make_sized(1, 64, 2);
	for (uint16_t port = 1; port <= 100; port++) {
		const struct end client = talk_client(false, port);
		const struct talk talk = talk_make(rig, RIG_DSR_TO4, &client);
		struct segment said = talk_in(&talk, SYN);

		talk_send(&talk, WAN, &said);
		ck_assert_uint_gt(rig_get(rig, LAN, out), 0);
		said = talk_in(&talk, ACK);
		said.payload_bytes = 9;
		talk_send(&talk, WAN, &said);
		rig_flush(rig);
	}
	ck_assert_uint_gt(rig->count[0].stateless, 0);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_TABLE_FULL), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("doubt");
	TCase *t = tcase_create("doubt");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(
		t,
		a_blind_reset_makes_one_question_and_an_answer_ends_the_doubt);
	tcase_add_test(t, a_backend_that_is_gone_ends_the_session);
	tcase_add_test(t, a_backend_that_says_nothing_leaves_the_session_alone);
	tcase_add_loop_test(
		t,
		replies_follow_a_new_way_once_the_backend_confirms_the_numbers,
		0, 2);
	tcase_add_loop_test(
		t, a_reply_from_the_clients_side_is_dropped_and_moves_nothing,
		0, 4);
	tcase_add_test(t, a_repeated_syn_ack_does_not_keep_a_half_open_session);
	tcase_add_test(t, half_open_sessions_fill_no_backend);
	tcase_add_test(t, of_half_open_sessions_the_oldest_gives_way);
	tcase_add_test(t,
		       a_segment_of_no_session_is_answered_at_a_limited_rate);
	tcase_add_test(
		t, nobody_opens_a_session_from_an_address_that_no_client_has);
	tcase_add_test(t,
		       without_a_place_a_direct_syn_goes_where_the_table_says);
	suite_add_tcase(s, t);
	return s;
}
