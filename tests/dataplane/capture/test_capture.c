/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture: every frame of a session is there as it came and as it left, and
 * frames that went no further say why.
 * Method: capturerig.h; records are compared with the frames that tests send and
 * receive. */
#include "capturerig.h"
#include "runner.h"

START_TEST(a_segment_is_there_as_it_came_and_as_it_left)
{
	capturerig_begin(1);
	const struct talk talk = capturerig_open(
		capturerig_kinds[_i].service, capturerig_kinds[_i].six, 40000);
	capturerig_look();
	struct segment in = talk_in(&talk, ACK);
	in.payload_bytes = 100;
	rig_send(captures.rig, 0, WAN, &in);
	rig_poll(captures.rig);
	struct segment back = talk_back(&talk, ACK);
	back.payload_bytes = 700;
	rig_send(captures.rig, 0, LAN, &back);
	rig_poll(captures.rig);
	capturerig_look();
	ck_assert_uint_eq(captures.count, 4);
	const struct segment left = talk_left_in(&talk, in);
	const struct segment left_back = talk_left_back(&talk, back);
	capturerig_assert(0, MX_CAPTURE_IN, WAN, &in);
	capturerig_assert(1, MX_CAPTURE_OUT, LAN, &left);
	capturerig_assert(2, MX_CAPTURE_IN, LAN, &back);
	capturerig_assert(3, MX_CAPTURE_OUT, WAN, &left_back);
	ck_assert_uint_eq(captures.found[0].record.packet,
			  captures.found[1].record.packet);
	ck_assert_uint_eq(captures.found[2].record.packet,
			  captures.found[3].record.packet);
	ck_assert_uint_ne(captures.found[0].record.packet,
			  captures.found[2].record.packet);
	ck_assert_uint_le(captures.found[0].record.time_ns,
			  captures.found[1].record.time_ns);
}
END_TEST

START_TEST(a_frame_that_goes_no_further_says_why)
{
	const struct end stranger = {
		.mac = rig_client.mac, .ip = ip4(203, 0, 113, 99), .port = 9};
	uint8_t frame[FRAME_MAX];

	capturerig_begin(1);
	captures.rig->worker[0]->resets.from_s = 0;
	/* The frame as it came, although a reset was made of its numbers. */
	const struct segment lost = {
		.from = rig_client, .to = rig_vip, .flags = ACK, .ack = 7};
	rig_send(captures.rig, 0, WAN, &lost);
	rig_poll(captures.rig);
	capturerig_look();
	capturerig_assert(0, MX_CAPTURE_DROPPED, WAN, &lost);
	ck_assert_uint_eq(captures.found[0].record.why, MX_DROP_NO_SESSION);
	ck_assert_uint_eq(captures.count, 2);
	ck_assert_uint_eq(captures.found[1].record.event, MX_CAPTURE_MADE);
	ck_assert_uint_ne(captures.found[1].record.packet,
			  captures.found[0].record.packet);

	struct end foreign = rig_vip;
	foreign.ip = ip4(198, 51, 100, 99);
	rig_put(captures.rig, 0, WAN, frame,
		frame_arp(frame, &stranger, &foreign));
	rig_put(captures.rig, 0, WAN, frame,
		frame_arp(frame, &stranger, &rig_vip));
	rig_poll(captures.rig);
	capturerig_look();
	ck_assert_uint_eq(captures.count, 3);
	ck_assert_uint_eq(captures.found[0].record.event, MX_CAPTURE_KERNEL);
	ck_assert_uint_eq(captures.found[1].record.event, MX_CAPTURE_IN);
	ck_assert_uint_eq(captures.found[2].record.event, MX_CAPTURE_OUT);
	ck_assert_uint_eq(captures.found[2].record.packet,
			  captures.found[1].record.packet);
	ck_assert_uint_eq(captures.found[2].bytes[21], 2); /* a reply */
}
END_TEST

START_TEST(frames_that_a_full_port_refuses_are_marked)
{
	struct segment in = {0};

	capturerig_begin(1);
	const struct talk talk = capturerig_open(RIG_FULLNAT_TO4, false, 40000);
	capturerig_look();
	in = talk_in(&talk, ACK);
	uint64_t sent = 0, unsent = 0;
	while (rig_dropped(captures.rig, MX_DROP_TX_FULL) < 20) {
		for (int i = 0; i < 10; i++)
			rig_send(captures.rig, 0, WAN, &in);
		rig_poll(captures.rig);
		capturerig_look();
		for (uint32_t i = 0; i < captures.count; i++) {
			sent += captures.found[i].record.event ==
				MX_CAPTURE_OUT;
			unsent +=
				captures.found[i].record.event ==
					MX_CAPTURE_UNSENT &&
				captures.found[i].record.why == MX_DROP_TX_FULL;
		}
	}
	ck_assert_uint_gt(sent, 0);
	ck_assert_uint_eq(unsent, rig_dropped(captures.rig, MX_DROP_TX_FULL));
	rig_flush(captures.rig);
}
END_TEST

/* A frame that another worker handles is captured there, and once. */
START_TEST(frames_of_all_workers_are_captured_once)
{
	capturerig_begin((uint16_t)_i);
	const struct talk talk = capturerig_open(RIG_FULLNAT_TO4, false, 40000);
	capturerig_look();
	for (uint16_t i = 0; i < captures.rig->workers; i++) {
		const struct segment in = talk_in(&talk, ACK);
		const struct segment left = talk_left_in(&talk, in);

		rig_send(captures.rig, i, WAN, &in);
		rig_poll(captures.rig);
		capturerig_look();
		ck_assert_uint_eq(captures.count, 2);
		capturerig_assert(0, MX_CAPTURE_IN, WAN, &in);
		capturerig_assert(1, MX_CAPTURE_OUT, LAN, &left);
	}
	rig_flush(captures.rig);
}
END_TEST

/* Most frames of the first data plane have no record. */
START_TEST(no_number_comes_again_after_a_restart_of_the_data_plane)
{
	struct end client = talk_client(false, 40000);

	captures.filter.bytes = MX_CAPTURE_BYTES_MIN;
	capturerig_want(&client.ip, 0xff);
	capturerig_begin(1);
	const struct talk wanted =
		talk_open(captures.rig, RIG_FULLNAT_TO4, &client);
	client.ip.byte[15]++;
	const struct talk unwanted =
		talk_open(captures.rig, RIG_FULLNAT_TO4, &client);
	for (int i = 0; i < 5000; i++)
		talk_say(&unwanted, ACK);
	talk_say(&wanted, ACK);
	capturerig_look();
	uint64_t largest = 0;
	for (uint32_t i = 0; i < captures.count; i++)
		if (captures.found[i].record.packet > largest)
			largest = captures.found[i].record.packet;
	capture_free(captures.capture[0]);
	captures.capture[0] = capture_make(&captures.filter, captures.ring[0]);
	atomic_store(&captures.rig->worker[0]->capture, captures.capture[0]);
	talk_say(&wanted, ACK);
	capturerig_look();
	ck_assert_uint_eq(captures.count, 2);
	for (uint32_t i = 0; i < captures.count; i++)
		ck_assert_uint_gt(captures.found[i].record.packet, largest);
}
END_TEST

START_TEST(a_frame_is_cut_to_the_length_that_is_wanted)
{
	captures.filter.bytes = 80;
	capturerig_begin(1);
	const struct talk talk = capturerig_open(RIG_FULLNAT_TO4, false, 40000);
	capturerig_look();
	struct segment in = talk_in(&talk, ACK);
	in.payload_bytes = 500;
	rig_send(captures.rig, 0, WAN, &in);
	rig_poll(captures.rig);
	capturerig_look();
	ck_assert_uint_eq(captures.count, 2);
	for (uint32_t i = 0; i < captures.count; i++) {
		ck_assert_uint_eq(captures.found[i].record.captured, 80);
		ck_assert_uint_eq(captures.found[i].record.frame_bytes, 554);
	}
	rig_flush(captures.rig);
}
END_TEST

START_TEST(what_does_not_fit_the_ring_is_counted_and_mail_flows)
{
	struct segment in;
	uint64_t packets = 0;

	capturerig_begin(1);
	const struct talk talk = capturerig_open(RIG_FULLNAT_TO4, false, 40000);
	capturerig_look();
	in = talk_in(&talk, ACK);
	in.payload_bytes = 1400;
	while (atomic_load(&captures.ring[0]->lost[LAN]) < 100) {
		rig_send(captures.rig, 0, WAN, &in);
		rig_poll(captures.rig);
		rig_flush(captures.rig);
		packets++;
	}
	uint64_t got = 0;
	struct mx_capture_record record;
	while (mx_capture_get(captures.ring[0], &captures.tail[0],
			      atomic_load(&captures.ring[0]->head),
			      &record) != NULL) {
		captures.tail[0] += record.size_bytes;
		got++;
	}
	ck_assert_uint_eq(got + atomic_load(&captures.ring[0]->lost[WAN]) +
				  atomic_load(&captures.ring[0]->lost[LAN]),
			  2 * packets);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("capture");
	TCase *t = tcase_create("capture");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, capturerig_setup, capturerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_segment_is_there_as_it_came_and_as_it_left, 0,
			    CAPTURERIG_KINDS);
	tcase_add_test(t, a_frame_that_goes_no_further_says_why);
	tcase_add_test(t, frames_that_a_full_port_refuses_are_marked);
	tcase_add_loop_test(t, frames_of_all_workers_are_captured_once, 1, 5);
	tcase_add_test(t,
		       no_number_comes_again_after_a_restart_of_the_data_plane);
	tcase_add_test(t, a_frame_is_cut_to_the_length_that_is_wanted);
	tcase_add_test(t, what_does_not_fit_the_ring_is_counted_and_mail_flows);
	suite_add_tcase(s, t);
	return s;
}
