/* SPDX-License-Identifier: BSD-3-Clause */
/* A new configuration releases nothing that is in use: addresses are retired while
 * they have sessions, and the reply says so.
 * Method: the whole control plane on a real region, fake probes, and session
 * files as workers write them (reloadrig.c). test_succession.c has backends. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reloadrig.h"
#include "runner.h"
#include "sessioncounts.h"

static bool
nothing_is_retired(struct plane *p)
{
	return p->control->state->retired.count == 0;
}

static bool
nothing_rests_in_the_plan(struct plane *p)
{
	return nothing_is_retired(p) && plane_is_settled(p) &&
	       !reloadrig_plan()->retired && reloadrig_plan()->snats == 1;
}

/* Two counts of the sessions, and more. */
static void
let_it_look(void)
{
	plane_run(&plane, 2000);
}

START_TEST(a_vip_with_sessions_rests_until_they_end)
{
	struct mx_session *s = reloadrig_add(7, "198.51.100.25", "10.0.2.100");

	reloadrig_write("\"198.51.100.26:25\"", SNAT, "mx", PLANE_BACKENDS);
	const char *reply = reloadrig_apply(true);
	reloadrig_expect(
		reply,
		"retired: VIP 198.51.100.25:25 with 1 session, owned until "
		"they end, takes no new ones\n");
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 25),
			 MX_OWNED_RETIRED);
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 0), MX_OWNED_ADDRESS);
	ck_assert_int_eq(reloadrig_owned("198.51.100.26", 25), MX_OWNED_VIP);
	ck_assert(reloadrig_plan()->retired);
	plane_expect(&plane, "show retired", true, "198.51.100.25:25");
	plane_expect(&plane, "lookup 192.0.2.7:4000 198.51.100.25:25", false,
		     "takes no new sessions");
	let_it_look();
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 25),
			 MX_OWNED_RETIRED);
	/* Its last segments may still be repeated. */
	reloadrig_set(s, MX_SESSION_CLOSING);
	let_it_look();
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 25),
			 MX_OWNED_RETIRED);
	reloadrig_set(s, MX_SESSION_FREE);
	ck_assert(plane_run_until(&plane, nothing_rests_in_the_plan));
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 0), MX_OWNED_NOT);
	ck_assert(plane_logged("VIP 198.51.100.25:25 is let go"));
	plane_expect(&plane, "show retired", true, "nothing is retired");
}
END_TEST

START_TEST(a_port_of_a_vip_rests_alone)
{
	reloadrig_write(VIP ", \"198.51.100.25:587\"", SNAT, "mx",
			PLANE_BACKENDS);
	reloadrig_apply(true);
	reloadrig_add(7, "198.51.100.25", "10.0.2.100")->vip_port_be =
		htons(587);
	reloadrig_save();
	reloadrig_write(VIP, SNAT, "mx", PLANE_BACKENDS);
	reloadrig_expect(reloadrig_apply(true),
			 "retired: VIP 198.51.100.25:587 with 1 session");
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 587),
			 MX_OWNED_RETIRED);
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 25), MX_OWNED_VIP);
}
END_TEST

START_TEST(a_snat_address_with_sessions_rests_until_they_end)
{
	struct mx_session *s = reloadrig_add(3, "198.51.100.25", "10.0.2.100");

	reloadrig_write(VIP, "\"10.0.2.101\"", "mx", PLANE_BACKENDS);
	reloadrig_expect(reloadrig_apply(true),
			 "retired: SNAT address 10.0.2.100 with 1 session");
	ck_assert_int_eq(reloadrig_owned("10.0.2.100", 0), MX_OWNED_SNAT);
	ck_assert_uint_eq(reloadrig_plan()->snats, 2);
	/* No new session gets it. */
	ck_assert_uint_eq(reloadrig_plan()->service[0].snat4.count, 1);
	ck_assert_uint_eq(reloadrig_plan()->service[0].snat4.first, 0);
	ck_assert_int_eq(reloadrig_owned("10.0.2.101", 0), MX_OWNED_SNAT);
	reloadrig_set(s, MX_SESSION_FREE);
	ck_assert(plane_run_until(&plane, nothing_rests_in_the_plan));
	ck_assert_int_eq(reloadrig_owned("10.0.2.100", 0), MX_OWNED_NOT);
}
END_TEST

START_TEST(an_ipv6_address_rests_too)
{
	struct mx_session *s = reloadrig_add(9, "2001:db8::25", "fd00::100");

	plane.region->header.ipv6 = 1;
	reloadrig_write("\"[2001:db8::25]:25\"", "\"fd00::100\"", "mx",
			"      - {name: six, address: \"[fd00::11]:25\"}\n");
	reloadrig_apply(true);
	reloadrig_write("\"[2001:db8::26]:25\"", "\"fd00::101\"", "mx",
			"      - {name: six, address: \"[fd00::11]:25\"}\n");
	const char *reply = reloadrig_apply(true);
	reloadrig_expect(reply, "VIP [2001:db8::25]:25 with 1 session");
	reloadrig_expect(reply, "SNAT address fd00::100 with 1 session");
	reloadrig_set(s, MX_SESSION_FREE);
	ck_assert(plane_run_until(&plane, nothing_rests_in_the_plan));
}
END_TEST

START_TEST(an_address_that_comes_back_rests_no_more)
{
	reloadrig_add(1, "198.51.100.25", "10.0.2.100");
	reloadrig_write("\"198.51.100.26:25\"", "\"10.0.2.101\"", "mx",
			PLANE_BACKENDS);
	reloadrig_apply(true);
	reloadrig_write(VIP, SNAT, "mx", PLANE_BACKENDS);
	const char *reply = reloadrig_apply(true);
	reloadrig_expect(reply,
			 "ends: VIP 198.51.100.26:25, no session uses it");
	reloadrig_expect_not(reply, "retired: VIP");
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 25), MX_OWNED_VIP);
	ck_assert_uint_eq(reloadrig_plan()->service[0].snat4.count, 1);
}
END_TEST

START_TEST(an_address_in_use_takes_no_other_part)
{
	struct mx_session *s = reloadrig_add(1, "198.51.100.25", "10.0.2.100");

	reloadrig_write("\"10.0.2.100:25\"", "\"10.0.2.101\"", "mx",
			PLANE_BACKENDS);
	reloadrig_expect(reloadrig_apply(false),
			 "10.0.2.100 cannot be a VIP yet: 1 session uses "
			 "it as a SNAT address");
	reloadrig_write("\"198.51.100.26:25\"", "\"198.51.100.25\"", "mx",
			PLANE_BACKENDS);
	reloadrig_expect(reloadrig_apply(false),
			 "198.51.100.25 cannot be a SNAT address yet");
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 25), MX_OWNED_VIP);
	reloadrig_set(s, MX_SESSION_FREE);
	reloadrig_apply(true);
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 0), MX_OWNED_SNAT);
}
END_TEST

START_TEST(what_rests_outlives_a_restart)
{
	struct mx_session *s = reloadrig_add(5, "198.51.100.25", "10.0.2.100");

	reloadrig_write("\"198.51.100.26:25\"", "\"10.0.2.101\"", "mx",
			PLANE_BACKENDS);
	reloadrig_apply(true);
	plane_stop_control(&plane);
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	let_it_look();
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 25),
			 MX_OWNED_RETIRED);
	ck_assert_int_eq(reloadrig_owned("10.0.2.100", 0), MX_OWNED_SNAT);
	reloadrig_set(s, MX_SESSION_FREE);
	ck_assert(plane_run_until(&plane, nothing_rests_in_the_plan));
}
END_TEST

/* As if it was killed, and the file replaced before the next start. */
START_TEST(a_file_changed_while_nobody_ran_lets_go_of_nothing)
{
	reloadrig_add(5, "198.51.100.25", "10.0.2.100");
	plane_stop_control(&plane);
	reloadrig_write("\"198.51.100.26:25\"", "\"10.0.2.101\"", "mx",
			PLANE_BACKENDS);
	plane_start_control(&plane);
	let_it_look();
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 25),
			 MX_OWNED_RETIRED);
	ck_assert_int_eq(reloadrig_owned("198.51.100.26", 25), MX_OWNED_VIP);
	ck_assert_int_eq(reloadrig_owned("10.0.2.100", 0), MX_OWNED_SNAT);
}
END_TEST

START_TEST(while_the_plan_is_not_in_force_nothing_is_let_go)
{
	plane.silent = true;
	reloadrig_write("\"198.51.100.26:25\"", SNAT, "mx", PLANE_BACKENDS);
	char line[128];
	bool ok;
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	free(plane_ask(&plane, line, &ok)); /* noted, not in force */
	let_it_look();
	ck_assert(!nothing_is_retired(&plane));
	plane.silent = false;
	ck_assert(plane_run_until(&plane, nothing_is_retired));
}
END_TEST

START_TEST(sessions_nobody_can_read_hold_what_they_may_use)
{
	unlink(plane.region->header.sessions_path[1]);
	reloadrig_write("\"198.51.100.26:25\"", SNAT, "mx", PLANE_BACKENDS);
	reloadrig_expect(reloadrig_apply(true),
			 "retired: VIP 198.51.100.25:25, owned");
	let_it_look();
	ck_assert_int_eq(reloadrig_owned("198.51.100.25", 25),
			 MX_OWNED_RETIRED);
}
END_TEST

static void
write_service(const char *name, const char *mode)
{
	char rest[1024];

	snprintf(rest, sizeof(rest),
		 "services:\n"
		 "  - {name: %s, listen: [\"198.51.100.25:25\"], pool: mx,\n"
		 "     timers: {idle: 20m}, %s}\n"
		 "pools:\n"
		 "  - name: mx\n"
		 "    backends: [{name: a, address: \"192.0.2.11:25\"}]\n",
		 name, mode);
	plane_write_rest(&plane, "c.yaml", rest);
}

static bool
no_service_is_retired(struct plane *p)
{
	for (uint16_t id = 0; id < MX_SERVICES_MAX; id++)
		if (p->control->state->service[id].retired)
			return false;
	return true;
}

START_TEST(sessions_of_a_service_that_left_go_on_as_they_began)
{
	write_service("one", "forward: dsr");
	reloadrig_apply(true);
	const uint16_t id = 1; /* that of `inbound` is 0 */
	ck_assert_uint_eq(reloadrig_plan()->service[id].forward,
			  MX_FORWARD_DSR);
	struct mx_session *s = reloadrig_add(2, "198.51.100.25", "10.0.2.100");
	s->kind = MX_FORWARD_DSR;
	s->service = 1;
	reloadrig_save();
	write_service("two", "forward: dsr");
	reloadrig_apply(true);
	ck_assert(reloadrig_plan()->service[id].used);
	ck_assert_uint_eq(reloadrig_plan()->service[id].forward,
			  MX_FORWARD_DSR);
	ck_assert_uint_eq(reloadrig_plan()->service[id].idle_s, 1200);
	plane_expect(&plane, "show retired", true, "one");
	plane_stop_control(&plane);
	plane_start_control(&plane);
	let_it_look();
	ck_assert_uint_eq(reloadrig_plan()->service[id].forward,
			  MX_FORWARD_DSR);
	ck_assert_uint_eq(reloadrig_plan()->service[id].idle_s, 1200);
	reloadrig_set(s, MX_SESSION_FREE);
	ck_assert(plane_run_until(&plane, no_service_is_retired));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("reload");
	TCase *t = tcase_create("reload");

	tcase_add_checked_fixture(t, reloadrig_setup, reloadrig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_vip_with_sessions_rests_until_they_end);
	tcase_add_test(t, a_port_of_a_vip_rests_alone);
	tcase_add_test(t, a_snat_address_with_sessions_rests_until_they_end);
	tcase_add_test(t, an_ipv6_address_rests_too);
	tcase_add_test(t, an_address_that_comes_back_rests_no_more);
	tcase_add_test(t, an_address_in_use_takes_no_other_part);
	tcase_add_test(t, what_rests_outlives_a_restart);
	tcase_add_test(t, a_file_changed_while_nobody_ran_lets_go_of_nothing);
	tcase_add_test(t, while_the_plan_is_not_in_force_nothing_is_let_go);
	tcase_add_test(t, sessions_nobody_can_read_hold_what_they_may_use);
	tcase_add_test(t, sessions_of_a_service_that_left_go_on_as_they_began);
	suite_add_tcase(s, t);
	return s;
}
