/* SPDX-License-Identifier: BSD-3-Clause */
/* Levels: what callers of each socket may do, what they are told, and what nobody
 * of them sees.
 * Method: requests over the real sockets to a whole control plane.  The kernel
 * says that the test is the control plane's own user, who has the level admin: so
 * the socket decides.  test_level.c has users and groups. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "runner.h"
#include "serving.h"

#define REST                                                                   \
	"services:\n"                                                          \
	"  - {name: inbound, listen: [\"198.51.100.25:25\"], pool: mx, "       \
	"forward: nat}\n"                                                      \
	"pools:\n"                                                             \
	"  - name: mx\n"                                                       \
	"    backends:\n" PLANE_BACKENDS

static char sockets[3][96]; /* the operators', operate, read */

static void
apply(const char *access)
{
	char rest[1024], line[128];

	snprintf(rest, sizeof(rest), "%s%s", access, REST);
	plane_write_rest(&plane, "access.yaml", rest);
	snprintf(line, sizeof(line), "config apply %s/access.yaml",
		 plane.folder);
	plane_expect(&plane, line, true, "access.yaml is in force");
	plane_run(&plane, 200);
}

/* Ask by the socket of this level from now on. */
static void
ask_by(int which)
{
	snprintf(plane.socket, sizeof(plane.socket), "%s", sockets[which]);
}

static bool
is_open(int which)
{
	return access(sockets[which], F_OK) == 0;
}

static void
setup(void)
{
	serving_setup();
	const int stem = (int)strlen(plane.socket) - 5;
	snprintf(sockets[0], sizeof(sockets[0]), "%s", plane.socket);
	snprintf(sockets[1], sizeof(sockets[1]), "%.*s.operate.sock", stem,
		 plane.socket);
	snprintf(sockets[2], sizeof(sockets[2]), "%.*s.read.sock", stem,
		 plane.socket);
}

START_TEST(readers_see_and_change_nothing)
{
	static const char *const may[] = {"status",      "show backends",
					  "show pools",  "-j show events",
					  "show wishes", "top read"};
	static const char *const may_not[] = {
		"drain mx/a",
		"ready mx/a",
		"weight mx/a 5",
		"maint mx/a",
		"end sessions mx/a",
		"deny 203.0.113.0/24",
		"show sessions",
		"show clients",
		"show denied",
		"show access",
		"config apply /etc/passwd",
		"reload lists",
		"capture start",
		"lookup 192.0.2.1:4 198.51.100.25:25",
		"set server mx/a state drain",
		"shutdown sessions server mx/a",
		"agent mx/a ignore"};

	apply("access: {read: everyone}\n");
	ck_assert(is_open(2) && !is_open(1));
	ask_by(2);
	plane_seed_hops(&plane);
	for (size_t i = 0; i < sizeof(may) / sizeof(may[0]); i++) {
		bool ok;
		free(plane_ask(&plane, may[i], &ok));
		ck_assert_msg(ok, "%s", may[i]);
	}
	for (size_t i = 0; i < sizeof(may_not) / sizeof(may_not[0]); i++)
		plane_answers(&plane, may_not[i], ANSWER_REFUSED,
			      " has the level read by the socket ");
	plane_answers(&plane, "drain mx/a", ANSWER_REFUSED,
		      "`drain` needs the level operate, and ");
	plane_answers(&plane, "drain mx/a", ANSWER_REFUSED,
		      "ask for membership of the group mxsteer, or use sudo");
	plane_answers(&plane, "drain", ANSWER_REFUSED, "needs the level");
	/* TAB lists no addresses of clients to them. */
	plane_expect(&plane, "complete POOL/BACKEND", true, "mx/a\nmx/b\n");
	plane_answers(&plane, "wait 1 drained mx/a", ANSWER_REFUSED,
		      "is not drained after 1 second");
	ask_by(0);
	plane_expect(&plane, "deny 203.0.113.0/24", true, "is denied");
	plane_expect(&plane, "complete PREFIX", true, "203.0.113.0/24");
	ask_by(2);
	char *listed = plane_ask(&plane, "complete PREFIX", &(bool){false});
	ck_assert_str_eq(listed, "");
	free(listed);
	ask_by(0);
	plane_expect(&plane, "show backends", true, "serving");
}
END_TEST

START_TEST(operators_of_a_group_change_backends_and_no_configuration)
{
	struct stat status;

	/* Every host has this group; the test need not be a member. */
	apply("access: {operate: root}\n");
	ck_assert(is_open(1) && !is_open(2));
	ck_assert_int_eq(stat(sockets[1], &status), 0);
	ck_assert(S_ISSOCK(status.st_mode));
	ask_by(1);
	plane_expect(&plane, "drain mx/a for 1h disk", true, "ready -> drain");
	plane_expect(&plane, "deny 203.0.113.0/24", true, "is denied");
	plane_answers(&plane, "config apply /etc/passwd", ANSWER_REFUSED,
		      "needs the level admin, and ");
	plane_answers(&plane, "capture start", ANSWER_REFUSED,
		      "`capture` needs the level admin");
	plane_expect(&plane, "show access", true, "operate");
}
END_TEST

START_TEST(refusals_are_counted_and_told_of_now_and_then)
{
	apply("access: {operate: root, read: everyone}\n");
	ask_by(2);
	plane_forget_log();
	for (int i = 0; i < 20; i++)
		plane_answers(&plane, "drain mx/a", ANSWER_REFUSED,
			      "membership of the group root");
	ck_assert(plane_logged("warn access refused drain, by "));
	plane_forget_log();
	plane_answers(&plane, "ready mx/a", ANSWER_REFUSED, "needs");
	ck_assert(!plane_logged("access refused"));
	plane_run(&plane, 61 * 1000);
	plane_answers(&plane, "ready mx/a", ANSWER_REFUSED, "needs");
	ck_assert(plane_logged("access refused ready, 20 more since the last "
			       "event, by "));
	ask_by(0);
	json_t *data = plane_data(&plane, "-j show access", ANSWER_OK);
	ck_assert_int_eq(plane_number(data, "refused_total"), 22);
	ck_assert_uint_eq(json_array_size(json_object_get(data, "sockets")), 3);
	const json_t *row = plane_row(data, "refused", 0);
	ck_assert_str_eq(plane_text(row, "command"), "drain");
	ck_assert_int_eq(plane_number(row, "times"), 20);
	json_decref(data);
	plane_expect(&plane, "show access", true, "drain");
}
END_TEST

START_TEST(readers_see_no_address_of_a_client)
{
	bool ok;

	apply("access: {read: everyone}\n");
	plane_expect(&plane, "deny 203.0.113.0/24 for 1h", true, "is denied");
	plane_expect(&plane, "show events", true, "203.0.113.0/24");
	plane_expect(&plane, "show wishes", true, "203.0.113.0/24");
	plane_expect(&plane, "deny 192.0.2.0/26 --force", true, "is denied");
	char *all = plane_ask(&plane, "status", &ok);
	ck_assert_msg(strstr(all, "192.0.2.0/26 is denied by command") != NULL,
		      "%s", all);
	free(all);
	ask_by(2);
	all = plane_ask(&plane, "status", &ok);
	ck_assert_msg(strstr(all, "192.0.2.0/26") == NULL, "%s", all);
	ck_assert_msg(strstr(all, "a prefix is denied by command") != NULL,
		      "%s", all);
	free(all);
	static const char *const lines[] = {"show events",
					    "-j show events 1000",
					    "show events of 203.0.113.0/24",
					    "show wishes", "-j show wishes"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *text = plane_ask(&plane, lines[i], &ok);
		ck_assert(ok);
		ck_assert_msg(strstr(text, "203.0.113") == NULL, "%s: %s",
			      lines[i], text);
		free(text);
	}
}
END_TEST

START_TEST(a_socket_closes_under_who_waits_by_it)
{
	apply("access: {read: everyone}\n");
	const int fd = client_connect(sockets[2]);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(send(fd, "wait 2 drained mx/a\n", 20, 0), 20);
	plane_run(&plane, 300);
	apply("");
	ck_assert(!is_open(2));
	plane_run(&plane, 5000); /* the wait ends, and frees what is left */
	char byte;
	ck_assert_int_eq(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
	close(fd);
	apply("access: {read: everyone}\n");
	ck_assert(is_open(2));
}
END_TEST

START_TEST(a_group_that_this_host_lacks_opens_nothing)
{
	plane_forget_log();
	apply("access: {operate: no-such-group}\n");
	ck_assert(!is_open(1));
	ck_assert(plane_logged("this host has no group no-such-group: make it, "
			       "and apply the configuration again"));
	plane_expect(&plane, "show backends", true, "serving");
}
END_TEST

START_TEST(a_group_that_this_host_lacks_does_not_close_the_other_socket)
{
	char byte;

	apply("access: {operate: no-such-group, read: everyone}\n");
	ck_assert(!is_open(1) && is_open(2));
	const int fd = client_connect(sockets[2]);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(send(fd, "wait 9 drained mx/a\n", 20, 0), 20);
	plane_run(&plane, 300);
	plane_forget_log();
	apply("access: {operate: no-such-group, read: everyone}\n# again\n");
	ck_assert(!plane_logged("no-such-group"));
	ck_assert_int_lt(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
	ck_assert_int_eq(errno, EAGAIN);
	apply("access: {operate: no-group-again, read: everyone}\n");
	ck_assert(plane_logged("this host has no group no-group-again"));
	close(fd);
	plane_run(&plane, 10 * 1000); /* the wait ends */
}
END_TEST

START_TEST(the_end_of_the_control_plane_takes_the_sockets_along)
{
	apply("access: {operate: root, read: everyone}\n");
	ck_assert(is_open(1) && is_open(2));
	plane_stop_control(&plane);
	ck_assert(!is_open(1) && !is_open(2));
	plane_start_control(&plane); /* of the first file */
	ck_assert(!is_open(1) && !is_open(2));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("access");
	TCase *t = tcase_create("access");

	tcase_add_checked_fixture(t, setup, serving_teardown);
	tcase_add_test(t, readers_see_and_change_nothing);
	tcase_add_test(
		t, operators_of_a_group_change_backends_and_no_configuration);
	tcase_add_test(t, refusals_are_counted_and_told_of_now_and_then);
	tcase_add_test(t, readers_see_no_address_of_a_client);
	tcase_add_test(t, a_socket_closes_under_who_waits_by_it);
	tcase_add_test(t, a_group_that_this_host_lacks_opens_nothing);
	tcase_add_test(
		t,
		a_group_that_this_host_lacks_does_not_close_the_other_socket);
	tcase_add_test(t, the_end_of_the_control_plane_takes_the_sockets_along);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
