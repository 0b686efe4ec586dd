/* SPDX-License-Identifier: BSD-3-Clause */
/* The way back to clients follows a router or a host with a new MAC address:
 * sessions that came by the old one get the new one, and no others do.
 * Method: sessions over ring ports; the test writes the rows of the plan. */
#include <stdlib.h>
#include <string.h>

#include "burst.h"
#include "runner.h"
#include "talk.h"
#include "wayback.h"

#define NOW_S 1000

static struct rig *rig;
static struct active_plan *before;

static const struct rte_ether_addr new_mac = {{2, 0, 0, 0, 9, 9}};

static void
setup(void)
{
	rig = rig_make(1);
	before = calloc(1, sizeof(*before));
}

static void
teardown(void)
{
	free(before);
	rig_free(rig);
}

/* The kernel has a new MAC address of the client. */
static struct mx_way *
add_way(const struct mx_addr *hop, bool gateway)
{
	struct mx_plan *plan = rig_plan(rig);
	struct mx_way *way = &plan->way[plan->ways++];

	*way = (struct mx_way){
		.hop = *hop,
		.moved_s = NOW_S,
		.port = WAN,
		.to_port = WAN,
		.gateway = gateway,
	};
	memcpy(way->before, &rig_client.mac, 6);
	memcpy(way->mac, &new_mac, 6);
	return way;
}

/* Give the workers the active plan, and let them look at every session. */
static void
take_plan(uint32_t now_s)
{
	struct worker *w = rig->worker[0];

	way_prepare(rig->active, before, now_s);
	w->counted = NULL; /* as if the plan were another one */
	do {
		rig_poll(rig);
	} while (w->ways_left > 0);
}

static bool
has_moved(const struct talk *talk)
{
	return memcmp(talk_session(talk)->client_mac, &new_mac, 6) == 0;
}

static const struct mx_addr router = {{[10] = 0xff, 0xff, 203, 0, 113, 1}};

START_TEST(a_silent_clients_reply_goes_to_the_new_router)
{
	const struct end client = talk_client(_i, 40000);
	const struct talk talk =
		talk_open(rig, _i ? RIG_FULLNAT_TO6 : RIG_FULLNAT_TO4, &client);

	add_way(&router, true);
	take_plan(NOW_S);
	ck_assert(has_moved(&talk));
	ck_assert_uint_eq(rig->count[0].moved, 1);

	struct segment said = talk_back(&talk, ACK | PSH);
	said.seq = 1;
	said.ack = 1;
	said.payload_bytes = 8;
	talk_send(&talk, LAN, &said);
	said = talk_left_back(&talk, said);
	said.to.mac = new_mac;
	talk_assert_left(rig, WAN, &said);
}
END_TEST

START_TEST(a_router_at_another_port_takes_over)
{
	const struct end client = talk_client(_i, 40000);
	const struct talk talk =
		talk_open(rig, _i ? RIG_FULLNAT_TO6 : RIG_FULLNAT_TO4, &client);

	add_way(&router, true)->to_port = LAN;
	take_plan(NOW_S);
	ck_assert(has_moved(&talk));
	struct segment said = talk_back(&talk, ACK | PSH);
	said.seq = 1;
	said.ack = 1;
	said.payload_bytes = 8;
	talk_send(&talk, LAN, &said);
	said = talk_left_back(&talk, said);
	said.to.mac = new_mac;
	said.from.mac = rig->worker[0]->port[LAN].mac;
	talk_assert_left(rig, LAN, &said);
}
END_TEST

START_TEST(a_host_that_moved_takes_its_own_sessions_alone)
{
	const struct end one = talk_client(_i, 40000);
	struct end two = talk_client(_i, 40000);

	two.ip.byte[15]++;
	const enum rig_service service = _i ? RIG_FULLNAT_TO6 : RIG_FULLNAT_TO4;
	const struct talk his = talk_open(rig, service, &one);
	const struct talk other = talk_open(rig, service, &two);
	add_way(&one.ip, false);
	take_plan(NOW_S);
	ck_assert(has_moved(&his));
	ck_assert(!has_moved(&other));
}
END_TEST

START_TEST(what_came_by_another_way_stays)
{
	const struct end client = talk_client(false, 40000);
	const struct talk talk = talk_open(rig, RIG_FULLNAT_TO4, &client);
	struct mx_way *way = add_way(&router, true);

	way->port = LAN;
	take_plan(NOW_S);
	ck_assert(!has_moved(&talk));
	way->port = WAN;
	way->before[5]++;
	take_plan(NOW_S);
	ck_assert(!has_moved(&talk));
	ck_assert_uint_eq(rig->count[0].moved, 0);
}
END_TEST

START_TEST(what_moved_long_ago_or_never_moves_nothing)
{
	const struct end client = talk_client(false, 40000);
	const struct talk talk = talk_open(rig, RIG_FULLNAT_TO4, &client);
	struct mx_way *way = add_way(&router, true);

	take_plan(NOW_S + WAY_FRESH_S);
	ck_assert(!has_moved(&talk));
	way->moved_s = 0;
	take_plan(NOW_S);
	ck_assert(!has_moved(&talk));
	way->moved_s = NOW_S;
	take_plan(NOW_S + WAY_FRESH_S - 1);
	ck_assert(has_moved(&talk));
}
END_TEST

START_TEST(the_same_move_in_a_later_plan_is_no_news)
{
	add_way(&router, true);
	take_plan(NOW_S);
	const uint32_t round = rig->active->ways_round;
	before->ways_round = round;
	before->plan.ways = 1;
	before->plan.way[0] = rig->active->plan.way[0];
	way_prepare(rig->active, before, NOW_S + 1);
	ck_assert_uint_eq(rig->active->ways_round, round);
	rig->active->plan.way[0].mac[5]++; /* the address changes once more */
	way_prepare(rig->active, before, NOW_S + 1);
	ck_assert_uint_eq(rig->active->ways_round, round + 1);
}
END_TEST

START_TEST(all_sessions_are_looked_at_a_few_in_each_poll)
{
	struct worker *w = rig->worker[0];
	uint32_t polls = 0;

	for (uint16_t i = 0; i < 300; i++) {
		const struct end client =
			talk_client(false, (uint16_t)(40000 + i));
		talk_open(rig, RIG_FULLNAT_TO4, &client);
	}
	add_way(&router, true);
	way_prepare(rig->active, before, NOW_S);
	w->counted = NULL;
	do {
		const uint64_t moved = w->count->moved;
		worker_poll(w, rig->active);
		ck_assert_uint_le(w->count->moved - moved, 16);
		polls++;
	} while (w->ways_left > 0);
	ck_assert_uint_eq(w->count->moved, 300);
	ck_assert_uint_ge(polls, RIG_SESSIONS / 16);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("wayback");
	TCase *t = tcase_create("wayback");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_silent_clients_reply_goes_to_the_new_router, 0,
			    2);
	tcase_add_loop_test(t, a_router_at_another_port_takes_over, 0, 2);
	tcase_add_loop_test(t, a_host_that_moved_takes_its_own_sessions_alone,
			    0, 2);
	tcase_add_test(t, what_came_by_another_way_stays);
	tcase_add_test(t, what_moved_long_ago_or_never_moves_nothing);
	tcase_add_test(t, the_same_move_in_a_later_plan_is_no_news);
	tcase_add_test(t, all_sessions_are_looked_at_a_few_in_each_poll);
	suite_add_tcase(s, t);
	return s;
}
