/* SPDX-License-Identifier: BSD-3-Clause */
/* What a stranger may send to clients' answers without a session, what it is
 * believed for, and what an honest client loses by it.
 * Method: real worker_poll(), with every segment written out. */
#include <string.h>

#include "refuserig.h"
#include "runner.h"

/* A million frames with forged addresses: each SYN gets one SYN-ACK of hardly
 * more bytes, and no session; each ACK with a guessed number gets a reset at
 * most; the table and its counters do not move. */
START_TEST(a_flood_of_forged_syns_gets_one_answer_each_and_no_text)
{
	uint8_t frame[FRAME_MAX];
	uint64_t in_bytes = 0, out_bytes = 0, count = 0;

	refuserig_outlast(RIG_FULLNAT_TO4, false);
	for (uint32_t i = 0; i < 20000; i++) {
		struct segment syn =
			refuserig_says(RIG_FULLNAT_TO4, false, 1024, SYN);

		syn.from.ip = ip4(9, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
				  (uint8_t)i);
		syn.seq = i * 7919;
		in_bytes += frame_tcp(frame, &syn);
		rig_send(rig, 0, WAN, &syn);
		if (i % 32 == 31)
			rig_poll(rig);
		for (uint16_t bytes; (bytes = rig_get(rig, WAN, frame)) > 0;) {
			out_bytes += bytes;
			count++;
		}
	}
	ck_assert_uint_eq(count, 20000);
	ck_assert_uint_le(out_bytes * 10, in_bytes * 11);
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig->count[0].synacks, 20000);
	ck_assert_uint_eq(rig->count[0].synacks_proven, 0);
}
END_TEST

START_TEST(a_guessed_cookie_gets_no_text)
{
	const struct refused r = refuserig_refuse(0);
	uint8_t frame[FRAME_MAX];
	struct segment segment;

	for (uint32_t i = 1; i < 3000; i++) {
		struct segment ack = refuserig_in(&r, 0, 0, 0);

		ack.ack += i * 1000003;
		ack.from.port = (uint16_t)(i % 2 ? 40000 : 40001);
		rig_send(rig, 0, WAN, &ack);
		rig_poll(rig);
		for (uint16_t bytes; (bytes = rig_get(rig, WAN, frame)) > 0;) {
			frame_read(frame, bytes, &segment);
			ck_assert_uint_eq(segment.payload_bytes, 0);
			ck_assert_uint_eq(
				segment.flags & (uint8_t) ~(RST | ACK), 0);
		}
	}
	ck_assert_uint_eq(rig->count[0].synacks_proven, 0);
}
END_TEST

/* Another client, another port of the client, another VIP's port, another first
 * number: a cookie is good for one flow alone. */
START_TEST(a_cookie_of_one_flow_is_good_for_no_other)
{
	const struct refused r = refuserig_refuse(0);
	struct segment wrong[4];

	for (int i = 0; i < 4; i++)
		wrong[i] = refuserig_in(&r, 0, 0, 0);
	wrong[0].from.ip = ip4(203, 0, 113, 8);
	wrong[1].from.port++;
	wrong[2].to.port = (uint16_t)(25 + RIG_V1_TO4);
	wrong[3].seq++;
	for (int i = 0; i < 4; i++)
		refuserig_put(&wrong[i]);
	ck_assert_uint_eq(rig->count[0].synacks_proven, 0);
	rig_flush(rig);
}
END_TEST

START_TEST(a_wrong_checksum_proves_nothing)
{
	const struct refused r = refuserig_refuse(0);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);
	uint8_t frame[FRAME_MAX];
	const uint16_t bytes = frame_tcp(frame, &ack);

	frame[bytes - 3] ^= 1; /* of the checksum's field */
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_BAD_CHECKSUM), 1);
	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_NONE, 0);
}
END_TEST

/* A stranger's SYN, ACK and RST with the client's address, without its numbers:
 * the client still gets its text twice more. */
START_TEST(a_stranger_cannot_silence_a_refusal)
{
	const struct refused r = refuserig_refuse(0);
	const struct segment ack = refuserig_in(&r, 0, 0, 0);
	struct segment forged =
		refuserig_says(RIG_FULLNAT_TO4, false, 40000, SYN);

	refuserig_put(&ack);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	forged.seq = 12345;
	refuserig_put(&forged);
	forged.flags = RST;
	refuserig_put(&forged);
	forged.flags = ACK;
	forged.ack = 99;
	refuserig_put(&forged);
	rig_flush(rig);
	rig_pass_ms(rig, 400);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	rig_pass_ms(rig, 1200);
	refuserig_assert_text(&r, TEXT_NONE, 0);
	rig_pass_ms(rig, 100000);
	talk_assert_silence(rig);
}
END_TEST

/* A host whose address was forged resets what it never opened. */
START_TEST(a_host_that_opened_nothing_is_left_alone_once_it_says_so)
{
	const struct refused r = refuserig_refuse(_i);
	struct segment reset = refuserig_in(&r, RST, 0, 0);

	reset.flags = RST;
	refuserig_put(&reset);
	rig_pass_ms(rig, 100000);
	if (refuserig_ways[_i].service >= RIG_DSR_TO4 &&
	    refuserig_ways[_i].service < RIG_V1_TO4)
		rig_flush(rig); /* its reset goes on to a backend */
	else
		talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].synacks_again, 0);
}
END_TEST

START_TEST(a_synack_is_said_twice_more_and_never_again)
{
	const struct refused r = refuserig_refuse(_i);
	struct segment again;

	for (int i = 0; i < 2; i++) {
		rig_pass_ms(rig, i == 0 ? 1000 : 2000);
		again = talk_next(rig, WAN);
		ck_assert_uint_eq(again.seq, r.synack.seq);
		ck_assert_uint_eq(again.ack, r.synack.ack);
		ck_assert_uint_eq(again.flags, SYN | ACK);
		talk_assert_silence(rig);
	}
	rig_pass_ms(rig, 100000);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].synacks_again, 2);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("forgedgreet");
	TCase *t = tcase_create("forgedgreet");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, refuserig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t,
		       a_flood_of_forged_syns_gets_one_answer_each_and_no_text);
	tcase_add_test(t, a_guessed_cookie_gets_no_text);
	tcase_add_test(t, a_cookie_of_one_flow_is_good_for_no_other);
	tcase_add_test(t, a_wrong_checksum_proves_nothing);
	tcase_add_test(t, a_stranger_cannot_silence_a_refusal);
	tcase_add_loop_test(
		t, a_host_that_opened_nothing_is_left_alone_once_it_says_so, 0,
		REFUSERIG_WAYS);
	tcase_add_loop_test(t, a_synack_is_said_twice_more_and_never_again, 0,
			    REFUSERIG_WAYS);
	suite_add_tcase(s, t);
	return s;
}
