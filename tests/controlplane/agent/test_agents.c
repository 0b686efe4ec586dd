/* SPDX-License-Identifier: BSD-3-Clause */
/* Agents in the whole control plane: of operator, agent and health the strongest
 * restriction wins, nobody lifts another's, and an operator sees whose it is.
 * Method: the control plane on a real region; the test plays agents (fakeasker.c),
 * probes and time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agentrig.h"
#include "agents.h"
#include "fakeasker.h"
#include "faketime.h"
#include "runner.h"

START_TEST(agents_are_asked_at_the_usual_port)
{
	ck_assert_uint_eq(fakeasker_count(), 2);
	ck_assert(agentrig_serves("a") && agentrig_serves("b"));
	plane_expect(&agentrig_plane, "show agents", true, A);
	plane_expect(&agentrig_plane, "show agents", true, "new");
}
END_TEST

START_TEST(an_agents_drain_takes_its_backend_out_and_ready_back)
{
	agentrig_say(A, "drain up 50% # new kernel");
	ck_assert(!agentrig_serves("a") && agentrig_serves("b"));
	plane_expect(&agentrig_plane, "show backends", true,
		     "its agent says drain: new kernel");
	plane_expect(&agentrig_plane, "show agents", true, "drain 50%");
	plane_expect(&agentrig_plane, "status", true, "its agent says drain");
	plane_expect(&agentrig_plane, "show events of mx/a", true, "drain 50%");
	agentrig_say_later(A, "ready up 100%");
	ck_assert(agentrig_serves("a"));
}
END_TEST

START_TEST(an_agent_does_not_undo_an_operator)
{
	plane_expect(&agentrig_plane, "drain mx/a", true, "ready -> drain");
	agentrig_say(A, "ready up 100%");
	ck_assert(!agentrig_serves("a"));
	agentrig_say_later(A, "ready up 100%");
	ck_assert(!agentrig_serves("a"));
	plane_expect(&agentrig_plane, "show backends", true, "draining");
	plane_expect(&agentrig_plane, "ready mx/a", true, "drain -> ready");
	ck_assert(agentrig_serves("a"));
}
END_TEST

START_TEST(an_operator_does_not_undo_an_agent_unless_he_ignores_it)
{
	agentrig_say(A, "drain");
	plane_expect(&agentrig_plane, "ready mx/a", true,
		     "takes no new sessions yet: its agent says drain");
	ck_assert(!agentrig_serves("a"));
	plane_expect(&agentrig_plane, "agent mx/a ignore", true,
		     "its agent is ignored");
	ck_assert(agentrig_serves("a"));
	plane_expect(&agentrig_plane, "show agents", true, "ignored");
	agentrig_say_later(A, "maint");
	ck_assert(agentrig_serves("a"));
	plane_expect(&agentrig_plane, "agent mx/a obey", true,
		     "its agent is obeyed");
	ck_assert(!agentrig_serves("a"));
}
END_TEST

START_TEST(wrong_words_of_the_command_are_refused)
{
	plane_expect(&agentrig_plane, "agent mx/a forget", false,
		     "expected ignore or obey");
	plane_expect(&agentrig_plane, "agent mx/c ignore", false, "mx/c");
	plane_expect(&agentrig_plane, "agent mx/a", false, "expected: agent");
}
END_TEST

START_TEST(a_percentage_is_a_share)
{
	agentrig_say(A, "up 50%");
	agentrig_say(B, "up 100%");
	plane_expect(&agentrig_plane, "show backends", true,
		     "its agent asks for less, 50 % of its weight");
	const struct state *state = agentrig_plane.control->state;
	ck_assert_uint_eq(
		state->backend[state_find(state, "mx/a")].effective_weight, 50);
}
END_TEST

START_TEST(health_and_agent_are_two_layers)
{
	agentrig_say(A, "up 100%");
	fakeprobe_result("192.0.2.11:25", false);
	ck_assert(!agentrig_serves("a"));
	agentrig_say_later(A, "up ready 100%");
	ck_assert(!agentrig_serves("a"));
	fakeprobe_result("192.0.2.11:25", true);
	ck_assert(agentrig_serves("a"));
	agentrig_say(A, "down # no disk");
	ck_assert(!agentrig_serves("a"));
	fakeprobe_result("192.0.2.11:25", true);
	ck_assert(!agentrig_serves("a"));
	plane_expect(&agentrig_plane, "show backends", true,
		     "its agent says down: no disk");
}
END_TEST

START_TEST(in_an_agents_maintenance_a_backend_is_not_checked)
{
	ck_assert_uint_eq(fakeprobe_count(), 2);
	agentrig_say(A, "maint");
	ck_assert_uint_eq(fakeprobe_count(), 1);
	plane_expect(&agentrig_plane, "show backends", true, "unchecked");
	agentrig_say_later(A, "ready");
	ck_assert_uint_eq(fakeprobe_count(), 2);
	/* It serves after it has passed its checks again. */
	ck_assert(!agentrig_serves("a"));
	fakeprobe_result("192.0.2.11:25", true);
	ck_assert(agentrig_serves("a"));
}
END_TEST

START_TEST(in_the_operators_maintenance_an_agent_is_not_asked)
{
	plane_expect(&agentrig_plane, "maint mx/a", true, "ready -> maint");
	ck_assert_uint_eq(fakeasker_count(), 1);
	plane_expect(&agentrig_plane, "show agents", true, "not asked");
	plane_expect(&agentrig_plane, "ready mx/a", true, "maint -> ready");
	ck_assert_uint_eq(fakeasker_count(), 2);
}
END_TEST

START_TEST(a_limit_of_sessions_reaches_the_plan)
{
	const uint16_t id = state_find(agentrig_plane.control->state, "mx/a");

	agentrig_say(A, "maxconn:7");
	ck_assert_uint_eq(agentrig_published()->backend[id].sessions_max, 7);
	agentrig_say_later(A, "maxconn:0");
	ck_assert_uint_eq(agentrig_published()->backend[id].sessions_max, 0);
}
END_TEST

START_TEST(a_silent_agent_is_shown_and_its_last_wish_counts)
{
	agentrig_say(A, "drain");
	for (int i = 0; i < AGENT_MISSES; i++)
		fakeasker_fail(A, ASKER_SILENT);
	ck_assert(!agentrig_serves("a"));
	ck_assert(plane_logged("agent mx/a does not answer: no whole line "
			       "in time; what it said last still counts"));
	plane_expect(&agentrig_plane, "show agents", true, "stale");
	plane_answers(&agentrig_plane, "status", ANSWER_WARNING,
		      "agent mx/a does not answer");
	plane_expect(&agentrig_plane, "agent mx/a ignore", true, "ignored");
	ck_assert(agentrig_serves("a"));
	plane_expect(&agentrig_plane, "agent mx/a obey", true, "obeyed");
	agentrig_say(A, "drain");
	ck_assert(plane_logged("agent mx/a answers again"));
}
END_TEST

START_TEST(the_first_strange_word_is_logged_once)
{
	agentrig_say(A, "up weight=5");
	ck_assert(plane_logged("agent mx/a says 'weight=5'"));
	plane_forget_log();
	agentrig_say(A, "up weight=5");
	ck_assert(!plane_logged("weight=5"));
	plane_expect(&agentrig_plane, "show agents", true,
		     "'weight=5' is no word");
}
END_TEST

static void
apply(const char *file)
{
	char line[256];

	snprintf(line, sizeof(line), "config apply %s/%s",
		 agentrig_plane.folder, file);
	plane_expect(&agentrig_plane, line, true, "in force");
}

START_TEST(a_pool_without_agents_forgets_what_they_said)
{
	agentrig_say(A, "drain");
	agentrig_write_pool("d.yaml", "mx", "");
	apply("d.yaml");
	ck_assert_uint_eq(fakeasker_count(), 0);
	ck_assert(agentrig_serves("a"));
	plane_expect(&agentrig_plane, "show agents", true,
		     "no pool has agents");
}
END_TEST

START_TEST(a_new_interval_or_a_new_name_forgets_nothing)
{
	agentrig_say(A, "drain # x");
	agentrig_write_pool("d.yaml", "mx", "    agent: {interval: 1s}\n");
	apply("d.yaml");
	ck_assert(!agentrig_serves("a"));
	agentrig_write_pool("e.yaml", "mx2", "    agent: {interval: 1s}\n");
	apply("e.yaml");
	plane_run(&agentrig_plane, 200);
	const uint16_t id = state_find(agentrig_plane.control->state, "mx2/a");
	ck_assert(!agentrig_published()->backend[id].serves);
	plane_expect(&agentrig_plane, "show backends", true,
		     "its agent says drain: x");
	ck_assert_uint_eq(fakeasker_count(), 2);
}
END_TEST

START_TEST(agents_that_flap_for_five_minutes_make_few_plans)
{
	const uint64_t before = atomic_load(&agentrig_plane.region->generation);

	for (int s = 0; s < 300; s++) {
		fakeasker_say(A, s % 2 ? "drain 10%" : "ready 90%");
		fakeasker_say(B, s % 3 ? "up 100%" : "down 1%");
		plane_run(&agentrig_plane, 1000);
	}
	/* Each of the two restricts and lifts once in ten seconds. */
	ck_assert_uint_le(atomic_load(&agentrig_plane.region->generation) -
				  before,
			  2 * 2 * 30 + 2);
	agentrig_say_later(A, "ready up 100%");
	agentrig_say_later(B, "ready up 100%");
	ck_assert(agentrig_serves("a") && agentrig_serves("b"));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("agents");
	TCase *t = tcase_create("agents");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, agentrig_setup, agentrig_teardown);
	tcase_add_test(t, agents_are_asked_at_the_usual_port);
	tcase_add_test(t, an_agents_drain_takes_its_backend_out_and_ready_back);
	tcase_add_test(t, an_agent_does_not_undo_an_operator);
	tcase_add_test(t,
		       an_operator_does_not_undo_an_agent_unless_he_ignores_it);
	tcase_add_test(t, wrong_words_of_the_command_are_refused);
	tcase_add_test(t, a_percentage_is_a_share);
	tcase_add_test(t, health_and_agent_are_two_layers);
	tcase_add_test(t, in_an_agents_maintenance_a_backend_is_not_checked);
	tcase_add_test(t, in_the_operators_maintenance_an_agent_is_not_asked);
	tcase_add_test(t, a_limit_of_sessions_reaches_the_plan);
	tcase_add_test(t, a_silent_agent_is_shown_and_its_last_wish_counts);
	tcase_add_test(t, the_first_strange_word_is_logged_once);
	tcase_add_test(t, a_pool_without_agents_forgets_what_they_said);
	tcase_add_test(t, a_new_interval_or_a_new_name_forgets_nothing);
	tcase_add_test(t, agents_that_flap_for_five_minutes_make_few_plans);
	suite_add_tcase(s, t);
	return s;
}
