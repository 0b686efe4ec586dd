/* SPDX-License-Identifier: BSD-3-Clause */
/* A session that no backend can serve ends by a text of SMTP and a FIN, which
 * its client gets though segments are lost, and which costs its slot a bounded
 * time.
 * Method: sessions through real worker_poll() that are refused after the
 * handshake; the test is the client, the MTA and the clock. */
#include <string.h>

#include "farewell.h"
#include "limitrig.h"
#include "onerig.h"
#include "proxytalk.h"
#include "refuserig.h"
#include "runner.h"
#include "ways.h"

static void
setup(void)
{
	onerig_setup();
	refuserig_set_answer(MX_ANSWER_421);
	rig->worker[0]->resets.from_s = 0;
}

static struct proxytalk
begin(int way)
{
	struct proxytalk p =
		proxytalk_make(rig, ways[way].service, ways[way].six);

	if (ways[way].service >= RIG_V1_TO4) {
		proxytalk_send_header(&p);
	} else {
		proxytalk_answer(&p);
		proxytalk_expect_in(&p, ACK, 0, 0, 0);
	}
	return p;
}

/* The MTA's segment is dropped, and answered by a reset at its own ack. */
static void
assert_let_go(const struct proxytalk *p, uint32_t at)
{
	const struct segment expected = {
		.from = {rig_local.mac, p->talk.local.ip, p->talk.local.port},
		.to = p->talk.mta,
		.flags = RST,
		.made = true,
		.seq = p->c + 1 + p->shift + at,
	};
	struct segment left = talk_next(rig, LAN);

	ck_assert_uint_eq(left.flags, RST);
	ck_assert_uint_eq(left.seq, expected.seq);
	ck_assert_uint_eq(left.payload_bytes, 0);
	ck_assert(mx_addr_equal(&left.to.ip, &expected.to.ip));
	ck_assert(mx_addr_equal(&left.from.ip, &expected.from.ip));
	ck_assert_uint_eq(left.from.port, expected.from.port);
	ck_assert_uint_eq(left.to.port, expected.to.port);
}

static void
refuse(const struct proxytalk *p, uint32_t heard)
{
	const struct talk other = onerig_talk(RIG_FULLNAT_TO4, false, 9);
	const struct segment stray = talk_in(&other, RST);

	farewell_begin(rig->worker[0], rig->active, talk_session(&p->talk),
		       MX_DROP_NO_BACKEND, p->c + 1 + heard);
	/* A poll that receives something sends what is queued. */
	talk_send(&other, WAN, &stray);
}

static void
assert_text(const struct proxytalk *p, const char *text, uint32_t taken)
{
	const struct segment expected = {
		.from = p->talk.vip,
		.to = p->talk.client,
		.flags = ACK | PSH | FIN,
		.made = true,
		.seq = p->b - p->talk.ack_shift + 1,
		.ack = p->c + 1 + taken,
		.window = 8192,
		.payload = (const uint8_t *)text,
		.payload_bytes = (uint16_t)strlen(text),
	};

	talk_assert_left(rig, WAN, &expected);
}

static void
assert_ack(const struct proxytalk *p, uint32_t taken)
{
	const struct segment expected = {
		.from = p->talk.vip,
		.to = p->talk.client,
		.flags = ACK,
		.made = true,
		.seq = p->b - p->talk.ack_shift + 1 + REFUSERIG_TEXT_BYTES + 1,
		.ack = p->c + 1 + taken,
		.window = 8192,
	};

	talk_assert_left(rig, WAN, &expected);
}

static void
say(const struct proxytalk *p, uint8_t flags, uint32_t at, uint32_t got,
    uint16_t bytes)
{
	struct segment said = proxytalk_in(p, flags | ACK, at, got);

	said.payload_bytes = bytes;
	talk_send(&p->talk, WAN, &said);
}

#define ALL ((uint32_t)REFUSERIG_TEXT_BYTES + 1)

START_TEST(the_client_hears_the_text_and_closes)
{
	struct proxytalk p = begin(_i);

	refuse(&p, 0);
	assert_let_go(&p, 0);
	assert_text(&p, TEXT_NONE, 0);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_REFUSED);
	say(&p, 0, 0, ALL, 0);
	talk_assert_silence(rig);
	rig_pass_ms(rig, 7000);
	talk_assert_silence(rig);
	say(&p, PSH, 0, ALL, 6);
	assert_ack(&p, 6);
	say(&p, FIN, 6, ALL, 0);
	assert_ack(&p, 7);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
	ck_assert_uint_eq(refuserig_told(ways[_i].service, MX_ANSWER_421,
					 MX_DROP_NO_BACKEND),
			  1);
	ck_assert_uint_eq(onerig_live(p.talk.mta.mac.addr_bytes[5]), 0);
}
END_TEST

START_TEST(a_lost_text_is_said_again_until_it_is_acknowledged)
{
	struct proxytalk p = begin(_i);
	static const uint32_t pause_ms[] = {400, 800, 1600, 3200};

	refuse(&p, 0);
	rig_flush(rig);
	for (int i = 0; i < 4; i++) {
		rig_pass_ms(rig, pause_ms[i] - 1);
		talk_assert_silence(rig);
		rig_pass_ms(rig, 1);
		assert_text(&p, TEXT_NONE, 0);
	}
	rig_pass_ms(rig, 20000);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].texts_again, 4);
	rig_pass_s(rig, FAREWELL_S + 5);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
}
END_TEST

/* Bytes and a FIN that came before the text, with it, or out of order. */
START_TEST(early_bytes_are_acknowledged)
{
	struct proxytalk p = begin(_i);

	refuse(&p, 100);
	assert_let_go(&p, 0);
	assert_text(&p, TEXT_NONE, 100);
	say(&p, PSH, 120, 0, 10); /* one segment before it is lost */
	assert_text(&p, TEXT_NONE, 100);
	say(&p, PSH, 90, 0, 30);
	assert_text(&p, TEXT_NONE, 120);
	say(&p, FIN, 120, 0, 1);
	assert_text(&p, TEXT_NONE, 122);
	say(&p, FIN, 120, ALL, 1);
	assert_ack(&p, 122);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
}
END_TEST

START_TEST(a_part_of_the_text_is_left_to_the_clock)
{
	struct proxytalk p = begin(_i);

	refuse(&p, 0);
	rig_flush(rig);
	for (uint32_t got = 1; got < ALL; got += ALL / 2 - 1) {
		say(&p, 0, 0, got, 0);
		talk_assert_silence(rig);
	}
	rig_pass_ms(rig, 400);
	assert_text(&p, TEXT_NONE, 0);
}
END_TEST

START_TEST(a_stranger_ends_and_moves_nothing)
{
	struct proxytalk p = begin(0);
	struct segment said;

	refuse(&p, 0);
	rig_flush(rig);
	for (int i = 0; i < 4; i++) {
		static const uint8_t flags[] = {ACK, ACK | FIN, RST, SYN | ACK};
		said = proxytalk_in(&p, flags[i], 7, 0);
		said.ack += i == 0 ? ALL + 1 : 0xffffffff;
		said.payload_bytes = i == 0 ? 8 : 0;
		talk_send(&p.talk, WAN, &said);
		talk_assert_silence(rig);
		ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_REFUSED);
	}
	ck_assert_uint_eq(talk_session(&p.talk)->client_seq, p.c + 1);
	/* One with a wrong checksum. */
	uint8_t frame[FRAME_MAX];
	said = proxytalk_in(&p, ACK, 0, ALL);
	const uint16_t bytes = frame_tcp(frame, &said);
	frame[bytes - 1] ^= 0x55;
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
	rig_pass_ms(rig, 400);
	assert_text(&p, TEXT_NONE, 0);
	/* The client itself. */
	said = proxytalk_in(&p, RST, 0, 0);
	talk_send(&p.talk, WAN, &said);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
}
END_TEST

START_TEST(what_the_backend_still_says_is_reset)
{
	struct proxytalk p = begin(_i);
	struct segment said = proxytalk_back(&p, ACK | PSH, 0, 0);

	refuse(&p, 0);
	rig_flush(rig);
	said.payload_bytes = 30;
	talk_send(&p.talk, LAN, &said);
	assert_let_go(&p, 0);
	talk_assert_silence(rig);
	said.flags = RST;
	said.payload_bytes = 0;
	talk_send(&p.talk, LAN, &said);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_REFUSED);
}
END_TEST

START_TEST(a_service_that_answers_by_a_reset_says_no_text)
{
	refuserig_set_answer(MX_ANSWER_RESET);
	struct proxytalk p = begin(_i);

	refuse(&p, 3);
	assert_let_go(&p, 0);
	const struct segment left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, RST | ACK);
	ck_assert_uint_eq(left.seq, p.b - p.talk.ack_shift + 1);
	ck_assert_uint_eq(left.ack, p.c + 4);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
}
END_TEST

START_TEST(it_outlives_a_restart_and_a_backend_that_is_gone)
{
	struct proxytalk p = begin(_i);

	refuse(&p, 0);
	rig_flush(rig);
	rig_restart(rig);
	rig_pass_ms(rig, 400);
	assert_text(&p, TEXT_NONE, 0);
	for (int id = 1; id <= 6; id++)
		rig_plan(rig)->backend[id].resolved = 0;
	say(&p, FIN, 0, ALL, 0);
	assert_ack(&p, 1);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
	rig_restart(rig);
	rig_pass_ms(rig, 400);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_heard_text_is_not_said_again_after_a_restart)
{
	struct proxytalk p = begin(_i);

	refuse(&p, 0);
	say(&p, 0, 0, ALL, 0);
	rig_flush(rig);
	rig_restart(rig);
	rig_pass_ms(rig, 7000);
	talk_assert_silence(rig);
	say(&p, FIN, 0, ALL, 0);
	assert_ack(&p, 1);
}
END_TEST

/* The client uses its port again: a new session, with any backend. */
START_TEST(a_new_syn_opens_a_new_session)
{
	struct proxytalk p = begin(0);

	refuse(&p, 0);
	rig_flush(rig);
	p.c += 100000;
	proxytalk_answer(&p);
	proxytalk_expect_in(&p, ACK, 0, 0, 0);
	rig_pass_ms(rig, 7000);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_GREETING);
}
END_TEST

/* A client with two sessions, of which it may have one: the second one is before
 * the client's ACK. */
static struct proxytalk
begin_over(int way, enum mx_answer answer)
{
	struct mx_client_limits some = limitrig_limits(1, 0);
	struct talk other = onerig_talk(ways[way].service, ways[way].six, 1000);
	struct proxytalk p =
		proxytalk_make(rig, ways[way].service, ways[way].six);

	some.answer = (uint8_t)answer;
	rig_set_limits(rig, &some);
	proxytalk_answer(&p);
	ck_assert(limitrig_opens(&other));
	rig_flush(rig);
	return p;
}

/* The MTA has no byte, and so no header. */
static void
assert_let_go_early(const struct proxytalk *p)
{
	assert_let_go(p, 0u - p->shift);
}

START_TEST(a_client_over_its_limit_at_the_proof_hears_so)
{
	struct proxytalk p = begin_over(_i, MX_ANSWER_421);

	say(&p, 0, 0, 0, 0);
	assert_let_go_early(&p);
	assert_text(&p, TEXT_CLIENT, 0);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_REFUSED);
	/* The text is lost once. */
	rig_pass_ms(rig, 400);
	assert_text(&p, TEXT_CLIENT, 0);
	say(&p, FIN, 0, ALL, 0);
	assert_ack(&p, 1);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
	ck_assert_uint_eq(refuserig_told(ways[_i].service, MX_ANSWER_421,
					 MX_DROP_CLIENT_LIMIT),
			  1);
	/* It counts once. */
	ck_assert_uint_eq(
		rig->count[0].refused[ways[_i].service][MX_DROP_CLIENT_LIMIT],
		0);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(limitrig_sum(), 1);
}
END_TEST

/* Its first segment has bytes, and a FIN. */
START_TEST(a_client_over_its_limit_that_speaks_early_is_acknowledged)
{
	struct proxytalk p = begin_over(_i, MX_ANSWER_554);

	say(&p, PSH | FIN, 0, 0, 20);
	assert_let_go_early(&p);
	const struct segment text = talk_next(rig, WAN);
	ck_assert_uint_eq(text.flags, ACK | PSH | FIN);
	ck_assert_uint_eq(text.ack, p.c + 1 + 21);
	ck_assert_mem_eq(text.payload, "554 5.7.0 ", 10);
	say(&p, 0, 21, ALL, 0);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_client_over_its_limit_may_hear_nothing)
{
	struct proxytalk p = begin_over(_i, MX_ANSWER_DROP);

	say(&p, 0, 0, 0, 0);
	assert_let_go_early(&p);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_CLIENT_LIMIT), 1);
}
END_TEST

/* A text would break its handshake of TLS. */
START_TEST(a_client_of_implicit_tls_is_reset)
{
	struct proxytalk p = begin_over(_i, MX_ANSWER_421);

	rig_plan(rig)->service[ways[_i].service].implicit_tls = 1;
	say(&p, 0, 0, 0, 0);
	assert_let_go_early(&p);
	ck_assert_uint_eq(talk_next(rig, WAN).flags, RST | ACK);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
	ck_assert_uint_eq(refuserig_told(ways[_i].service, MX_ANSWER_RESET,
					 MX_DROP_CLIENT_LIMIT),
			  1);
}
END_TEST

#define GREETING_S 330u

/* The MTA of a session says nothing until the time of its greeting is over.
 * mute: the service looks for another MTA, and finds none. */
static struct proxytalk
begin_mute(int way, enum mx_answer answer, bool mute)
{
	struct mx_service *service = &rig_plan(rig)->service[ways[way].service];

	refuserig_set_answer(answer);
	service->patience_s = 20;
	service->fail_over = mute ? MX_FAIL_OVER_MUTE : 0;
	struct proxytalk p = begin(way);
	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
	for (uint32_t s = 0; s < GREETING_S - 10; s += 10)
		rig_pass_s(rig, 10);
	rig_pass_s(rig, 9);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_GREETING);
	rig_pass_s(rig, 1);
	assert_let_go(&p, 0);
	return p;
}

static uint32_t
mute_count(const struct proxytalk *p)
{
	return rig->count[0]
		.backend[p->talk.mta.mac.addr_bytes[5]]
		.unserved[MX_UNSERVED_MUTE];
}

START_TEST(a_client_that_waited_for_its_greeting_in_vain_hears_so)
{
	const int way = _i % WAYS;
	struct proxytalk p = begin_mute(
		way, _i % 2 == 0 ? MX_ANSWER_421 : MX_ANSWER_DROP, _i >= WAYS);

	assert_text(&p, TEXT_NONE, 0);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_REFUSED);
	ck_assert_uint_ge(mute_count(&p), 1);
	say(&p, FIN, 0, ALL, 0);
	assert_ack(&p, 1);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
	ck_assert_uint_eq(refuserig_told(ways[way].service, MX_ANSWER_421,
					 MX_DROP_NO_BACKEND),
			  1);
	ck_assert_uint_eq(onerig_live(p.talk.mta.mac.addr_bytes[5]), 0);
}
END_TEST

START_TEST(or_its_connection_is_reset)
{
	struct proxytalk p = begin_mute(_i % WAYS, MX_ANSWER_RESET, _i >= WAYS);
	const struct segment left = talk_next(rig, WAN);

	ck_assert_uint_eq(left.flags, RST | ACK);
	ck_assert_uint_eq(left.seq, p.b - p.talk.ack_shift + 1);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
}
END_TEST

/* With one that spoke early, its bytes are acknowledged when they come again. */
START_TEST(so_does_an_early_talker)
{
	struct proxytalk p = begin(_i);

	rig_plan(rig)->service[ways[_i].service].early = MX_EARLY_COUNT;
	say(&p, PSH, 0, 0, 12);
	rig_flush(rig);
	rig_pass_s(rig, GREETING_S);
	assert_let_go(&p, 0);
	assert_text(&p, TEXT_NONE, 0);
	say(&p, PSH, 0, 0, 12);
	assert_text(&p, TEXT_NONE, 12);
}
END_TEST

/* The sessions of an earlier process are in the order of their slots, and not of
 * their beginning. */
START_TEST(each_waits_for_its_own_time_after_a_restart)
{
	struct proxytalk p[3];

	for (int i = 0; i < 3; i++) {
		p[i] = proxytalk_make(rig, RIG_FULLNAT_TO4, false);
		p[i].talk.client.port = (uint16_t)(3000 + i);
		proxytalk_answer(&p[i]);
		proxytalk_expect_in(&p[i], ACK, 0, 0, 0);
	}
	for (int i = 0; i < 3; i++)
		talk_session(&p[i].talk)->deadline_s += (uint32_t)(2 - i) * 100;
	rig_restart(rig);
	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
	rig_pass_s(rig, GREETING_S - 1);
	talk_assert_silence(rig);
	rig_pass_s(rig, 1);
	for (int i = 2; i >= 0; i--) {
		assert_let_go(&p[i], 0);
		assert_text(&p[i], TEXT_NONE, 0);
		talk_assert_silence(rig);
		say(&p[i], FIN, 0, ALL, 0);
		rig_flush(rig);
		rig_pass_s(rig, 100);
	}
}
END_TEST

/* There is no row that says what its client is to hear. */
START_TEST(a_session_of_no_service_ends_without_a_word)
{
	struct proxytalk p = begin(0);

	rig_plan(rig)->service[RIG_FULLNAT_TO4].used = 0;
	rig_pass_s(rig, GREETING_S);
	talk_assert_silence(rig);
	ck_assert_uint_eq(talk_state(&p.talk), MX_SESSION_FREE);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("farewell");
	TCase *t = tcase_create("farewell");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, the_client_hears_the_text_and_closes, 0, WAYS);
	tcase_add_loop_test(
		t, a_lost_text_is_said_again_until_it_is_acknowledged, 0, WAYS);
	tcase_add_loop_test(t, early_bytes_are_acknowledged, 0, WAYS);
	tcase_add_loop_test(t, a_part_of_the_text_is_left_to_the_clock, 0,
			    WAYS);
	tcase_add_test(t, a_stranger_ends_and_moves_nothing);
	tcase_add_loop_test(t, what_the_backend_still_says_is_reset, 0, WAYS);
	tcase_add_loop_test(t, a_service_that_answers_by_a_reset_says_no_text,
			    0, WAYS);
	tcase_add_loop_test(t, it_outlives_a_restart_and_a_backend_that_is_gone,
			    0, WAYS);
	tcase_add_loop_test(t, a_heard_text_is_not_said_again_after_a_restart,
			    0, WAYS);
	tcase_add_test(t, a_new_syn_opens_a_new_session);
	tcase_add_loop_test(t, a_client_over_its_limit_at_the_proof_hears_so, 0,
			    WAYS);
	tcase_add_loop_test(
		t, a_client_over_its_limit_that_speaks_early_is_acknowledged, 0,
		WAYS);
	tcase_add_loop_test(t, a_client_over_its_limit_may_hear_nothing, 0,
			    WAYS);
	tcase_add_loop_test(t, a_client_of_implicit_tls_is_reset, 0, WAYS);
	tcase_add_loop_test(
		t, a_client_that_waited_for_its_greeting_in_vain_hears_so, 0,
		2 * WAYS);
	tcase_add_loop_test(t, or_its_connection_is_reset, 0, 2 * WAYS);
	tcase_add_loop_test(t, so_does_an_early_talker, 0, WAYS);
	tcase_add_test(t, each_waits_for_its_own_time_after_a_restart);
	tcase_add_test(t, a_session_of_no_service_ends_without_a_word);
	suite_add_tcase(s, t);
	return s;
}
