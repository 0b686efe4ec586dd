/* SPDX-License-Identifier: BSD-3-Clause */
/* No client waits for a greeting for longer than banner-patience, however many
 * sessions there are.
 * Method: a hundred thousand sessions that their MTAs do not greet, a clock that
 * the test moves, and polls that are counted as time: each takes no longer than
 * POLL_US. */
#include "account.h"
#include "choose.h"
#include "move.h"
#include "onerig.h"
#include "patience.h"
#include "reclaim.h"
#include "rewrite.h"
#include "round.h"
#include "runner.h"
#include "sweep.h"

#define SESSIONS 100000u
#define PATIENCE_S 20u

/* A poll that has a full burst to forward takes less (bench/count). */
#define POLL_US 10u
#define POLLS_A_MS (1000u / POLL_US)

static uint32_t opened; /* sessions so far */

/* What MTAs say in their SYN-ACKs. */
static void
learn_profiles(void)
{
	for (int id = 1; id <= 6; id++)
		rig->worker[0]->profiles.backend[id] = (struct profile){
			.known = true, .says = {1460, 7, true}};
}

static void
setup_sized(uint32_t sessions)
{
	rig = rig_make_sized(1, sessions, 1);
	for (int i = 0; i < RIG_SERVICES; i++) {
		struct mx_service *service = &rig_plan(rig)->service[i];

		service->patience_s = PATIENCE_S;
		if (!mx_forward_is_direct(service->forward))
			service->fail_over = MX_FAIL_OVER_MUTE;
	}
	learn_profiles();
	opened = 0;
}

static void
setup(void)
{
	setup_sized(2 * SESSIONS);
}

static uint8_t
state_of(const struct mx_session *s)
{
	return atomic_load_explicit(&s->state, memory_order_relaxed);
}

static uint16_t
choose(enum rig_service service, uint32_t client_be)
{
	const struct end vip = rig_vip_of(service, false);
	const struct mx_flow flow = {mx_addr_from4(client_be), vip.ip,
				     RTE_BE16(4000),
				     rte_cpu_to_be_16(vip.port)};
	enum mx_drop why;
	const uint16_t id =
		choose_backend(rig->worker[0], rig->active,
			       &rig_plan(rig)->service[service], &flow, &why);

	ck_assert_int_eq(why, MX_DROP_NONE);
	return id;
}

/* A session whose client has acknowledged the SYN-ACK of its MTA. */
static struct mx_session *
open_one(enum rig_service service)
{
	struct worker *w = rig->worker[0];
	const uint32_t client_be = rte_cpu_to_be_32(0x0b000000 + opened++);
	struct mx_session filled = {
		.client_be = client_be,
		.vip_be = mx_addr_to4(&rig_vip.ip),
		.client_port_be = RTE_BE16(4000),
		.vip_port_be =
			rte_cpu_to_be_16(rig_vip_of(service, false).port),
		.local_be = client_be,
		.local_port_be = RTE_BE16(4000),
		.deadline_s = w->now_s + 300,
		.opened_s = w->now_s,
		.backend = choose(service, client_be),
		.service = (uint8_t)service,
		.kind = MX_FORWARD_NAT,
		.syn = 1,
		.client_seq = opened,
		.server_seq = opened,
	};
	const struct mx_backend *backend =
		&rig_plan(rig)->backend[filled.backend];

	filled.server_be = mx_addr_to4(&backend->address.addr);
	filled.server_port_be = backend->address.port_be;
	rewrite_prepare(&filled, NULL);
	struct mx_session *s = session_insert(&w->sessions, &filled, NULL,
					      MX_SESSION_ANSWERED);
	ck_assert_ptr_nonnull(s);
	account_attempt(w, s);
	reclaim_enter(w, s);
	move_to(w, rig->active, s, MX_SESSION_GREETING);
	return s;
}

static void
poll_once(void)
{
	round_poll(rig->worker[0], rig->active);
	rig_flush(rig);
}

static void
next_second(void)
{
	rig->worker[0]->now_s++;
	patience_begin(rig->worker[0]);
}

static uint64_t
replaced(void)
{
	return rig->count[0].failovers_mute;
}

/* The MTAs that joined have greeted, and the sessions are over. */
static void
end_replaced(void)
{
	struct worker *w = rig->worker[0];

	for (uint32_t i = 0; i < w->sessions.count; i++) {
		struct mx_session *s = &w->sessions.file->session[i];
		if (state_of(s) == MX_SESSION_JOINING)
			worker_session_end(w, s);
	}
	rig_pass_ms(rig, 300);
	rig_flush(rig);
}

START_TEST(each_of_a_hundred_thousand_is_replaced_in_time)
{
	const uint32_t a_second = SESSIONS / PATIENCE_S;

	setup();
	for (uint32_t s = 0; s < PATIENCE_S; s++) {
		for (uint32_t i = 0; i < a_second; i++)
			open_one(RIG_NAT_TO4);
		poll_once();
		ck_assert_uint_eq(replaced(), 0);
		next_second();
	}
	for (uint32_t s = 1; s <= PATIENCE_S; s++) {
		uint32_t polls = 0;

		for (; replaced() < s * a_second; polls++) {
			ck_assert_uint_lt(polls, 250 * POLLS_A_MS);
			poll_once();
		}
		for (int i = 0; i < 100; i++)
			poll_once();
		ck_assert_uint_eq(replaced(), s * a_second);
		end_replaced();
		next_second();
	}
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig->count[0].joins_missed, 0);
	ck_assert_uint_eq(rig->count[0].failovers_missed, 0);
}
END_TEST

/* As many in one second as MTAs can be asked again in one. */
START_TEST(fifty_thousand_of_one_second_take_no_more_than_one)
{
	const uint32_t count = 50000;
	uint32_t polls = 0;

	setup();
	for (uint32_t i = 0; i < count; i++)
		open_one(RIG_NAT_TO4);
	for (uint32_t s = 0; s < PATIENCE_S; s++)
		next_second();
	for (; replaced() < count; polls++) {
		ck_assert_uint_lt(polls, 1000 * POLLS_A_MS);
		poll_once();
		if (polls % (300 * POLLS_A_MS) == 299 * POLLS_A_MS)
			end_replaced();
	}
	ck_assert_uint_eq(rig->count[0].joins_missed, 0);
}
END_TEST

START_TEST(a_service_does_not_wait_for_another)
{
	setup_sized(64);
	rig_plan(rig)->service[RIG_NAT_TO4].patience_s = 240;
	const struct mx_session *slow = open_one(RIG_NAT_TO4);
	const struct mx_session *quick = open_one(RIG_V1_TO4);

	rig_pass_s(rig, PATIENCE_S - 1);
	ck_assert_uint_eq(state_of(quick), MX_SESSION_GREETING);
	rig_pass_s(rig, 1);
	ck_assert_uint_eq(state_of(quick), MX_SESSION_JOINING);
	ck_assert_uint_eq(state_of(slow), MX_SESSION_GREETING);
	rig_pass_s(rig, 220);
	ck_assert_uint_eq(state_of(slow), MX_SESSION_JOINING);
	rig_flush(rig);
}
END_TEST

START_TEST(an_mta_that_comes_back_gets_the_session_after_another_patience)
{
	setup_sized(64);
	const struct mx_session *s = open_one(RIG_NAT_TO4);

	rig_set_weights(rig, (const uint16_t[]){0, 0, 0});
	rig_pass_s(rig, PATIENCE_S);
	ck_assert_uint_eq(state_of(s), MX_SESSION_GREETING);
	ck_assert_uint_eq(rig->count[0].failovers_none, 1);
	rig_set_weights(rig, (const uint16_t[]){1, 1, 1});
	rig_pass_s(rig, PATIENCE_S - 1);
	ck_assert_uint_eq(state_of(s), MX_SESSION_GREETING);
	rig_pass_s(rig, 1);
	ck_assert_uint_eq(state_of(s), MX_SESSION_JOINING);
	rig_flush(rig);
}
END_TEST

START_TEST(the_patience_begins_anew_with_a_data_plane)
{
	setup_sized(64);
	const struct mx_session *s = open_one(RIG_NAT_TO4);

	rig_pass_s(rig, PATIENCE_S - 1);
	rig_restart(rig);
	rig_pass_s(rig, PATIENCE_S - 1);
	ck_assert_uint_eq(state_of(s), MX_SESSION_GREETING);
	learn_profiles();
	rig_pass_s(rig, 1);
	ck_assert_uint_eq(state_of(s), MX_SESSION_JOINING);
	rig_flush(rig);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("patience");
	TCase *t = tcase_create("patience");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, NULL, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, each_of_a_hundred_thousand_is_replaced_in_time);
	tcase_add_test(t, fifty_thousand_of_one_second_take_no_more_than_one);
	tcase_add_test(t, a_service_does_not_wait_for_another);
	tcase_add_test(
		t,
		an_mta_that_comes_back_gets_the_session_after_another_patience);
	tcase_add_test(t, the_patience_begins_anew_with_a_data_plane);
	suite_add_tcase(s, t);
	return s;
}
