/* SPDX-License-Identifier: BSD-3-Clause */
/* Several workers: a frame may come to any of them, its session belongs to one,
 * and the accounts of all add up.
 * Method: the rig with 1 to 4 workers; frames enter at random queues. */
#include <stdlib.h>
#include <time.h>

#include <rte_cycles.h>

#include "burst.h"
#include "rig.h"
#include "runner.h"
#include "talk.h"

#define CLIENTS 300

static struct rig *rig;

static void
teardown(void)
{
	rig_free(rig);
}

static void
send_at_random(uint16_t port, const struct segment *segment)
{
	rig_send(rig, (uint16_t)(rand() % rig->workers), port, segment);
	rig_poll(rig);
}

/* Modes whose replies pass mxsteer: each service, and its VIP's family. */
static const struct {
	enum rig_service service;
	bool six;
} kinds[] = {
	{RIG_FULLNAT_TO4, false}, {RIG_FULLNAT_TO4, true},
	{RIG_FULLNAT_TO6, false}, {RIG_FULLNAT_TO6, true},
	{RIG_NAT_TO4, false},     {RIG_NAT_TO6, true},
	{RIG_V2_TO4, false},      {RIG_V1_TO6, true},
};
#define KINDS (int)RTE_DIM(kinds)

static void
open_at_random(struct talk *talk, uint16_t i)
{
	const bool six = kinds[i % KINDS].six;
	const struct end client = talk_client(six, (uint16_t)(1000 + i));

	*talk = talk_make(rig, kinds[i % KINDS].service, &client);
	struct segment segment = talk_in(talk, SYN);
	send_at_random(WAN, &segment);
	const struct segment sent = talk_next(rig, LAN);
	talk->local = sent.from;
	talk->mta = rig_mta(sent.to.mac.addr_bytes[5]);
	segment = talk_back(talk, SYN | ACK);
	segment.ack = 1;
	send_at_random(LAN, &segment);
	talk_next(rig, WAN);
	segment = talk_in(talk, ACK);
	segment.seq = 1;
	segment.ack = 1;
	send_at_random(WAN, &segment);
	talk_next(rig, LAN);
}

START_TEST(a_session_lives_on_one_worker_wherever_its_frames_arrive)
{
	static struct talk talk[CLIENTS];

	rig = rig_make((uint16_t)_i);
	srand((unsigned)_i);
	for (uint16_t i = 0; i < CLIENTS; i++)
		open_at_random(&talk[i], i);
	ck_assert_uint_eq(rig_sessions(rig), CLIENTS);

	for (int round = 0; round < 10; round++) {
		for (uint16_t i = 0; i < CLIENTS; i++) {
			const bool in = rand() % 2;
			const struct segment said =
				in ? talk_in(&talk[i], ACK)
				   : talk_back(&talk[i], ACK);

			send_at_random(in ? WAN : LAN, &said);
			talk_next(rig, in ? LAN : WAN);
		}
	}
	ck_assert_uint_eq(rig_sessions(rig), CLIENTS);

	uint64_t handed = 0, rx = 0, dropped = 0;
	for (int w = 0; w < _i; w++) {
		handed += rig->count[w].handed_off;
		rx += rig->count[w].rx;
		for (int why = 0; why < MX_DROP_REASONS; why++)
			dropped += rig->count[w].dropped[why];
		/* No worker is idle: the shares are about even. */
		ck_assert_uint_gt(rig->worker[w]->sessions.used,
				  CLIENTS / (unsigned)_i / 2);
	}
	ck_assert_uint_eq(dropped, 0);
	/* Each frame counts once where it arrived, once where it went. */
	ck_assert_uint_eq(rx, 13 * CLIENTS + handed);
	ck_assert(_i == 1 ? handed == 0 : handed > CLIENTS);
}
END_TEST

START_TEST(a_full_ring_costs_frames_and_is_counted)
{
	const struct segment data = {
		.from = rig_client, .to = rig_vip, .flags = ACK};

	rig = rig_make(2);
	/* One of the two is the wrong worker: fill both queues, poll each
	 * alone. */
	for (int w = 0; w < 2; w++) {
		for (int round = 0; round < 3; round++) {
			for (int i = 0; i < 500; i++)
				rig_send(rig, (uint16_t)w, WAN, &data);
			while (worker_poll(rig->worker[w], rig->active) > 0)
				continue;
		}
	}
	ck_assert_uint_gt(rig_dropped(rig, MX_DROP_HANDOFF_FULL), 0);
	rig_poll(rig); /* checks the equation */
}
END_TEST

START_TEST(every_local_port_belongs_to_exactly_one_worker)
{
	static uint32_t entry[PORTMAP_ENTRIES(1)];
	const struct mx_addr address = mx_addr_from4(1);

	rig = rig_make(1);
	for (uint16_t workers = 1; workers <= MX_WORKERS_MAX; workers++) {
		uint32_t count = 0;

		for (uint16_t w = 0; w < workers; w++) {
			struct portmap map;

			portmap_make(&map, &address, w, workers, entry);
			ck_assert_uint_le(map.count, PORTMAP_ENTRIES(workers));
			for (uint32_t i = 0; i < map.count; i++)
				ck_assert_uint_eq(
					portmap_owner((uint16_t)(map.first + i),
						      workers),
					w);
			count += map.count;
		}
		ck_assert_uint_eq(count, MX_LOCAL_PORTS);
	}
}
END_TEST

static struct timespec
monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now;
}

START_TEST(the_clock_is_the_control_planes)
{
	struct worker w = {.tsc_hz = rte_get_tsc_hz()};
	const struct timespec before = monotonic();

	worker_clock_read(&w);
	ck_assert_int_ge(w.now_s, before.tv_sec);
	ck_assert_int_le(w.now_s, monotonic().tv_sec);
	while (rte_rdtsc() < w.next_second_tsc)
		;
	/* The TSC's rate is known to some parts in a million. */
	const struct timespec after = monotonic();
	const double late_s = (double)(after.tv_sec - w.now_s - 1) +
			      (double)after.tv_nsec / 1e9;
	ck_assert_double_gt(late_s, -0.001);
	const uint32_t last_s = w.now_s;
	worker_clock_read(&w);
	ck_assert_int_ge(w.now_s + (late_s < 0), last_s + 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("workers");
	TCase *t = tcase_create("workers");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(
		t, a_session_lives_on_one_worker_wherever_its_frames_arrive, 1,
		5);
	tcase_add_test(t, a_full_ring_costs_frames_and_is_counted);
	suite_add_tcase(s, t);
	t = tcase_create("without a rig");
	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_test(t, every_local_port_belongs_to_exactly_one_worker);
	tcase_add_test(t, the_clock_is_the_control_planes);
	suite_add_tcase(s, t);
	return s;
}
