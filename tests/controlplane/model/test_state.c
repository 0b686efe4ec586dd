/* SPDX-License-Identifier: BSD-3-Clause */
/* The state: an id keeps its meaning through new configurations and restarts.
 * Method: configurations as files, applied to a state; the state file is read
 * back whole, cut short, and with single bytes changed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assignment.h"
#include "noroom.h"
#include "plane.h"
#include "runner.h"
#include "statefile.h"

static struct plane plane;
static struct state *state;

static void
setup(void)
{
	plane_open(&plane, PLANE_BACKENDS);
	state = state_new();
}

static void
teardown(void)
{
	state_free(state);
	plane_close(&plane);
}

static void
apply(const char *backends, int64_t now_s)
{
	struct mx_config_errors errors = {0};

	plane_write_config(&plane, "c.yaml", backends);
	struct mx_config *config = mx_config_load(plane.config, &errors);
	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_int_eq(state_apply(state, config, now_s), 0);
}

static const char just_b[] =
	"      - {name: b, address: \"192.0.2.12:25\", weight: 100}\n";
static const char c_and_b[] =
	"      - {name: c, address: \"192.0.2.13:25\", weight: 100}\n"
	"      - {name: b, address: \"192.0.2.12:25\", weight: 30}\n";

START_TEST(ids_count_from_one_in_the_order_of_the_file)
{
	apply(PLANE_BACKENDS, 0);
	ck_assert_uint_eq(state_find(state, "mx/a"), 1);
	ck_assert_uint_eq(state_find(state, "mx/b"), 2);
	ck_assert_uint_eq(state_find(state, "mx/c"), MX_BACKEND_NONE);
	ck_assert_uint_eq(state_find(state, "b"), MX_BACKEND_NONE);
	ck_assert(state->service[0].used);
	ck_assert_uint_eq(state->pool[0].member[1], 2);
}
END_TEST

START_TEST(a_backend_that_stays_keeps_id_wishes_and_health)
{
	apply(PLANE_BACKENDS, 0);
	state->backend[2].override.admin = ADMIN_DRAIN;
	state->backend[2].override.weight_set = true;
	state->backend[2].override.weight = 7;
	state->backend[2].health.state = HEALTH_UP;
	apply(c_and_b, 10);
	ck_assert_uint_eq(state_find(state, "mx/b"), 2);
	ck_assert_int_eq(state->backend[2].override.admin, ADMIN_DRAIN);
	ck_assert_uint_eq(state_weight(&state->backend[2]), 7);
	ck_assert_int_eq(state->backend[2].health.state, HEALTH_UP);
	ck_assert_uint_eq(state->backend[2].config->weight, 30);
	ck_assert_uint_eq(state->pool[0].member[1], 2);
}
END_TEST

START_TEST(an_id_at_rest_is_not_given_away)
{
	apply(PLANE_BACKENDS, 0);
	apply(c_and_b, 10);
	ck_assert_uint_eq(state_find(state, "mx/a"), MX_BACKEND_NONE);
	ck_assert_uint_eq(state_find(state, "mx/c"), 3);
	ck_assert(state->backend[1].used && state->backend[1].resting);
	ck_assert_int_eq(state->backend[1].resting_since_s, 10);
}
END_TEST

START_TEST(a_backend_that_comes_back_has_its_id_and_its_wish)
{
	apply(PLANE_BACKENDS, 0);
	state->backend[1].override.admin = ADMIN_MAINT;
	state->backend[1].health.state = HEALTH_UP;
	apply(just_b, 10);
	apply(PLANE_BACKENDS, 20);
	ck_assert_uint_eq(state_find(state, "mx/a"), 1);
	ck_assert(!state->backend[1].resting);
	ck_assert_int_eq(state->backend[1].override.admin, ADMIN_MAINT);
	/* The old findings do not count any more. */
	ck_assert_int_eq(state->backend[1].health.state, HEALTH_DOWN);
}
END_TEST

START_TEST(another_address_is_another_backend)
{
	apply(PLANE_BACKENDS, 0);
	apply("      - {name: a, address: \"192.0.2.99:25\", weight: 100}\n",
	      10);
	ck_assert_uint_eq(state_find(state, "mx/a"), 3);
	ck_assert(state->backend[1].resting);
}
END_TEST

static uint64_t sessions_left;

static uint64_t
count_sessions(void *arg, uint16_t id)
{
	(void)arg, (void)id;
	return sessions_left;
}

START_TEST(an_id_rests_until_time_and_sessions_are_over)
{
	const struct state_census census = {.backend = count_sessions,
					    .service = count_sessions};

	apply(PLANE_BACKENDS, 0);
	apply(just_b, 100);
	sessions_left = 0;
	ck_assert_uint_eq(state_release(state, &census, 100 + STATE_REST_S - 1),
			  0);
	sessions_left = 1;
	ck_assert_uint_eq(state_release(state, &census, 100 + STATE_REST_S), 0);
	sessions_left = 0;
	ck_assert_uint_eq(state_release(state, &census, 100 + STATE_REST_S), 1);
	ck_assert(!state->backend[1].used);
	apply(c_and_b, 2000);
	ck_assert_uint_eq(state_find(state, "mx/c"), 1);
}
END_TEST

START_TEST(an_id_rests_as_long_as_the_longest_idle_timer)
{
	const struct state_census census = {.backend = count_sessions,
					    .service = count_sessions};

	sessions_left = 0;
	ck_assert_int_eq(state_rest_s(state), STATE_REST_S); /* no file yet */
	apply(PLANE_BACKENDS, 0);
	ck_assert_int_eq(state_rest_s(state), STATE_REST_S);
	state->config->service[0].idle_ms = 7200 * 1000;
	ck_assert_int_eq(state_rest_s(state), 7200);
	apply(just_b, 100);
	state->config->service[0].idle_ms = 7200 * 1000;
	ck_assert_uint_eq(state_release(state, &census, 100 + 7199), 0);
	ck_assert_uint_eq(state_release(state, &census, 100 + 7200), 1);
	/* A short one does not cut the final dot's ten minutes. */
	state->config->service[0].idle_ms = 300 * 1000;
	ck_assert_int_eq(state_rest_s(state), STATE_REST_S);
}
END_TEST

START_TEST(without_room_for_ipv6_its_ids_need_no_rest)
{
	const struct state_census census = {.backend = count_sessions,
					    .service = count_sessions,
					    .no_ipv6 = true};

	apply(PLANE_BACKENDS, 0);
	apply(just_b, 100);
	ck_assert_uint_eq(state_release(state, &census, 100), 0);
	state->backend[1].address.addr = (struct mx_addr){{0x20, 0x01}};
	ck_assert_uint_eq(state_release(state, &census, 100), 1);
	ck_assert(!state->backend[1].used);
	/* The data plane decides for backends in the configuration. */
	state->backend[2].address.addr = (struct mx_addr){{0x20, 0x01}};
	ck_assert_uint_eq(state_release(state, &census, 100), 0);
}
END_TEST

/* The pool's service in another mode. */
static void
apply_mode(const char *mode, int64_t now_s)
{
	struct mx_config_errors errors = {0};
	char rest[512];

	snprintf(
		rest, sizeof(rest),
		"services:\n"
		"  - {name: in, listen: [\"198.51.100.25:25\"], pool: mx, %s}\n"
		"pools:\n"
		"  - name: mx\n"
		"    backends:\n"
		"      - {name: a, address: \"192.0.2.11:25\"}\n",
		mode);
	plane_write_rest(&plane, "c.yaml", rest);
	struct mx_config *config = mx_config_load(plane.config, &errors);
	ck_assert_msg(config != NULL, "%s", errors.text[0]);
	ck_assert_int_eq(state_apply(state, config, now_s), 0);
}

static const char fullnat[] = "snat: [\"10.0.2.100\"], client-address: hidden";

START_TEST(nat_is_remembered_while_its_sessions_last)
{
	const struct state_census census = {.backend = count_sessions,
					    .service = count_sessions};
	const struct backend *a = &state->backend[1];

	apply_mode("forward: nat", 0);
	ck_assert(a->nat && !a->dsr && !a->was_nat);
	sessions_left = 0;
	ck_assert_uint_eq(state_release(state, &census, 1), 0);
	apply_mode(fullnat, 2);
	ck_assert(!a->nat && a->was_nat);
	sessions_left = 1;
	ck_assert_uint_eq(state_release(state, &census, 3), 0);
	ck_assert(a->was_nat);
	sessions_left = 0;
	ck_assert_uint_eq(state_release(state, &census, 4), 1);
	ck_assert(a->used && !a->was_nat);
	apply_mode("forward: dsr", 5);
	ck_assert(a->dsr && !a->nat && !a->was_nat);
}
END_TEST

START_TEST(what_its_sessions_are_outlives_a_rest)
{
	apply_mode("forward: nat", 0);
	state->backend[1].ended_s = 77;
	apply(just_b, 10);
	ck_assert(state->backend[1].resting);
	ck_assert(state->backend[1].was_nat);
	ck_assert_uint_eq(state->backend[1].ended_s, 77);
	apply(PLANE_BACKENDS, 20);
	ck_assert(!state->backend[1].resting);
	ck_assert(state->backend[1].was_nat);
	ck_assert_uint_eq(state->backend[1].ended_s, 77);
}
END_TEST

START_TEST(a_clock_set_back_only_starts_the_rest_anew)
{
	const struct state_census census = {.backend = count_sessions,
					    .service = count_sessions};

	sessions_left = 0;
	apply(PLANE_BACKENDS, 1000000);
	apply(just_b, 1000000);
	ck_assert_uint_eq(state_release(state, &census, 50), 0);
	ck_assert_uint_eq(state_release(state, &census, 50 + STATE_REST_S), 1);
}
END_TEST

START_TEST(apply_without_a_free_id_changes_nothing)
{
	struct mx_config_errors errors = {0};
	char text[NOROOM_TEXT_MAX];

	apply(PLANE_BACKENDS, 0);
	for (int id = 3; id <= MX_BACKENDS_MAX; id++)
		state->backend[id] =
			(struct backend){.used = true, .resting = true};
	plane_write_config(&plane, "c.yaml", c_and_b);
	struct mx_config *config = mx_config_load(plane.config, &errors);
	ck_assert_int_eq(state_apply(state, config, 10), -ENOSPC);
	mx_config_free(config);
	ck_assert_str_eq(
		noroom_text(state, -ENOSPC, 10, text),
		"no room for its backends and services: of 1023 and 64 places, "
		"1021 and 0 are kept for what left the configuration: see show "
		"resting; the first is free in 890 s, if it has no session "
		"then");
	ck_assert_uint_eq(state_find(state, "mx/a"), 1);
	ck_assert(!state->backend[1].resting);
	ck_assert_uint_eq(state->backend[2].config->weight, 100);
}
END_TEST

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

START_TEST(a_restart_keeps_ids_wishes_health_and_key)
{
	apply(PLANE_BACKENDS, 0);
	apply(c_and_b, 10);
	state->backend[2].override.admin = ADMIN_MAINT;
	state->backend[2].override.weight_set = true;
	state->backend[3].health.state = HEALTH_FALLING;
	struct state *next = restarted();
	state_free(state);
	state = next;
	apply(c_and_b, 20);
	ck_assert_uint_eq(state_find(state, "mx/b"), 2);
	ck_assert_uint_eq(state_find(state, "mx/c"), 3);
	ck_assert_int_eq(state->backend[1].resting_since_s, 10);
	ck_assert_int_eq(state->backend[2].override.admin, ADMIN_MAINT);
	ck_assert_uint_eq(state_weight(&state->backend[2]), 0);
	ck_assert(health_serves(&state->backend[3].health));
}
END_TEST

START_TEST(a_restart_keeps_whose_sessions_are_nat)
{
	apply_mode("forward: nat", 0);
	struct state *next = restarted();
	state_free(state);
	state = next;
	ck_assert(state->backend[1].was_nat);
	apply_mode(fullnat, 10);
	ck_assert(state->backend[1].was_nat && !state->backend[1].nat);
}
END_TEST

START_TEST(a_text_read_back_gives_the_same_text)
{
	apply(PLANE_BACKENDS, 0);
	apply(c_and_b, 10);
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

	apply(PLANE_BACKENDS, 0);
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
		"\"resting_since\":-1}",
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
	Suite *s = suite_create("state");
	TCase *t = tcase_create("state");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ids_count_from_one_in_the_order_of_the_file);
	tcase_add_test(t, a_backend_that_stays_keeps_id_wishes_and_health);
	tcase_add_test(t, an_id_at_rest_is_not_given_away);
	tcase_add_test(t, a_backend_that_comes_back_has_its_id_and_its_wish);
	tcase_add_test(t, another_address_is_another_backend);
	tcase_add_test(t, an_id_rests_until_time_and_sessions_are_over);
	tcase_add_test(t, an_id_rests_as_long_as_the_longest_idle_timer);
	tcase_add_test(t, without_room_for_ipv6_its_ids_need_no_rest);
	tcase_add_test(t, nat_is_remembered_while_its_sessions_last);
	tcase_add_test(t, what_its_sessions_are_outlives_a_rest);
	tcase_add_test(t, a_clock_set_back_only_starts_the_rest_anew);
	tcase_add_test(t, apply_without_a_free_id_changes_nothing);
	tcase_add_test(t, a_restart_keeps_ids_wishes_health_and_key);
	tcase_add_test(t, a_restart_keeps_whose_sessions_are_nat);
	tcase_add_test(t, a_text_read_back_gives_the_same_text);
	tcase_add_test(t, a_broken_file_is_refused_as_a_whole);
	tcase_add_loop_test(t, lying_rows_are_refused, 0, 10);
	suite_add_tcase(s, t);
	return s;
}
