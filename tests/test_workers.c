/* SPDX-License-Identifier: BSD-3-Clause */
/* Several workers: whichever of them a frame comes to, its session is at one,
 * and the accounts of all add up.
 * Method: the rig with 1 to 4 workers; frames enter at random queues. */
#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>

#include "rig.h"
#include "runner.h"

#define CLIENTS 300

static struct rig *rig;
static uint8_t out[2048];

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

START_TEST(a_session_lives_on_one_worker_wherever_its_frames_arrive)
{
	struct end local[CLIENTS], mta[CLIENTS];

	rig = rig_make((uint16_t)_i);
	srand((unsigned)_i);
	for (uint16_t i = 0; i < CLIENTS; i++) {
		struct segment syn = {
			.from = rig_client, .to = rig_vip, .flags = SYN};
		const struct rte_ipv4_hdr *ip = (void *)(out + 14);
		const struct rte_tcp_hdr *tcp = (void *)(out + 34);

		syn.from.port = (uint16_t)(1000 + i);
		send_at_random(WAN, &syn);
		ck_assert_uint_gt(rig_get(rig, LAN, out), 0);
		mta[i] = rig_mta((int)(rte_be_to_cpu_32(ip->dst_addr) & 0xff) -
				 10);
		local[i] = rig_local;
		local[i].ip = rte_be_to_cpu_32(ip->src_addr);
		local[i].port = rte_be_to_cpu_16(tcp->src_port);
	}
	ck_assert_uint_eq(rig_sessions(rig), CLIENTS);

	for (int round = 0; round < 10; round++) {
		for (uint16_t i = 0; i < CLIENTS; i++) {
			struct segment reply = {.from = mta[i],
						.to = local[i],
						.flags = ACK};
			send_at_random(LAN, &reply);
			ck_assert_uint_gt(rig_get(rig, WAN, out), 0);
		}
	}
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_NO_SESSION), 0);

	uint64_t handed = 0, rx = 0;
	for (int w = 0; w < _i; w++) {
		handed += rig->count[w].handed_off;
		rx += rig->count[w].rx;
		/* Nobody is idle: the shares are about even. */
		ck_assert_uint_gt(rig->worker[w]->sessions.used,
				  CLIENTS / (unsigned)_i / 2);
	}
	/* Each frame counts once where it arrived, once where it went. */
	ck_assert_uint_eq(rx, 11 * CLIENTS + handed);
	ck_assert(_i == 1 ? handed == 0 : handed > CLIENTS);
}
END_TEST

START_TEST(a_full_ring_costs_frames_and_is_counted)
{
	const struct segment data = {
		.from = rig_client, .to = rig_vip, .flags = ACK};

	rig = rig_make(2);
	/* Only one of the two is the wrong one: fill both, poll each alone. */
	for (int w = 0; w < 2; w++) {
		for (int round = 0; round < 3; round++) {
			for (int i = 0; i < 500; i++)
				rig_send(rig, (uint16_t)w, WAN, &data);
			while (worker_poll(rig->worker[w], rig->view) > 0)
				continue;
		}
	}
	ck_assert_uint_gt(rig_dropped(rig, MX_DROP_HANDOFF_FULL), 0);
	rig_poll(rig); /* checks the equation */
}
END_TEST

START_TEST(every_local_port_belongs_to_exactly_one_worker)
{
	rig = rig_make(1);
	for (uint16_t workers = 1; workers <= MX_WORKERS_MAX; workers++) {
		uint32_t count = 0;

		for (uint16_t w = 0; w < workers; w++) {
			struct portmap map;

			ck_assert_int_eq(portmap_make(&map, 1, w, workers), 0);
			for (uint32_t i = 0; i < map.count; i++)
				ck_assert_uint_eq(
					portmap_owner((uint16_t)(map.first + i),
						      workers),
					w);
			count += map.count;
			portmap_free(&map);
		}
		ck_assert_uint_eq(count, PORT_COUNT);
	}
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
	tcase_add_test(t, every_local_port_belongs_to_exactly_one_worker);
	suite_add_tcase(s, t);
	return s;
}
