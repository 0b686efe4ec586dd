/* SPDX-License-Identifier: BSD-3-Clause */
/* A client cannot write the PROXY header itself: none of its bytes reaches the
 * backend before the header or in the header's place.  A backend believes the
 * header, so its writer chooses who may relay.
 * Method: a client that may send anything to a backend that has not yet
 * acknowledged the header; every byte that leaves is checked. */
#include <stdlib.h>
#include <string.h>

#include "onerig.h"
#include "proxytalk.h"
#include "runner.h"

#define KINDS 8

static struct proxytalk
talk_of(int kind)
{
	return proxytalk_make(rig, (enum rig_service)(RIG_V1_TO4 + kind / 2),
			      kind % 2);
}

/* No frame that left carries data, except the header in its place and the bytes
 * behind it. */
static void
look_at_what_left(const struct proxytalk *p)
{
	static uint8_t out[FRAME_MAX];
	uint16_t bytes;

	while ((bytes = rig_get(rig, LAN, out)) > 0) {
		struct segment left;

		frame_read(out, bytes, &left);
		if (left.payload_bytes == 0 || left.flags & RST)
			continue;
		const uint32_t at = left.seq - (p->c + 1);
		if (at == 0) {
			ck_assert_uint_eq(left.payload_bytes, p->shift);
			ck_assert_mem_eq(left.payload, p->header, p->shift);
			continue;
		}
		ck_assert_uint_ge(at, p->shift);
		/* Nor does a segment from before the header reach into it. */
		ck_assert((uint32_t)(0 - at) >= left.payload_bytes);
	}
}

static void
say(const struct proxytalk *p, uint8_t flags, uint32_t at, uint32_t ack,
    uint16_t bytes)
{
	struct segment said = proxytalk_in(p, flags, at, ack);

	said.payload_bytes = bytes;
	talk_send(&p->talk, WAN, &said);
}

START_TEST(a_syn_goes_on_without_its_data)
{
	struct proxytalk p = talk_of(_i);
	struct segment syn;

	proxytalk_syn(&p);
	syn = proxytalk_in(&p, SYN, (uint32_t)-1, 0);
	syn.payload_bytes = 30;
	talk_send(&p.talk, WAN, &syn);
	const struct segment left = talk_next(rig, LAN);
	ck_assert_uint_eq(left.flags, SYN);
	ck_assert_uint_eq(left.seq, p.c);
	ck_assert_uint_eq(left.payload_bytes, 0);
	talk_assert_silence(rig);
	proxytalk_open(&p);
}
END_TEST

START_TEST(nothing_passes_before_the_backend_has_answered)
{
	struct proxytalk p = talk_of(_i);

	proxytalk_syn(&p);
	say(&p, ACK, 0, 0, 0);
	say(&p, ACK | PSH, 0, 0, 30);
	say(&p, FIN | ACK, 0, 0, 30);
	say(&p, FIN, 0, 0, 30);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_SESSION), 4);
	proxytalk_hear_answer(&p);
	say(&p, FIN, 0, 0, 30); /* no TCP accepts this: it acknowledges
				 * nothing */
	talk_assert_silence(rig);
	say(&p, ACK, 0, 0, 0);
	look_at_what_left(&p);
	proxytalk_expect_back(&p, ACK, 0, 0, 0);
}
END_TEST

START_TEST(an_ack_of_another_answer_opens_no_way_past_the_header)
{
	/* Under SYN cookies a backend accepts the ACK of any answer that it
	 * gave. */
	static const uint32_t acks[] = {0, (uint32_t)-1, (uint32_t)-100000,
					100000, 0x80000000};
	struct proxytalk p = talk_of(0);

	proxytalk_answer(&p);
	say(&p, ACK | PSH, 0, acks[_i], 30);
	const struct segment first = talk_next(rig, LAN);
	ck_assert_uint_eq(first.seq, p.c + 1);
	ck_assert_uint_eq(first.payload_bytes, p.shift);
	ck_assert_mem_eq(first.payload, p.header, p.shift);
	/* Data go behind the header only with the number of the answer. */
	if (acks[_i] == 0)
		ck_assert_uint_eq(talk_next(rig, LAN).seq, p.c + 1 + p.shift);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(what_would_lie_in_the_headers_place_is_the_header_instead)
{
	struct proxytalk p = talk_of(_i);

	proxytalk_answer(&p);
	for (uint32_t back = 1; back <= p.shift + 2u; back++) {
		say(&p, ACK | PSH, -back, 0, p.shift);
		const struct segment left = talk_next(rig, LAN);
		ck_assert_uint_eq(left.seq, p.c + 1);
		ck_assert_uint_eq(left.payload_bytes, p.shift);
		ck_assert_mem_eq(left.payload, p.header, p.shift);
		talk_assert_silence(rig);
	}
	/* When the backend has the header, an old segment can do no harm. */
	proxytalk_expect_back(&p, ACK, 0, 0, 0);
	proxytalk_expect_in(&p, ACK, (uint32_t)-1, 0, 0);
}
END_TEST

START_TEST(a_keepalive_of_a_silent_client_repeats_the_header)
{
	struct proxytalk p = talk_of(_i);

	proxytalk_send_header(&p);
	say(&p, ACK, (uint32_t)-1, 0, _i % 2 ? 1 : 0);
	const struct segment left = talk_next(rig, LAN);
	ck_assert_uint_eq(left.seq, p.c + 1);
	ck_assert_mem_eq(left.payload, p.header, p.shift);
	talk_assert_silence(rig);
}
END_TEST

START_TEST(a_syn_ack_of_the_client_moves_no_number)
{
	struct proxytalk p = talk_of(_i);

	proxytalk_answer(&p);
	struct segment said = proxytalk_in(&p, SYN | ACK, 5000, 0);
	talk_send(&p.talk, WAN, &said);
	rig_flush(rig);
	say(&p, ACK, 0, 0, 0);
	const struct segment left = talk_next(rig, LAN);
	ck_assert_uint_eq(left.seq, p.c + 1);
	ck_assert_uint_eq(left.payload_bytes, p.shift);
}
END_TEST

START_TEST(no_client_writes_where_the_header_belongs)
{
	static const uint8_t flags[] = {ACK, ACK | PSH, FIN | ACK, FIN,
					RST, SYN,       RST | ACK, SYN | ACK};
	struct proxytalk p = talk_of(_i);

	srand((unsigned)_i);
	for (uint16_t round = 0; round < 300; round++) {
		p.talk.client.port = (uint16_t)(1000 + round);
		proxytalk_syn(&p);
		for (int i = 0; i < 20; i++) {
			const uint8_t f = flags[rand() % 8];
			const uint32_t near = (uint32_t)(rand() % 300) - 150;
			const uint32_t far = (uint32_t)rand() * 3u;
			struct segment said =
				proxytalk_in(&p, f, rand() % 4 ? near : far,
					     rand() % 2 ? 0 : (uint32_t)rand());

			/* A SYN has the client's number.  With another number,
			 * it is another connection with another header. */
			if (f == SYN)
				said.seq = p.c;
			said.payload_bytes = (uint16_t)(rand() % 200);
			talk_send(&p.talk, WAN, &said);
			if (rand() % 4 == 0) {
				said = proxytalk_back(&p, SYN | ACK, 0, 0);
				said.seq = p.b;
				said.ack = p.c + 1;
				talk_send(&p.talk, LAN, &said);
			}
			if (talk_state(&p.talk) == MX_SESSION_RESET)
				break;
			look_at_what_left(&p);
		}
		rig_flush(rig);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("spoof");
	TCase *t = tcase_create("spoof");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_syn_goes_on_without_its_data, 0, KINDS);
	tcase_add_loop_test(t, nothing_passes_before_the_backend_has_answered,
			    0, KINDS);
	tcase_add_loop_test(
		t, an_ack_of_another_answer_opens_no_way_past_the_header, 0, 5);
	tcase_add_loop_test(
		t, what_would_lie_in_the_headers_place_is_the_header_instead, 0,
		KINDS);
	tcase_add_loop_test(
		t, a_keepalive_of_a_silent_client_repeats_the_header, 0, KINDS);
	tcase_add_loop_test(t, a_syn_ack_of_the_client_moves_no_number, 0,
			    KINDS);
	tcase_add_loop_test(t, no_client_writes_where_the_header_belongs, 0,
			    KINDS);
	suite_add_tcase(s, t);
	return s;
}
