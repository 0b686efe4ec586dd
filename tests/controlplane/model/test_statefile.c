/* SPDX-License-Identifier: BSD-3-Clause */
/* The state file: what a state keeps over a restart.
 * Method: it is read back whole, cut short, and with single bytes changed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"
#include "replacefile.h"
#include "runner.h"
#include "statefile.h"
#include "staterig.h"
#include "wish.h"

static char fault[STATEFILE_FAULT_MAX];

/* Save the state, and load it into a new one. */
static struct state *
restarted(void)
{
	char path[128];
	char *text = statefile_text(state, true);
	struct state *next = state_new();

	snprintf(path, sizeof(path), "%s/state.json", plane.folder);
	ck_assert_int_eq(replacefile(path, text, 0600), 0);
	ck_assert_int_eq(statefile_load(path, next, fault), 0);
	free(text);
	return next;
}

START_TEST(a_restart_keeps_ids_overrides_health_and_key)
{
	staterig_apply(PLANE_BACKENDS, 0);
	staterig_apply(STATERIG_C_AND_B, 10);
	state->backend[2].override.admin = ADMIN_MAINT;
	state->backend[2].override.weight_set = true;
	state->backend[3].health.state = HEALTH_FALLING;
	struct state *next = restarted();
	state_free(state);
	state = next;
	staterig_apply(STATERIG_C_AND_B, 20);
	ck_assert_uint_eq(state_find(state, "mx/b"), 2);
	ck_assert_uint_eq(state_find(state, "mx/c"), 3);
	ck_assert_int_eq(state->backend[1].retired_since_s, 10);
	ck_assert_int_eq(state->backend[2].override.admin, ADMIN_MAINT);
	ck_assert_uint_eq(state_weight(&state->backend[2]), 0);
	ck_assert(health_serves(&state->backend[3].health));
}
END_TEST

START_TEST(a_restart_keeps_whose_sessions_are_nat)
{
	staterig_apply_mode("forward: nat", 0);
	struct state *next = restarted();
	state_free(state);
	state = next;
	ck_assert(state->backend[1].was_nat);
	staterig_apply_mode(STATERIG_FULLNAT, 10);
	ck_assert(state->backend[1].was_nat && !state->backend[1].nat);
}
END_TEST

static const struct agent_wish wish = {
	.admin = ADMIN_DRAIN,
	.down = true,
	.percent = 40,
	.text = "new kernel",
	.sessions_max = 7,
};

START_TEST(a_restart_keeps_what_agents_ask_for_and_the_balance)
{
	staterig_apply(PLANE_BACKENDS, 0);
	agent_put(state, 1, &wish);
	load_put(state, 2, 63);
	struct state *next = restarted();
	state_free(state);
	state = next;
	staterig_apply(PLANE_BACKENDS, 10);
	const struct backend *b = state->backend;
	ck_assert(b[1].has_agent && !b[2].has_agent);
	ck_assert_int_eq(b[1].agent.admin, ADMIN_DRAIN);
	ck_assert(b[1].agent.down);
	ck_assert_uint_eq(b[1].agent.percent, 40);
	ck_assert_uint_eq(b[1].agent.sessions_max, 7);
	ck_assert_str_eq(b[1].agent.text, "new kernel");
	ck_assert_uint_eq(b[1].load_percent, 0);
	ck_assert_uint_eq(b[2].load_percent, 63);
}
END_TEST

/* A percent of 0 takes its MTA out: it is no share. */
START_TEST(percents_and_texts_alone_are_no_reason_to_write)
{
	static const struct agent_wish later = {
		.admin = ADMIN_DRAIN,
		.down = true,
		.percent = 90,
		.text = "cpu 7%",
		.sessions_max = 7,
	};
	static const struct agent_wish none = {.percent = 0};
	static const struct agent_wish half = {.percent = 50};

	staterig_apply(PLANE_BACKENDS, 0);
	agent_put(state, 1, &wish);
	char *before = statefile_text(state, false);
	agent_put(state, 1, &later);
	agent_put(state, 2, &half);
	load_put(state, 2, 63);
	state->counting.started_s = 1000;
	char *after = statefile_text(state, false);
	ck_assert_str_eq(before, after);
	free(after);
	agent_put(state, 2, &none);
	after = statefile_text(state, false);
	ck_assert_str_ne(before, after);
	free(after);
	free(before);
}
END_TEST

START_TEST(a_text_read_back_gives_the_same_text)
{
	staterig_apply(PLANE_BACKENDS, 0);
	agent_put(state, 1, &wish);
	load_put(state, 1, 30);
	staterig_apply(STATERIG_C_AND_B, 10);
	char *before = statefile_text(state, true);
	struct state *next = restarted();
	char *after = statefile_text(next, true);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	state_free(next);
}
END_TEST

/* Write a text to the state file, and load it. */
static int
loaded(const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/state.json", plane.folder);
	ck_assert_int_eq(replacefile(path, text, 0600), 0);
	return statefile_load(path, state, fault);
}

START_TEST(a_restart_keeps_why_who_and_until_when)
{
	const struct moment now = moment_now();

	staterig_apply(PLANE_BACKENDS, 0);
	struct override *o = &state->backend[1].override;
	*o = (struct override){.admin = ADMIN_DRAIN};
	o->note[WISH_ADMIN] =
		(struct wish_note){.who = "alice (uid 1000)",
				   .reason = "J\u00f6rg: \"new\" kernel \\",
				   .since_s = now.wall_s,
				   .until = deadline_in(7200, &now)};
	struct state *next = restarted();
	const struct override *kept = &next->backend[1].override;
	ck_assert_str_eq(kept->note[WISH_ADMIN].who, "alice (uid 1000)");
	ck_assert_str_eq(kept->note[WISH_ADMIN].reason,
			 o->note[WISH_ADMIN].reason);
	ck_assert_int_eq(kept->note[WISH_ADMIN].since_s, now.wall_s);
	ck_assert_int_eq(kept->note[WISH_ADMIN].until.at_s, now.s + 7200);
	ck_assert_int_eq(kept->note[WISH_ADMIN].until.settle_s, 0);
	ck_assert_str_eq(next->backend[2].override.note[WISH_ADMIN].who, "");
	state_free(next);
}
END_TEST

#define FILE_OF(version, more, backends)                                       \
	"{\"version\":" version ",\"hash_key\":[\"0000000000000001\","         \
	"\"0000000000000002\"],\"services\":[]," more                          \
	"\"backends\":[" backends "]}"
#define DRAINED                                                                \
	"{\"id\":1,\"pool\":\"p\",\"name\":\"n\",\"address\":"                 \
	"\"1.2.3.4:25\",\"admin\":\"drain\",\"up\":true"
#define NOTE(who, reason, since, until)                                        \
	",\"notes\":{\"admin\":{\"who\":" who ",\"reason\":" reason            \
	",\"since\":" since until "}}}"
#define UNTIL(whole, at)                                                       \
	",\"until\":{\"for\":" whole ",\"at\":" at                             \
	",\"wall\":1800000000,\"settle\":0}"

START_TEST(a_file_of_another_start_of_the_machine_waits_for_the_clock)
{
	const char *text = FILE_OF(
		"1", "\"boot\":\"another\",",
		DRAINED NOTE("\"a\"", "\"b\"", "1", UNTIL("7200", "5")));

	ck_assert_int_eq(loaded(text), 0);
	const struct deadline *until =
		&state->backend[1].override.note[WISH_ADMIN].until;
	const struct moment now = moment_now();
	ck_assert_int_gt(until->settle_s, now.s);
	ck_assert(!deadline_is_over(until, &now));
}
END_TEST

START_TEST(a_file_without_notes_is_read)
{
	ck_assert_int_eq(loaded(FILE_OF("1", "", DRAINED "}")), 0);
	ck_assert_int_eq(state->backend[1].override.admin, ADMIN_DRAIN);
	ck_assert_str_eq(state->backend[1].override.note[WISH_ADMIN].who, "");
}
END_TEST

#define RULE(more) "\"deny_rules\":[{\"prefix\":\"203.0.113.9/32\"," more "}],"
#define DENIED "\"denied\":true,\"until\":"

START_TEST(rules_without_notes_are_read)
{
	const struct moment now = moment_now();
	char text[1024];

	ck_assert_int_eq(loaded(FILE_OF("1", RULE(DENIED "0"), "")), 0);
	ck_assert_uint_eq(state->deny_rules, 1);
	ck_assert(!deadline_is_set(&state->deny_rule[0].note.until));
	ck_assert_str_eq(state->deny_rule[0].note.reason, "");
	/* An end by the wall clock, and no word of the machine's start. */
	snprintf(text, sizeof(text), FILE_OF("1", RULE(DENIED "%lld"), ""),
		 (long long)now.wall_s + 600);
	ck_assert_int_eq(loaded(text), 0);
	const struct deadline *until = &state->deny_rule[0].note.until;
	ck_assert_int_gt(deadline_left_s(until, &now), 590);
	ck_assert_int_le(deadline_left_s(until, &now), 600);
	ck_assert_int_ne(until->settle_s, 0);
	/* One that is over ends as soon as the clock is believed. */
	ck_assert_int_eq(loaded(FILE_OF("1", RULE(DENIED "5"), "")), 0);
	ck_assert_int_le(deadline_left_s(until, &now), DEADLINE_SETTLE_S + 1);
}
END_TEST

START_TEST(rules_that_are_none_are_refused)
{
	static const char *const texts[] = {
		FILE_OF("1", RULE(DENIED "-1"), ""),
		FILE_OF("1", RULE(DENIED "0,\"note\":7"), ""),
		FILE_OF("1", RULE(DENIED "0,\"program\":7"), ""),
		FILE_OF("1",
			RULE(DENIED "0,\"program\":"
				    "\"01234567890123456789012345678901\""),
			""),
		FILE_OF("1", RULE(DENIED "0,\"program\":\"\\u001b[2J\""), ""),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(loaded(texts[i]) == -EINVAL, "%s", texts[i]);
}
END_TEST

START_TEST(a_file_of_another_version_says_so)
{
	ck_assert_int_eq(loaded(FILE_OF("2", "", DRAINED "}")), -EINVAL);
	ck_assert_str_eq(fault, "it is of version 2, and this program reads 1: "
				"another mxsteer wrote it");
	ck_assert_int_eq(loaded(FILE_OF("1", "", DRAINED "}, 7")), -EINVAL);
	ck_assert_str_eq(fault, "row 2 of its backends is not as this version "
				"writes it");
}
END_TEST

START_TEST(notes_that_are_none_are_refused)
{
	static const char *const texts[] = {
		FILE_OF("1", "", DRAINED ",\"notes\":7}"),
		FILE_OF("1", "", DRAINED ",\"notes\":{\"admin\":7}}"),
		FILE_OF("1", "", DRAINED NOTE("7", "\"b\"", "1", "")),
		FILE_OF("1", "", DRAINED NOTE("\"a\"", "null", "1", "")),
		FILE_OF("1", "", DRAINED NOTE("\"a\"", "\"b\"", "-1", "")),
		FILE_OF("1", "",
			DRAINED NOTE("\"a\"", "\"\\u001b[2J\"", "1", "")),
		FILE_OF("1", "",
			DRAINED NOTE("\"a\"", "\"b\"", "1", ",\"until\":7")),
		FILE_OF("1", "",
			DRAINED NOTE("\"a\"", "\"b\"", "1", UNTIL("0", "1"))),
		FILE_OF("1", "",
			DRAINED NOTE("\"a\"", "\"b\"", "1",
				     UNTIL("-7200", "1"))),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		ck_assert_msg(loaded(texts[i]) == -EINVAL, "%s", texts[i]);
}
END_TEST

START_TEST(the_longest_notes_of_all_backends_are_read_back)
{
	const struct moment now = moment_now();
	struct wish_note note = {.since_s = INT64_MAX,
				 .until = deadline_in(7200, &now)};
	char path[128];

	memset(note.who, '"', sizeof(note.who) - 1);
	memset(note.reason, '\\', sizeof(note.reason) - 1);
	for (uint16_t id = 1; id <= MX_BACKENDS_MAX; id++) {
		struct backend *b = &state->backend[id];

		b->used = true;
		snprintf(b->pool, sizeof(b->pool), "p%u", id);
		snprintf(b->name, sizeof(b->name), "n");
		mx_endpoint_parse("10.0.2.11:25", &b->address);
		b->override = (struct override){.admin = ADMIN_MAINT,
						.weight_set = true,
						.agent_ignored = true};
		for (int kind = 0; kind < WISH_KINDS; kind++)
			b->override.note[kind] = note;
	}
	for (int i = 0; i < MX_DENY_RULES_MAX; i++)
		state->deny_rule[i] =
			(struct deny_rule){.denied = true, .note = note};
	state->deny_rules = MX_DENY_RULES_MAX;
	char *text = statefile_text(state, true);
	struct state *next = state_new();
	snprintf(path, sizeof(path), "%s/state.json", plane.folder);
	ck_assert_int_eq(replacefile(path, text, 0600), 0);
	ck_assert_int_eq(statefile_load(path, next, fault), 0);
	ck_assert_str_eq(
		next->backend[MX_BACKENDS_MAX].override.note[WISH_AGENT].reason,
		note.reason);
	free(text);
	state_free(next);
}
END_TEST

START_TEST(a_broken_file_is_refused_as_a_whole)
{
	char path[128];

	staterig_apply(PLANE_BACKENDS, 0);
	char *text = statefile_text(state, true);
	const size_t length = strlen(text);
	snprintf(path, sizeof(path), "%s/state.json", plane.folder);
	ck_assert_int_eq(statefile_load(path, state, fault), -ENOENT);
	/* The file cut short anywhere is no JSON. */
	for (size_t cut = 0; cut < length; cut += 7) {
		struct state *next = state_new();
		const struct mx_hash_key key = next->key;
		char *part = strndup(text, cut);
		ck_assert_int_eq(replacefile(path, part, 0600), 0);
		ck_assert_int_eq(statefile_load(path, next, fault), -EINVAL);
		ck_assert_mem_eq(&next->key, &key, sizeof(key));
		ck_assert(!next->backend[1].used);
		free(part);
		state_free(next);
	}
	/* With any byte changed, the file is refused or read, and never a
	 * crash. */
	srand(1);
	for (int round = 0; round < 300; round++) {
		struct state *next = state_new();
		char *bent = strdup(text);
		bent[(size_t)rand() % length] = (char)(1 + rand() % 127);
		ck_assert_int_eq(replacefile(path, bent, 0600), 0);
		const int error = statefile_load(path, next, fault);
		ck_assert(error == 0 || error == -EINVAL);
		free(bent);
		state_free(next);
	}
	free(text);
}
END_TEST

#define ROW                                                                    \
	"{\"id\":1,\"pool\":\"p\",\"name\":\"n\",\"address\":"                 \
	"\"1.2.3.4:25\",\"admin\":\"ready\",\"up\":true,"
#define AGENT(admin, percent, most, text)                                      \
	"\"agent\":{\"admin\":\"" admin                                        \
	"\",\"down\":true,\"percent\":" percent ",\"sessions_max\":" most      \
	",\"text\":\"" text "\"}"
#define LONG "123456789012345678901234567890"

START_TEST(lying_rows_are_refused)
{
	static const char *const rows[] = {
		"{\"id\":0,\"pool\":\"p\",\"name\":\"n\",\"address\":"
		"\"1.2.3.4:25\",\"admin\":\"ready\",\"up\":true}",
		"{\"id\":1024,\"pool\":\"p\",\"name\":\"n\",\"address\":"
		"\"1.2.3.4:25\",\"admin\":\"ready\",\"up\":true}",
		"{\"id\":1,\"pool\":\"p\",\"name\":\"n\",\"address\":"
		"\"1.2.3.4\",\"admin\":\"ready\",\"up\":true}",
		"{\"id\":1,\"pool\":\"p\",\"name\":\"n\",\"address\":"
		"\"1.2.3.4:25\",\"admin\":\"asleep\",\"up\":true}",
		"{\"id\":1,\"pool\":\"p\",\"name\":\"n\",\"address\":"
		"\"1.2.3.4:25\",\"admin\":\"ready\",\"up\":true,"
		"\"weight\":1001}",
		"{\"id\":1,\"pool\":\"\",\"name\":\"n\",\"address\":"
		"\"1.2.3.4:25\",\"admin\":\"ready\",\"up\":true}",
		"{\"id\":1,\"pool\":\"p\",\"name\":"
		"\"a-name-that-is-longer-than-any-may-be\",\"address\":"
		"\"1.2.3.4:25\",\"admin\":\"ready\",\"up\":true}",
		"{\"id\":1,\"pool\":\"p\",\"name\":\"n\",\"address\":"
		"\"1.2.3.4:25\",\"admin\":\"ready\",\"up\":true,"
		"\"retired_since\":-1}",
		"{\"id\":1,\"pool\":\"p\",\"name\":\"n\",\"address\":"
		"\"1.2.3.4:25\",\"admin\":\"ready\",\"up\":true,"
		"\"nat\":7}",
		ROW "\"load_percent\":101}",
		ROW "\"load_percent\":-1}",
		ROW "\"agent\":7}",
		ROW AGENT("maint", "1001", "0", "x") "}",
		ROW AGENT("maint", "-1", "0", "x") "}",
		ROW AGENT("maint", "1", "-1", "x") "}",
		ROW AGENT("maint", "1", "4294967296", "x") "}",
		ROW AGENT("asleep", "1", "0", "x") "}",
		ROW AGENT("maint", "1", "0", LONG LONG LONG) "}",
		"7",
	};
	char path[128];
	char text[1024];

	snprintf(path, sizeof(path), "%s/state.json", plane.folder);
	snprintf(text, sizeof(text),
		 "{\"version\":1,\"hash_key\":[\"0000000000000001\","
		 "\"0000000000000002\"],\"services\":[],\"backends\":[%s]}",
		 rows[_i]);
	ck_assert_int_eq(replacefile(path, text, 0600), 0);
	ck_assert_int_eq(statefile_load(path, state, fault), -EINVAL);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("statefile");
	TCase *t = tcase_create("statefile");

	tcase_add_checked_fixture(t, staterig_setup, staterig_teardown);
	tcase_add_test(t, a_restart_keeps_ids_overrides_health_and_key);
	tcase_add_test(t, a_restart_keeps_why_who_and_until_when);
	tcase_add_test(
		t, a_file_of_another_start_of_the_machine_waits_for_the_clock);
	tcase_add_test(t, a_file_without_notes_is_read);
	tcase_add_test(t, rules_without_notes_are_read);
	tcase_add_test(t, rules_that_are_none_are_refused);
	tcase_add_test(t, a_file_of_another_version_says_so);
	tcase_add_test(t, notes_that_are_none_are_refused);
	tcase_add_test(t, the_longest_notes_of_all_backends_are_read_back);
	tcase_add_test(t, a_restart_keeps_whose_sessions_are_nat);
	tcase_add_test(t, a_restart_keeps_what_agents_ask_for_and_the_balance);
	tcase_add_test(t, percents_and_texts_alone_are_no_reason_to_write);
	tcase_add_test(t, a_text_read_back_gives_the_same_text);
	tcase_add_test(t, a_broken_file_is_refused_as_a_whole);
	tcase_add_loop_test(t, lying_rows_are_refused, 0, 19);
	suite_add_tcase(s, t);
	return s;
}
