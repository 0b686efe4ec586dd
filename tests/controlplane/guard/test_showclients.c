/* SPDX-License-Identifier: BSD-3-Clause */
/* What `show clients` and `lookup` say of clients and their limits.
 * Method: requests over the real socket to a whole control plane (serving.c),
 * on session files and rows of refused clients that the test writes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "runner.h"
#include "serving.h"
#include "sessions.h"

#define COUNT 30000u

static struct mx_sessions_file *file;
static uint32_t filled;

static void
setup(void)
{
	char rest[1024], line[160];

	serving_setup();
	plane.region->header.workers = 1;
	plane_seed_hops(&plane);
	snprintf(
		rest, sizeof(rest),
		"services:\n"
		"  - {name: inbound, listen: [\"198.51.100.25:25\"], pool: mx, "
		"snat: [\"10.0.2.100\"], client-address: hidden, clients: "
		"{sessions: 50, per-10s: 40, prefix: {sessions: 500}, "
		"allow: [192.0.2.99/32]}}\n"
		"pools:\n"
		"  - name: mx\n"
		"    backends:\n" PLANE_BACKENDS);
	plane_write_rest(&plane, "limits.yaml", rest);
	snprintf(line, sizeof(line), "config apply %s/limits.yaml",
		 plane.folder);
	plane_expect(&plane, line, true, "");
	ck_assert(plane_run_until(&plane, plane_is_settled));
	file = calloc(1, MX_SESSIONS_SIZE(COUNT, 0));
	file->magic = MX_SESSIONS_MAGIC;
	file->layout = MX_SESSIONS_LAYOUT;
	file->count = COUNT;
	filled = 0;
}

static void
teardown(void)
{
	free(file);
	serving_teardown();
}

/* Enter sessions of a client, which began so many seconds ago. */
static void
enter(uint32_t ip, uint32_t count, uint8_t state, uint32_t ago_s)
{
	for (uint32_t i = 0; i < count; i++) {
		struct mx_session *s = &file->session[filled++];

		s->client_be = htonl(ip);
		s->backend = 1;
		s->opened_s = (uint32_t)clock_s() - ago_s;
		atomic_store(&s->state, state);
	}
}

static void
write_file(void)
{
	char *path = plane.region->header.sessions_path[0];

	snprintf(path, MX_PATH_MAX, "%s/sessions", plane.folder);
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_eq(write(fd, file, MX_SESSIONS_SIZE(COUNT, 0)),
			 (int)MX_SESSIONS_SIZE(COUNT, 0));
	close(fd);
}

static void
refuse(uint32_t ip, uint64_t count, uint32_t ago_s)
{
	plane.region->worker[0].refused_client[3] = (struct mx_refused_client){
		.addr = mx_addr_from4(htonl(ip)),
		.bits = 128,
		.last_s = (uint32_t)clock_s() - ago_s,
		.count = count,
	};
}

static void
expect_row(const json_t *data, size_t i, const char *client, int sessions)
{
	const json_t *row = plane_row(data, "clients", i);

	ck_assert_str_eq(plane_text(row, "client"), client);
	ck_assert_int_eq(plane_number(row, "sessions"), sessions);
}

START_TEST(the_refused_come_first_and_then_those_with_the_most_sessions)
{
	/* Many with one session each, of all states; and two with many. */
	for (uint32_t n = 0; n < 20000; n++)
		enter(0x0a000000 + n * 7, 1, MX_SESSION_ESTABLISHED, 100);
	enter(0xc0000207, 45, MX_SESSION_ESTABLISHED, 100);
	enter(0xc0000207, 3, MX_SESSION_DOUBTED, 5);
	enter(0xc0000207, 2, MX_SESSION_RESET, 5);
	enter(0xc0000207, 100, MX_SESSION_OPENING, 1);
	enter(0xcb007107, 60, MX_SESSION_GREETING, 20);
	enter(0xcb007205, 2, MX_SESSION_CLIENT_FIN, 20);
	write_file();
	refuse(0xcb007205, 12, 4);
	json_t *data = plane_json(&plane, "-j show clients 5");
	expect_row(data, 0, "203.0.114.5", 2);
	const json_t *row = plane_row(data, "clients", 0);
	ck_assert_int_eq(plane_number(row, "refused"), 12);
	ck_assert_int_eq(plane_number(row, "noticed_ago_s"), 4);
	ck_assert_int_eq(plane_number(row, "sessions_max"), 50);
	expect_row(data, 1, "203.0.113.0/24", 60);
	ck_assert_int_eq(
		plane_number(plane_row(data, "clients", 1), "sessions_max"),
		500);
	expect_row(data, 2, "203.0.113.7", 60);
	expect_row(data, 3, "192.0.2.0/24", 48);
	expect_row(data, 4, "192.0.2.7", 48);
	ck_assert_int_eq(plane_number(plane_row(data, "clients", 4), "new_10s"),
			 5);
	ck_assert_uint_eq(json_array_size(json_object_get(data, "clients")), 5);
	json_decref(data);
	/* One that spoke early comes first as well. */
	plane.region->worker[0].refused_client[4] = (struct mx_refused_client){
		.addr = mx_addr_from4(htonl(0xcb007206)),
		.bits = 128,
		.last_s = (uint32_t)clock_s() - 9,
		.early = 30,
	};
	data = plane_json(&plane, "-j show clients 2");
	expect_row(data, 0, "203.0.114.6", 0);
	row = plane_row(data, "clients", 0);
	ck_assert_int_eq(plane_number(row, "refused"), 0);
	ck_assert_int_eq(plane_number(row, "early"), 30);
	ck_assert_int_eq(plane_number(row, "noticed_ago_s"), 9);
	expect_row(data, 1, "203.0.114.5", 2);
	json_decref(data);
	plane.region->worker[0].refused_client[4].bits = 0;
	/* A refusal of long ago does not come first. */
	refuse(0xcb007205, 12, 100);
	data = plane_json(&plane, "-j show clients 1");
	expect_row(data, 0, "203.0.113.0/24", 60);
	json_decref(data);
	plane_expect(&plane, "show clients 0x", false, "show clients [N]");
	plane_expect(&plane, "show clients 0", false, "N from 1 to 1000");
}
END_TEST

START_TEST(rows_of_a_worker_and_of_files_are_not_trusted)
{
	memset(plane.region->worker[0].refused_client, 0xff,
	       sizeof(plane.region->worker[0].refused_client));
	enter(0xc0000207, 5, MX_SESSION_ESTABLISHED, 100);
	for (uint32_t i = 0; i < 5; i++)
		file->session[i].service = 200;
	enter(0xc0000207, 5, 99, 100);
	write_file();
	plane_expect(&plane, "show clients", true, "No client has a session.");
}
END_TEST

START_TEST(lookup_says_what_the_limits_say_of_a_client)
{
	enter(0xc0000207, 50, MX_SESSION_ESTABLISHED, 100);
	enter(0xc0000263, 450, MX_SESSION_ESTABLISHED, 100);
	enter(0xcb007107, 40, MX_SESSION_RESET, 5);
	write_file();
	refuse(0xc0000207, 12, 4);
	plane_answers(&plane, "lookup 192.0.2.7:4 198.51.100.25:25",
		      ANSWER_WARNING,
		      "this client has 50 sessions, 0 of them begun in the "
		      "last 10 s, and may have no more");
	json_t *data =
		plane_data(&plane, "-j lookup 192.0.2.7:4 198.51.100.25:25",
			   ANSWER_WARNING);
	ck_assert_int_eq(plane_number(data, "client_refused"), 12);
	json_decref(data);
	plane_answers(&plane, "lookup 192.0.2.8:4 198.51.100.25:25",
		      ANSWER_WARNING,
		      "the prefix of this client has 500 sessions");
	plane_answers(&plane, "lookup 203.0.113.7:4 198.51.100.25:25",
		      ANSWER_WARNING, "40 of them begun");
	plane_expect(&plane, "lookup 192.0.2.99:4 198.51.100.25:25", true,
		     "any number: it is allowed");
	plane_expect(
		&plane, "lookup 203.0.114.7:4 198.51.100.25:25", true,
		"50 at once, 40 in 10 s; its prefix: 500 at once, any in 10 s");
}
END_TEST

START_TEST(status_warns_while_clients_are_refused)
{
	plane_run(&plane, 2000);
	plane.region->worker[0].refused[0][MX_DROP_CLIENT_LIMIT] += 7;
	plane_run(&plane, 2000);
	plane_answers(&plane, "status", ANSWER_WARNING,
		      "service inbound refuses new sessions, client-limit: 7 "
		      "SYNs");
	plane_expect(&plane, "show drops", true, "client-limit");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("showclients");
	TCase *t = tcase_create("showclients");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(
		t,
		the_refused_come_first_and_then_those_with_the_most_sessions);
	tcase_add_test(t, rows_of_a_worker_and_of_files_are_not_trusted);
	tcase_add_test(t, lookup_says_what_the_limits_say_of_a_client);
	tcase_add_test(t, status_warns_while_clients_are_refused);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
