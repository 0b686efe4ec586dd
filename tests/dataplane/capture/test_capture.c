/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture: every frame of a session is there as it came and as it left, and
 * frames that went no further say why.
 * Method: real worker_poll() over ring ports; records are compared with the
 * frames that tests send and receive. */
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "runner.h"
#include "talk.h"

#define RECORDS_MAX 256

static struct rig *rig;
static struct mx_capture_filter filter;
static struct mx_capture_ring *ring[RIG_WORKERS_MAX];
static struct capture *capture[RIG_WORKERS_MAX];
static uint64_t tail[RIG_WORKERS_MAX];

/* What was captured since the last look. */
static struct captured {
	struct mx_capture_record record;
	uint8_t bytes[MX_CAPTURE_BYTES_MAX];
} found[RECORDS_MAX];
static uint32_t count;

static void
setup(void)
{
	filter = (struct mx_capture_filter){.bytes = MX_CAPTURE_BYTES_MAX};
}

static void
teardown(void)
{
	for (uint16_t i = 0; i < rig->workers; i++) {
		atomic_store(&rig->worker[i]->capture, NULL);
		capture_free(capture[i]);
		free(ring[i]);
	}
	rig_free(rig);
}

static void
begin(uint16_t workers)
{
	rig = rig_make(workers);
	for (uint16_t i = 0; i < workers; i++) {
		ring[i] = aligned_alloc(64, sizeof(*ring[i]));
		ck_assert_ptr_nonnull(ring[i]);
		memset(ring[i], 0, sizeof(*ring[i]));
		tail[i] = 0;
		capture[i] = capture_make(&filter, ring[i]);
		ck_assert_ptr_nonnull(capture[i]);
		atomic_store(&rig->worker[i]->capture, capture[i]);
	}
}

/* Take the records out of all rings. */
static void
look(void)
{
	struct mx_capture_record record;
	const uint8_t *bytes;

	count = 0;
	for (uint16_t i = 0; i < rig->workers; i++) {
		const uint64_t head = atomic_load(&ring[i]->head);

		while ((bytes = mx_capture_get(ring[i], &tail[i], head,
					       &record)) != NULL) {
			ck_assert_uint_lt(count, RECORDS_MAX);
			found[count].record = record;
			memcpy(found[count].bytes, bytes, record.captured);
			count++;
			tail[i] += record.size_bytes;
		}
		atomic_store(&ring[i]->tail, tail[i]);
	}
}

static void
assert_record(uint32_t i, enum mx_capture_event event, uint16_t port,
	      const struct segment *segment)
{
	uint8_t frame[FRAME_MAX];
	const uint16_t bytes = frame_tcp(frame, segment);

	ck_assert_uint_lt(i, count);
	ck_assert_uint_eq(found[i].record.event, event);
	ck_assert_uint_eq(found[i].record.port, port);
	ck_assert_uint_eq(found[i].record.frame_bytes, bytes);
	ck_assert_uint_eq(found[i].record.captured, bytes);
	ck_assert_mem_eq(found[i].bytes, frame, bytes);
}

static struct talk
open_talk(enum rig_service service, bool six, uint16_t port)
{
	const struct end client = talk_client(six, port);

	return talk_open(rig, service, &client);
}

/* By mode and families: each way a packet is rewritten in place. */
static const struct {
	enum rig_service service;
	bool six;
} kinds[] = {
	{RIG_FULLNAT_TO4, false}, {RIG_FULLNAT_TO6, true},
	{RIG_FULLNAT_TO6, false}, {RIG_FULLNAT_TO4, true},
	{RIG_NAT_TO4, false},     {RIG_NAT_TO6, true},
};
#define KINDS (int)RTE_DIM(kinds)

START_TEST(a_segment_is_there_as_it_came_and_as_it_left)
{
	begin(1);
	const struct talk talk =
		open_talk(kinds[_i].service, kinds[_i].six, 40000);
	look();
	struct segment in = talk_in(&talk, ACK);
	in.payload_bytes = 100;
	rig_send(rig, 0, WAN, &in);
	rig_poll(rig);
	struct segment back = talk_back(&talk, ACK);
	back.payload_bytes = 700;
	rig_send(rig, 0, LAN, &back);
	rig_poll(rig);
	look();
	ck_assert_uint_eq(count, 4);
	const struct segment left = talk_left_in(&talk, in);
	const struct segment left_back = talk_left_back(&talk, back);
	assert_record(0, MX_CAPTURE_IN, WAN, &in);
	assert_record(1, MX_CAPTURE_OUT, LAN, &left);
	assert_record(2, MX_CAPTURE_IN, LAN, &back);
	assert_record(3, MX_CAPTURE_OUT, WAN, &left_back);
	ck_assert_uint_eq(found[0].record.packet, found[1].record.packet);
	ck_assert_uint_eq(found[2].record.packet, found[3].record.packet);
	ck_assert_uint_ne(found[0].record.packet, found[2].record.packet);
	ck_assert_uint_le(found[0].record.time_ns, found[1].record.time_ns);
}
END_TEST

START_TEST(a_frame_that_goes_no_further_says_why)
{
	const struct end stranger = {
		.mac = rig_client.mac, .ip = ip4(203, 0, 113, 99), .port = 9};
	uint8_t frame[FRAME_MAX];

	begin(1);
	rig->worker[0]->resets.from_s = 0;
	/* The frame as it came, although a reset was made of its numbers. */
	const struct segment lost = {
		.from = rig_client, .to = rig_vip, .flags = ACK, .ack = 7};
	rig_send(rig, 0, WAN, &lost);
	rig_poll(rig);
	look();
	assert_record(0, MX_CAPTURE_DROPPED, WAN, &lost);
	ck_assert_uint_eq(found[0].record.why, MX_DROP_NO_SESSION);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(found[1].record.event, MX_CAPTURE_MADE);
	ck_assert_uint_ne(found[1].record.packet, found[0].record.packet);

	struct end foreign = rig_vip;
	foreign.ip = ip4(198, 51, 100, 99);
	rig_put(rig, 0, WAN, frame, frame_arp(frame, &stranger, &foreign));
	rig_put(rig, 0, WAN, frame, frame_arp(frame, &stranger, &rig_vip));
	rig_poll(rig);
	look();
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(found[0].record.event, MX_CAPTURE_KERNEL);
	ck_assert_uint_eq(found[1].record.event, MX_CAPTURE_IN);
	ck_assert_uint_eq(found[2].record.event, MX_CAPTURE_OUT);
	ck_assert_uint_eq(found[2].record.packet, found[1].record.packet);
	ck_assert_uint_eq(found[2].bytes[21], 2); /* a reply */
}
END_TEST

START_TEST(frames_that_a_full_port_refuses_are_marked)
{
	struct segment in = {0};

	begin(1);
	const struct talk talk = open_talk(RIG_FULLNAT_TO4, false, 40000);
	look();
	in = talk_in(&talk, ACK);
	uint64_t sent = 0, unsent = 0;
	while (rig_dropped(rig, MX_DROP_TX_FULL) < 20) {
		for (int i = 0; i < 10; i++)
			rig_send(rig, 0, WAN, &in);
		rig_poll(rig);
		look();
		for (uint32_t i = 0; i < count; i++) {
			sent += found[i].record.event == MX_CAPTURE_OUT;
			unsent += found[i].record.event == MX_CAPTURE_UNSENT &&
				  found[i].record.why == MX_DROP_TX_FULL;
		}
	}
	ck_assert_uint_gt(sent, 0);
	ck_assert_uint_eq(unsent, rig_dropped(rig, MX_DROP_TX_FULL));
	rig_flush(rig);
}
END_TEST

static void
want_from(const struct mx_addr *addr, uint8_t last_byte_mask)
{
	filter.has_from = 1;
	memset(&filter.mask, 0xff, sizeof(filter.mask));
	filter.mask.byte[15] = last_byte_mask;
	filter.from = *addr;
	filter.from.byte[15] &= last_byte_mask;
}

START_TEST(a_client_is_found_on_both_sides_of_the_rewrite)
{
	const bool six = kinds[_i].six;
	struct end client = talk_client(six, 40000);
	struct end other = client;

	other.ip.byte[15] = (uint8_t)(other.ip.byte[15] + 64);
	want_from(&client.ip, 0xfe);
	begin(1);
	const struct talk wanted = talk_open(rig, kinds[_i].service, &client);
	look();
	ck_assert_uint_gt(count, 0);
	const uint32_t handshake = count;
	const struct talk unwanted = talk_open(rig, kinds[_i].service, &other);
	look();
	ck_assert_uint_eq(count, 0);
	/* SYN, SYN-ACK, ACK and a greeting, on both sides. */
	ck_assert_uint_ge(handshake, 8);
	for (int i = 0; i < 5; i++) {
		talk_say(&wanted, ACK);
		talk_say(&unwanted, ACK);
		talk_hear(&wanted, ACK);
		talk_hear(&unwanted, ACK);
	}
	look();
	ck_assert_uint_eq(count, 20);
}
END_TEST

START_TEST(a_backend_is_found_on_both_sides_of_the_rewrite)
{
	uint32_t wanted = 0;

	filter.has_backend = 1;
	filter.backend[0] = UINT64_C(1) << 2; /* mta2 */
	begin(1);
	for (uint16_t i = 0; i < 12; i++) {
		const struct talk talk =
			open_talk(RIG_FULLNAT_TO4, false, (uint16_t)(1000 + i));
		look();
		const bool is_mta2 = rig_mta_number(&talk.mta.ip) == 2;
		ck_assert_int_eq(count > 0, is_mta2);
		wanted += is_mta2;
		talk_say(&talk, ACK);
		talk_hear(&talk, ACK);
		look();
		ck_assert_uint_eq(count, is_mta2 ? 4 : 0);
	}
	ck_assert_uint_gt(wanted, 0);
	ck_assert_uint_lt(wanted, 12);
}
END_TEST

START_TEST(a_proxy_header_belongs_to_its_client)
{
	const struct end client = talk_client(false, 40000);

	want_from(&client.ip, 0xff);
	begin(1);
	talk_open(rig, RIG_V2_TO4, &client);
	look();
	uint32_t made = 0;
	for (uint32_t i = 0; i < count; i++)
		made += found[i].record.port == LAN &&
			found[i].record.frame_bytes > 70 &&
			(found[i].record.event == MX_CAPTURE_MADE ||
			 found[i].record.event == MX_CAPTURE_OUT);
	ck_assert_uint_ge(made, 1);
}
END_TEST

/* A frame that another worker handles is captured there, and once. */
START_TEST(frames_of_all_workers_are_captured_once)
{
	begin((uint16_t)_i);
	const struct talk talk = open_talk(RIG_FULLNAT_TO4, false, 40000);
	look();
	for (uint16_t i = 0; i < rig->workers; i++) {
		const struct segment in = talk_in(&talk, ACK);
		const struct segment left = talk_left_in(&talk, in);

		rig_send(rig, i, WAN, &in);
		rig_poll(rig);
		look();
		ck_assert_uint_eq(count, 2);
		assert_record(0, MX_CAPTURE_IN, WAN, &in);
		assert_record(1, MX_CAPTURE_OUT, LAN, &left);
	}
	rig_flush(rig);
}
END_TEST

/* Most frames of the first data plane have no record. */
START_TEST(no_number_comes_again_after_a_restart_of_the_data_plane)
{
	struct end client = talk_client(false, 40000);

	filter.bytes = MX_CAPTURE_BYTES_MIN;
	want_from(&client.ip, 0xff);
	begin(1);
	const struct talk wanted = talk_open(rig, RIG_FULLNAT_TO4, &client);
	client.ip.byte[15]++;
	const struct talk unwanted = talk_open(rig, RIG_FULLNAT_TO4, &client);
	for (int i = 0; i < 5000; i++)
		talk_say(&unwanted, ACK);
	talk_say(&wanted, ACK);
	look();
	uint64_t largest = 0;
	for (uint32_t i = 0; i < count; i++)
		if (found[i].record.packet > largest)
			largest = found[i].record.packet;
	capture_free(capture[0]);
	capture[0] = capture_make(&filter, ring[0]);
	atomic_store(&rig->worker[0]->capture, capture[0]);
	talk_say(&wanted, ACK);
	look();
	ck_assert_uint_eq(count, 2);
	for (uint32_t i = 0; i < count; i++)
		ck_assert_uint_gt(found[i].record.packet, largest);
}
END_TEST

START_TEST(a_frame_is_cut_to_the_length_that_is_wanted)
{
	filter.bytes = 80;
	begin(1);
	const struct talk talk = open_talk(RIG_FULLNAT_TO4, false, 40000);
	look();
	struct segment in = talk_in(&talk, ACK);
	in.payload_bytes = 500;
	rig_send(rig, 0, WAN, &in);
	rig_poll(rig);
	look();
	ck_assert_uint_eq(count, 2);
	for (uint32_t i = 0; i < count; i++) {
		ck_assert_uint_eq(found[i].record.captured, 80);
		ck_assert_uint_eq(found[i].record.frame_bytes, 554);
	}
	rig_flush(rig);
}
END_TEST

START_TEST(what_does_not_fit_the_ring_is_counted_and_mail_flows)
{
	struct segment in;
	uint64_t packets = 0;

	begin(1);
	const struct talk talk = open_talk(RIG_FULLNAT_TO4, false, 40000);
	look();
	in = talk_in(&talk, ACK);
	in.payload_bytes = 1400;
	while (atomic_load(&ring[0]->lost[LAN]) < 100) {
		rig_send(rig, 0, WAN, &in);
		rig_poll(rig);
		rig_flush(rig);
		packets++;
	}
	uint64_t got = 0;
	struct mx_capture_record record;
	while (mx_capture_get(ring[0], &tail[0], atomic_load(&ring[0]->head),
			      &record) != NULL) {
		tail[0] += record.size_bytes;
		got++;
	}
	ck_assert_uint_eq(got + atomic_load(&ring[0]->lost[WAN]) +
				  atomic_load(&ring[0]->lost[LAN]),
			  2 * packets);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("capture");
	TCase *t = tcase_create("capture");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, a_segment_is_there_as_it_came_and_as_it_left, 0,
			    KINDS);
	tcase_add_test(t, a_frame_that_goes_no_further_says_why);
	tcase_add_test(t, frames_that_a_full_port_refuses_are_marked);
	tcase_add_loop_test(t, a_client_is_found_on_both_sides_of_the_rewrite,
			    0, KINDS);
	tcase_add_test(t, a_backend_is_found_on_both_sides_of_the_rewrite);
	tcase_add_test(t, a_proxy_header_belongs_to_its_client);
	tcase_add_loop_test(t, frames_of_all_workers_are_captured_once, 1, 5);
	tcase_add_test(t,
		       no_number_comes_again_after_a_restart_of_the_data_plane);
	tcase_add_test(t, a_frame_is_cut_to_the_length_that_is_wanted);
	tcase_add_test(t, what_does_not_fit_the_ring_is_counted_and_mail_flows);
	suite_add_tcase(s, t);
	return s;
}
