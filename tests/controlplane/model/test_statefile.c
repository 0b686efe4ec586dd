/* SPDX-License-Identifier: BSD-3-Clause */
/* The state file: what a state keeps over a restart.
 * Method: it is read back whole, cut short, and with single bytes changed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "statefile.h"
#include "staterig.h"

/* Save the state, and load it into a new one. */
static struct state *
restarted(void)
{
	char path[128];
	char *text = statefile_text(state);
	struct state *next = state_new();

	snprintf(path, sizeof(path), "%s/state.json", plane.folder);
	ck_assert_int_eq(statefile_save(path, text), 0);
	ck_assert_int_eq(statefile_load(path, next), 0);
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

START_TEST(a_text_read_back_gives_the_same_text)
{
	staterig_apply(PLANE_BACKENDS, 0);
	staterig_apply(STATERIG_C_AND_B, 10);
	char *before = statefile_text(state);
	struct state *next = restarted();
	char *after = statefile_text(next);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	state_free(next);
}
END_TEST

START_TEST(a_broken_file_is_refused_as_a_whole)
{
	char path[128];

	staterig_apply(PLANE_BACKENDS, 0);
	char *text = statefile_text(state);
	const size_t length = strlen(text);
	snprintf(path, sizeof(path), "%s/state.json", plane.folder);
	ck_assert_int_eq(statefile_load(path, state), -ENOENT);
	/* The file cut short anywhere is no JSON. */
	for (size_t cut = 0; cut < length; cut += 7) {
		struct state *next = state_new();
		const struct mx_hash_key key = next->key;
		char *part = strndup(text, cut);
		ck_assert_int_eq(statefile_save(path, part), 0);
		ck_assert_int_eq(statefile_load(path, next), -EINVAL);
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
		ck_assert_int_eq(statefile_save(path, bent), 0);
		const int error = statefile_load(path, next);
		ck_assert(error == 0 || error == -EINVAL);
		free(bent);
		state_free(next);
	}
	free(text);
}
END_TEST

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
		"7",
	};
	char path[128];
	char text[1024];

	snprintf(path, sizeof(path), "%s/state.json", plane.folder);
	snprintf(text, sizeof(text),
		 "{\"version\":1,\"hash_key\":[\"0000000000000001\","
		 "\"0000000000000002\"],\"services\":[],\"backends\":[%s]}",
		 rows[_i]);
	ck_assert_int_eq(statefile_save(path, text), 0);
	ck_assert_int_eq(statefile_load(path, state), -EINVAL);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("statefile");
	TCase *t = tcase_create("statefile");

	tcase_add_checked_fixture(t, staterig_setup, staterig_teardown);
	tcase_add_test(t, a_restart_keeps_ids_overrides_health_and_key);
	tcase_add_test(t, a_restart_keeps_whose_sessions_are_nat);
	tcase_add_test(t, a_text_read_back_gives_the_same_text);
	tcase_add_test(t, a_broken_file_is_refused_as_a_whole);
	tcase_add_loop_test(t, lying_rows_are_refused, 0, 10);
	suite_add_tcase(s, t);
	return s;
}
