/* SPDX-License-Identifier: BSD-3-Clause */
/* What an agent, the balance of load and a certificate do to a weight.
 * Method: a state with a configuration of two backends of weight 100. */
#include <stdio.h>
#include <string.h>

#include "planmaker.h"
#include "poolstate.h"
#include "runner.h"
#include "wish.h"

static char why[POOLSTATE_WHY_MAX];

static void
setup(void)
{
	planmaker_setup();
	planmaker_apply(ONE_SERVICE("forward: nat"), 0);
}

static uint16_t
weight_now(void)
{
	state_weigh(state);
	return state->backend[1].effective_weight;
}

START_TEST(percents_are_multiplied_and_the_reason_names_the_least)
{
	ck_assert(load_put(state, 1, 80));
	ck_assert(!load_put(state, 1, 80));
	ck_assert_uint_eq(weight_now(), 80);
	ck_assert_str_eq(backend_why(&state->backend[1], why),
			 "serving, it has more load than others, 80 % of its "
			 "weight");
	ck_assert_int_eq(pool_state(state, 0, NULL), POOL_OK);
	state->backend[1].flawed = true;
	ck_assert_uint_eq(weight_now(), 40);
	ck_assert_str_eq(backend_why(&state->backend[1], why),
			 "serving, its certificate has a fault, 50 % of its "
			 "weight");
	ck_assert_int_eq(pool_state(state, 0, NULL), POOL_DEGRADED);
	ck_assert_uint_eq(state->backend[1].percent[FACTOR_LOAD], 80);
	ck_assert_uint_eq(state->backend[2].percent[FACTOR_LOAD], 100);
	ck_assert_uint_eq(state->backend[2].effective_weight, 100);
}
END_TEST

/* Ten backends of tier 0, and then one of a standby tier. */
#define TEN 10
static void
apply_ten(const char *check)
{
	char text[2048];
	int used = snprintf(text, sizeof(text),
			    "services:\n"
			    "  - {name: one, listen: [\"198.51.100.25:25\"], "
			    "pool: mx, forward: nat}\n"
			    "pools:\n"
			    "  - name: mx\n"
			    "    check: {%s}\n"
			    "    backends:\n",
			    check);

	for (int i = 0; i <= TEN; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used,
				 "      - {name: m%d, address: "
				 "\"10.0.2.%d:25\", tier: %d}\n",
				 i, 11 + i, i == TEN);
	planmaker_apply(text, 0);
}

static struct backend *
member(int i)
{
	return &state->backend[state->pool[0].member[i]];
}

/* A check that requires TLS takes the most, and even then one renewed certificate
 * does not bring one backend all of the mail. */
START_TEST(faults_of_certificates_are_a_factor_and_no_more)
{
	static const struct {
		const char *check;
		uint16_t percent;
	} rows[] = {
		{"type: smtp", WEIGHT_CERTIFICATE_PERCENT},
		{"type: smtp, starttls: require",
		 WEIGHT_CERTIFICATE_TLS_PERCENT},
		{"type: smtps", WEIGHT_CERTIFICATE_TLS_PERCENT},
	};

	apply_ten(rows[_i].check);
	for (int i = 0; i < TEN; i++)
		member(i)->flawed = true;
	state_weigh(state);
	for (int i = 0; i < TEN; i++) {
		ck_assert_uint_eq(member(i)->effective_weight,
				  rows[_i].percent);
		ck_assert_uint_eq(member(i)->share, member(0)->share);
	}
	ck_assert_int_eq(member(TEN)->why, WEIGHT_STANDBY);

	member(0)->flawed = false;
	state_weigh(state);
	ck_assert_uint_eq(member(0)->effective_weight, 100);
	ck_assert_uint_eq(member(1)->effective_weight, rows[_i].percent);
	ck_assert_int_eq(member(TEN)->why, WEIGHT_STANDBY);
}
END_TEST

START_TEST(a_percent_out_of_range_is_the_nearest_one)
{
	ck_assert(load_put(state, 1, 0));
	ck_assert_uint_eq(weight_now(), 1);
	ck_assert(load_put(state, 1, 9999));
	ck_assert_uint_eq(weight_now(), 100);
}
END_TEST

START_TEST(an_agent_drains_and_is_forgotten)
{
	const struct agent_wish drain = {
		.admin = ADMIN_DRAIN, .percent = 100, .text = "disk is full"};
	const struct agent_wish half = {.percent = 50};

	ck_assert(agent_put(state, 1, &drain));
	ck_assert(!agent_put(state, 1, &drain));
	ck_assert_uint_eq(weight_now(), 0);
	ck_assert_str_eq(backend_why(&state->backend[1], why),
			 "its agent says drain: disk is full");
	ck_assert_int_eq(pool_state(state, 0, NULL), POOL_DEGRADED);
	ck_assert(agent_put(state, 1, &half));
	ck_assert_uint_eq(weight_now(), 50);
	ck_assert_int_eq(pool_state(state, 0, NULL), POOL_OK);
	ck_assert(agent_put(state, 1, NULL));
	ck_assert_uint_eq(weight_now(), 100);
	ck_assert(!agent_put(state, 1, NULL));
}
END_TEST

START_TEST(an_agent_that_asks_for_too_much_gets_the_most)
{
	struct agent_wish wish = {.percent = 60000};

	memset(wish.text, 'x', sizeof(wish.text)); /* without an end */
	ck_assert(agent_put(state, 1, &wish));
	ck_assert_uint_eq(weight_now(), 1000);
	ck_assert_uint_eq(strlen(state->backend[1].agent.text),
			  AGENT_TEXT_MAX - 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("wish");
	TCase *t = tcase_create("wish");

	tcase_add_checked_fixture(t, setup, planmaker_teardown);
	tcase_add_test(t,
		       percents_are_multiplied_and_the_reason_names_the_least);
	tcase_add_loop_test(t, faults_of_certificates_are_a_factor_and_no_more,
			    0, 3);
	tcase_add_test(t, a_percent_out_of_range_is_the_nearest_one);
	tcase_add_test(t, an_agent_drains_and_is_forgotten);
	tcase_add_test(t, an_agent_that_asks_for_too_much_gets_the_most);
	suite_add_tcase(s, t);
	return s;
}
