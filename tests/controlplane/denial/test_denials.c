/* SPDX-License-Identifier: BSD-3-Clause */
/* Deny lists of the control plane: files become tables that the plan names, a
 * broken or vanished file leaves the list in force and is reported, and what the
 * operator denies by command outlives a restart.
 * Method: a whole control plane (serving.c), requests over its socket, and the
 * files that it writes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "denyfile.h"
#include "runner.h"
#include "serving.h"

static char list_path[128];
static char allow_path[128];

static void
write_list(const char *text)
{
	char draft[160];

	snprintf(draft, sizeof(draft), "%s.new", list_path);
	FILE *file = fopen(draft, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	ck_assert_int_eq(rename(draft, list_path), 0);
}

static void
write_config(const char *rest_of_deny)
{
	char rest[1024];

	snprintf(rest, sizeof(rest),
		 "services:\n"
		 "  - name: inbound\n"
		 "    listen: [\"198.51.100.25:25\"]\n"
		 "    pool: mx\n"
		 "    snat: [\"10.0.2.100\"]\n"
		 "    client-address: hidden\n"
		 "    deny: {file: \"%s\"%s}\n"
		 "pools:\n"
		 "  - name: mx\n"
		 "    check: {type: smtp, interval: 10s, timeout: 20s, "
		 "rise: 1, fall: 1, helo: lb.example.net}\n"
		 "    backends:\n" PLANE_BACKENDS,
		 list_path, rest_of_deny);
	plane_write_rest(&plane, "c.yaml", rest);
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
	serving_setup();
	snprintf(list_path, sizeof(list_path), "%s/deny.txt", plane.folder);
	snprintf(allow_path, sizeof(allow_path), "%s/allow.txt", plane.folder);
	write_list("192.0.2.0/24\n2001:db8::/32\n203.0.113.9\n");
}

static void
teardown(void)
{
	mx_deny_files_prune(plane.instance, NULL, 0);
	serving_teardown();
}

static const struct mx_plan *
plan(void)
{
	return mx_region_slot(plane.region,
			      atomic_load(&plane.region->generation));
}

static const struct mx_service_deny *
published(void)
{
	return &plan()->service[0].deny;
}

/* Does the table that the plan names deny an IPv4 address? */
static bool
is_denied(uint32_t addr)
{
	const struct mx_addr at = mx_addr_from4(htobe32(addr));
	struct mx_deny_table *table;

	ck_assert_uint_ne(published()->serial, 0);
	ck_assert_int_eq(mx_deny_file_read(plane.instance, published()->serial,
					   published()->size_bytes, &table),
			 0);
	const bool denied = mx_deny_find(table, &at) == MX_DENY_DENIED;
	mx_deny_file_free(table);
	return denied;
}

START_TEST(the_plan_names_a_table_of_the_file)
{
	write_config(", answer: drop, allow: [\"192.0.2.128/25\"]");
	apply(true, "in force");
	ck_assert(is_denied(0xc0000201));
	ck_assert(!is_denied(0xc0000281));
	ck_assert(is_denied(0xcb007109));
	ck_assert(!is_denied(0xcb00710a));
	ck_assert_int_eq(published()->answer, MX_ANSWER_DROP);
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
	write_list("192.0.2.0/24\nheavy\n");
	write_config("");
	apply(false, "deny.txt:2: expected a prefix");
	unlink(list_path);
	apply(false, "deny.txt: No such file");
	ck_assert_int_eq(mkdir(list_path, 0700), 0);
	apply(false, "deny.txt: it is not a regular file");
	rmdir(list_path);
	ck_assert_int_eq(mkfifo(list_path, 0600), 0);
	apply(false, "deny.txt: it is not a regular file");
	unlink(list_path);
	ck_assert_int_eq(symlink("/dev/zero", list_path), 0);
	apply(false, "deny.txt: it is not a regular file");
	unlink(list_path);
	const int fd = open(list_path, O_RDWR | O_CREAT, 0600);
	ck_assert_int_eq(ftruncate(fd, (off_t)1 << 40), 0);
	close(fd);
	apply(false, "deny.txt: it is longer than 128 MiB");
	ck_assert_uint_eq(published()->serial, 0);
}
END_TEST

START_TEST(a_file_that_breaks_leaves_the_list_in_force)
{
	write_config("");
	apply(true, "in force");
	const uint64_t serial = published()->serial;
	write_list("192.0.2.0/24\n192.0.2.0/99\n");
	apply(true, "in force");
	ck_assert_uint_eq(published()->serial, serial);
	plane_expect(&plane, "show denied", true, "deny.txt:2: ");
	plane_answers(&plane, "status", ANSWER_WARNING, "stays in force");
	unlink(list_path);
	plane_expect(&plane, "reload lists", false, "No such file");
	ck_assert_uint_eq(published()->serial, serial);
	ck_assert(is_denied(0xc0000201));
	write_list("198.51.100.0/24\n");
	plane_expect(&plane, "reload lists", true, "1 lists, 1 prefixes");
	ck_assert(!is_denied(0xc0000201));
	ck_assert(is_denied(0xc6336401));
}
END_TEST

static bool
is_new_list(struct plane *p)
{
	(void)p;
	return plane_is_settled(p) && is_denied(0xc6336401);
}

START_TEST(a_file_that_changed_is_read_without_a_command)
{
	write_config("");
	apply(true, "in force");
	const uint64_t before = published()->serial;
	write_list("198.51.100.0/24\n");
	plane_run(&plane, 25000);
	ck_assert(plane_run_until(&plane, is_new_list));
	ck_assert(!is_denied(0xc0000201));
	/* The old table goes when the new one is in force. */
	plane_run(&plane, 25000);
	ck_assert(!mx_deny_file_exists(plane.instance, before));
	ck_assert(mx_deny_file_exists(plane.instance, published()->serial));
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
	return plane_is_settled(p) && plan()->deny_round > round_before;
}

START_TEST(a_table_that_vanished_is_written_again)
{
	write_config("");
	apply(true, "in force");
	round_before = plan()->deny_round;
	mx_deny_files_prune(plane.instance, NULL, 0);
	plane_run(&plane, 25000);
	ck_assert(plane_run_until(&plane, is_new_round));
	ck_assert(mx_deny_file_exists(plane.instance, published()->serial));
}
END_TEST

START_TEST(a_restart_keeps_the_list_though_its_file_is_gone)
{
	write_config("");
	apply(true, "in force");
	const uint64_t serial = published()->serial;
	plane_stop_control(&plane);
	unlink(list_path);
	plane_start_control(&plane);
	plane_run(&plane, 25000);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	ck_assert_uint_eq(published()->serial, serial);
	ck_assert(mx_deny_file_exists(plane.instance, serial));
	plane_expect(&plane, "show denied", true, "No such file");
}
END_TEST

START_TEST(a_list_that_denies_too_much_is_a_warning)
{
	write_list("0.0.0.0/0\n");
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
	write_list("192.0.3.0/24\n");
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

START_TEST(rules_are_in_the_plan_and_outlive_a_restart)
{
	plane_expect(&plane, "deny 203.0.113.9", true, "203.0.113.9/32");
	plane_expect(&plane, "deny 2001:db8::/32 for 10m", true, "for 10m0s");
	plane_expect(&plane, "allow 203.0.113.0/24", true, "is allowed");
	ck_assert_uint_eq(plan()->deny_rules, 3);
	plane_stop_control(&plane);
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	ck_assert_uint_eq(plan()->deny_rules, 3);
	ck_assert_uint_eq(plan()->deny_rule[0].denied, 1);
	ck_assert_uint_eq(plan()->deny_rule[0].bits, 32);
	plane_expect(&plane, "show denied", true, "203.0.113.9/32");
	plane_expect(&plane, "forget 203.0.113.9", true, "as the lists say");
	plane_expect(&plane, "forget 203.0.113.9", false, "no command");
	ck_assert_uint_eq(plan()->deny_rules, 2);
}
END_TEST

static bool
is_one_rule(struct plane *p)
{
	return plane_is_settled(p) && plan()->deny_rules == 1;
}

START_TEST(a_rule_for_a_time_ends)
{
	plane_expect(&plane, "deny 203.0.113.9 for 90s", true, "for 1m30s");
	plane_expect(&plane, "deny 203.0.113.10", true, "is denied");
	plane_run(&plane, 80000);
	ck_assert_uint_eq(plan()->deny_rules, 2);
	plane_run(&plane, 15000);
	ck_assert(plane_run_until(&plane, is_one_rule));
}
END_TEST

static const char *const misuse[] = {
	"deny heavy",
	"deny 203.0.113.9/24",
	"deny 203.0.113.9/33",
	"deny 203.0.113.9 for",
	"deny 203.0.113.9 for ever",
	"deny 203.0.113.9 for 0s",
	"deny 203.0.113.9 for 10",
	"deny 203.0.113.9 for 99999999d",
	"deny 203.0.113.9 until 10m",
	"deny 203.0.113.9 203.0.113.10",
	"deny 203.0.113.9 10",
	"deny 203.0.113.9 --by fail2ban! for 10m",
};

START_TEST(a_rule_that_is_none_is_refused)
{
	plane_answers(&plane, misuse[_i], ANSWER_USAGE, "expected");
	ck_assert_uint_eq(plan()->deny_rules, 0);
}
END_TEST

START_TEST(a_rule_that_denies_an_mta_says_so)
{
	plane_expect(&plane, "deny 192.0.2.0/24", false,
		     "192.0.2.0/24 is not denied: it has the MTA mx/a in it");
	ck_assert_uint_eq(plan()->deny_rules, 0);
	plane_expect(&plane, "deny 192.0.2.0/24 --force", true,
		     "the MTA mx/a in it");
	plane_seed_hops(&plane);
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "192.0.2.0/24 is denied by command, and it has the MTA "
		      "mx/a in it");
	plane_expect(&plane, "allow 192.0.2.0/28", true, "is allowed");
	plane_answers(
		&plane, "status", ANSWER_OK,
		"note      clients denied or allowed by command: 2, of at "
		"most 1024; those of programs: 0, of at most 896; see");
}
END_TEST

START_TEST(a_rule_that_denies_everybody_says_so)
{
	plane_expect(&plane, "deny 0.0.0.0/0", false, "a whole /0 of IPv4");
	plane_expect(&plane, "deny 0.0.0.0/0 --force", true,
		     "a whole /0 of IPv4");
	plane_expect(&plane, "deny 2000::/3 --force for 1h", true,
		     "a whole /3 of IPv6");
	plane_expect(&plane, "deny 203.0.0.0/8", true,
		     "203.0.0.0/8 is denied\n");
	plane_seed_hops(&plane);
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "0.0.0.0/0 is denied by command, and it is a whole /0");
}
END_TEST

START_TEST(services_without_a_list_show_what_rules_refused)
{
	plane.region->worker[0].refused[0][MX_DROP_DENIED] = 7;
	plane_expect(&plane, "deny 203.0.113.9", true, "is denied");
	plane_expect(&plane, "show denied", true,
		     "No service has a deny list or an allow list.");
	json_t *data = plane_json(&plane, "-j show denied");
	const json_t *row = plane_row(data, "services", 0);
	ck_assert_int_eq(plane_number(row, "refused"), 7);
	ck_assert(json_is_null(json_object_get(row, "file")));
	json_decref(data);
	data = plane_json(&plane, "-j show services");
	row = plane_row(data, "services", 0);
	ck_assert_int_eq(plane_number(row, "refused"), 7);
	json_decref(data);
	/* It is what the operator wants. */
	plane_run(&plane, 2000);
	plane.region->worker[0].refused[0][MX_DROP_DENIED] = 8;
	plane_run(&plane, 2000);
	ck_assert(!plane_logged("refuses new sessions"));
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
	const struct mx_service_allow *allow = &plan()->service[0].allow;
	ck_assert_uint_ne(allow->serial, 0);
	ck_assert_uint_ne(allow->serial, published()->serial);
	ck_assert(mx_deny_file_exists(plane.instance, allow->serial));
	ck_assert(is_denied(0xcb007109));
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
	ck_assert_uint_eq(plan()->service[0].allow.serial, serial);
	/* Both tables outlive a restart without their files. */
	plane_stop_control(&plane);
	unlink(allow_path);
	plane_start_control(&plane);
	plane_run(&plane, 25000);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	ck_assert_uint_eq(plan()->service[0].allow.serial, serial);
	ck_assert(mx_deny_file_exists(plane.instance, serial));
	write_config("");
	apply(true, "in force");
	ck_assert_uint_eq(plan()->service[0].allow.serial, 0);
}
END_TEST

START_TEST(rules_have_a_limit)
{
	plane.control->state->deny_rules = MX_DENY_RULES_MAX;
	plane_expect(&plane, "deny 203.0.113.9", false, "1024 rules already");
	plane.control->state->deny_rules = 0;
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("denials");
	TCase *t = tcase_create("denials");

	tcase_add_checked_fixture(t, setup, teardown);
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
	tcase_add_test(t, rules_are_in_the_plan_and_outlive_a_restart);
	tcase_add_test(t, a_rule_for_a_time_ends);
	tcase_add_loop_test(t, a_rule_that_is_none_is_refused, 0,
			    sizeof(misuse) / sizeof(misuse[0]));
	tcase_add_test(t, a_rule_that_denies_an_mta_says_so);
	tcase_add_test(t, a_rule_that_denies_everybody_says_so);
	tcase_add_test(t, services_without_a_list_show_what_rules_refused);
	tcase_add_test(t, rules_have_a_limit);
	tcase_add_test(t, an_allow_list_is_a_table_of_its_own);
	suite_add_tcase(s, t);
	return s;
}
