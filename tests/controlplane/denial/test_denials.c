/* SPDX-License-Identifier: BSD-3-Clause */
/* Deny lists of the control plane: files become tables that the plan names, a
 * broken or vanished file leaves the list in force and is reported, and so is one
 * that nobody renews.
 * Method: a whole control plane (serving.c), requests over its socket, and the
 * files that it writes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "denyfile.h"
#include "faketime.h"
#include "listrig.h"
#include "runner.h"

static char allow_path[128];

static void
write_config(const char *rest_of_deny)
{
	char deny[512];

	snprintf(deny, sizeof(deny), "    deny: {file: \"%s\"%s}\n",
		 listrig_path, rest_of_deny);
	listrig_configure("c.yaml", deny);
}

static void
apply(bool wanted, const char *part)
{
	char line[160];

	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, wanted, part);
}

static void
setup(void)
{
	listrig_setup();
	snprintf(allow_path, sizeof(allow_path), "%s/allow.txt", plane.folder);
	listrig_write("192.0.2.0/24\n2001:db8::/32\n203.0.113.9\n");
}

START_TEST(the_plan_names_a_table_of_the_file)
{
	write_config(", answer: drop, allow: [\"192.0.2.128/25\"]");
	apply(true, "in force");
	ck_assert(listrig_denies(0xc0000201));
	ck_assert(!listrig_denies(0xc0000281));
	ck_assert(listrig_denies(0xcb007109));
	ck_assert(!listrig_denies(0xcb00710a));
	ck_assert_int_eq(listrig_published()->answer, MX_ANSWER_DROP);
	plane_expect(&plane, "show denied", true, "inbound");
	json_t *data = plane_json(&plane, "-j show denied");
	const json_t *row = plane_row(data, "lists", 0);
	ck_assert_int_eq(plane_number(row, "prefixes"), 4);
	ck_assert(json_is_true(json_object_get(row, "in_force")));
	ck_assert(json_is_null(json_object_get(row, "fault")));
	json_decref(data);
}
END_TEST

START_TEST(a_first_list_that_is_broken_refuses_the_configuration)
{
	listrig_write("192.0.2.0/24\nheavy\n");
	write_config("");
	apply(false, "deny.txt:2: expected a prefix");
	unlink(listrig_path);
	apply(false, "deny.txt: No such file");
	ck_assert_int_eq(mkdir(listrig_path, 0700), 0);
	apply(false, "deny.txt: it is not a regular file");
	rmdir(listrig_path);
	ck_assert_int_eq(mkfifo(listrig_path, 0600), 0);
	apply(false, "deny.txt: it is not a regular file");
	unlink(listrig_path);
	ck_assert_int_eq(symlink("/dev/zero", listrig_path), 0);
	apply(false, "deny.txt: it is not a regular file");
	unlink(listrig_path);
	const int fd = open(listrig_path, O_RDWR | O_CREAT, 0600);
	ck_assert_int_eq(ftruncate(fd, (off_t)1 << 40), 0);
	close(fd);
	apply(false, "deny.txt: it is longer than 128 MiB");
	ck_assert_uint_eq(listrig_published()->serial, 0);
}
END_TEST

START_TEST(a_file_that_breaks_leaves_the_list_in_force)
{
	write_config("");
	apply(true, "in force");
	const uint64_t serial = listrig_published()->serial;
	listrig_write("192.0.2.0/24\n192.0.2.0/99\n");
	apply(true, "in force");
	ck_assert_uint_eq(listrig_published()->serial, serial);
	plane_expect(&plane, "show denied", true, "deny.txt:2: ");
	plane_answers(&plane, "status", ANSWER_WARNING, "stays in force");
	unlink(listrig_path);
	plane_expect(&plane, "reload lists", false, "No such file");
	ck_assert_uint_eq(listrig_published()->serial, serial);
	ck_assert(listrig_denies(0xc0000201));
	listrig_write("198.51.100.0/24\n");
	plane_expect(&plane, "reload lists", true, "1 list, 1 prefix");
	ck_assert(!listrig_denies(0xc0000201));
	ck_assert(listrig_denies(0xc6336401));
}
END_TEST

static bool
is_new_list(struct plane *p)
{
	(void)p;
	return plane_is_settled(p) && listrig_denies(0xc6336401);
}

START_TEST(a_file_that_changed_is_read_without_a_command)
{
	write_config("");
	apply(true, "in force");
	const uint64_t before = listrig_published()->serial;
	listrig_write("198.51.100.0/24\n");
	plane_run(&plane, 25000);
	ck_assert(plane_run_until(&plane, is_new_list));
	ck_assert(!listrig_denies(0xc0000201));
	/* The old table goes when the new one is in force. */
	plane_run(&plane, 25000);
	ck_assert(!mx_deny_file_exists(plane.instance, before));
	ck_assert(mx_deny_file_exists(plane.instance,
				      listrig_published()->serial));
}
END_TEST

START_TEST(the_same_file_again_is_no_new_plan)
{
	write_config("");
	apply(true, "in force");
	const uint64_t generation = atomic_load(&plane.region->generation);
	plane_expect(&plane, "reload lists", true, "3 prefixes");
	ck_assert_uint_eq(atomic_load(&plane.region->generation), generation);
}
END_TEST

static uint32_t round_before;

static bool
is_new_round(struct plane *p)
{
	return plane_is_settled(p) && listrig_plan()->deny_round > round_before;
}

START_TEST(a_table_that_vanished_is_written_again)
{
	write_config("");
	apply(true, "in force");
	round_before = listrig_plan()->deny_round;
	mx_deny_files_prune(plane.instance, NULL, 0);
	plane_run(&plane, 25000);
	ck_assert(plane_run_until(&plane, is_new_round));
	ck_assert(mx_deny_file_exists(plane.instance,
				      listrig_published()->serial));
}
END_TEST

START_TEST(a_restart_keeps_the_list_though_its_file_is_gone)
{
	write_config("");
	apply(true, "in force");
	const uint64_t serial = listrig_published()->serial;
	plane_stop_control(&plane);
	unlink(listrig_path);
	plane_start_control(&plane);
	plane_run(&plane, 25000);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	ck_assert_uint_eq(listrig_published()->serial, serial);
	ck_assert(mx_deny_file_exists(plane.instance, serial));
	plane_expect(&plane, "show denied", true, "No such file");
}
END_TEST

START_TEST(a_list_that_denies_too_much_is_a_warning)
{
	listrig_write("0.0.0.0/0\n");
	write_config("");
	apply(true, "in force");
	plane_answers(&plane, "status", ANSWER_WARNING, "a whole /0 of IPv4");
	plane_expect(&plane, "show denied", true, "the MTA a (192.0.2.11)");
}
END_TEST

START_TEST(lookup_asks_the_table_in_force)
{
	write_config("");
	apply(true, "in force");
	plane_expect(&plane, "lookup 203.0.113.9:40000 198.51.100.25:25", false,
		     "deny.txt denies it");
	/* Not the file, which has not been read since. */
	listrig_write("192.0.3.0/24\n");
	plane_expect(&plane, "lookup 203.0.113.9:40000 198.51.100.25:25", false,
		     "deny.txt denies it");
	plane_expect(&plane, "allow 203.0.113.0/24", true, "is allowed");
	char *text =
		plane_ask(&plane, "lookup 203.0.113.9:40000 198.51.100.25:25",
			  &(bool){false});
	ck_assert_ptr_null(strstr(text, "denies it"));
	free(text);
	plane_expect(&plane, "deny 203.0.113.8/31", true, "is denied");
	plane_expect(&plane, "lookup 203.0.113.9:40000 198.51.100.25:25", false,
		     "203.0.113.8/31 is denied by command");
}
END_TEST

static void
write_allow(const char *text)
{
	FILE *file = fopen(allow_path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

START_TEST(an_allow_list_is_a_table_of_its_own)
{
	char clients[256];

	write_allow("203.0.113.9\n198.51.100.0/33\n");
	snprintf(clients, sizeof(clients),
		 "}\n    clients: {sessions: 5, allow-file: \"%s\"",
		 allow_path);
	write_config(clients);
	apply(false, "allow.txt:2: ");
	write_allow("203.0.113.9\n198.51.100.0/24\n");
	apply(true, "in force");
	const struct mx_service_allow *allow =
		&listrig_plan()->service[0].allow;
	ck_assert_uint_ne(allow->serial, 0);
	ck_assert_uint_ne(allow->serial, listrig_published()->serial);
	ck_assert(mx_deny_file_exists(plane.instance, allow->serial));
	ck_assert(listrig_denies(0xcb007109));
	json_t *data = plane_json(&plane, "-j show denied");
	const json_t *row = plane_row(data, "lists", 1);
	ck_assert_str_eq(json_string_value(json_object_get(row, "list")),
			 "allow list");
	ck_assert_int_eq(plane_number(row, "prefixes"), 2);
	json_decref(data);
	char *text =
		plane_ask(&plane, "lookup 203.0.113.9:40000 198.51.100.25:25",
			  &(bool){false});
	ck_assert_ptr_null(strstr(text, "denies it"));
	free(text);
	/* A file that breaks is said, and changes nothing. */
	const uint64_t serial = allow->serial;
	write_allow("?\n");
	plane_expect(&plane, "reload lists", false, "allow.txt:1: ");
	ck_assert_uint_eq(listrig_plan()->service[0].allow.serial, serial);
	/* Both tables outlive a restart without their files. */
	plane_stop_control(&plane);
	unlink(allow_path);
	plane_start_control(&plane);
	plane_run(&plane, 25000);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	ck_assert_uint_eq(listrig_plan()->service[0].allow.serial, serial);
	ck_assert(mx_deny_file_exists(plane.instance, serial));
	write_config("");
	apply(true, "in force");
	ck_assert_uint_eq(listrig_plan()->service[0].allow.serial, 0);
}
END_TEST

/* Is a file of a list shown as one that nobody renews? */
static bool
is_stale(void)
{
	json_t *data = plane_json(&plane, "-j show denied");
	const json_t *row = plane_row(data, "lists", 0);
	const bool stale = !json_is_null(json_object_get(row, "stale"));

	json_decref(data);
	return stale;
}

/* Have the file be as old as the clock of the test says. */
static void
set_age(int64_t age_s)
{
	const struct timespec at = {.tv_sec = clock_wall_s() - age_s};
	const struct timespec times[2] = {at, at};

	ck_assert_int_eq(utimensat(AT_FDCWD, listrig_path, times, 0), 0);
	plane_expect(&plane, "reload lists", true, "");
}

START_TEST(a_list_that_nobody_renews_is_a_warning)
{
	faketime_shift_wall(400 * 86400);
	listrig_write("# fresh for 15m\n192.0.2.128/25\n");
	write_config("");
	apply(true, "in force");
	plane_seed_hops(&plane);
	set_age(800);
	ck_assert(!is_stale());
	plane_answers(&plane, "status", ANSWER_OK, "OK");
	plane_run(&plane, 200000);
	ck_assert(is_stale());
	plane_expect(&plane, "show denied", true,
		     "deny.txt is 16m40s old, and says that it is renewed "
		     "within 15m0s: does the program run that writes it?\n");
	plane_answers(&plane, "status", ANSWER_WARNING, "deny.txt is 16m40s");
	/* It counts all the same, and renewed it is no new table. */
	const uint64_t serial = listrig_published()->serial;
	ck_assert(listrig_denies(0xc0000281));
	set_age(0);
	ck_assert(!is_stale());
	ck_assert_uint_eq(listrig_published()->serial, serial);
	plane_answers(&plane, "status", ANSWER_OK, "OK");
}
END_TEST

static const char *const timeless[] = {
	"# fresh for ever\n192.0.2.128/25\n",
	"# fresh for\n192.0.2.128/25\n",
	"# fresh for 99999999999999999999999999999999d\n192.0.2.128/25\n",
	"192.0.2.128/25\n# fresh for 15m\n",
	"",
};

START_TEST(a_list_that_names_no_time_does_not_get_stale)
{
	faketime_shift_wall(400 * 86400);
	listrig_write(timeless[_i]);
	write_config("");
	apply(true, "in force");
	set_age(100 * 86400);
	ck_assert(!is_stale());
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("denials");
	TCase *t = tcase_create("denials");

	tcase_add_checked_fixture(t, setup, listrig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, the_plan_names_a_table_of_the_file);
	tcase_add_test(t,
		       a_first_list_that_is_broken_refuses_the_configuration);
	tcase_add_test(t, a_file_that_breaks_leaves_the_list_in_force);
	tcase_add_test(t, a_file_that_changed_is_read_without_a_command);
	tcase_add_test(t, the_same_file_again_is_no_new_plan);
	tcase_add_test(t, a_table_that_vanished_is_written_again);
	tcase_add_test(t, a_restart_keeps_the_list_though_its_file_is_gone);
	tcase_add_test(t, a_list_that_denies_too_much_is_a_warning);
	tcase_add_test(t, lookup_asks_the_table_in_force);
	tcase_add_test(t, a_list_that_nobody_renews_is_a_warning);
	tcase_add_loop_test(t, a_list_that_names_no_time_does_not_get_stale, 0,
			    sizeof(timeless) / sizeof(timeless[0]));
	tcase_add_test(t, an_allow_list_is_a_table_of_its_own);
	suite_add_tcase(s, t);
	return s;
}
