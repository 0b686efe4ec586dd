/* SPDX-License-Identifier: BSD-3-Clause */
/* Which backend of a new configuration is which of the old one: health and
 * overrides follow the MTA, and probes of unchanged MTAs go on.
 * Method: the whole control plane on a real region, with fake probes
 * (reloadrig.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reloadrig.h"
#include "runner.h"

START_TEST(probes_of_what_stays_go_on)
{
	const uint32_t started = fakeprobe_started();

	reloadrig_apply(true);
	ck_assert_uint_eq(fakeprobe_started(), started);
	reloadrig_write(VIP, SNAT, "mx",
			"      - {name: b, address: \"192.0.2.12:25\"}\n"
			"      - {name: c, address: \"192.0.2.13:25\"}\n");
	reloadrig_apply(true);
	ck_assert_uint_eq(fakeprobe_started(), started + 1); /* c's */
	/* Another name is the same server. */
	reloadrig_write(VIP, SNAT, "mx2",
			"      - {name: bb, address: \"192.0.2.12:25\"}\n"
			"      - {name: c, address: \"192.0.2.13:25\"}\n");
	reloadrig_apply(true);
	ck_assert_uint_eq(fakeprobe_started(), started + 1);
	ck_assert_uint_eq(fakeprobe_count(), 2);
	/* Its results count for its new name. */
	fakeprobe_result("192.0.2.12:25", false);
	plane_expect(&plane, "show backends", true, "down");
}
END_TEST

START_TEST(another_check_is_another_probe)
{
	const uint32_t started = fakeprobe_started();
	char command[256];

	snprintf(command, sizeof(command), "sed -i 's/rise: 1/rise: 3/' %s",
		 plane.config);
	ck_assert_int_eq(system(command), 0);
	reloadrig_apply(true);
	ck_assert_uint_eq(fakeprobe_started(), started);
	snprintf(command, sizeof(command),
		 "sed -i 's/interval: 10s/interval: 11s/' %s", plane.config);
	ck_assert_int_eq(system(command), 0);
	reloadrig_apply(true);
	ck_assert_uint_eq(fakeprobe_started(), started + 2);
	ck_assert_uint_eq(fakeprobe_count(), 2);
}
END_TEST

START_TEST(an_apply_that_changes_nothing_changes_nothing)
{
	const uint32_t started = fakeprobe_started();

	reloadrig_apply(true);
	const uint64_t generation = atomic_load(&plane.region->generation);
	reloadrig_expect(reloadrig_apply(true), "nothing changed");
	ck_assert_uint_eq(atomic_load(&plane.region->generation), generation);
	ck_assert_uint_eq(fakeprobe_started(), started);
}
END_TEST

START_TEST(health_follows_address_and_port)
{
	reloadrig_write(VIP, SNAT, "renamed", PLANE_BACKENDS);
	reloadrig_expect_not(reloadrig_apply(true), "begins:");
	ck_assert(reloadrig_plan()->backend[3].serves);
	ck_assert(reloadrig_plan()->backend[4].serves);
	/* Another port is another server. */
	reloadrig_write(VIP, SNAT, "renamed",
			"      - {name: a, address: \"192.0.2.11:26\"}\n"
			"      - {name: b, address: \"192.0.2.12:26\"}\n");
	const char *reply = reloadrig_apply(true);
	reloadrig_expect(
		reply,
		"begins: warning: pool renamed has no backend that is up: "
		"new sessions are refused until 1 check of one has "
		"passed\n");
	reloadrig_expect(reply,
			 "begins: backend renamed/a (192.0.2.11:26) from down");
}
END_TEST

START_TEST(overrides_go_by_label_or_by_address)
{
	plane_expect(&plane, "drain mx/a", true, "drain");
	plane_expect(&plane, "weight mx/b 7", true, "7");
	reloadrig_write(VIP, SNAT, "mx",
			"      - {name: a, address: \"192.0.2.11:26\"}\n"
			"      - {name: b, address: \"192.0.2.12:25\"}\n");
	reloadrig_expect(reloadrig_apply(true),
			 "goes on: drain of backend mx/a (192.0.2.11:26), as "
			 "of mx/a until now\n");
	reloadrig_write(VIP, SNAT, "renamed",
			"      - {name: a, address: \"192.0.2.11:26\"}\n"
			"      - {name: b, address: \"192.0.2.12:25\"}\n");
	const char *reply = reloadrig_apply(true);
	reloadrig_expect(
		reply,
		"goes on: drain of backend renamed/a (192.0.2.11:26), as "
		"of mx/a until now");
	reloadrig_expect(reply, "goes on: weight 7 of backend renamed/b");
	plane_expect(&plane, "show backends", true, "drain");
	/* A backend that leaves keeps its override while it is retired. */
	reloadrig_write(VIP, SNAT, "renamed",
			"      - {name: b, address: \"192.0.2.12:25\"}\n");
	reloadrig_expect(reloadrig_apply(true),
			 "its override is kept while it is retired: drain");
	reloadrig_write(VIP, SNAT, "renamed",
			"      - {name: a, address: \"192.0.2.11:26\"}\n"
			"      - {name: b, address: \"192.0.2.12:25\"}\n");
	reloadrig_expect(reloadrig_apply(true),
			 "goes on: drain of backend renamed/a");
}
END_TEST

START_TEST(a_label_means_all_ids_of_it_and_of_its_address)
{
	struct mx_worker_count *count = &plane.region->worker[0];

	count->backend[1].opened = 3;
	reloadrig_write(VIP, SNAT, "renamed", PLANE_BACKENDS);
	reloadrig_expect(reloadrig_apply(true),
			 "retired: backend mx/a (192.0.2.11:25) with 3 "
			 "sessions, takes no new ones");
	plane_expect(&plane, "show retired", true, "mx/a 192.0.2.11:25");
	plane_expect(&plane, "drain renamed/a", true, "drain");
	plane_expect(&plane, "wait 0 drained renamed/a", false,
		     "3 sessions left");
	plane_expect(&plane, "wait 0 drained mx/a", false, "3 sessions left");
	plane_expect(&plane, "end sessions renamed/a", true,
		     "renamed/a: 3 sessions end");
	ck_assert_uint_gt(reloadrig_plan()->backend[1].ended_s, 0);
	ck_assert_uint_eq(reloadrig_plan()->backend[2].ended_s, 0);
}
END_TEST

START_TEST(a_refusal_says_what_the_restart_would_cost)
{
	char line[256];

	reloadrig_add(1, "198.51.100.25", "10.0.2.100");
	reloadrig_add(2, "198.51.100.25", "10.0.2.100");
	snprintf(line, sizeof(line),
		 "sed 's/workers: .*/workers: [0, 1, 2]/' %s > %s/three.yaml",
		 plane.config, plane.folder);
	ck_assert_int_eq(system(line), 0);
	snprintf(line, sizeof(line), "config apply %s/three.yaml",
		 plane.folder);
	plane_expect(&plane, line, false,
		     "restart both planes with this file instead; of its 2 "
		     "sessions these are lost: up to 2 of fullnat, by the "
		     "number of workers");
}
END_TEST

START_TEST(another_user_needs_a_restart)
{
	char line[256];

	snprintf(line, sizeof(line),
		 "sed 's/^dataplane:/user: other\\n&/' %s > %s/other.yaml",
		 plane.config, plane.folder);
	ck_assert_int_eq(system(line), 0);
	snprintf(line, sizeof(line), "config apply %s/other.yaml",
		 plane.folder);
	plane_expect(&plane, line, false,
		     "other.yaml: user: differs from the one in force: restart "
		     "both planes with this file instead");
}
END_TEST

/* A file of box 1, with an edit by sed, is refused for that reason. */
static void
expect_refused(const char *edit, const char *reason)
{
	char line[512];

	snprintf(line, sizeof(line), "sed '%s' %s > %s/other.yaml", edit,
		 plane.config, plane.folder);
	ck_assert_int_eq(system(line), 0);
	snprintf(line, sizeof(line), "config apply %s/other.yaml",
		 plane.folder);
	plane_expect(&plane, line, false, reason);
}

#define GROUP                                                                  \
	"group: {box: 1, secret: /nowhere/secret, boxes: [{box: 1, address: "  \
	"\"10.9.0.1:9708\"}, {box: 2, address: \"10.9.0.2:9708\"}]}"
#define REST                                                                   \
	"services:\n"                                                          \
	"  - {name: inbound, listen: [\"198.51.100.25:25\"], pool: mx,\n"      \
	"     forward: nat}\n"                                                 \
	"pools:\n"                                                             \
	"  - name: mx\n"                                                       \
	"    backends: [{name: a, address: \"192.0.2.11:25\"}]\n"

START_TEST(another_group_needs_a_restart)
{
	plane_write_rest(&plane, "c.yaml", REST);
	expect_refused("$a" GROUP, "group: there is none in force: restart "
				   "both planes with this file instead");

	plane_stop_control(&plane);
	plane_write_rest(&plane, "c.yaml", REST GROUP "\n");
	plane_start_control(&plane);
	expect_refused("/^group/d", "group: there is one in force and none "
				    "here: restart both planes");
	expect_refused("s/group: {box: 1/group: {box: 2/",
		       "group: box: differs from the one in force: restart "
		       "both planes");
	expect_refused("s/nowhere/elsewhere/",
		       "group: secret: differs from the one in force: restart "
		       "both planes");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("succession");
	TCase *t = tcase_create("succession");

	tcase_add_checked_fixture(t, reloadrig_setup, reloadrig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, probes_of_what_stays_go_on);
	tcase_add_test(t, another_check_is_another_probe);
	tcase_add_test(t, an_apply_that_changes_nothing_changes_nothing);
	tcase_add_test(t, health_follows_address_and_port);
	tcase_add_test(t, overrides_go_by_label_or_by_address);
	tcase_add_test(t, a_label_means_all_ids_of_it_and_of_its_address);
	tcase_add_test(t, a_refusal_says_what_the_restart_would_cost);
	tcase_add_test(t, another_user_needs_a_restart);
	tcase_add_test(t, another_group_needs_a_restart);
	suite_add_tcase(s, t);
	return s;
}
