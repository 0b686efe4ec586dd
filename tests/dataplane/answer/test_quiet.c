/* SPDX-License-Identifier: BSD-3-Clause */
/* Nobody is told that a peer's address is here: no answer, no announcement, and no
 * conflict when its box announces it; until the plan says otherwise.
 * Method: real worker_poll() over ring ports; the rig's local addresses are made
 * those of a peer. */
#include <string.h>

#include "announce.h"
#include "neighbour.h"
#include "network.h"
#include "runner.h"
#include "talk.h"

static struct rig *rig;
static uint8_t frame[FRAME_MAX];

static const struct rte_ether_addr stranger = {{2, 9, 9, 9, 9, 9}};

static void
setup(void)
{
	rig = rig_make(1);
	struct mx_plan *plan = rig_plan(rig);

	plan->box = 1;
	memset(plan->snat_box, 2, plan->snats);
	for (uint32_t i = 0; i < MX_OWNED_SLOTS; i++)
		plan->owned.slot[i].quiet =
			plan->owned.slot[i].kind == MX_OWNED_SNAT;
}

static void
teardown(void)
{
	rig_free(rig);
}

static void
put(uint16_t bytes)
{
	rig_put(rig, 0, WAN, frame, bytes);
	rig_poll(rig);
}

static void
announce(const struct mx_addr *addr)
{
	struct rte_mbuf *made = rte_pktmbuf_alloc(rig->worker[0]->frame_pool);

	neighbour_announce(made, addr, &stranger);
	const uint16_t bytes = rte_pktmbuf_data_len(made);
	memcpy(frame, rte_pktmbuf_mtod(made, void *), bytes);
	rte_pktmbuf_free(made);
	put(bytes);
}

START_TEST(no_question_about_it_is_answered)
{
	struct solicitation ask = {.from = rig_client6, .target = rig_local6};
	struct end to = rig_local, to6 = rig_local6;

	ask.target.mac = to.mac = to6.mac = rig_vip.mac;
	put(frame_arp(frame, &rig_client, &rig_local));
	put(frame_solicit(frame, &ask));
	put(frame_echo(frame, &rig_client, &to, 99));
	put(frame_echo(frame, &rig_client6, &to6, 99));
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig->count[0].answered, 0);
	/* The rig does answer. */
	const uint16_t bytes = frame_arp(frame, &rig_client, &rig_vip);
	put(bytes);
	ck_assert_uint_eq(rig_get(rig, WAN, frame), bytes);
}
END_TEST

START_TEST(its_box_may_announce_it)
{
	announce(&rig_local.ip);
	announce(&rig_local6.ip);
	ck_assert_uint_eq(atomic_load(&rig->worker[0]->claim[WAN].count), 0);
	announce(&rig_vip.ip);
	ck_assert_uint_eq(atomic_load(&rig->worker[0]->claim[WAN].count), 1);
}
END_TEST

enum network
network_of(const char *interface, const struct mx_addr *addr)
{
	(void)interface;
	(void)addr;
	return NETWORK_HOLDS;
}

START_TEST(it_is_not_announced)
{
	static const char *const interface[] = {"wan", "lan"};
	struct announcer announcer;

	ck_assert_int_eq(announcer_make(&announcer, rig->worker[0],
					rig->worker[0]->frame_pool, interface),
			 0);
	announcer_poll(&announcer, rig->active, 0);
	ck_assert_uint_eq(announcer.rows, 2); /* the VIP, of either family */
	rig_poll(rig);
	ck_assert_uint_gt(rig_get(rig, WAN, frame), 0);
	ck_assert_uint_gt(rig_get(rig, WAN, frame), 0);
	talk_assert_silence(rig);
	announcer_free(&announcer);
}
END_TEST

static void
make_loud(void)
{
	struct mx_plan *plan = rig_plan(rig);

	for (uint32_t i = 0; i < MX_OWNED_SLOTS; i++)
		plan->owned.slot[i].quiet = 0;
}

/* Its box is gone: this one answers for it, and announces it at once. */
START_TEST(one_that_becomes_loud_is_announced)
{
	static const char *const interface[] = {"wan", "lan"};
	struct announcer announcer;

	ck_assert_int_eq(announcer_make(&announcer, rig->worker[0],
					rig->worker[0]->frame_pool, interface),
			 0);
	announcer_poll(&announcer, rig->active, 0);
	for (uint16_t i = 0; i < announcer.rows; i++)
		announcer.row[i].left = 0;
	make_loud();
	announcer.active = NULL; /* the next plan */
	announcer_poll(&announcer, rig->active, 1);
	ck_assert_uint_gt(announcer.rows, 2);
	for (uint16_t i = 0; i < announcer.rows; i++) {
		const struct announcement *row = &announcer.row[i];
		const bool was_told = mx_addr_equal(&row->addr, &rig_vip.ip) ||
				      mx_addr_equal(&row->addr, &rig_vip6.ip);

		ck_assert_uint_eq(row->left, was_told ? 0 : ANNOUNCE_TIMES - 1);
	}
	rig_poll(rig);
	for (uint16_t i = 0; i < announcer.rows; i++)
		ck_assert_uint_gt(rig_get(rig, WAN, frame), 0);
	talk_assert_silence(rig);
	announcer_free(&announcer);
}
END_TEST

START_TEST(one_that_becomes_loud_is_answered)
{
	struct end to = rig_local;

	to.mac = rig_vip.mac;
	make_loud();
	put(frame_echo(frame, &rig_client, &to, 99));
	ck_assert_uint_gt(rig_get(rig, WAN, frame), 0);
	announce(&rig_local.ip);
	ck_assert_uint_eq(atomic_load(&rig->worker[0]->claim[WAN].count), 1);
}
END_TEST

/* Another box has the role. */
START_TEST(a_quiet_vip_is_served_and_not_answered)
{
	struct mx_plan *plan = rig_plan(rig);

	plan->box = 0;
	memset(plan->snat_box, 0, plan->snats);
	for (uint32_t i = 0; i < MX_OWNED_SLOTS; i++)
		plan->owned.slot[i].quiet =
			plan->owned.slot[i].kind == MX_OWNED_ADDRESS;
	put(frame_arp(frame, &rig_client, &rig_vip));
	talk_assert_silence(rig);
	announce(&rig_vip.ip);
	ck_assert_uint_eq(atomic_load(&rig->worker[0]->claim[WAN].count), 0);
	const struct end client = talk_client(false, 40001);
	talk_open(rig, RIG_FULLNAT_TO4, &client);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("quiet");
	TCase *t = tcase_create("quiet");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, no_question_about_it_is_answered);
	tcase_add_test(t, its_box_may_announce_it);
	tcase_add_test(t, it_is_not_announced);
	tcase_add_test(t, one_that_becomes_loud_is_announced);
	tcase_add_test(t, one_that_becomes_loud_is_answered);
	tcase_add_test(t, a_quiet_vip_is_served_and_not_answered);
	suite_add_tcase(s, t);
	return s;
}
