/* SPDX-License-Identifier: BSD-3-Clause */
/* The state: an id keeps its meaning through new configurations.
 * Method: configurations as files, applied to a state. */
#include <errno.h>

#include "assignment.h"
#include "load.h"
#include "noroom.h"
#include "runner.h"
#include "staterig.h"

START_TEST(ids_count_from_one_in_the_order_of_the_file)
{
	staterig_apply(PLANE_BACKENDS, 0);
	ck_assert_uint_eq(state_find(state, "mx/a"), 1);
	ck_assert_uint_eq(state_find(state, "mx/b"), 2);
	ck_assert_uint_eq(state_find(state, "mx/c"), MX_BACKEND_NONE);
	ck_assert_uint_eq(state_find(state, "b"), MX_BACKEND_NONE);
	ck_assert(state->service[0].used);
	ck_assert_uint_eq(state->pool[0].member[1], 2);
}
END_TEST

START_TEST(a_backend_that_stays_keeps_id_overrides_and_health)
{
	staterig_apply(PLANE_BACKENDS, 0);
	state->backend[2].override.admin = ADMIN_DRAIN;
	state->backend[2].override.weight_set = true;
	state->backend[2].override.weight = 7;
	state->backend[2].health.state = HEALTH_UP;
	staterig_apply(STATERIG_C_AND_B, 10);
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
	staterig_apply(PLANE_BACKENDS, 0);
	staterig_apply(STATERIG_C_AND_B, 10);
	ck_assert_uint_eq(state_find(state, "mx/a"), MX_BACKEND_NONE);
	ck_assert_uint_eq(state_find(state, "mx/c"), 3);
	ck_assert(state->backend[1].used && state->backend[1].retired);
	ck_assert_int_eq(state->backend[1].retired_since_s, 10);
}
END_TEST

START_TEST(a_backend_that_comes_back_has_its_id_and_its_override)
{
	staterig_apply(PLANE_BACKENDS, 0);
	state->backend[1].override.admin = ADMIN_MAINT;
	state->backend[1].health.state = HEALTH_UP;
	staterig_apply(STATERIG_JUST_B, 10);
	staterig_apply(PLANE_BACKENDS, 20);
	ck_assert_uint_eq(state_find(state, "mx/a"), 1);
	ck_assert(!state->backend[1].retired);
	ck_assert_int_eq(state->backend[1].override.admin, ADMIN_MAINT);
	/* The old findings do not count any more. */
	ck_assert_int_eq(state->backend[1].health.state, HEALTH_DOWN);
}
END_TEST

START_TEST(another_address_is_another_backend)
{
	staterig_apply(PLANE_BACKENDS, 0);
	staterig_apply(
		"      - {name: a, address: \"192.0.2.99:25\", weight: 100}\n",
		10);
	ck_assert_uint_eq(state_find(state, "mx/a"), 3);
	ck_assert(state->backend[1].retired);
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
	const struct state_session_counts counts = {.backend = count_sessions,
						    .service = count_sessions};

	staterig_apply(PLANE_BACKENDS, 0);
	staterig_apply(STATERIG_JUST_B, 100);
	sessions_left = 0;
	ck_assert_uint_eq(
		state_release(state, &counts, 100 + STATE_RETIRED_S - 1), 0);
	sessions_left = 1;
	ck_assert_uint_eq(state_release(state, &counts, 100 + STATE_RETIRED_S),
			  0);
	sessions_left = 0;
	ck_assert_uint_eq(state_release(state, &counts, 100 + STATE_RETIRED_S),
			  1);
	ck_assert(!state->backend[1].used);
	staterig_apply(STATERIG_C_AND_B, 2000);
	ck_assert_uint_eq(state_find(state, "mx/c"), 1);
}
END_TEST

START_TEST(an_id_rests_as_long_as_the_longest_idle_timer)
{
	const struct state_session_counts counts = {.backend = count_sessions,
						    .service = count_sessions};

	sessions_left = 0;
	ck_assert_int_eq(state_retired_s(state),
			 STATE_RETIRED_S); /* no file yet */
	staterig_apply(PLANE_BACKENDS, 0);
	ck_assert_int_eq(state_retired_s(state), STATE_RETIRED_S);
	state->config->service[0].idle_ms = 7200 * 1000;
	ck_assert_int_eq(state_retired_s(state), 7200);
	staterig_apply(STATERIG_JUST_B, 100);
	state->config->service[0].idle_ms = 7200 * 1000;
	ck_assert_uint_eq(state_release(state, &counts, 100 + 7199), 0);
	ck_assert_uint_eq(state_release(state, &counts, 100 + 7200), 1);
	/* A short one does not cut the final dot's ten minutes. */
	state->config->service[0].idle_ms = 300 * 1000;
	ck_assert_int_eq(state_retired_s(state), STATE_RETIRED_S);
}
END_TEST

START_TEST(without_room_for_ipv6_its_ids_need_no_rest)
{
	const struct state_session_counts counts = {.backend = count_sessions,
						    .service = count_sessions,
						    .no_ipv6 = true};

	staterig_apply(PLANE_BACKENDS, 0);
	staterig_apply(STATERIG_JUST_B, 100);
	ck_assert_uint_eq(state_release(state, &counts, 100), 0);
	state->backend[1].address.addr = (struct mx_addr){{0x20, 0x01}};
	ck_assert_uint_eq(state_release(state, &counts, 100), 1);
	ck_assert(!state->backend[1].used);
	/* The data plane decides for backends in the configuration. */
	state->backend[2].address.addr = (struct mx_addr){{0x20, 0x01}};
	ck_assert_uint_eq(state_release(state, &counts, 100), 0);
}
END_TEST

/* The pool's service in another mode. */
START_TEST(nat_is_remembered_while_its_sessions_last)
{
	const struct state_session_counts counts = {.backend = count_sessions,
						    .service = count_sessions};
	const struct backend *a = &state->backend[1];

	staterig_apply_mode("forward: nat", 0);
	ck_assert(a->nat && !a->dsr && !a->was_nat);
	sessions_left = 0;
	ck_assert_uint_eq(state_release(state, &counts, 1), 0);
	staterig_apply_mode(STATERIG_FULLNAT, 2);
	ck_assert(!a->nat && a->was_nat);
	sessions_left = 1;
	ck_assert_uint_eq(state_release(state, &counts, 3), 0);
	ck_assert(a->was_nat);
	sessions_left = 0;
	ck_assert_uint_eq(state_release(state, &counts, 4), 1);
	ck_assert(a->used && !a->was_nat);
	staterig_apply_mode("forward: dsr", 5);
	ck_assert(a->dsr && !a->nat && !a->was_nat);
}
END_TEST

START_TEST(what_its_sessions_are_outlives_a_rest)
{
	staterig_apply_mode("forward: nat", 0);
	state->backend[1].ended_s = 77;
	staterig_apply(STATERIG_JUST_B, 10);
	ck_assert(state->backend[1].retired);
	ck_assert(state->backend[1].was_nat);
	ck_assert_uint_eq(state->backend[1].ended_s, 77);
	staterig_apply(PLANE_BACKENDS, 20);
	ck_assert(!state->backend[1].retired);
	ck_assert(state->backend[1].was_nat);
	ck_assert_uint_eq(state->backend[1].ended_s, 77);
}
END_TEST

START_TEST(a_clock_set_back_only_starts_the_rest_anew)
{
	const struct state_session_counts counts = {.backend = count_sessions,
						    .service = count_sessions};

	sessions_left = 0;
	staterig_apply(PLANE_BACKENDS, 1000000);
	staterig_apply(STATERIG_JUST_B, 1000000);
	ck_assert_uint_eq(state_release(state, &counts, 50), 0);
	ck_assert_uint_eq(state_release(state, &counts, 50 + STATE_RETIRED_S),
			  1);
}
END_TEST

START_TEST(apply_without_a_free_id_changes_nothing)
{
	struct mx_config_errors errors = {0};
	char text[NOROOM_TEXT_MAX];

	staterig_apply(PLANE_BACKENDS, 0);
	for (int id = 3; id <= MX_BACKENDS_MAX; id++)
		state->backend[id] =
			(struct backend){.used = true, .retired = true};
	plane_write_config(&plane, "c.yaml", STATERIG_C_AND_B);
	struct mx_config *config = mx_config_load(plane.config, &errors);
	ck_assert_int_eq(state_apply(state, config, 10), -ENOSPC);
	mx_config_free(config);
	ck_assert_str_eq(
		noroom_text(state, -ENOSPC, 10, text),
		"no room for its backends and services: of 1023 and 64 places, "
		"1021 and 0 are kept for what left the configuration: see show "
		"retired; the first is free in 890 s, if it has no session "
		"then");
	ck_assert_uint_eq(state_find(state, "mx/a"), 1);
	ck_assert(!state->backend[1].retired);
	ck_assert_uint_eq(state->backend[2].config->weight, 100);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("state");
	TCase *t = tcase_create("state");

	tcase_add_checked_fixture(t, staterig_setup, staterig_teardown);
	tcase_add_test(t, ids_count_from_one_in_the_order_of_the_file);
	tcase_add_test(t, a_backend_that_stays_keeps_id_overrides_and_health);
	tcase_add_test(t, an_id_at_rest_is_not_given_away);
	tcase_add_test(t,
		       a_backend_that_comes_back_has_its_id_and_its_override);
	tcase_add_test(t, another_address_is_another_backend);
	tcase_add_test(t, an_id_rests_until_time_and_sessions_are_over);
	tcase_add_test(t, an_id_rests_as_long_as_the_longest_idle_timer);
	tcase_add_test(t, without_room_for_ipv6_its_ids_need_no_rest);
	tcase_add_test(t, nat_is_remembered_while_its_sessions_last);
	tcase_add_test(t, what_its_sessions_are_outlives_a_rest);
	tcase_add_test(t, a_clock_set_back_only_starts_the_rest_anew);
	tcase_add_test(t, apply_without_a_free_id_changes_nothing);
	suite_add_tcase(s, t);
	return s;
}
