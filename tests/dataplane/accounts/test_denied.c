/* SPDX-License-Identifier: BSD-3-Clause */
/* Denied clients: their SYNs open nothing and are counted by service, and by rule;
 * what has a session keeps it; the operator's rules come before allow lists, and these
 * before deny lists and limits.
 * Method: one worker, and tables as the data plane's main thread makes them. */
#include <stdlib.h>

#include "denybuild.h"
#include "denyone.h"
#include "endorder.h"
#include "ruleslots.h"
#include "runner.h"
#include "talk.h"

#define SLOT 77

static struct rig *rig;
static struct mx_deny_table *list, *allowed, *rules;

static void
setup(void)
{
	rig = rig_make(1);
	/* Resets begin some seconds after the start. */
	rig_pass_s(rig, 10);
	list = allowed = rules = NULL;
}

static void
teardown(void)
{
	rig->active->rules = NULL;
	rule_slots_free(rig->active->rule_slots);
	rig->active->rule_slots = NULL;
	free(list);
	free(allowed);
	free(rules);
	rig_free(rig);
}

static void
deny(enum rig_service service, const struct mx_addr *addr, uint32_t bits,
     uint8_t answer)
{
	list = denyone(addr, bits, MX_DENY_DENIED, MX_DENY_BY_FILES);
	rig->active->deny[service] = list;
	rig->active->plan.service[service].deny.answer = answer;
}

static void
rule(const struct mx_addr *addr, uint32_t bits, enum mx_deny_verdict verdict)
{
	rules = denyone(addr, bits, verdict, MX_DENY_BY_RULES);
	rig->active->rules = rules;
	const struct mx_deny_rule row = {.addr = *addr,
					 .bits = (uint8_t)bits,
					 .denied = verdict == MX_DENY_DENIED,
					 .slot = SLOT};
	rig->active->rule_slots = rule_slots_make(rules, &row, 1);
}

static uint64_t
refused_by_rule(void)
{
	return rig->count[0].rule_refused[SLOT];
}

static void
send_syn(enum rig_service service, const struct end *client)
{
	const struct segment syn = {
		.from = *client,
		.to = rig_vip_of(service, !mx_addr_is4(&client->ip)),
		.flags = SYN,
		.seq = 7};

	rig_send(rig, 0, WAN, &syn);
	rig_poll(rig);
}

static uint64_t
refused(enum rig_service service)
{
	return rig->count[0].refused[service][MX_DROP_DENIED];
}

START_TEST(a_denied_client_opens_nothing)
{
	const struct end client = talk_client(_i != 0, 40000);
	const enum rig_service service = RIG_FULLNAT_TO4;

	deny(service, &client.ip, _i != 0 ? 128 : 32, MX_ANSWER_DROP);
	send_syn(service, &client);
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_sessions(rig), 0);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_DENIED), 1);
	ck_assert_uint_eq(refused(service), 1);
}
END_TEST

START_TEST(another_client_and_another_service_are_served)
{
	const struct end client = talk_client(false, 40000);
	struct end other = client;

	deny(RIG_FULLNAT_TO4, &client.ip, 32, MX_ANSWER_DROP);
	other.ip.byte[15] ^= 1;
	talk_open(rig, RIG_FULLNAT_TO4, &other);
	talk_open(rig, RIG_V2_TO4, &client);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_DENIED), 0);
}
END_TEST

START_TEST(a_session_goes_on_when_its_client_is_denied)
{
	const struct end client = talk_client(false, 40000);
	struct talk talk = talk_open(rig, RIG_FULLNAT_TO4, &client);

	deny(RIG_FULLNAT_TO4, &client.ip, 32, MX_ANSWER_DROP);
	talk_say_data(&talk);
	talk_hear_data(&talk);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_DENIED), 0);
	ck_assert_uint_eq(rig_sessions(rig), 1);
}
END_TEST

START_TEST(a_syn_is_answered_by_one_reset)
{
	const struct end client = talk_client(false, 40000);

	deny(RIG_FULLNAT_TO4, &client.ip, 24 + 8, MX_ANSWER_RESET);
	send_syn(RIG_FULLNAT_TO4, &client);
	const struct segment left = talk_next(rig, WAN);
	ck_assert_uint_eq(left.flags, RST | ACK);
	ck_assert_uint_eq(left.seq, 0);
	ck_assert_uint_eq(left.ack, 8);
	ck_assert(mx_addr_equal(&left.to.ip, &client.ip));
	talk_assert_silence(rig);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}
END_TEST

/* Whoever sends SYNs in the name of others gets few resets sent to them. */
START_TEST(resets_have_a_limit)
{
	const struct end client = talk_client(false, 40000);
	uint32_t resets = 0;
	uint8_t frame[FRAME_MAX];

	deny(RIG_FULLNAT_TO4, &client.ip, 32, MX_ANSWER_RESET);
	for (int i = 0; i < 2000; i++) {
		send_syn(RIG_FULLNAT_TO4, &client);
		resets += rig_get(rig, WAN, frame) != 0;
	}
	ck_assert_uint_gt(resets, 0);
	ck_assert_uint_lt(resets, 2000);
	ck_assert_uint_eq(
		refused(RIG_FULLNAT_TO4) +
			rig->count[0].told[RIG_FULLNAT_TO4][MX_ANSWER_RESET]
					  [MX_DROP_DENIED],
		2000);
}
END_TEST

START_TEST(a_rule_denies_a_client_of_any_service)
{
	const struct end client = talk_client(false, 40000);

	rig->active->plan.service[RIG_DSR_TO4].deny.answer = MX_ANSWER_DROP;
	rig->active->plan.service[RIG_FULLNAT_TO4].deny.answer = MX_ANSWER_DROP;
	rule(&client.ip, 32, MX_DENY_DENIED);
	send_syn(RIG_FULLNAT_TO4, &client);
	send_syn(RIG_DSR_TO4, &client);
	talk_assert_silence(rig);
	ck_assert_uint_eq(refused(RIG_FULLNAT_TO4), 1);
	ck_assert_uint_eq(refused(RIG_DSR_TO4), 1);
	ck_assert_uint_eq(refused_by_rule(), 2);
}
END_TEST

/* Whatever the client is answered, and though mxsteer answers no more resets. */
START_TEST(a_rule_counts_each_syn_that_it_refuses)
{
	const struct end client = talk_client(_i & 1, 40000);
	uint8_t frame[FRAME_MAX];

	rig->active->plan.service[RIG_FULLNAT_TO4].deny.answer =
		(uint8_t)(_i / 2);
	rule(&client.ip, _i & 1 ? 128 : 32, MX_DENY_DENIED);
	for (int i = 0; i < 2000; i++) {
		send_syn(RIG_FULLNAT_TO4, &client);
		rig_get(rig, WAN, frame);
	}
	ck_assert_uint_eq(refused_by_rule(), 2000);
	ck_assert_uint_eq(rig_sessions(rig), 0);
}
END_TEST

START_TEST(a_rule_counts_nothing_that_it_does_not_refuse)
{
	struct end client = talk_client(false, 40000);
	struct talk talk = talk_open(rig, RIG_FULLNAT_TO4, &client);
	struct end listed = client;

	listed.ip.byte[15] ^= 1;
	deny(RIG_FULLNAT_TO4, &listed.ip, 32, MX_ANSWER_DROP);
	send_syn(RIG_FULLNAT_TO4, &listed);
	rule(&client.ip, 32, MX_DENY_DENIED);
	talk_say_data(&talk);
	talk_hear_data(&talk);
	send_syn(RIG_FULLNAT_TO4, &listed);
	ck_assert_uint_eq(refused(RIG_FULLNAT_TO4), 2);
	ck_assert_uint_eq(refused_by_rule(), 0);
}
END_TEST

START_TEST(a_rule_exempts_a_client_from_the_list)
{
	const struct end client = talk_client(false, 40000);

	deny(RIG_FULLNAT_TO4, &client.ip, 32, MX_ANSWER_DROP);
	rule(&client.ip, 32, MX_DENY_EXEMPT);
	talk_open(rig, RIG_FULLNAT_TO4, &client);
	ck_assert_uint_eq(rig_dropped(rig, MX_DROP_DENIED), 0);
}
END_TEST

START_TEST(a_client_that_the_operator_allows_has_no_limits)
{
	struct end client = talk_client(false, 40000);
	const struct mx_client_limits one = {
		.sessions = 1, .prefix4 = 120, .prefix6 = 64, .used = 1};

	rig_set_limits(rig, &one);
	talk_open(rig, RIG_FULLNAT_TO4, &client);
	client.port++;
	send_syn(RIG_FULLNAT_TO4, &client);
	ck_assert_uint_eq(rig_sessions(rig), 1);
	rule(&client.ip, 32, MX_DENY_EXEMPT);
	for (int i = 0; i < 3; i++, client.port++)
		talk_open(rig, RIG_FULLNAT_TO4, &client);
	ck_assert_uint_eq(rig_sessions(rig), 4);
}
END_TEST

/* An allow list exempts from the limits and from the deny list, and from nothing
 * that the operator says. */
START_TEST(an_allow_list_comes_before_lists_and_limits)
{
	struct end client = talk_client(_i != 0, 40000);
	struct end other = client;
	const struct mx_client_limits one = {
		.sessions = 1, .prefix4 = 120, .prefix6 = 64, .used = 1};

	rig_set_limits(rig, &one);
	const struct mx_addr around =
		mx_addr_first(&client.ip, _i != 0 ? 56 : 96 + 24);
	deny(RIG_FULLNAT_TO4, &around, _i != 0 ? 56 : 24, MX_ANSWER_DROP);
	allowed = denyone(&client.ip, _i != 0 ? 128 : 32, MX_DENY_DENIED,
			  MX_DENY_BY_FILES);
	rig->active->allow[RIG_FULLNAT_TO4] = allowed;
	for (int i = 0; i < 3; i++, client.port++)
		talk_open(rig, RIG_FULLNAT_TO4, &client);
	ck_assert_uint_eq(rig_sessions(rig), 3);
	other.ip.byte[15] ^= 1;
	send_syn(RIG_FULLNAT_TO4, &other);
	ck_assert_uint_eq(refused(RIG_FULLNAT_TO4), 1);
	rule(&client.ip, _i != 0 ? 128 : 32, MX_DENY_DENIED);
	client.port++;
	send_syn(RIG_FULLNAT_TO4, &client);
	ck_assert_uint_eq(refused(RIG_FULLNAT_TO4), 2);
	ck_assert_uint_eq(rig_sessions(rig), 3);
}
END_TEST

/* The same for the prefixes of the configuration. */
START_TEST(a_client_that_the_configuration_allows_is_not_denied)
{
	const struct end client = talk_client(false, 40000);
	struct mx_plan *plan = &rig->active->plan;

	deny(RIG_FULLNAT_TO4, &client.ip, 32, MX_ANSWER_DROP);
	plan->allows = 1;
	plan->allow[0] = (struct mx_prefix){client.ip, 128};
	plan->service[RIG_FULLNAT_TO4].clients.allow_count = 1;
	talk_open(rig, RIG_FULLNAT_TO4, &client);
	ck_assert_uint_eq(refused(RIG_FULLNAT_TO4), 0);
}
END_TEST

/* Rules in the plan, and in the table that the data plane makes of them. */
static void
add_rule(struct mx_deny_list *all, const struct mx_addr *addr, uint8_t bits,
	 bool denied)
{
	struct mx_plan *plan = &rig->active->plan;
	const struct mx_addr first = mx_addr_first(addr, (uint8_t)(96 + bits));
	const struct mx_deny_key key = mx_deny_key_of(&first);

	if (bits == 0)
		return;
	plan->deny_rule[plan->deny_rules++] = (struct mx_deny_rule){
		.addr = first, .bits = bits, .denied = denied};
	ck_assert_int_eq(mx_deny_add(all, &key, bits,
				     denied ? MX_DENY_DENIED : MX_DENY_EXEMPT),
			 0);
}

/* Which rules cover the client, and whether an order to end the sessions of denied
 * clients ends its session. */
static const struct {
	uint8_t denied_bits, allowed_bits; /* 0: there is no such rule */
	bool ends;
} covers[] = {
	{0, 0, false},  {24, 0, true},  {24, 32, false},
	{32, 24, true}, {0, 24, false}, {8, 16, false},
};

START_TEST(an_order_may_spare_whom_a_rule_allows)
{
	const struct end client = talk_client(false, 40000);
	struct talk talk = talk_open(rig, RIG_FULLNAT_TO4, &client);
	const struct mx_session *s = talk_session(&talk);
	const struct mx_hash_key key = {{1, 2}};
	struct mx_plan *plan = &rig->active->plan;
	struct mx_deny_list all = {0};

	add_rule(&all, &client.ip, covers[_i].denied_bits, true);
	add_rule(&all, &client.ip, covers[_i].allowed_bits, false);
	if (plan->deny_rules > 0)
		rules = mx_deny_build(&all, MX_DENY_BY_RULES, &key);
	rig->active->rules = rules;
	mx_deny_list_free(&all);
	plan->end_orders = 1;
	plan->end_order[0] = (struct mx_end_order){
		.client = {mx_addr_first(&client.ip, 120), 120},
		.denied = 1,
		.ended_s = s->opened_s};
	plan->backend[s->backend].ends_s = s->opened_s;
	ck_assert(end_order_has(rig->active, &rig->worker[0]->sessions, s) ==
		  covers[_i].ends);
	ck_assert(end_order_had(plan, &rig->worker[0]->sessions, s) ==
		  covers[_i].ends);
	if (covers[_i].ends) {
		talk_say(&talk, ACK);
		ck_assert_uint_eq(rig->count[0].ended, 1);
	} else {
		talk_say_data(&talk);
		talk_hear_data(&talk);
		ck_assert_uint_eq(rig->count[0].ended, 0);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("denied");
	TCase *t = tcase_create("denied");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_denied_client_opens_nothing, 0, 2);
	tcase_add_test(t, another_client_and_another_service_are_served);
	tcase_add_test(t, a_session_goes_on_when_its_client_is_denied);
	tcase_add_test(t, a_syn_is_answered_by_one_reset);
	tcase_add_test(t, resets_have_a_limit);
	tcase_add_test(t, a_rule_denies_a_client_of_any_service);
	tcase_add_loop_test(t, a_rule_counts_each_syn_that_it_refuses, 0,
			    2 * MX_ANSWERS);
	tcase_add_test(t, a_rule_counts_nothing_that_it_does_not_refuse);
	tcase_add_test(t, a_rule_exempts_a_client_from_the_list);
	tcase_add_test(t, a_client_that_the_operator_allows_has_no_limits);
	tcase_add_loop_test(t, an_allow_list_comes_before_lists_and_limits, 0,
			    2);
	tcase_add_test(t, a_client_that_the_configuration_allows_is_not_denied);
	tcase_add_loop_test(t, an_order_may_spare_whom_a_rule_allows, 0,
			    sizeof(covers) / sizeof(covers[0]));
	suite_add_tcase(s, t);
	return s;
}
