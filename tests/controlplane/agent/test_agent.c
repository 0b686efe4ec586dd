/* SPDX-License-Identifier: BSD-3-Clause */
/* What counts of an agent's lines, and whether it still answers.
 * Method: lines at times that the test chooses, and for the random ones a plain
 * twin: the wish that a line makes is the one that HAProxy would have. */
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "runner.h"

#define MINUTE_MS 60000

static struct agent agent;
static uint64_t now_ms;

static void
setup(void)
{
	const struct mx_endpoint nowhere = {.port_be = 0};

	now_ms = 1000000;
	agent_begin(&agent, &nowhere);
}

static bool
miss(enum asker_end end)
{
	const struct asker_answer answer = {.end = end};

	return agent_take(&agent, &answer, 100, now_ms);
}

static bool
say_with_weight(const char *line, uint16_t weight)
{
	struct asker_answer answer = {.end = ASKER_LINE,
				      .length = strlen(line)};

	memcpy(answer.line, line, answer.length);
	return agent_take(&agent, &answer, weight, now_ms);
}

static bool
say(const char *line)
{
	return say_with_weight(line, 100);
}

static bool
asks_nothing(void)
{
	return agent.counts.admin == ADMIN_READY && !agent.counts.down &&
	       agent.counts.percent == 100 && agent.counts.sessions_max == 0;
}

/* A line when nothing has changed for long. */
static bool
say_later(const char *line)
{
	now_ms += MINUTE_MS;
	return say(line);
}

START_TEST(an_agent_that_was_not_asked_restricts_nothing)
{
	ck_assert(asks_nothing());
	ck_assert_str_eq(agent_state(&agent), "new");
}
END_TEST

START_TEST(the_first_line_counts_at_once)
{
	ck_assert(say("drain up 37% maxconn:9 # disk"));
	ck_assert_int_eq(agent.counts.admin, ADMIN_DRAIN);
	ck_assert_uint_eq(agent.counts.percent, 37);
	ck_assert_uint_eq(agent.counts.sessions_max, 9);
	ck_assert_str_eq(agent.counts.text, "disk");
	ck_assert_str_eq(agent_state(&agent), "ok");
}
END_TEST

/* HAProxy: `up` undoes down, `ready` undoes drain and maint, 100% neither. */
START_TEST(each_kind_is_undone_by_its_own_words)
{
	say("maint down 40%");
	ck_assert(!say_later("hello # up"));
	ck_assert(say_later("100%"));
	ck_assert(agent.counts.down && agent.counts.admin == ADMIN_MAINT);
	ck_assert(say_later("up"));
	ck_assert(!agent.counts.down && agent.counts.admin == ADMIN_MAINT);
	ck_assert(say_later("ready"));
	ck_assert(asks_nothing());
}
END_TEST

START_TEST(a_stricter_wish_counts_at_once)
{
	say("up 100%");
	ck_assert(say("50%"));
	ck_assert(say("drain"));
	ck_assert(say("down"));
	ck_assert(say("maxconn:5"));
	ck_assert(say("maint"));
	ck_assert(say("0%"));
}
END_TEST

START_TEST(a_wish_that_lifts_a_restriction_waits_for_calm)
{
	say("drain 50%");
	now_ms += AGENT_CALM_MS - 1;
	ck_assert(!say("ready 100%"));
	ck_assert_int_eq(agent.counts.admin, ADMIN_DRAIN);
	ck_assert_uint_eq(agent.counts.percent, 50);
	now_ms += 1;
	/* It was said once; the next line need not repeat it. */
	ck_assert(say("up"));
	ck_assert_int_eq(agent.counts.admin, ADMIN_READY);
	ck_assert_uint_eq(agent.counts.percent, 100);
}
END_TEST

START_TEST(an_agent_that_flaps_each_second_changes_two_plans_in_ten_seconds)
{
	uint32_t changes = 0;

	say("up");
	for (int s = 0; s < 3600; s++) {
		now_ms += 1000;
		changes += say(s % 2 == 0 ? "drain 10%" : "ready 90%");
	}
	ck_assert_uint_le(changes, 2 * 3600 / (AGENT_CALM_MS / 1000));
	ck_assert_uint_ge(changes, 2);
}
END_TEST

START_TEST(a_small_step_of_the_percentage_is_no_news)
{
	say("50%");
	ck_assert(!say_later("54%"));
	ck_assert(!say_later("46%"));
	ck_assert_uint_eq(agent.counts.percent, 50);
	ck_assert(say_later("45%"));
	ck_assert(say_later("97%"));
	ck_assert(say_later("100%"));
	ck_assert(say_later("3%"));
	ck_assert(say_later("0%"));
	ck_assert(say_later("4%"));
}
END_TEST

START_TEST(a_weight_is_a_part_of_the_files_weight)
{
	say_with_weight("weight:50", 200);
	ck_assert_uint_eq(agent.counts.percent, 25);
	now_ms += MINUTE_MS;
	say_with_weight("weight:1", 1000);
	ck_assert_uint_eq(agent.counts.percent, 1);
	now_ms += MINUTE_MS;
	say_with_weight("weight:0", 1000);
	ck_assert_uint_eq(agent.counts.percent, 0);
	now_ms += MINUTE_MS;
	say_with_weight("weight:256", 1);
	ck_assert_uint_eq(agent.counts.percent, AGENTLINE_PERCENT_MAX);
	now_ms += MINUTE_MS;
	say_with_weight("weight:7", 0);
	ck_assert_uint_eq(agent.counts.percent, 100);
}
END_TEST

START_TEST(no_answer_changes_nothing_and_is_stale_after_three)
{
	say("drain 50%");
	for (int i = 0; i < AGENT_MISSES; i++) {
		ck_assert_str_eq(agent_state(&agent), "ok");
		ck_assert(!miss(ASKER_SILENT));
	}
	ck_assert_str_eq(agent_state(&agent), "stale");
	ck_assert_int_eq(agent.counts.admin, ADMIN_DRAIN);
	ck_assert_uint_eq(agent.counts.percent, 50);
	say("50%");
	ck_assert_str_eq(agent_state(&agent), "ok");
	ck_assert_int_eq(agent.counts.admin, ADMIN_DRAIN);
}
END_TEST

START_TEST(an_agent_that_never_answered_is_silent)
{
	for (int i = 0; i < 100000; i++)
		miss(ASKER_NO_CONNECT);
	ck_assert_str_eq(agent_state(&agent), "silent");
	ck_assert(asks_nothing());
}
END_TEST

START_TEST(a_line_of_no_word_is_no_answer)
{
	say("50%");
	for (int i = 0; i < AGENT_MISSES; i++)
		ck_assert(!say("HTTP/1.1 400 Bad Request"));
	ck_assert_str_eq(agent_state(&agent), "stale");
	ck_assert_str_eq(agent.fault, "HTTP/1.1");
	/* An empty line says nothing, and nothing is wrong with it. */
	say("");
	ck_assert_str_eq(agent_state(&agent), "ok");
	ck_assert_uint_eq(agent.counts.percent, 50);
}
END_TEST

START_TEST(a_fault_of_this_host_is_not_the_agents)
{
	say("50%");
	for (int i = 0; i < 10; i++)
		miss(ASKER_LOCAL_FAULT);
	ck_assert_str_eq(agent_state(&agent), "ok");
}
END_TEST

/* The plain twin keeps the last word of each kind. */
START_TEST(what_counts_is_what_was_said_once_it_is_calm)
{
	static const char *const words[] = {
		"up", "down", "ready", "drain", "maint",
		"0%", "20%",  "40%",   "100%",  "nonsense"};
	bool down = false;
	enum admin_state admin = ADMIN_READY;
	uint16_t percent = 100;

	srand(1);
	for (int i = 0; i < 20000; i++) {
		const int w = rand() % (int)(sizeof(words) / sizeof(words[0]));
		const struct agent_wish before = agent.counts;

		now_ms += (uint64_t)(rand() % 3) * AGENT_CALM_MS / 2;
		const bool changed = say(words[w]);
		if (w <= 1)
			down = w == 1;
		else if (w <= 4)
			admin = (enum admin_state)(w - 2);
		else if (w <= 8)
			percent = (uint16_t)atoi(words[w]);
		ck_assert(agent.said.down == down);
		ck_assert(agent.said.admin == admin);
		ck_assert(agent.said.percent == percent);
		/* Never less strict than what was said. */
		ck_assert(agent.counts.down >= down);
		ck_assert(agent.counts.admin >= admin);
		ck_assert(agent.counts.percent <= percent);
		ck_assert(changed == (before.down != agent.counts.down ||
				      before.admin != agent.counts.admin ||
				      before.percent != agent.counts.percent));
	}
	now_ms += AGENT_CALM_MS;
	say("");
	ck_assert(agent.counts.down == down && agent.counts.admin == admin &&
		  agent.counts.percent == percent);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("agent");
	TCase *t = tcase_create("agent");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, an_agent_that_was_not_asked_restricts_nothing);
	tcase_add_test(t, the_first_line_counts_at_once);
	tcase_add_test(t, each_kind_is_undone_by_its_own_words);
	tcase_add_test(t, a_stricter_wish_counts_at_once);
	tcase_add_test(t, a_wish_that_lifts_a_restriction_waits_for_calm);
	tcase_add_test(
		t,
		an_agent_that_flaps_each_second_changes_two_plans_in_ten_seconds);
	tcase_add_test(t, a_small_step_of_the_percentage_is_no_news);
	tcase_add_test(t, a_weight_is_a_part_of_the_files_weight);
	tcase_add_test(t, no_answer_changes_nothing_and_is_stale_after_three);
	tcase_add_test(t, an_agent_that_never_answered_is_silent);
	tcase_add_test(t, a_line_of_no_word_is_no_answer);
	tcase_add_test(t, a_fault_of_this_host_is_not_the_agents);
	tcase_add_test(t, what_counts_is_what_was_said_once_it_is_calm);
	suite_add_tcase(s, t);
	return s;
}
