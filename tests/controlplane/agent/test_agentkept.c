/* SPDX-License-Identifier: BSD-3-Clause */
/* What agents said is kept over a restart of the control plane, as long as they
 * say nothing else.
 * Method: the control plane on a real region; the test plays agents (fakeasker.c),
 * probes and time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agentrig.h"
#include "agents.h"
#include "fakeasker.h"
#include "runner.h"

START_TEST(who_is_ignored_stays_so_after_a_restart)
{
	plane_expect(&agentrig_plane, "agent mx/a ignore", true, "ignored");
	plane_stop_control(&agentrig_plane);
	plane_start_control(&agentrig_plane);
	plane_seed_hops(&agentrig_plane);
	agentrig_pass_checks();
	agentrig_say(A, "drain");
	agentrig_say(B, "drain");
	ck_assert(agentrig_serves("a") && !agentrig_serves("b"));
}
END_TEST

static void
restart(void)
{
	plane_stop_control(&agentrig_plane);
	plane_start_control(&agentrig_plane);
	plane_seed_hops(&agentrig_plane);
	agentrig_pass_checks();
}

/* The state file as it is now.  The caller frees it. */
static char *
state_file(void)
{
	json_t *root =
		json_load_file(agentrig_plane.control->saver.path, 0, NULL);

	ck_assert_ptr_nonnull(root);
	char *text = json_dumps(root, 0);
	json_decref(root);
	return text;
}

/* The file is written at once, so that kill -9 changes nothing. */
START_TEST(what_an_agent_restricts_outlives_a_restart)
{
	char *before = state_file();

	ck_assert_ptr_null(strstr(before, "\"agent\""));
	free(before);
	agentrig_say(A, "drain 40% # new kernel");
	agentrig_say(B, "down");
	char *after = state_file();
	ck_assert_ptr_nonnull(strstr(after, "\"admin\": \"drain\", \"down\": "
					    "false"));
	ck_assert_ptr_nonnull(strstr(after, "\"admin\": \"ready\", \"down\": "
					    "true"));
	free(after);
	restart();
	ck_assert(!agentrig_serves("a") && !agentrig_serves("b"));
	plane_expect(&agentrig_plane, "show agents", true, "kept");
	plane_expect(&agentrig_plane, "show backends", true,
		     "its agent says drain: new kernel");
	/* A line that says nothing lifts nothing.  The first one that says
	 * something takes the place of all that was kept, since the agent may
	 * have been started again, too. */
	agentrig_say_later(A, "");
	ck_assert(!agentrig_serves("a"));
	agentrig_say_later(A, "up 100%");
	agentrig_say(B, "up");
	ck_assert(agentrig_serves("a") && agentrig_serves("b"));
	/* From then on a line lifts what it names. */
	agentrig_say_later(A, "drain");
	agentrig_say_later(A, "up 100%");
	ck_assert(!agentrig_serves("a"));
}
END_TEST

START_TEST(a_kept_wish_whose_agent_is_silent_is_stale)
{
	agentrig_say(A, "drain");
	restart();
	for (int i = 0; i < AGENT_MISSES; i++)
		fakeasker_fail(A, ASKER_SILENT);
	ck_assert(!agentrig_serves("a"));
	plane_expect(&agentrig_plane, "show agents", true, "stale");
	ck_assert(plane_logged("what it said last still counts"));
	plane_expect(&agentrig_plane, "agent mx/a ignore", true, "ignored");
	ck_assert(agentrig_serves("a"));
}
END_TEST

START_TEST(a_kept_maintenance_is_not_checked)
{
	agentrig_say(A, "maint");
	plane_stop_control(&agentrig_plane);
	plane_start_control(&agentrig_plane);
	ck_assert_uint_eq(fakeprobe_count(), 1);
	plane_seed_hops(&agentrig_plane);
	agentrig_say(A, "ready");
	ck_assert_uint_eq(fakeprobe_count(), 2);
}
END_TEST

START_TEST(a_restart_without_agents_forgets_what_they_said)
{
	agentrig_say(A, "drain");
	agentrig_write_pool("c.yaml", "mx", "");
	restart();
	ck_assert(agentrig_serves("a"));
	agentrig_write_pool("c.yaml", "mx", "    agent: {}\n");
	restart();
	ck_assert(agentrig_serves("a"));
}
END_TEST

/* How often the file was replaced while an agent said another percent every 11
 * seconds, for five minutes. */
START_TEST(percents_are_saved_once_a_minute)
{
	char line[32];
	char *last = state_file();
	uint32_t writes = 0;

	for (int i = 0; i < 27; i++) {
		snprintf(line, sizeof(line), "up %d%%", i % 2 == 0 ? 40 : 80);
		agentrig_say_later(A, line);
		plane_run(&agentrig_plane, 800);
		char *now = state_file();
		writes += strcmp(now, last) != 0;
		free(last);
		last = now;
	}
	ck_assert_uint_ge(writes, 2);
	ck_assert_uint_le(writes, 5);
	free(last);
	restart(); /* the end of the process writes, too */
	last = state_file();
	ck_assert_ptr_nonnull(strstr(last, "\"percent\": 40"));
	free(last);
	ck_assert_uint_eq(
		agentrig_plane.control->state->backend[1].agent.percent, 40);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("agentkept");
	TCase *t = tcase_create("agentkept");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, agentrig_setup, agentrig_teardown);
	tcase_add_test(t, who_is_ignored_stays_so_after_a_restart);
	tcase_add_test(t, what_an_agent_restricts_outlives_a_restart);
	tcase_add_test(t, a_kept_wish_whose_agent_is_silent_is_stale);
	tcase_add_test(t, a_kept_maintenance_is_not_checked);
	tcase_add_test(t, a_restart_without_agents_forgets_what_they_said);
	tcase_add_test(t, percents_are_saved_once_a_minute);
	suite_add_tcase(s, t);
	return s;
}
