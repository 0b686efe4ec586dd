/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel's twins of the ports: what is the kernel's reaches it in bursts
 * and below a rate, what it sends leaves by the port, and each frame is counted
 * once.
 * Method: the rig, with a ring port as the twin of each of its ports. */
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "capture.h"
#include "rigports.h"
#include "round.h"
#include "runner.h"
#include "talk.h"
#include "twinqueue.h"
#include "twinrig.h"

static struct rig *rig;

/* An address in the port's network that no plan owns. */
static const struct end host = {.mac = {{0x02, 0, 0, 0, 0, 0x77}}};

static void
setup(void)
{
	rig = twinrig_make(1, 1);
}

static void
teardown(void)
{
	twinrig_free(rig);
}

/* A segment to the host itself, which no worker wants. */
static void
send_to_host(uint16_t worker, uint16_t port, uint16_t payload_bytes)
{
	struct segment segment = {.from = rig_client,
				  .to = host,
				  .flags = SYN,
				  .payload_bytes = payload_bytes};

	segment.from.port = 40000;
	segment.to.ip = ip4(198, 51, 100, 2);
	segment.to.port = 22;
	segment.to.mac = rig->worker[worker]->port[port].mac;
	rig_send(rig, worker, port, &segment);
}

static void
send_arp(uint16_t worker, uint16_t port)
{
	uint8_t frame[FRAME_MAX];
	struct end target = host;

	target.ip = ip4(198, 51, 100, 2);
	rig_put(rig, worker, port, frame,
		frame_arp(frame, &rig_client, &target));
}

static void
send_from_kernel(uint16_t port, uint16_t queue, uint8_t mark, uint16_t bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(rig_ports.pool);

	rig_must(mbuf != NULL);
	memset(rte_pktmbuf_append(mbuf, bytes), mark, bytes);
	rig_must(rte_ring_enqueue(twinrig_from_kernel[port][queue], mbuf) == 0);
}

START_TEST(what_no_worker_wants_reaches_the_twin_of_its_port)
{
	send_to_host(0, WAN, 0);
	send_to_host(0, LAN, 0);
	send_arp(0, LAN);
	rig_poll(rig);
	ck_assert_uint_eq(twinrig_empty(twinrig_to_kernel[WAN][0]), 1);
	ck_assert_uint_eq(twinrig_empty(twinrig_to_kernel[LAN][0]), 2);
	ck_assert_uint_eq(rig->count[0].to_kernel, 3);
}
END_TEST

START_TEST(what_is_for_another_host_does_not_reach_the_kernel)
{
	struct segment segment = {.from = rig_client, .to = host, .flags = SYN};
	uint8_t frame[FRAME_MAX];

	segment.from.port = 40000;
	segment.to.ip = ip4(198, 51, 100, 3);
	segment.to.port = 22;
	rig_send(rig, 0, WAN, &segment);
	rig_put(rig, 0, WAN, frame, 13);
	rig_poll(rig);
	ck_assert_uint_eq(twinrig_empty(twinrig_to_kernel[WAN][0]), 0);
	ck_assert_uint_eq(rig->count[0].dropped[MX_DROP_OTHER_HOST], 1);
	ck_assert_uint_eq(rig->count[0].dropped[MX_DROP_TRUNCATED], 1);
	/* A group has many members. */
	frame_arp(frame, &rig_client, &host);
	memset(frame, 0x01, 6);
	rig_put(rig, 0, WAN, frame, 42);
	rig_poll(rig);
	ck_assert_uint_eq(twinrig_empty(twinrig_to_kernel[WAN][0]), 1);
}
END_TEST

START_TEST(what_a_worker_answers_does_not_reach_the_twin)
{
	uint8_t frame[FRAME_MAX];

	rig_put(rig, 0, WAN, frame, frame_arp(frame, &rig_client, &rig_vip));
	rig_poll(rig);
	ck_assert_uint_eq(twinrig_empty(twinrig_to_kernel[WAN][0]), 0);
	ck_assert_uint_eq(rig->count[0].answered, 1);
}
END_TEST

START_TEST(what_the_kernel_sends_leaves_by_the_port_unchanged)
{
	uint8_t out[FRAME_MAX];

	send_from_kernel(WAN, 0, 0x11, 60);
	send_from_kernel(LAN, 0, 0x22, 60);
	rig_poll(rig);
	ck_assert_uint_eq(rig_get(rig, WAN, out), 60);
	ck_assert_uint_eq(out[59], 0x11);
	ck_assert_uint_eq(rig_get(rig, LAN, out), 60);
	ck_assert_uint_eq(out[59], 0x22);
	ck_assert_uint_eq(rig->count[0].rx, 2);
	ck_assert_uint_eq(rig->count[0].from_kernel, 2);
	ck_assert_uint_eq(rig->count[0].tx, 2);
}
END_TEST

/* Between polls that find frames, the kernel waits some polls and no more.  A
 * poll of a twin may be a system call.  A capture changes nothing there. */
START_TEST(the_kernel_is_heard_in_some_polls_while_the_ports_are_busy)
{
	const struct mx_capture_filter all = {.bytes = MX_CAPTURE_BYTES};
	struct mx_capture_ring *ring = aligned_alloc(64, sizeof(*ring));
	struct worker *w = rig->worker[0];
	uint8_t out[FRAME_MAX];

	ck_assert_ptr_nonnull(ring);
	memset(ring, 0, sizeof(*ring));
	struct capture *capture = capture_make(&all, ring);
	atomic_store(&w->capture, _i == 0 ? NULL : capture);
	for (unsigned i = 1; i <= 4; i++) {
		unsigned polls = 0;

		send_from_kernel(LAN, 0, 0x33, 60);
		while (rig->count[0].from_kernel < i && polls < 1000) {
			send_arp(0, WAN);
			round_poll(w, rig->active);
			polls++;
		}
		if (i == 1)
			ck_assert_uint_le(polls, TWIN_POLL_EVERY);
		else
			ck_assert_uint_eq(polls, TWIN_POLL_EVERY);
		ck_assert_uint_eq(rig_get(rig, LAN, out), 60);
	}
	atomic_store(&w->capture, NULL);
	capture_free(capture);
	free(ring);
}
END_TEST

START_TEST(a_full_burst_from_the_kernel_is_sent_whole)
{
	for (int i = 0; i < 3 * BURST_MAX; i++)
		send_from_kernel(WAN, 0, 1, 60);
	rig_poll(rig);
	ck_assert_uint_eq(rig->count[0].tx, 3 * BURST_MAX);
	ck_assert_uint_eq(rig->count[0].dropped[MX_DROP_TX_FULL], 0);
}
END_TEST

START_TEST(a_frame_over_the_mtu_passes_in_neither_direction)
{
	const uint16_t longest = 14 + 8 + RIG_MTU; /* with two tags */

	send_to_host(0, WAN, longest - 54);
	send_to_host(0, WAN, longest + 1 - 54);
	send_to_host(0, WAN, 0);
	send_from_kernel(LAN, 0, 1, longest);
	send_from_kernel(LAN, 0, 1, longest + 1);
	send_from_kernel(LAN, 0, 1, 60);
	rig_poll(rig);
	ck_assert_uint_eq(twinrig_empty(twinrig_to_kernel[WAN][0]), 2);
	ck_assert_uint_eq(rig->count[0].dropped[MX_DROP_SUPER_PACKET], 1);
	ck_assert_uint_eq(rig->count[0].tx, 2);
	ck_assert_uint_eq(rig->count[0].dropped[MX_DROP_TOO_BIG], 1);
}
END_TEST

static void
flood(uint16_t port, unsigned frames)
{
	for (unsigned i = 0; i < frames; i++) {
		send_to_host(0, port, 0);
		rig_poll(rig);
	}
}

/* The flood takes less than a second, but not no time: it may earn more frames
 * than the burst. */
START_TEST(a_flood_is_cut_to_the_rate_and_counted)
{
	const uint64_t begin_tsc = rte_rdtsc();
	flood(WAN, 3 * TWIN_RATE_BURST / 2);
	const uint64_t earned =
		(rte_rdtsc() - begin_tsc) * TWIN_RATE / rte_get_tsc_hz() + 1;
	const struct mx_worker_count *count = &rig->count[0];

	ck_assert_uint_ge(count->to_kernel, TWIN_RATE_BURST);
	ck_assert_uint_le(count->to_kernel, TWIN_RATE_BURST + earned);
	ck_assert_uint_eq(count->to_kernel + count->dropped[MX_DROP_TWIN_RATE],
			  3 * TWIN_RATE_BURST / 2);
}
END_TEST

START_TEST(a_flood_leaves_arp_and_the_other_port_their_rates)
{
	struct worker *w = rig->worker[0];

	/* A clock that stands: nothing is earned. */
	w->tsc_hz = UINT64_MAX;
	w->twin[WAN].spent_tsc[0] = rte_rdtsc();
	flood(WAN, 10);
	ck_assert_uint_eq(rig->count[0].dropped[MX_DROP_TWIN_RATE], 10);
	w->tsc_hz = rte_get_tsc_hz();
	send_arp(0, WAN);
	send_to_host(0, LAN, 0);
	rig_poll(rig);
	ck_assert_uint_eq(twinrig_empty(twinrig_to_kernel[WAN][0]), 1);
	ck_assert_uint_eq(twinrig_empty(twinrig_to_kernel[LAN][0]), 1);
}
END_TEST

/* The kernel opens a connection by worker 0.  The answer comes to
 * worker 1, whose rate is spent. */
START_TEST(a_flood_leaves_the_answers_to_the_kernel_their_rate)
{
	struct segment ask = {.from = host, .to = host, .flags = SYN};
	uint8_t frame[FRAME_MAX];

	twinrig_free(rig);
	rig = twinrig_make(2, 1);
	struct worker *w = rig->worker[1];
	ask.to.ip = ip4(10, 0, 2, 77);
	ask.to.port = 25;
	ask.from.ip = ip4(10, 0, 2, 1);
	ask.from.port = 41000;
	ask.from.mac = w->port[LAN].mac;
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(rig_ports.pool);
	const uint16_t bytes = frame_tcp(frame, &ask);
	memcpy(rte_pktmbuf_append(mbuf, bytes), frame, bytes);
	ck_assert_int_eq(rte_ring_enqueue(twinrig_from_kernel[LAN][0], mbuf),
			 0);
	rig_poll(rig);
	/* A clock that stands. */
	w->tsc_hz = UINT64_MAX;
	w->twin[LAN].spent_tsc[TWIN_RATE_REST] = rte_rdtsc();
	w->twin[LAN].spent_tsc[TWIN_RATE_ANSWERS] =
		rte_rdtsc() - UINT64_MAX / TWIN_RATE;
	struct segment answer = {
		.from = ask.to, .to = ask.from, .flags = SYN | ACK};
	for (uint16_t port = 41000; port < 41010; port++) {
		answer.to.port = port;
		rig_send(rig, 1, LAN, &answer);
	}
	rig_poll(rig);
	ck_assert_uint_eq(twinrig_empty(twinrig_to_kernel[LAN][0]), 1);
	ck_assert_uint_eq(rig->count[1].dropped[MX_DROP_TWIN_RATE], 9);
}
END_TEST

START_TEST(the_rate_is_earned_by_time_alone)
{
	struct worker *w = rig->worker[0];

	/* A hundredth of a second ago the rate was spent. */
	w->twin[WAN].spent_tsc[0] = rte_rdtsc() - w->tsc_hz / 100;
	flood(WAN, TWIN_RATE / 100 / 2);
	ck_assert_uint_eq(rig->count[0].dropped[MX_DROP_TWIN_RATE], 0);
}
END_TEST

START_TEST(a_twin_that_is_full_drops_and_counts)
{
	struct rte_mbuf *mbuf;

	while (!rte_ring_full(twinrig_to_kernel[WAN][0])) {
		mbuf = rte_pktmbuf_alloc(rig_ports.pool);
		ck_assert_ptr_nonnull(mbuf);
		ck_assert_int_eq(
			rte_ring_enqueue(twinrig_to_kernel[WAN][0], mbuf), 0);
	}
	send_to_host(0, WAN, 0);
	rig_poll(rig);
	ck_assert_uint_eq(rig->count[0].dropped[MX_DROP_TWIN_FULL], 1);
	ck_assert_uint_eq(rig->count[0].to_kernel, 0);
}
END_TEST

START_TEST(without_a_twin_the_kernel_has_its_own_copy)
{
	rig->worker[0]->has_twin = false;
	rig->worker[0]->twin[WAN].is_there = false;
	send_to_host(0, WAN, 0);
	rig_poll(rig);
	ck_assert_uint_eq(twinrig_empty(twinrig_to_kernel[WAN][0]), 0);
	ck_assert_uint_eq(rig->count[0].to_kernel, 1);
}
END_TEST

START_TEST(workers_beyond_the_last_queue_send_by_the_queues_of_others)
{
	rig = twinrig_make(3, 2);
	for (uint16_t i = 0; i < 3; i++)
		send_to_host(i, WAN, 0);
	send_from_kernel(WAN, 1, 0x44, 60);
	rig_poll(rig);
	ck_assert_uint_eq(twinrig_empty(twinrig_to_kernel[WAN][0]), 2);
	ck_assert_uint_eq(twinrig_empty(twinrig_to_kernel[WAN][1]), 1);
	ck_assert_uint_eq(rig->count[1].from_kernel, 1);
	ck_assert_uint_eq(rig->count[2].to_kernel, 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("twinqueue");
	TCase *t = tcase_create("one worker");
	TCase *several = tcase_create("several workers");

	suite_add_tcase(s, t);
	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_no_worker_wants_reaches_the_twin_of_its_port);
	tcase_add_test(t, what_is_for_another_host_does_not_reach_the_kernel);
	tcase_add_test(t, what_a_worker_answers_does_not_reach_the_twin);
	tcase_add_test(t, what_the_kernel_sends_leaves_by_the_port_unchanged);
	tcase_add_loop_test(
		t, the_kernel_is_heard_in_some_polls_while_the_ports_are_busy,
		0, 2);
	tcase_add_test(t, a_full_burst_from_the_kernel_is_sent_whole);
	tcase_add_test(t, a_frame_over_the_mtu_passes_in_neither_direction);
	tcase_add_test(t, a_flood_is_cut_to_the_rate_and_counted);
	tcase_add_test(t, a_flood_leaves_arp_and_the_other_port_their_rates);
	tcase_add_test(t, a_flood_leaves_the_answers_to_the_kernel_their_rate);
	tcase_add_test(t, the_rate_is_earned_by_time_alone);
	tcase_add_test(t, a_twin_that_is_full_drops_and_counts);
	tcase_add_test(t, without_a_twin_the_kernel_has_its_own_copy);
	suite_add_tcase(s, several);
	tcase_add_unchecked_fixture(several, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(several, NULL, teardown);
	tcase_add_test(
		several,
		workers_beyond_the_last_queue_send_by_the_queues_of_others);
	return s;
}
