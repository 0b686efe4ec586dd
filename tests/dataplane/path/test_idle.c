/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers without frames: they sleep, and nothing waits for them longer than a
 * sleep.
 * Method: the decision by a table; the rig's workers, in a thread if they must
 * run by themselves; interrupts that the test makes (fakewake.c). */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "burst.h"
#include "fakewake.h"
#include "idle.h"
#include "proxytalk.h"
#include "rig.h"
#include "run.h"
#include "runner.h"
#include "talk.h"

#define LIMIT_S 60 /* far more than anything here takes */

static struct rig *rig;
static struct rte_rcu_qsbr *quiescent;
static const struct active_plan *_Atomic active;
static atomic_bool stop;

static void
setup(void)
{
	const size_t bytes = rte_rcu_qsbr_get_memsize(1);

	fakewake = (struct fakewake){0};
	rig = rig_make(1);
	quiescent = aligned_alloc(64, (bytes + 63) / 64 * 64);
	ck_assert_ptr_nonnull(quiescent);
	rte_rcu_qsbr_init(quiescent, 1);
	rte_rcu_qsbr_thread_register(quiescent, 0);
	rte_rcu_qsbr_thread_online(quiescent, 0);
	atomic_store(&active, rig->active);
	atomic_store(&stop, false);
	rig->worker[0]->quiescent = quiescent;
	rig->worker[0]->active = &active;
	rig->worker[0]->stop = &stop;
	rig->worker[0]->idle.sleeps = true;
}

static void
teardown(void)
{
	rig_free(rig);
	free(quiescent);
}

/* clang-format off */
static const struct {
	bool sleeps, shares_core, interrupts;
	uint32_t polls;
	struct idle_step step;
} decisions[] = {
	/* As ever. */
	{false, false, false, 1, {IDLE_GO_ON, 0}},
	{false, false, false, IDLE_POLLS, {IDLE_GO_ON, 0}},
	{false, false, false, IDLE_POLLS + 1, {IDLE_PAUSE, 0}},
	{false, false, true, UINT32_MAX, {IDLE_PAUSE, 0}},
	{false, true, false, IDLE_POLLS + 1, {IDLE_YIELD, 0}},
	{false, true, false, UINT32_MAX, {IDLE_YIELD, 0}},
	/* Sleeps that grow. */
	{true, false, false, IDLE_POLLS, {IDLE_GO_ON, 0}},
	{true, false, false, IDLE_RESTS, {IDLE_PAUSE, 0}},
	{true, true, false, IDLE_RESTS, {IDLE_YIELD, 0}},
	{true, false, false, IDLE_RESTS + 1, {IDLE_SLEEP, 10}},
	{true, true, false, IDLE_RESTS + 1, {IDLE_SLEEP, 10}},
	{true, false, false, IDLE_RESTS + 2, {IDLE_SLEEP, 20}},
	{true, false, false, IDLE_RESTS + 6, {IDLE_SLEEP, 320}},
	{true, false, false, IDLE_RESTS + 7, {IDLE_SLEEP, 640}},
	{true, false, false, IDLE_RESTS + 8, {IDLE_SLEEP, 1000}},
	{true, false, false, UINT32_MAX, {IDLE_SLEEP, 1000}},
	/* Or one that a frame ends. */
	{true, false, true, IDLE_RESTS, {IDLE_PAUSE, 0}},
	{true, false, true, IDLE_RESTS + 1, {IDLE_SLEEP, 1000}},
	{true, true, true, UINT32_MAX, {IDLE_SLEEP, 1000}},
};
/* clang-format on */

START_TEST(what_follows_depends_on_how_long_it_has_been_quiet)
{
	const struct idle idle = {
		.sleeps = decisions[_i].sleeps,
		.shares_core = decisions[_i].shares_core,
		.interrupts = decisions[_i].interrupts,
	};
	const struct idle_step step = idle_decide(&idle, decisions[_i].polls);

	ck_assert_int_eq(step.kind, decisions[_i].step.kind);
	ck_assert_uint_eq(step.sleep_us, decisions[_i].step.sleep_us);
}
END_TEST

static void
rest(uint32_t times)
{
	for (uint32_t i = 0; i < times; i++) {
		worker_poll(rig->worker[0], rig->active);
		idle_rest(rig->worker[0], rig->active);
	}
}

START_TEST(a_worker_that_is_not_told_to_never_sleeps)
{
	rig->worker[0]->idle.sleeps = false;
	rig->worker[0]->idle.interrupts = true;
	idle_begin(rig->worker[0]);
	rest(10000);
	ck_assert_uint_eq(rig->count[0].sleeps, 0);
	ck_assert_int_eq(fakewake.asked, 0);
}
END_TEST

static void
send_syn(void)
{
	const struct segment syn = {
		.from = rig_client, .to = rig_vip, .flags = SYN};

	rig_send(rig, 0, WAN, &syn);
}

START_TEST(the_quiet_begins_anew_with_a_frame)
{
	rest(IDLE_RESTS);
	ck_assert_uint_eq(rig->count[0].sleeps, 0);
	rest(3);
	ck_assert_uint_eq(rig->count[0].sleeps, 3);
	send_syn();
	rest(IDLE_RESTS + 1); /* the first finds the frame */
	ck_assert_uint_eq(rig->count[0].sleeps, 3);
	rest(1);
	ck_assert_uint_eq(rig->count[0].sleeps, 4);
}
END_TEST

START_TEST(sessions_whose_turn_it_is_are_looked_at_before_a_sleep)
{
	struct end client = rig_client;

	for (uint16_t i = 0; i < 500; i++) {
		client.port = (uint16_t)(1000 + i);
		const struct segment syn = {
			.from = client, .to = rig_vip, .flags = SYN};
		rig_send(rig, 0, WAN, &syn);
		rig_poll(rig);
	}
	rig_flush(rig);
	ck_assert_uint_eq(rig_sessions(rig), 500);
	rig->worker[0]->now_s += 1000;
	rig->worker[0]->idle.polls = IDLE_RESTS + 10;
	/* By the clock, it is the turn of all sessions. */
	rig->worker[0]->sweep_tsc = 0;
	rig->worker[0]->sweep_step_tsc = 1;
	rest(1);
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig->count[0].sleeps, 1);
}
END_TEST

START_TEST(who_has_headers_to_repeat_does_not_sleep)
{
	struct proxytalk p = proxytalk_make(rig, RIG_V2_TO4, false);

	proxytalk_syn(&p);
	proxytalk_answer(&p);
	proxytalk_send_header(&p);
	rig->worker[0]->idle.polls = IDLE_RESTS;
	rig_pass_ms(rig, 200);
	ck_assert_uint_eq(rig->count[0].proxy_resent, 1);
	ck_assert_uint_eq(rig->worker[0]->idle.polls, 0);
	rest(IDLE_RESTS + 1);
	ck_assert_uint_eq(rig->count[0].sleeps, 1);
}
END_TEST

/* Every session is looked at within RESET_SEARCH_S. */
START_TEST(who_has_sessions_to_end_does_not_sleep)
{
	rig->active->search_until_s = rig->worker[0]->now_s + 1;
	rest(2 * IDLE_RESTS);
	ck_assert_uint_eq(rig->count[0].sleeps, 0);
	rig->worker[0]->now_s++;
	rest(IDLE_RESTS + 1);
	ck_assert_uint_eq(rig->count[0].sleeps, 1);
}
END_TEST

static void *
run(void *worker)
{
	worker_run(worker);
	return NULL;
}

static bool
is_late(time_t since_s)
{
	return time(NULL) > since_s + LIMIT_S;
}

static uint64_t
sleeps(void)
{
	return __atomic_load_n(&rig->count[0].sleeps, __ATOMIC_RELAXED);
}

static void
wait_for_sleeps(uint64_t more)
{
	const uint64_t until = sleeps() + more;
	const time_t since_s = time(NULL);

	while (sleeps() < until)
		ck_assert(!is_late(since_s));
}

START_TEST(what_comes_to_a_sleeping_worker_goes_its_way)
{
	const struct segment syn = {
		.from = rig_client, .to = rig_vip, .flags = SYN};
	uint8_t frame[FRAME_MAX];
	pthread_t thread;

	rig->worker[0]->idle.interrupts = _i;
	pthread_create(&thread, NULL, run, rig->worker[0]);
	for (int i = 0; i < 10; i++) {
		wait_for_sleeps(10);
		rig_send(rig, 0, WAN, &syn);
		const time_t since_s = time(NULL);
		while (rig_get(rig, LAN, frame) == 0)
			ck_assert(!is_late(since_s));
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(rig->count[0].rx, 10);
	ck_assert(_i == (fakewake.waits > 0));
}
END_TEST

START_TEST(a_new_plan_waits_for_no_sleeper)
{
	pthread_t thread;

	pthread_create(&thread, NULL, run, rig->worker[0]);
	for (int i = 0; i < 100; i++) {
		wait_for_sleeps(1);
		const uint64_t token = rte_rcu_qsbr_start(quiescent);
		const time_t since_s = time(NULL);
		while (rte_rcu_qsbr_check(quiescent, token, false) == 0)
			ck_assert(!is_late(since_s));
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
}
END_TEST

/* Called while a worker sleeps: it is offline, so that no plan waits for it,
 * and every interrupt is on. */
static void
look_at_sleeper(void)
{
	const uint64_t token = rte_rcu_qsbr_start(quiescent);

	ck_assert_int_ne(rte_rcu_qsbr_check(quiescent, token, false), 0);
	ck_assert_int_eq(fakewake.on[rig->worker[0]->port[WAN].port_id], 1);
	ck_assert_int_eq(fakewake.on[rig->worker[0]->port[LAN].port_id], 1);
}

START_TEST(who_waits_for_interrupts_has_them_on_and_no_plan)
{
	rig->worker[0]->idle.interrupts = true;
	fakewake.when_waits = look_at_sleeper;
	idle_begin(rig->worker[0]);
	ck_assert_int_eq(fakewake.asked, 2);
	rest(IDLE_RESTS + 5);
	ck_assert_int_eq(fakewake.waits, 5);
	ck_assert_uint_eq(rig->count[0].sleeps, 5);
	for (int port = 0; port < FAKEWAKE_PORTS; port++)
		ck_assert_int_eq(fakewake.on[port], 0);
}
END_TEST

static void
look_at_twin(void)
{
	ck_assert_int_eq(fakewake.on[7], 1);
}

START_TEST(a_frame_from_the_kernel_ends_a_sleep_as_well)
{
	rig->worker[0]->idle.interrupts = true;
	rig->worker[0]->twin[LAN] = (struct worker_twin){
		.is_there = true, .interrupts = true, .port_id = 7};
	fakewake.when_waits = look_at_twin;
	idle_begin(rig->worker[0]);
	ck_assert_int_eq(fakewake.asked, 3);
	rest(IDLE_RESTS + 1);
	ck_assert_int_eq(fakewake.waits, 1);
	ck_assert_int_eq(fakewake.on[7], 0);
}
END_TEST

START_TEST(a_frame_that_comes_before_its_interrupt_is_on_is_not_slept_over)
{
	uint8_t frame[FRAME_MAX];

	rig->worker[0]->idle.interrupts = true;
	fakewake.when_on = send_syn;
	rest(IDLE_RESTS + 1);
	ck_assert_int_eq(fakewake.waits, 0);
	ck_assert_uint_gt(rig_get(rig, LAN, frame), 0);
	ck_assert_uint_eq(rig->worker[0]->idle.polls, 0);
	for (int port = 0; port < FAKEWAKE_PORTS; port++)
		ck_assert_int_eq(fakewake.on[port], 0);
}
END_TEST

START_TEST(without_its_event_a_worker_sleeps_for_a_time)
{
	rig->worker[0]->idle.interrupts = true;
	fakewake.fails = -1;
	idle_begin(rig->worker[0]);
	rest(IDLE_RESTS + 5);
	ck_assert_int_eq(fakewake.waits, 0);
	ck_assert_uint_eq(rig->count[0].sleeps, 5);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("idle");
	TCase *t = tcase_create("idle");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_loop_test(t,
			    what_follows_depends_on_how_long_it_has_been_quiet,
			    0, (int)(sizeof(decisions) / sizeof(decisions[0])));
	tcase_add_test(t, a_worker_that_is_not_told_to_never_sleeps);
	tcase_add_test(t, the_quiet_begins_anew_with_a_frame);
	tcase_add_test(t,
		       sessions_whose_turn_it_is_are_looked_at_before_a_sleep);
	tcase_add_test(t, who_has_headers_to_repeat_does_not_sleep);
	tcase_add_test(t, who_has_sessions_to_end_does_not_sleep);
	tcase_add_loop_test(t, what_comes_to_a_sleeping_worker_goes_its_way, 0,
			    2);
	tcase_add_test(t, a_new_plan_waits_for_no_sleeper);
	tcase_add_test(t, who_waits_for_interrupts_has_them_on_and_no_plan);
	tcase_add_test(t, a_frame_from_the_kernel_ends_a_sleep_as_well);
	tcase_add_test(
		t,
		a_frame_that_comes_before_its_interrupt_is_on_is_not_slept_over);
	tcase_add_test(t, without_its_event_a_worker_sleeps_for_a_time);
	suite_add_tcase(s, t);
	return s;
}
