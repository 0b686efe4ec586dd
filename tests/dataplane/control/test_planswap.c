/* SPDX-License-Identifier: BSD-3-Clause */
/* The plan swap: a published plan reaches the workers whole or not at all.
 * Method: a real region.  A thread plays the worker and reads the active plan
 * as fast as it can.  Plans contain their number twice, so that a torn plan
 * shows. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner.h"
#include "sanitized.h"
#include "swaprig.h"

static enum mx_plan_fault
publish(void)
{
	const uint64_t generation =
		mx_region_publish(swaprig.region, swaprig.plan);

	ck_assert(plan_swap_poll(&swaprig.swap));
	ck_assert_uint_eq(atomic_load(&swaprig.region->ack.generation),
			  generation);
	return atomic_load(&swaprig.region->ack.fault);
}

START_TEST(nothing_is_owned_before_the_first_plan)
{
	ck_assert(!plan_swap_poll(&swaprig.swap));
	ck_assert_uint_eq(swaprig_current()->plan.owned.count, 0);
	ck_assert_uint_eq(
		mx_owned_find(&swaprig_current()->plan.owned, &rig_vip.ip, 0)
			->kind,
		MX_OWNED_NOT);
}
END_TEST

START_TEST(a_good_plan_is_taken_and_acknowledged)
{
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	ck_assert_uint_eq(atomic_load(&swaprig.region->ack.adopted), 1);
	ck_assert_uint_eq(swaprig_current()->plan.generation, 1);
	ck_assert(!plan_swap_poll(&swaprig.swap));
}
END_TEST

START_TEST(a_bad_plan_is_refused_and_the_old_one_stays)
{
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	const struct active_plan *before = swaprig_current();

	swaprig.plan->service[0].pool = 9;
	ck_assert_uint_eq(publish(), MX_PLAN_BAD_SERVICE);
	ck_assert_ptr_eq(swaprig_current(), before);
	ck_assert_uint_eq(atomic_load(&swaprig.region->ack.adopted), 1);
	ck_assert_uint_eq(swaprig_current()->plan.generation, 1);

	swaprig.plan->service[0].pool = 0;
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	ck_assert_uint_eq(atomic_load(&swaprig.region->ack.adopted), 3);
}
END_TEST

START_TEST(ipv6_needs_sessions_with_room_for_it)
{
	swaprig.swap.wide = false;
	ck_assert_uint_eq(publish(), MX_PLAN_NEEDS_IPV6);
	ck_assert_uint_eq(atomic_load(&swaprig.region->ack.adopted), 0);
}
END_TEST

START_TEST(sessions_of_a_service_that_left_keep_their_timers)
{
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	ck_assert_uint_eq(swaprig_current()->plan.service[RIG_SERVICES].used,
			  0);
	ck_assert_uint_ge(swaprig_current()->plan.service[RIG_SERVICES].idle_s,
			  900);
	ck_assert_uint_gt(
		swaprig_current()->plan.service[RIG_SERVICES].half_open_s, 0);
	ck_assert_uint_gt(
		swaprig_current()->plan.service[RIG_SERVICES].closing_s, 0);
}
END_TEST

START_TEST(sessions_of_the_future_were_not_ended)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	const uint32_t now_s = (uint32_t)now.tv_sec;
	swaprig.plan->backend[1].ended_s = now_s + 1000;
	swaprig.plan->backend[2].ended_s = now_s;
	swaprig.plan->end_orders = 2;
	swaprig.plan->end_order[0].ended_s = now_s - 7;
	swaprig.plan->end_order[1].ended_s = now_s + 1000;
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	ck_assert_uint_eq(swaprig_current()->plan.backend[1].ended_s, 0);
	ck_assert_uint_eq(swaprig_current()->plan.backend[2].ended_s, now_s);
	ck_assert_uint_eq(swaprig_current()->plan.end_order[1].ended_s, 0);
	/* A packet of each backend asks whether its client is meant. */
	ck_assert_uint_eq(swaprig_current()->plan.backend[1].ends_s, now_s - 7);
	ck_assert_uint_eq(swaprig_current()->plan.backend[2].ends_s, now_s);
	ck_assert_uint_eq(swaprig_current()->search_until_s,
			  now_s + RESET_SEARCH_S);
}
END_TEST

static void
bad_order(struct mx_end_order order)
{
	swaprig.plan->end_order[0] = order;
	ck_assert_uint_eq(publish(), MX_PLAN_BAD_RULE);
}

START_TEST(sessions_of_clients_are_searched)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	const uint32_t now_s = (uint32_t)now.tv_sec;
	swaprig.plan->end_orders = 1;
	swaprig.plan->end_order[0].ended_s = now_s - 7;
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	ck_assert_uint_eq(swaprig_current()->search_until_s,
			  now_s - 7 + RESET_SEARCH_S);
	bad_order((struct mx_end_order){.client.bits = 129});
	bad_order((struct mx_end_order){.some = 2});
	bad_order((struct mx_end_order){.denied = 2});
	struct mx_end_order short4 = {
		.client = {.addr = mx_addr_from4(htobe32(0xcb007100)),
			   .bits = 24}};
	bad_order(short4);
	short4.client.bits = 96 + 24;
	swaprig.plan->end_order[0] = short4;
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	swaprig.plan->end_orders = 0;
	swaprig.plan->deny_rules = 1;
	swaprig.plan->deny_rule[0].slot = MX_DENY_RULES_MAX;
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	swaprig.plan->deny_rule[0].slot++;
	ck_assert_uint_eq(publish(), MX_PLAN_BAD_RULE);
	swaprig.plan->end_orders = MX_END_ORDERS_MAX + 1;
	ck_assert_uint_eq(publish(), MX_PLAN_BAD_COUNT);
}
END_TEST

START_TEST(only_own_addresses_are_announced)
{
	struct mx_announced *row = &swaprig.plan->announce[0];

	swaprig.plan->announces = 2;
	row[0] = (struct mx_announced){rig_vip.ip, 100};
	row[1] = (struct mx_announced){swaprig.plan->snat[0], 100};
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	row[1].metric = 0;
	ck_assert_uint_eq(publish(), MX_PLAN_BAD_ANNOUNCE);
	row[1] = (struct mx_announced){rig_client.ip, 100};
	ck_assert_uint_eq(publish(), MX_PLAN_BAD_ANNOUNCE);
	swaprig.plan->announces = MX_ANNOUNCES_MAX + 1;
	ck_assert_uint_eq(publish(), MX_PLAN_BAD_COUNT);
}
END_TEST

START_TEST(a_size_that_lies_is_refused)
{
	struct mx_plan *slot = mx_region_slot(swaprig.region, 1);
	static const uint32_t sizes[] = {0, 1, sizeof(struct mx_plan) - 1,
					 MX_PLAN_SIZE_MAX + 1, UINT32_MAX};

	memcpy(slot, swaprig.plan, MX_PLAN_SIZE(RIG_POOLS));
	mx_plan_seal(slot, 1);
	slot->size_bytes = sizes[_i];
	atomic_store(&swaprig.region->generation, 1);
	ck_assert(plan_swap_poll(&swaprig.swap));
	ck_assert_uint_eq(atomic_load(&swaprig.region->ack.fault),
			  MX_PLAN_BAD_SIZE);
}
END_TEST

/* Replace the plan's local addresses by count ones from first on. */
static void
set_snats(uint32_t first, uint16_t count)
{
	memset(&swaprig.plan->owned, 0, sizeof(swaprig.plan->owned));
	swaprig.plan->snats = count;
	memset(swaprig.plan->service, 0, sizeof(swaprig.plan->service));
	swaprig.plan->service[0] = (struct mx_service){.used = 1,
						       .snat4 = {0, count},
						       .idle_s = 1,
						       .half_open_s = 1,
						       .greeting_s = 1,
						       .closing_s = 1};
	const struct mx_owned vip = {
		.addr = mx_addr_from4(1), .kind = MX_OWNED_VIP, .port_be = 2};
	ck_assert_int_eq(mx_owned_add(&swaprig.plan->owned, &vip), 0);
	for (uint16_t i = 0; i < count; i++) {
		const struct mx_owned row = {.addr = mx_addr_from4(first + i),
					     .index = i,
					     .kind = MX_OWNED_SNAT};

		swaprig.plan->snat[i] = row.addr;
		ck_assert_int_eq(mx_owned_add(&swaprig.plan->owned, &row), 0);
	}
}

START_TEST(an_address_keeps_its_slot_whatever_its_row)
{
	set_snats(100, 5);
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	const uint8_t slot = swaprig_current()->snat_slot[3]; /* of 103 */

	set_snats(103, 7);
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	ck_assert_uint_eq(swaprig_current()->snat_slot[0], slot);
	const struct mx_addr address = mx_addr_from4(103);
	ck_assert(mx_addr_equal(&swaprig.rig->worker[0]->map[slot].address,
				&address));
}
END_TEST

START_TEST(slots_in_use_are_not_given_away)
{
	set_snats(100, MX_SNATS_MAX);
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	for (int slot = 0; slot < MX_SNATS_MAX; slot += 2)
		portmap_take(&swaprig.rig->worker[0]->map[slot], 1);

	/* The present addresses and as many new ones do not fit together... */
	set_snats(500, 1);
	ck_assert_uint_eq(publish(), MX_PLAN_NO_PORT_MAP);
	/* ...but once most addresses have left, those without a session are
	 * free. */
	set_snats(100, 1);
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	set_snats(500, MX_SNATS_MAX / 2);
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	for (uint16_t row = 0; row < MX_SNATS_MAX / 2; row++) {
		const uint8_t slot = swaprig_current()->snat_slot[row];

		ck_assert_uint_eq(slot % 2, 1);
		ck_assert_uint_eq(swaprig.rig->worker[0]->map[slot].used, 0);
	}
	set_snats(900, MX_SNATS_MAX / 2 + 1);
	ck_assert_uint_eq(publish(), MX_PLAN_NO_PORT_MAP);
}
END_TEST

/* Make the plan's local addresses from row `from` on a peer's. */
static void
give_to_peer(uint16_t from)
{
	swaprig.plan->box = 1;
	swaprig.plan->service[0].snat4.count = from;
	for (uint16_t row = from; row < swaprig.plan->snats; row++) {
		const struct mx_owned *owned = mx_owned_find(
			&swaprig.plan->owned, &swaprig.plan->snat[row], 0);

		swaprig.plan->owned.slot[owned - swaprig.plan->owned.slot]
			.quiet = 1;
		swaprig.plan->snat_box[row] = 2;
	}
}

static struct portmap *
map_of(uint16_t row)
{
	return &swaprig.rig->worker[0]->map[swaprig_current()->snat_slot[row]];
}

START_TEST(any_port_of_a_peers_address_can_be_claimed)
{
	struct mx_region_snat report[MX_SNATS_MAX];
	uint32_t shown = 0;

	set_snats(100, 3);
	give_to_peer(1);
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	ck_assert(map_of(0)->linked);
	ck_assert(!map_of(1)->linked && !map_of(2)->linked);
	ck_assert(portmap_claim(map_of(1), 30000, 7));
	/* Nobody is told to add addresses to a peer's. */
	snat_report(&swaprig.swap.snat, report);
	for (int slot = 0; slot < MX_SNATS_MAX; slot++)
		shown += report[slot].address.byte[12] >= 100;
	ck_assert_uint_eq(shown, 1);
	/* The address becomes ours: its worker links what is free. */
	memset(swaprig.plan->snat_box, 0, sizeof(swaprig.plan->snat_box));
	set_snats(100, 3);
	ck_assert_uint_eq(publish(), MX_PLAN_OK);
	ck_assert(!map_of(1)->linked);
	portmap_begin(map_of(1));
	ck_assert_uint_eq(portmap_find(map_of(1), 30000), 7);
	for (uint32_t i = 1; i < MX_LOCAL_PORTS; i++)
		ck_assert_uint_ne(portmap_take(map_of(1), 8), 0);
	ck_assert_uint_eq(portmap_take(map_of(1), 8), 0);
	ck_assert_uint_eq(portmap_find(map_of(1), 30000), 7);
	snat_report(&swaprig.swap.snat, report);
	ck_assert_uint_eq(report[swaprig_current()->snat_slot[1]].used,
			  MX_LOCAL_PORTS);
}
END_TEST

#define PLANS (SANITIZED ? 150u : 300u)

struct reader {
	atomic_bool stop;
	atomic_uint wrong;
	atomic_ulong seen;
};

static void *
read_plans(void *arg)
{
	struct reader *reader = arg;

	/* The first look is at the empty plan, which is all zero. */
	rte_rcu_qsbr_thread_online(swaprig.swap.quiescent, 0);
	while (!atomic_load(&reader->stop)) {
		const struct active_plan *active = swaprig_current();
		const uint64_t mark = active->plan.key.word[0];

		for (int i = 1; i <= MX_BACKENDS_MAX; i++)
			if (active->plan.backend[i].address.port_be !=
			    (uint16_t)mark)
				atomic_fetch_add(&reader->wrong, 1);
		if (active->plan.key.word[1] != mark)
			atomic_fetch_add(&reader->wrong, 1);
		atomic_fetch_add(&reader->seen, 1);
		rte_rcu_qsbr_quiescent(swaprig.swap.quiescent, 0);
	}
	rte_rcu_qsbr_thread_offline(swaprig.swap.quiescent, 0);
	return NULL;
}

START_TEST(a_worker_never_sees_a_plan_change_under_it)
{
	struct reader reader = {0};
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, read_plans, &reader), 0);
	for (uint64_t n = 0; n < PLANS; n++) {
		swaprig.plan->key = (struct mx_hash_key){{n, n}};
		for (int i = 1; i <= MX_BACKENDS_MAX; i++)
			swaprig.plan->backend[i].address.port_be = (uint16_t)n;
		ck_assert_uint_eq(publish(), MX_PLAN_OK);
	}
	atomic_store(&reader.stop, true);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(atomic_load(&reader.wrong), 0);
	ck_assert_uint_gt(atomic_load(&reader.seen), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("planswap");
	TCase *t = tcase_create("planswap");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, swaprig_setup, swaprig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, nothing_is_owned_before_the_first_plan);
	tcase_add_test(t, a_good_plan_is_taken_and_acknowledged);
	tcase_add_test(t, a_bad_plan_is_refused_and_the_old_one_stays);
	tcase_add_test(t, ipv6_needs_sessions_with_room_for_it);
	tcase_add_test(t, sessions_of_a_service_that_left_keep_their_timers);
	tcase_add_test(t, sessions_of_the_future_were_not_ended);
	tcase_add_test(t, sessions_of_clients_are_searched);
	tcase_add_test(t, only_own_addresses_are_announced);
	tcase_add_loop_test(t, a_size_that_lies_is_refused, 0, 5);
	tcase_add_test(t, an_address_keeps_its_slot_whatever_its_row);
	tcase_add_test(t, slots_in_use_are_not_given_away);
	tcase_add_test(t, any_port_of_a_peers_address_can_be_claimed);
	tcase_add_test(t, a_worker_never_sees_a_plan_change_under_it);
	suite_add_tcase(s, t);
	return s;
}
