/* SPDX-License-Identifier: BSD-3-Clause */
/* The command `config apply`: what it keeps, what it refuses, and its reply.
 * Method: files beside the one in force, and requests over the real socket to a
 * whole control plane (serving.c). */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "serving.h"

static void
expect_apply(const char *name, bool wanted, const char *part)
{
	char line[160];

	snprintf(line, sizeof(line), "config apply %s/%s", plane.folder, name);
	plane_expect(&plane, line, wanted, part);
}

START_TEST(apply_keeps_what_stays_and_its_health)
{
	plane_write_config(
		&plane, "other file.yaml",
		"      - {name: n, address: \"192.0.2.13:25\", weight: 1}\n"
		"      - {name: b, address: \"192.0.2.12:25\", weight: 50}\n");
	plane_expect(&plane, "drain mx/b", true, "generation 3");
	expect_apply("other file.yaml", true, "a restart will read");
	json_t *data = plane_json(&plane, "-j show backends");
	const json_t *b = plane_row(data, "backends", 1);
	ck_assert_str_eq(plane_text(plane_row(data, "backends", 0), "backend"),
			 "n");
	ck_assert_str_eq(plane_text(b, "admin"), "drain");
	ck_assert_str_eq(plane_text(b, "health"), "up");
	ck_assert_int_eq(plane_number(b, "weight"), 50);
	json_decref(data);
	const struct mx_plan *plan = mx_region_slot(plane.region, 4);
	ck_assert(plan->backend[1].used && !plan->backend[1].serves);
	ck_assert(plan->backend[3].used);
}
END_TEST

START_TEST(apply_is_all_or_nothing)
{
	plane_write_config(
		&plane, "bad.yaml",
		"      - {name: n, address: \"192.0.2.13:25\", weight: 1}\n"
		"      - {name: n, address: \"192.0.2.14:99999\"}\n");
	expect_apply("bad.yaml", false, "bad.yaml:22: ");
	expect_apply("none.yaml", false, "none.yaml");
	plane_expect(&plane, "show backends", true, "192.0.2.11:25");
	ck_assert_uint_eq(atomic_load(&plane.region->generation), 2);
	ck_assert_uint_eq(fakeprobe_count(), 2);
}
END_TEST

START_TEST(a_refusal_is_an_event)
{
	plane_write_config(
		&plane, "bad.yaml",
		"      - {name: n, address: \"192.0.2.14:99999\"}\n");
	expect_apply("bad.yaml", false, "bad.yaml:21: ");
	ck_assert(plane_logged("warn config stays as it was: apply "));
	ck_assert(plane_logged("bad.yaml is refused, "));
	plane_expect(&plane, "show events of config", true, "bad.yaml:21: ");
	plane_expect(&plane, "config undo", false, "no configuration before");
	plane_expect(&plane, "show events of config", true, "undo is refused");
	ck_assert(plane_logged("undo is refused, there is no configuration "
			       "before the one in force: see config history, "
			       "by command of "));
}
END_TEST

/* The ports in force are not those of the file.  Only a restart of the data plane
 * brings those of the file. */
START_TEST(apply_changes_no_key_of_a_port)
{
	struct mx_config_port *port =
		&plane.control->state->config->dataplane.port[0];

	port->vlan = 42;
	expect_apply("c.yaml", false,
		     "dataplane: differs from the one in "
		     "force");
	port->vlan = 0;
	expect_apply("c.yaml", true, "in force");
	port = &plane.control->state->config->dataplane.port[0];
	strcpy(port->member[1], "0000:65:00.0,rx_vec_enable=1");
	expect_apply("c.yaml", false,
		     "dataplane: differs from the one in "
		     "force");
}
END_TEST

static void
write_mode(const char *name, const char *forward)
{
	char rest[1024];

	snprintf(
		rest, sizeof(rest),
		"services:\n"
		"  - {name: inbound, listen: [\"198.51.100.25:25\"], pool: mx,\n"
		"     forward: %s}\n"
		"pools:\n"
		"  - name: mx\n"
		"    backends: [{name: a, address: \"192.0.2.11:25\"}]\n",
		forward);
	plane_write_rest(&plane, name, rest);
}

START_TEST(apply_changes_no_mode_under_sessions_that_it_would_break)
{
	/* A service of another mode is a new one, which gets the next id. */
	struct mx_flow_count *count = &plane.region->worker[0].service[1];

	write_mode("dsr.yaml", "dsr");
	write_mode("nat.yaml", "nat");
	plane.region->worker[0].service[0].opened = 5;
	expect_apply("dsr.yaml", true, "in force"); /* sessions of fullnat go
						     * on */
	count->opened = 3;
	expect_apply("nat.yaml", false,
		     "forward: nat would break the 3 sessions it has with dsr: "
		     "drain its backends and wait, then apply");
	expect_apply("dsr.yaml", true, "in force");
	count->closed = 3;
	expect_apply("nat.yaml", true, "in force");
}
END_TEST

START_TEST(apply_says_what_is_a_hazard)
{
	bool ok;
	char line[160];

	plane_write_rest(&plane, "short.yaml",
			 "services:\n"
			 "  - name: inbound\n"
			 "    listen: [\"198.51.100.25:25\"]\n"
			 "    pool: mx\n"
			 "    forward: dsr\n"
			 "    timers: {idle: 5m}\n"
			 "pools:\n"
			 "  - name: mx\n"
			 "    backends:\n" PLANE_BACKENDS);
	plane_forget_log();
	expect_apply("short.yaml", true,
		     "short.yaml:12: warning[idle]: idle: ");
	ck_assert(plane_logged("warn "));
	ck_assert(plane_logged("short.yaml:12: warning[idle]: idle: "));
	/* Programs get the same answer. */
	snprintf(line, sizeof(line), "-j config apply %s/short.yaml",
		 plane.folder);
	char *text = plane_ask(&plane, line, &ok);
	ck_assert(ok && strstr(text, "warning[idle]: idle: ") != NULL);
	free(text);
}
END_TEST

static void
write_ipv6_vip(const char *name)
{
	char command[512];

	plane_write_config(&plane, name,
			   "      - {name: a, address: \"192.0.2.11:25\"}\n");
	snprintf(
		command, sizeof(command),
		"sed -i 's/^    listen: .*/    listen: [\"[2001:db8::25]:25\"]/' %s/%s",
		plane.folder, name);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(apply_brings_ipv6_only_to_a_data_plane_with_room)
{
	write_ipv6_vip("six.yaml");
	expect_apply("six.yaml", false,
		     "restart mxsteer-dataplane with this file first");
	plane_expect(&plane, "show services", true, "198.51.100.25:25");
	ck_assert_uint_eq(atomic_load(&plane.region->generation), 2);
	plane.region->header.ipv6 = 1;
	expect_apply("six.yaml", true, "generation 3");
	plane_expect(&plane, "show services", true, "[2001:db8::25]:25");
}
END_TEST

START_TEST(without_a_running_data_plane_apply_takes_ipv6)
{
	char line[160];

	write_ipv6_vip("six.yaml");
	plane_stop_data(&plane);
	snprintf(line, sizeof(line), "config apply %s/six.yaml", plane.folder);
	plane_answers(&plane, line, ANSWER_NOTED,
		      "six.yaml is not in force yet");
	plane_answers(&plane, line, ANSWER_NOTED,
		      "noted, not in force: no data plane is running");
}
END_TEST

START_TEST(apply_refuses_what_a_running_data_plane_cannot_follow)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "sed 's/sessions-max: 1000/sessions-max: 2000/' %s > %s/d.yaml"
		 "; sed 's/sessions-max:.*/&\\n  idle: sleep/' %s > %s/s.yaml"
		 "; sed 's/^instance: .*/instance: x/' %s > %s/i.yaml",
		 plane.config, plane.folder, plane.config, plane.folder,
		 plane.config, plane.folder);
	ck_assert_int_eq(system(command), 0);
	expect_apply("d.yaml", false, "dataplane: differs");
	expect_apply("s.yaml", false, "dataplane: differs");
	expect_apply("i.yaml", false, "instance is x");
}
END_TEST

/* The second name begins a byte later: a cut at any byte is within a letter of one
 * of them. */
START_TEST(a_long_text_is_cut_between_letters)
{
	char name[256], rest[1024], line[160];

	snprintf(name, sizeof(name), "%s/", plane.folder);
	strcat(name, _i == 0 ? "" : "a");
	for (int i = 0; i < 60; i++)
		strcat(name, "\xc3\xa4");
	FILE *list = fopen(name, "w");
	ck_assert_ptr_nonnull(list);
	fclose(list);
	snprintf(rest, sizeof(rest),
		 "services:\n"
		 "  - {name: inbound, listen: [\"198.51.100.25:25\"],"
		 " pool: mx,\n"
		 "     forward: nat, deny: {file: \"%s\"}}\n"
		 "pools:\n"
		 "  - name: mx\n"
		 "    backends:\n" PLANE_BACKENDS,
		 name);
	plane_write_rest(&plane, "long.yaml", rest);
	snprintf(line, sizeof(line), "config apply %s/long.yaml", plane.folder);
	plane_answers(&plane, line, ANSWER_OK, "in force");
	json_t *data = plane_json(&plane, "-j config history");
	ck_assert_ptr_nonnull(
		strstr(plane_text(plane_row(data, "revisions", 0), "changes"),
		       "\xc3\xa4"));
	json_decref(data);
}
END_TEST

/* A draft cannot be made where its name is a folder with something in it. */
static void
block_history(bool blocked)
{
	char command[2 * PATH_MAX + 32];
	const char *path = plane.control->history.path;

	if (blocked)
		snprintf(command, sizeof(command), "mkdir -p %s.new/x", path);
	else
		snprintf(command, sizeof(command), "rm -r %s.new", path);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(what_cannot_be_written_is_no_plain_success)
{
	char line[160];

	plane_write_config(&plane, "two.yaml",
			   "      - {name: a, address: \"192.0.2.11:25\"}\n");
	snprintf(line, sizeof(line), "config apply %s/two.yaml", plane.folder);
	block_history(true);
	plane_answers(&plane, line, ANSWER_NOTED,
		      "two.yaml is applied, not written (");
	plane_expect(&plane, "show backends", true, "192.0.2.11:25");
	plane_answers(&plane, "config undo", ANSWER_NOTED,
		      "c.yaml is applied, not written (");
	plane_answers(&plane, "config history", ANSWER_OK, "undone");
	block_history(false);
	plane_answers(&plane, line, ANSWER_OK, "is in force");
	snprintf(line, sizeof(line),
		 "config apply --confirm-within 60s %s/c.yaml", plane.folder);
	plane_answers(&plane, line, ANSWER_OK, "is on trial");
	block_history(true);
	plane_answers(&plane, "config undo", ANSWER_NOTED,
		      "two.yaml is applied, not written (");
	block_history(false);
	plane_expect(&plane, "show backends", true, "192.0.2.11:25");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("apply");
	TCase *t = tcase_create("apply");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_add_test(t, apply_keeps_what_stays_and_its_health);
	tcase_add_test(t, apply_is_all_or_nothing);
	tcase_add_test(t, a_refusal_is_an_event);
	tcase_add_test(t, apply_changes_no_key_of_a_port);
	tcase_add_test(
		t, apply_changes_no_mode_under_sessions_that_it_would_break);
	tcase_add_test(t, apply_says_what_is_a_hazard);
	tcase_add_test(t, apply_brings_ipv6_only_to_a_data_plane_with_room);
	tcase_add_test(t, without_a_running_data_plane_apply_takes_ipv6);
	tcase_add_test(t,
		       apply_refuses_what_a_running_data_plane_cannot_follow);
	tcase_add_test(t, what_cannot_be_written_is_no_plain_success);
	tcase_add_loop_test(t, a_long_text_is_cut_between_letters, 0, 2);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
