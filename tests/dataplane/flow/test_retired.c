/* SPDX-License-Identifier: BSD-3-Clause */
/* A VIP, a SNAT address or a service that left the configuration keeps its
 * sessions and takes no new ones.
 * Method: real worker_poll() over ring ports, in every mode, with one worker
 * and with two; in the plan everything that the sessions use rests. */
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "talk.h"

/* Services with an IPv4 VIP, one of each mode and both directions of it. */
static const enum rig_service services[] = {
	RIG_FULLNAT_TO4, RIG_FULLNAT_TO6, RIG_NAT_TO4,
	RIG_DSR_TO4,     RIG_IPIP_TO4,    RIG_GUE_TO6,
};
#define SERVICES (int)(sizeof(services) / sizeof(services[0]))

static struct rig *rig;
static enum rig_service service;

static void
setup(int number)
{
	rig = rig_make(number < SERVICES ? 1 : 2);
	service = services[number % SERVICES];
}

static bool
is_direct(void)
{
	return mx_forward_is_direct(rig_plan(rig)->service[service].forward);
}

static struct mx_owned *
vip_row(void)
{
	struct mx_plan *plan = rig_plan(rig);
	const struct end vip = rig_vip_of(service, false);
	const struct mx_owned *row = mx_owned_find(&plan->owned, &vip.ip,
						   rte_cpu_to_be_16(vip.port));

	ck_assert_int_ne(row->kind, MX_OWNED_NOT);
	return &plan->owned.slot[row - plan->owned.slot];
}

/* The configuration has neither the VIP nor the service nor its addresses. */
static void
let_rest(bool pool_left)
{
	struct mx_plan *plan = rig_plan(rig);

	vip_row()->kind = MX_OWNED_RETIRED;
	plan->retired = 1;
	plan->service[service].snat4.count = 0;
	plan->service[service].snat6.count = 0;
	if (pool_left)
		plan->service[service].pool = MX_POOL_NONE;
	mx_plan_seal(plan, 7);
	ck_assert_int_eq(mx_plan_check(plan, plan->size_bytes, 7, 2),
			 MX_PLAN_OK);
}

/* In dsr and tunnel no reply comes by mxsteer, and the client's own packet
 * leaves. */
static void
say(struct talk *talk, uint8_t flags)
{
	const struct segment segment = talk_in(talk, flags);
	uint8_t out[FRAME_MAX];

	rig_send(rig, 0, WAN, &segment);
	rig_poll(rig);
	ck_assert_uint_gt(rig_get(rig, LAN, out), 0);
	talk_assert_silence(rig);
}

static struct talk
begin(void)
{
	const struct end client = talk_client(false, 40000);
	struct talk talk = talk_make(rig, service, &client);

	if (is_direct())
		say(&talk, SYN);
	else
		talk_syn(&talk);
	return talk;
}

static struct talk
establish(void)
{
	const struct end client = talk_client(false, 40000);

	if (!is_direct())
		return talk_open(rig, service, &client);
	struct talk talk = begin();
	say(&talk, ACK);
	return talk;
}

static void
expect_alive(struct talk *talk)
{
	if (is_direct()) {
		say(talk, ACK | PSH);
	} else {
		talk_say(talk, ACK | PSH);
		talk_hear(talk, ACK | PSH);
	}
	ck_assert_uint_eq(rig_sessions(rig), 1);
}

static void
expect_no_new(void)
{
	const struct end client = talk_client(false, 40007);
	struct talk late = talk_make(rig, service, &client);
	const struct segment syn = talk_in(&late, SYN);
	const uint64_t before = rig_dropped(rig, MX_DROP_RETIRED);

	rig_send(rig, 0, WAN, &syn);
	rig_poll(rig);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_RETIRED), before + 1);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	talk_assert_silence(rig);
}

START_TEST(sessions_go_on_and_no_new_ones_begin)
{
	setup(_i);
	struct talk talk = establish();

	let_rest(false);
	expect_alive(&talk);
	expect_no_new();
	rig_restart(rig);
	expect_alive(&talk);
	expect_no_new();
	rig_free(rig);
}
END_TEST

START_TEST(a_pool_that_left_ends_no_session)
{
	setup(_i);
	struct talk talk = establish();

	let_rest(true);
	expect_alive(&talk);
	expect_no_new();
	rig_free(rig);
}
END_TEST

START_TEST(segments_of_no_session_open_none_and_end_nothing)
{
	setup(_i);
	const struct end client = talk_client(false, 40009);
	struct talk stray = talk_make(rig, service, &client);
	const struct segment segment = talk_in(&stray, ACK);

	establish();
	let_rest(true);
	rig_send(rig, 0, WAN, &segment);
	rig_poll(rig);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	ck_assert_uint_eq(rig_dropped(rig, is_direct() ? MX_DROP_NO_BACKEND
						       : MX_DROP_NO_SESSION),
			  1);
	rig_free(rig);
}
END_TEST

START_TEST(the_address_is_answered_for_while_it_rests)
{
	uint8_t frame[FRAME_MAX], out[FRAME_MAX];

	setup(0);
	establish();
	let_rest(true);
	rig_put(rig, 0, WAN, frame, frame_arp(frame, &rig_client, &rig_vip));
	rig_poll(rig);
	ck_assert_uint_eq(rig_get(rig, WAN, out), 42);
	ck_assert_uint_eq(rig->count[0].answered, 1);
	rig_free(rig);
}
END_TEST

START_TEST(a_first_syn_again_is_no_new_session)
{
	setup(_i);
	begin();
	let_rest(false);
	rig_flush(rig);
	begin();
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_RETIRED), 0);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	rig_free(rig);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("retired");
	TCase *t = tcase_create("retired");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, sessions_go_on_and_no_new_ones_begin, 0,
			    2 * SERVICES);
	tcase_add_loop_test(t, a_pool_that_left_ends_no_session, 0,
			    2 * SERVICES);
	tcase_add_loop_test(t, segments_of_no_session_open_none_and_end_nothing,
			    0, 2 * SERVICES);
	tcase_add_test(t, the_address_is_answered_for_while_it_rests);
	tcase_add_loop_test(t, a_first_syn_again_is_no_new_session, 0,
			    2 * SERVICES);
	suite_add_tcase(s, t);
	return s;
}
