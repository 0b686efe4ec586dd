/* SPDX-License-Identifier: BSD-3-Clause */
/* A session that the operator ended is reset at both ends, in every mode.
 * Method: real worker_poll(); the plan has the time until which sessions were
 * ended. */
#include <stdlib.h>
#include <string.h>

#include "onerig.h"
#include "proxytalk.h"
#include "runner.h"
#include "tcpstate.h"

/* Every mode.  In dsr and the tunnels the client's next segment reaches the
 * backend as a reset inside the outer packet. */
static const struct {
	enum rig_service service;
	bool six;
	uint16_t outer; /* bytes around the client's packet */
} modes[] = {
	{RIG_FULLNAT_TO4, false, 0}, {RIG_FULLNAT_TO4, true, 0},
	{RIG_FULLNAT_TO6, false, 0}, {RIG_FULLNAT_TO6, true, 0},
	{RIG_NAT_TO4, false, 0},     {RIG_NAT_TO6, true, 0},
	{RIG_DSR_TO4, false, 0},     {RIG_DSR_TO6, true, 0},
	{RIG_IPIP_TO4, false, 20},   {RIG_IPIP_TO6, true, 40},
	{RIG_GUE_TO4, true, 28},     {RIG_V1_TO4, false, 0},
	{RIG_V2_TO6, true, 0},
};

/* The backend gets the client's segment as a reset. */
static void
assert_reset_within(uint16_t outer, bool six, uint32_t seq, uint32_t ack)
{
	static uint8_t out[FRAME_MAX], inner[FRAME_MAX];
	struct segment left;
	const uint16_t bytes = rig_get(rig, LAN, out);

	ck_assert_uint_gt(bytes, outer);
	memcpy(inner, out, 14);
	if (outer > 0) {
		inner[12] = six ? 0x86 : 0x08;
		inner[13] = six ? 0xdd : 0x00;
	}
	memcpy(inner + 14, out + 14 + outer, (size_t)bytes - 14 - outer);
	ck_assert(frame_sums_are_right(inner, (uint16_t)(bytes - outer)));
	frame_read(inner, (uint16_t)(bytes - outer), &left);
	ck_assert_uint_eq(left.flags, RST | ACK);
	ck_assert_uint_eq(left.seq, seq);
	ck_assert_uint_eq(left.ack, ack);
	ck_assert_uint_eq(left.payload_bytes, 0);
	ck_assert_uint_eq(left.option_bytes, 0);
}

static struct talk
open_any(int mode)
{
	struct talk talk =
		onerig_talk(modes[mode].service, modes[mode].six, 40000);
	struct segment said = talk_in(&talk, SYN);

	talk_send(&talk, WAN, &said);
	if (modes[mode].service >= RIG_DSR_TO4 &&
	    modes[mode].service <= RIG_GUE_TO6) {
		rig_flush(rig);
		return talk;
	}
	const struct segment sent = talk_next(rig, LAN);
	talk.local = sent.from;
	talk.mta = rig_mta(sent.to.mac.addr_bytes[5]);
	said = talk_back(&talk, SYN | ACK);
	said.seq = 5000;
	said.ack = 1;
	talk_send(&talk, LAN, &said);
	said = talk_in(&talk, ACK);
	said.seq = 1;
	said.ack = 5001;
	talk_send(&talk, WAN, &said);
	rig_flush(rig);
	return talk;
}

/* The backend has accepted the reset, and answers. */
static void
confirm_reset(const struct talk *talk, const struct mx_session *s)
{
	struct segment said = talk_back(talk, RST);

	if (session_is_direct(s))
		return;
	ck_assert_uint_eq(talk_state(talk), MX_SESSION_DOUBTED);
	said.seq = s->server_seq;
	talk_send(talk, LAN, &said);
	ck_assert_uint_eq(talk_state(talk), MX_SESSION_RESET);
	rig_flush(rig);
}

START_TEST(a_session_the_operator_ended_is_reset_at_both_ends)
{
	const struct talk talk = open_any(_i);
	const struct mx_session *s = talk_session(&talk);
	const uint8_t shift = mx_session_shift(s);
	struct segment said = talk_in(&talk, ACK | PSH);

	rig_end(rig, s->backend, s->opened_s);
	said.seq = 1000;
	said.ack = 6000;
	said.payload_bytes = 99;
	said.option_bytes = 4;
	memset(said.option, 1, 4);
	talk_send(&talk, WAN, &said);
	assert_reset_within(modes[_i].outer, modes[_i].six, 1000 + shift, 6000);
	const struct segment left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, RST);
	ck_assert_uint_eq(left.seq, 6000);
	ck_assert_uint_eq(left.payload_bytes, 0);
	ck_assert(mx_addr_equal(&left.from.ip, &talk.vip.ip));
	ck_assert(mx_addr_equal(&left.to.ip, &talk.client.ip));
	ck_assert_uint_eq(left.from.port, talk.vip.port);
	ck_assert_uint_eq(left.to.port, talk.client.port);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].ended, 1);
	confirm_reset(&talk, s);
	ck_assert_uint_eq(onerig_live(s->backend), 0);

	/* Later segments get the same answer, and do not count again. */
	talk_send(&talk, WAN, &said);
	rig_flush(rig);
	ck_assert_uint_eq(rig->count[0].ended, 1);
	/* A reset is not answered. */
	said = talk_in(&talk, RST);
	talk_send(&talk, WAN, &said);
	ck_assert_uint_eq(rig_get(rig, WAN, (uint8_t[FRAME_MAX]){0}), 0);
	rig_flush(rig);
	/* A new connection from the same port is a new session. */
	rig_pass_s(rig, 1);
	said = talk_in(&talk, SYN);
	talk_send(&talk, WAN, &said);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_OPENING);
	ck_assert_uint_eq(rig_get(rig, WAN, (uint8_t[FRAME_MAX]){0}), 0);
}
END_TEST

START_TEST(a_reset_to_one_who_acknowledged_nothing_acknowledges)
{
	const struct talk talk = open_any(0);
	const struct mx_session *s = talk_session(&talk);
	struct segment said = talk_in(&talk, FIN);

	rig_end(rig, s->backend, s->opened_s);
	said.seq = 1000;
	said.payload_bytes = 9;
	talk_send(&talk, WAN, &said);
	const struct segment left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, RST | ACK);
	ck_assert_uint_eq(left.seq, 0);
	ck_assert_uint_eq(left.ack, 1010);
}
END_TEST

START_TEST(a_silent_client_of_an_ended_session_is_asked_where_it_is)
{
	const struct talk talk = open_any(_i);
	struct mx_session *s = talk_session(&talk);
	const bool past = session_is_direct(s);
	static uint8_t out[FRAME_MAX];
	struct segment said = talk_in(&talk, ACK);

	rig_end(rig, s->backend, s->opened_s);
	rig->active->search_until_s = s->opened_s + 60;
	for (int i = 0; i < RIG_SESSIONS; i++)
		rig_poll(rig);
	if (past) { /* mxsteer does not know the session's numbers */
		talk_assert_silence(rig);
		return;
	}
	/* Once: a segment whose number is before all that it waits for. */
	struct segment left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, ACK);
	ck_assert_uint_eq(left.seq, 5000);
	ck_assert_uint_eq(left.ack, 1);
	ck_assert(mx_addr_equal(&left.from.ip, &talk.vip.ip));
	ck_assert(mx_addr_equal(&left.to.ip, &talk.client.ip));
	talk_assert_silence(rig);
	said.seq = 1000;
	said.ack = 6000;
	talk_send(&talk, WAN, &said);
	ck_assert_uint_gt(rig_get(rig, LAN, out), 0);
	left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, RST);
	ck_assert_uint_eq(left.seq, 6000);
}
END_TEST

START_TEST(a_client_that_does_not_answer_is_forgotten)
{
	const struct talk talk = open_any(0);
	const struct mx_session *s = talk_session(&talk);

	talk_hear_data(&talk);
	rig_end(rig, s->backend, s->opened_s);
	rig->active->search_until_s = s->opened_s + 60;
	rig_pass_s(rig, 29);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	rig_pass_s(rig, 29);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	rig_pass_s(rig, 1);
	ck_assert_uint_eq(rig_sessions(rig), 0);
	rig_flush(rig);
}
END_TEST

START_TEST(sessions_opened_later_are_not_ended)
{
	const struct talk talk = open_any(0);
	const struct mx_session *s = talk_session(&talk);

	rig_end(rig, s->backend, s->opened_s - 1);
	talk_say(&talk, ACK);
	ck_assert_uint_eq(rig->count[0].ended, 0);
}
END_TEST

/* Sessions of a client that the operator ends. */
static struct mx_end_order *
order(uint32_t until_s, struct mx_addr client, uint8_t bits)
{
	struct mx_plan *plan = rig_plan(rig);
	struct mx_end_order *row = &plan->end_order[plan->end_orders++];

	row->client = (struct mx_prefix){mx_addr_first(&client, bits), bits};
	row->ended_s = until_s;
	for (int id = 0; id <= MX_BACKENDS_MAX; id++)
		plan->backend[id].ends_s = until_s;
	return row;
}

static bool
is_ended(const struct talk *talk)
{
	struct segment said = talk_in(talk, ACK | PSH);

	said.seq = 1000;
	said.ack = 6000;
	said.payload_bytes = 9;
	const uint64_t before = rig->count[0].ended;
	talk_send(talk, WAN, &said);
	rig_flush(rig);
	return rig->count[0].ended > before;
}

START_TEST(sessions_of_a_client_end_in_every_mode)
{
	const struct talk talk = open_any(_i);
	const struct mx_session *s = talk_session(&talk);
	struct segment said = talk_in(&talk, ACK | PSH);

	order(s->opened_s, talk.client.ip, 128);
	said.seq = 1000;
	said.ack = 6000;
	said.payload_bytes = 99;
	talk_send(&talk, WAN, &said);
	assert_reset_within(modes[_i].outer, modes[_i].six,
			    1000u + mx_session_shift(s), 6000);
	const struct segment left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, RST);
	ck_assert_uint_eq(left.seq, 6000);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].ended, 1);
	confirm_reset(&talk, s);
	ck_assert_uint_eq(onerig_live(s->backend), 0);
	/* It comes back, and the order is still there. */
	rig_pass_s(rig, 1);
	said = talk_in(&talk, SYN);
	talk_send(&talk, WAN, &said);
	ck_assert_uint_eq(talk_state(&talk), MX_SESSION_OPENING);
	rig_flush(rig);
	ck_assert(!is_ended(&talk));
}
END_TEST

/* What an order names besides the client's own address, and whether it is the
 * session's. */
static const struct {
	uint8_t bits;
	bool other_client, other_port, other_backend, earlier, other_family;
	bool ends;
} orders[] = {
	{.bits = 128, .ends = true},          {.bits = 120, .ends = true},
	{.bits = 120, .other_client = true},  {.bits = 128, .other_port = true},
	{.bits = 128, .other_backend = true}, {.bits = 128, .earlier = true},
	{.bits = 96, .ends = true},        /* 0.0.0.0/0 */
	{.bits = 0, .other_family = true}, /* ::/0 */
};

START_TEST(an_order_ends_what_it_names)
{
	const struct talk talk = open_any(0);
	const struct mx_session *s = talk_session(&talk);
	struct mx_addr client = talk.client.ip;

	if (orders[_i].other_client)
		client.byte[14] ^= 1;
	if (orders[_i].other_family)
		client = rig_client6.ip;
	struct mx_end_order *row = order(s->opened_s - orders[_i].earlier,
					 client, orders[_i].bits);
	row->port_be = s->client_port_be;
	row->port_be ^= orders[_i].other_port;
	row->some = 1;
	const int id = s->backend + orders[_i].other_backend;
	row->backend[id / 8] = (uint8_t)(1u << id % 8);
	ck_assert(is_ended(&talk) == orders[_i].ends);
}
END_TEST

START_TEST(a_silent_client_that_an_order_names_is_asked)
{
	const struct talk talk = open_any(0);
	const struct talk other = onerig_open(40001);
	struct mx_session *s = talk_session(&talk);

	order(s->opened_s, talk.client.ip, 128)->port_be = s->client_port_be;
	rig->active->search_until_s = s->opened_s + 60;
	for (int i = 0; i < RIG_SESSIONS; i++)
		rig_poll(rig);
	const struct segment left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, ACK);
	ck_assert_uint_eq(left.to.port, talk.client.port);
	talk_assert_silence(rig);
	ck_assert(!is_ended(&other));
	ck_assert(is_ended(&talk));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ended");
	TCase *t = tcase_create("ended");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t,
			    a_session_the_operator_ended_is_reset_at_both_ends,
			    0, RTE_DIM(modes));
	tcase_add_test(t, a_reset_to_one_who_acknowledged_nothing_acknowledges);
	tcase_add_loop_test(
		t, a_silent_client_of_an_ended_session_is_asked_where_it_is, 0,
		RTE_DIM(modes));
	tcase_add_test(t, a_client_that_does_not_answer_is_forgotten);
	tcase_add_test(t, sessions_opened_later_are_not_ended);
	tcase_add_loop_test(t, sessions_of_a_client_end_in_every_mode, 0,
			    RTE_DIM(modes));
	tcase_add_loop_test(t, an_order_ends_what_it_names, 0, RTE_DIM(orders));
	tcase_add_test(t, a_silent_client_that_an_order_names_is_asked);
	suite_add_tcase(s, t);
	return s;
}
