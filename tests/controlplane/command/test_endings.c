/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that end the sessions of clients: what they count, order, refuse.
 * Method: requests over the real socket to a whole control plane (serving.c); the
 * sessions are in a file as a worker has it. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "endorders.h"
#include "regionfile.h"
#include "runner.h"
#include "serving.h"
#include "sessions.h"

/* From 203.0.113.7 on, each with a port of its own. */
#define CLIENTS 6u
#define PORT 40000u

static const uint8_t states[CLIENTS] = {
	MX_SESSION_ESTABLISHED, MX_SESSION_ESTABLISHED, MX_SESSION_GREETING,
	MX_SESSION_CLOSING,     MX_SESSION_WATCHED,     MX_SESSION_OPENING,
};

static void
setup(void)
{
	const size_t size = MX_SESSIONS_SIZE(CLIENTS, 0);
	struct mx_sessions_file *file = calloc(1, size);
	char path[MX_PATH_MAX];

	serving_setup();
	ck_assert_ptr_nonnull(file);
	file->magic = MX_SESSIONS_MAGIC;
	file->layout = MX_SESSIONS_LAYOUT;
	file->count = CLIENTS;
	for (uint32_t i = 0; i < CLIENTS; i++) {
		struct mx_session *s = &file->session[i];

		s->client_be = htonl(0xcb007107 + i);
		s->client_port_be = htons((uint16_t)(PORT + i));
		s->backend = (uint16_t)(1 + i % 2);
		s->opened_s = (uint32_t)clock_s() - 5;
		atomic_store(&s->state, states[i]);
	}
	snprintf(path, sizeof(path), "%s/sessions", plane.folder);
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_eq(write(fd, file, size), (int)size);
	close(fd);
	free(file);
	plane.region->header.workers = 1;
	memcpy(plane.region->header.sessions_path[0], path, sizeof(path));
}

static const struct mx_plan *
plan_now(void)
{
	return mx_region_slot(plane.region,
			      atomic_load(&plane.region->generation));
}

START_TEST(sessions_of_a_prefix_are_ended_once)
{
	const uint32_t now_s = (uint32_t)clock_s();

	plane_expect(&plane, "end sessions from 203.0.113.0/24 they flood",
		     true,
		     "203.0.113.0/24: 5 sessions end: both ends are reset, "
		     "silent ones within a minute\n"
		     "in force: generation ");
	const struct mx_end_order *order = &plan_now()->end_order[0];
	ck_assert_uint_eq(plan_now()->end_orders, 1);
	ck_assert_uint_eq(order->client.bits, 120);
	ck_assert_uint_eq(order->client.addr.byte[15], 0);
	ck_assert_uint_eq(order->port_be, 0);
	ck_assert(!order->some);
	/* What begins in a later second is not meant, and the plan was not made
	 * before that. */
	ck_assert_uint_eq(order->ended_s, now_s);
	ck_assert_int_gt(clock_s(), now_s);
	ck_assert(plane_logged("203.0.113.0/24 5 sessions end, they flood, by "
			       "command of "));
	/* A control plane that is killed remembers, and then forgets. */
	plane_stop_control(&plane);
	plane_start_control(&plane);
	plane_run(&plane, 1000);
	ck_assert_uint_eq(plan_now()->end_orders, 1);
	ck_assert_uint_eq(plan_now()->end_order[0].ended_s, now_s);
	plane_run(&plane, (END_ORDER_S + 1) * 1000);
	ck_assert_uint_eq(plan_now()->end_orders, 0);
}
END_TEST

START_TEST(an_order_waits_for_a_data_plane_that_is_away)
{
	plane.silent = plane.frozen = true;
	plane_run(&plane, 10000);
	plane_answers(&plane, "end sessions from 203.0.113.7", ANSWER_NOTED,
		      "noted, not in force");
	plane_run(&plane, 2 * END_ORDER_S * 1000);
	ck_assert_uint_eq(plan_now()->end_orders, 1);
	plane.silent = plane.frozen = false;
	plane_run(&plane, (END_ORDER_S + 2) * 1000);
	ck_assert_uint_eq(plan_now()->end_orders, 0);
}
END_TEST

START_TEST(an_order_may_name_a_port_and_backends)
{
	plane_expect(&plane,
		     "end sessions from 203.0.113.0/24 port 40001 backend */b",
		     true,
		     "203.0.113.0/24 port 40001 with */b: 1 session ends");
	const struct mx_end_order *order = &plan_now()->end_order[0];
	ck_assert_uint_eq(order->port_be, htons(40001));
	ck_assert(order->some);
	ck_assert(!mx_end_order_names(order, 1));
	ck_assert(mx_end_order_names(order, 2));
	plane_expect(&plane, "end session 203.0.113.9:40002", true,
		     "203.0.113.9:40002: 1 session ends");
	order = &plan_now()->end_order[1];
	ck_assert_uint_eq(order->client.bits, 128);
	ck_assert_uint_eq(order->port_be, htons(40002));
	json_t *data = plane_json(
		&plane, "-j end sessions from 203.0.113.0/24 backend mx/a");
	ck_assert_int_eq(plane_number(data, "sessions"), 3);
	json_decref(data);
}
END_TEST

/* Nothing is ordered. */
static const struct {
	const char *line;
	enum answer answer;
	const char *part;
} others[] = {
	{"end sessions from 203.0.113.0/24 --dry-run", ANSWER_OK,
	 "nothing was changed; without --dry-run:\n203.0.113.0/24: 5 sessions "
	 "end\n"},
	{"end sessions from 0.0.0.0/0 --dry-run", ANSWER_OK,
	 "0.0.0.0/0: 5 sessions end, with --all\n"},
	{"end sessions from 0.0.0.0/0", ANSWER_REFUSED,
	 "this would end 5 sessions, of a large part of all clients.  Nothing "
	 "was changed; --all does it all the same"},
	{"end sessions from 192.0.2.0/24", ANSWER_OK,
	 "192.0.2.0/24: there is no session now"},
	{"end sessions from 203.0.113.10", ANSWER_OK,
	 "203.0.113.10/32: there is no session now"}, /* it is over */
	{"end sessions from ::/0 --all", ANSWER_OK, "there is no session now"},
	{"end session 203.0.113.7:40001", ANSWER_REFUSED,
	 "there is no session of 203.0.113.7:40001"},
	{"end session 203.0.113.7", ANSWER_USAGE, "expected: end session"},
	{"end sessions from 203.0.113.0/99", ANSWER_USAGE, "203.0.113.0/99"},
	{"end sessions from 203.0.113.7 port 0", ANSWER_USAGE,
	 "port: expected 1 to 65535"},
	{"end sessions from 203.0.113.7 backend mx/c", ANSWER_REFUSED,
	 "there is no backend mx/c"},
	{"end sessions from 203.0.113.7 for 2h", ANSWER_USAGE,
	 "leave out 'for TIME'"},
	{"end sessions from 203.0.113.7 mx/a", ANSWER_USAGE,
	 "mx/a is no reason"},
	{"end sessions from", ANSWER_USAGE,
	 "expected: end sessions from PREFIX"},
	{"end sessions */* --dry-run", ANSWER_OK, ", with --all"},
	{"end sessions */*", ANSWER_REFUSED, "those of every MTA"},
	{"end sessions mx/a --dry-run", ANSWER_OK,
	 "mx/a: there is no session now\n"},
	{"end sessions mx/a for 2h", ANSWER_USAGE, "leave out 'for TIME'"},
	{"end sess from 203.0.113.7", ANSWER_USAGE, "must be written whole"},
};

START_TEST(what_ends_nothing_says_so)
{
	const uint64_t before = atomic_load(&plane.region->generation);

	plane_answers(&plane, others[_i].line, others[_i].answer,
		      others[_i].part);
	ck_assert_uint_eq(plan_now()->end_orders, 0);
	ck_assert_uint_eq(atomic_load(&plane.region->generation), before);
}
END_TEST

START_TEST(everything_ends_if_that_is_meant)
{
	plane_expect(&plane, "end sessions from 0.0.0.0/0 --all", true,
		     "0.0.0.0/0: 5 sessions end");
	ck_assert_uint_eq(plan_now()->end_order[0].client.bits, 96);
	plane_expect(&plane, "end sessions */* --all", true,
		     "*/*: there is no session now");
	ck_assert_uint_gt(plan_now()->backend[2].ended_s, 0);
}
END_TEST

START_TEST(there_is_room_for_so_many_orders)
{
	static const char *const also[] = {"", " port 40000", " backend mx/a"};
	char line[64];

	for (int i = 0; i < MX_END_ORDERS_MAX; i++) {
		snprintf(line, sizeof(line),
			 "end sessions from 203.0.113.0/%d%s", 24 + i / 3,
			 also[i % 3]);
		plane_expect(&plane, line, true, ": both ends are reset");
	}
	ck_assert_uint_eq(plan_now()->end_orders, MX_END_ORDERS_MAX);
	plane_answers(&plane, "end session 203.0.113.9:40002", ANSWER_REFUSED,
		      "16 such commands are being carried out, and there is no "
		      "room for more: ask again in 120 s");
	/* The same sessions need no other row. */
	plane_expect(&plane, "end sessions from 203.0.113.0/24", true,
		     "5 sessions end");
	plane_run(&plane, (END_ORDER_S + 1) * 1000);
	plane_expect(&plane, "end session 203.0.113.9:40002", true,
		     "1 session ends");
}
END_TEST

/* The sessions of .7 to .12: 5 are not over. */
START_TEST(a_rule_may_end_the_sessions_of_before)
{
	const uint32_t now_s = (uint32_t)clock_s();

	plane_expect(&plane, "allow 203.0.113.8/31 partners", true,
		     "is allowed");
	plane_expect(&plane,
		     "deny 203.0.113.0/24 --end-sessions for 2h they flood",
		     true,
		     "203.0.113.0/24 is denied for 2h0m: 3 sessions end: both "
		     "ends are reset, silent ones within a minute\n"
		     "in force: generation ");
	const struct mx_end_order *order = &plan_now()->end_order[0];
	ck_assert_uint_eq(plan_now()->end_orders, 1);
	ck_assert_uint_eq(plan_now()->deny_rules, 2);
	ck_assert_uint_eq(order->denied, 1);
	ck_assert_uint_eq(order->client.bits, 120);
	/* Until workers have the rule, sessions begin. */
	ck_assert_uint_gt(order->ended_s, now_s);
	ck_assert_int_gt(clock_s(), order->ended_s);
	ck_assert(plane_logged("203.0.113.0/24 is denied, they flood"));
	ck_assert(plane_logged("203.0.113.0/24 3 sessions end, they flood, by "
			       "command of "));
	/* A prefix without sessions may have one before workers have it. */
	plane_expect(&plane, "deny 198.51.100.7 --end-sessions", true,
		     "198.51.100.7/32 is denied: there is no session now");
	ck_assert(plane_logged("198.51.100.7/32 has no session to end"));
	ck_assert_uint_eq(plan_now()->end_orders, 2);
}
END_TEST

START_TEST(a_rule_whose_sessions_cannot_end_is_not_put)
{
	struct end_orders *ends = &plane.control->state->ends;
	struct mx_end_order order = {.client = {.bits = 128}};

	plane_answers(&plane,
		      "deny 203.0.113.7 --by fail2ban --end-sessions for 1h",
		      ANSWER_USAGE, "--end-sessions is for people");
	plane_expect(&plane, "deny 192.0.2.0/24 --end-sessions", false,
		     "it has the MTA mx/a in it");
	for (int i = 0; i < MX_END_ORDERS_MAX; i++) {
		order.client.addr.byte[0] = (uint8_t)i;
		ck_assert_int_eq(end_orders_add(ends, &order), 0);
	}
	plane_expect(&plane, "deny 203.0.113.7 --end-sessions", false,
		     "203.0.113.7/32 is not denied, and its sessions go on: 16 "
		     "such commands");
	ck_assert_uint_eq(plane.control->state->deny_rules, 0);
}
END_TEST

START_TEST(a_rule_without_a_data_plane_ends_sessions_later)
{
	plane.silent = plane.frozen = true;
	plane_run(&plane, 10000);
	plane_answers(&plane, "deny 203.0.113.7 --end-sessions", ANSWER_NOTED,
		      "noted, not in force");
	plane.silent = plane.frozen = false;
	plane_run(&plane, 5000);
	ck_assert_uint_eq(plan_now()->deny_rules, 1);
	ck_assert_uint_eq(plan_now()->end_orders, 1);
}
END_TEST

static bool
region_is_let_go(struct plane *p)
{
	return publisher_region(p->control->publisher) == NULL;
}

START_TEST(sessions_that_cannot_be_counted_end_all_the_same)
{
	plane_stop_data(&plane);
	mx_region_unlink(plane.instance);
	ck_assert(plane_run_until(&plane, region_is_let_go));
	plane_answers(&plane, "deny 203.0.113.0/24 --end-sessions",
		      ANSWER_NOTED,
		      "203.0.113.0/24 is denied: its sessions end; they could "
		      "not be counted\nnoted, not in force");
	ck_assert(plane_logged("203.0.113.0/24 ends its sessions, which could "
			       "not be counted"));
	plane_answers(&plane, "end sessions from 203.0.113.0/24",
		      ANSWER_REFUSED, "or does not run: ask again");
	json_t *data = plane_data(&plane, "-j deny 203.0.113.7 --end-sessions",
				  ANSWER_NOTED);
	ck_assert_ptr_nonnull(json_object_get(data, "message"));
	ck_assert_ptr_null(json_object_get(data, "sessions"));
	json_decref(data);
}
END_TEST

/* The reason of the rule before has as many characters as may be. */
START_TEST(a_long_answer_is_whole)
{
	char line[256], reason[161];

	memset(reason, 'r', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	snprintf(line, sizeof(line), "deny 192.0.2.0/24 --force for 2h %s",
		 reason);
	plane_expect(&plane, line, true, "is denied for 2h0m");
	plane_expect(&plane, "deny 192.0.2.0/24 --force --end-sessions for 3h",
		     true,
		     "it has the MTA mx/a in it: there is no session now\n"
		     "in force: generation ");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("endings");
	TCase *t = tcase_create("endings");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, sessions_of_a_prefix_are_ended_once);
	tcase_add_test(t, an_order_waits_for_a_data_plane_that_is_away);
	tcase_add_test(t, an_order_may_name_a_port_and_backends);
	tcase_add_loop_test(t, what_ends_nothing_says_so, 0,
			    sizeof(others) / sizeof(others[0]));
	tcase_add_test(t, everything_ends_if_that_is_meant);
	tcase_add_test(t, there_is_room_for_so_many_orders);
	tcase_add_test(t, a_rule_may_end_the_sessions_of_before);
	tcase_add_test(t, a_rule_whose_sessions_cannot_end_is_not_put);
	tcase_add_test(t, a_rule_without_a_data_plane_ends_sessions_later);
	tcase_add_test(t, sessions_that_cannot_be_counted_end_all_the_same);
	tcase_add_test(t, a_long_answer_is_whole);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
