/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of sessions that `show sessions` prints.
 * Method: requests over the real socket to a whole control plane (serving.c),
 * on session files that the test writes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "runner.h"
#include "serving.h"
#include "sessions.h"

/* A session file such as a worker writes. */
static void
write_sessions(const char *path, uint32_t layout, uint32_t count, uint32_t lie)
{
	struct mx_sessions_file *file = calloc(1, MX_SESSIONS_SIZE(count, 0));

	file->magic = MX_SESSIONS_MAGIC;
	file->layout = layout;
	file->count = count + lie;
	for (uint32_t i = 0; i < count; i++) {
		struct mx_session *session = &file->session[i];
		session->client_be = htonl(0xc0000207);
		session->client_port_be = htons((uint16_t)(1000 + i));
		session->backend = i % 3 ? 1 : 60000;
		atomic_store(&session->state, (uint8_t)(i % 20));
	}
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_eq(write(fd, file, MX_SESSIONS_SIZE(count, 0)),
			 (int)MX_SESSIONS_SIZE(count, 0));
	close(fd);
	free(file);
}

/* Of 5,000 sessions, as many have a state that is known and not FREE. */
#define KNOWN (5000 / 20 * (MX_SESSION_STATES - 1))

START_TEST(sessions_are_read_from_files_that_are_not_trusted)
{
	char found[64];

	snprintf(found, sizeof(found), "%d sessions, 250 opening", KNOWN);
	char *path = plane.region->header.sessions_path[0];

	snprintf(path, MX_PATH_MAX, "%s/sessions", plane.folder);
	write_sessions(path, MX_SESSIONS_LAYOUT, 5000, 0);
	json_t *data = plane_json(&plane, "-j show sessions 3");
	ck_assert_int_eq(plane_number(data, "total"), KNOWN);
	ck_assert_uint_eq(json_array_size(json_object_get(data, "sessions")),
			  3);
	const json_t *row = plane_row(data, "sessions", 0);
	ck_assert_str_eq(plane_text(row, "client"), "192.0.2.7:1001");
	ck_assert_str_eq(plane_text(row, "backend"), "mx/a");
	ck_assert_str_eq(plane_text(row, "state"), "opening");
	json_decref(data);
	plane_expect(&plane, "show sessions", true, found);
	/* The layout before, and one that nobody reads. */
	write_sessions(path, 4, 5000, 0);
	plane_expect(&plane, "show sessions", true, found);
	write_sessions(path, 3, 5000, 0);
	plane_expect(&plane, "show sessions", true, "0 sessions");
	/* A count beyond the end of the file, no file, no path. */
	write_sessions(path, MX_SESSIONS_LAYOUT, 100, 1);
	plane_expect(&plane, "show sessions", true, "0 sessions");
	unlink(path);
	plane_expect(&plane, "show sessions", true, "0 sessions");
	memset(path, '/', MX_PATH_MAX);
	plane_expect(&plane, "show sessions", true, "0 sessions");
	memset(path, 0, MX_PATH_MAX);
}
END_TEST

/* One session of each kind, in a file with room for IPv6. */
static void
write_wide(const char *path, uint32_t count, size_t missing)
{
	const size_t size = MX_SESSIONS_SIZE(count, 1);
	struct mx_sessions_file *file = aligned_alloc(64, size);

	memset(file, 0, size);
	file->magic = MX_SESSIONS_MAGIC;
	file->layout = MX_SESSIONS_LAYOUT;
	file->count = count;
	file->wide = 1;
	for (uint32_t i = 0; i < count; i++) {
		struct mx_session *session = &file->session[i];
		struct mx_session_wide *wide = mx_session_wide_of(file, i);
		session->client_be = htonl(0xc0000207);
		session->vip_be = htonl(0xc6336419);
		session->local_be = htonl(0x0a000264);
		session->server_be = htonl(0xc000020b);
		session->client_port_be = htons((uint16_t)(1000 + i));
		session->vip_port_be = session->server_port_be = htons(25);
		session->local_port_be = htons(2000);
		session->backend = 1;
		session->kind = (uint8_t)(i % 5); /* one mode is none */
		if (i & 1)
			session->kind |= MX_SESSION_CLIENT6;
		if (i & 2)
			session->kind |= MX_SESSION_SERVER6;
		wide->client = (struct mx_addr){{0x20, 0x01, [15] = 1}};
		wide->vip = (struct mx_addr){{0x20, 0x01, [15] = 2}};
		wide->local = (struct mx_addr){{0x20, 0x01, [15] = 3}};
		wide->server = (struct mx_addr){{0x20, 0x01, [15] = 4}};
		atomic_store(&session->state, MX_SESSION_ESTABLISHED);
	}
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_eq(write(fd, file, size - missing),
			 (int)(size - missing));
	close(fd);
	free(file);
}

START_TEST(sessions_of_ipv6_show_their_addresses)
{
	static const struct {
		const char *mode, *client, *vip, *local, *server;
	} wanted[] = {
		{"fullnat", "192.0.2.7:", "198.51.100.25:25", "10.0.2.100:2000",
		 "192.0.2.11:25"},
		{"nat", "[2001::1]:", "[2001::2]:25", "10.0.2.100:2000",
		 "192.0.2.11:25"},
		{"dsr", "192.0.2.7:", "198.51.100.25:25", "[2001::3]:2000",
		 "[2001::4]:25"},
		{"tunnel", "[2001::1]:", "[2001::2]:25", "[2001::3]:2000",
		 "[2001::4]:25"},
		{"?", "192.0.2.7:", "198.51.100.25:25", "10.0.2.100:2000",
		 "192.0.2.11:25"},
	};
	char *path = plane.region->header.sessions_path[1];

	snprintf(path, MX_PATH_MAX, "%s/sessions", plane.folder);
	/* More than is read at once. */
	write_wide(path, 5000, 0);
	json_t *data = plane_json(&plane, "-j show sessions 5000");
	ck_assert_int_eq(plane_number(data, "total"), 5000);
	for (size_t i = 0; i < 5000; i++) {
		const json_t *row = plane_row(data, "sessions", i);
		char client[64];
		/* The mode repeats every 5, the family every 4. */
		const size_t ends = i % 4;
		snprintf(client, sizeof(client), "%s%zu", wanted[ends].client,
			 1000 + i);
		ck_assert_str_eq(plane_text(row, "mode"), wanted[i % 5].mode);
		ck_assert_str_eq(plane_text(row, "client"), client);
		ck_assert_str_eq(plane_text(row, "vip"), wanted[ends].vip);
		ck_assert_str_eq(plane_text(row, "local"), wanted[ends].local);
		ck_assert_str_eq(plane_text(row, "server"),
				 wanted[ends].server);
	}
	json_decref(data);
	plane_expect(&plane, "show sessions", true, "[2001::1]:1001");
	/* A file that is shorter than its header says is ignored. */
	write_wide(path, 100, 1);
	plane_expect(&plane, "show sessions", true, "0 sessions");
	memset(path, 0, MX_PATH_MAX);
}
END_TEST

/* Write 600 sessions: of 3 clients, 2 backends and one that left, in two states,
 * and each a second older than the one before. */
static void
write_mixed(const char *path)
{
	struct mx_sessions_file *file = calloc(1, MX_SESSIONS_SIZE(600, 0));

	file->magic = MX_SESSIONS_MAGIC;
	file->layout = MX_SESSIONS_LAYOUT;
	file->count = 600;
	for (uint32_t i = 0; i < 600; i++) {
		struct mx_session *session = &file->session[i];

		session->client_be = htonl(0xc0000200 + i % 3 * 256);
		session->client_port_be = htons((uint16_t)(1000 + i));
		session->backend = (uint16_t)(1 + i / 3 % 2);
		session->service = i < 300 ? 0 : 200;
		session->opened_s = (uint32_t)clock_s() - i;
		atomic_store(&session->state, i % 2 ? MX_SESSION_ESTABLISHED
						    : MX_SESSION_OPENING);
	}
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_eq(write(fd, file, MX_SESSIONS_SIZE(600, 0)),
			 (int)MX_SESSIONS_SIZE(600, 0));
	close(fd);
	free(file);
}

START_TEST(sessions_are_chosen_by_what_they_are)
{
	static const struct {
		const char *line;
		int total;
	} cases[] = {
		{"", 600},
		{" from 192.0.2.0/24", 200},
		{" from 192.0.2.0/23", 400},
		{" from 192.0.3.0", 200},
		{" from 2001:db8::/32", 0},
		{" backend mx/a", 300},
		{" backend mx/*", 600},
		{" backend */b", 300},
		{" backend @b", 300},
		{" service inbound", 300},
		{" older 100s", 499},
		{" older 9m", 59},
		{" state established", 300},
		{" state established from 192.0.2.0/24 backend mx/b older 100s",
		 83},
		{" 5 older 100s state opening", 249},
	};
	char line[128];
	char *path = plane.region->header.sessions_path[0];

	snprintf(path, MX_PATH_MAX, "%s/sessions", plane.folder);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_mixed(path);
		snprintf(line, sizeof(line), "-j show sessions%s",
			 cases[i].line);
		json_t *data = plane_json(&plane, line);
		ck_assert_msg(plane_number(data, "total") == cases[i].total,
			      "%s: %d", line, (int)plane_number(data, "total"));
		json_decref(data);
	}
	memset(path, 0, MX_PATH_MAX);
}
END_TEST

START_TEST(what_no_session_can_be_is_refused)
{
	static const struct {
		const char *line;
		enum answer answer;
		const char *part;
	} cases[] = {
		{"from x", ANSWER_USAGE, "from: "},
		{"from 192.0.2.77/24", ANSWER_USAGE, "expected 192.0.2.0/24"},
		{"from 192.0.2.0/33", ANSWER_USAGE, "from: "},
		{"backend mx/zz", ANSWER_REFUSED,
		 "there is no backend mx/zz; the nearest of 2: mx/a, mx/b"},
		{"backend @zz", ANSWER_REFUSED, "@zz means no backend; see"},
		{"service zz", ANSWER_REFUSED, "there is no service zz"},
		{"older 0s", ANSWER_USAGE, "expected a time"},
		{"older 400d", ANSWER_USAGE, "expected a time"},
		{"state zz", ANSWER_USAGE, "expected one of opening, "},
		{"state free", ANSWER_USAGE, "expected one of opening, "},
		{"10001", ANSWER_USAGE, "up to 10000"},
	};
	char line[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(line, sizeof(line), "show sessions %s", cases[i].line);
		plane_answers(&plane, line, cases[i].answer, cases[i].part);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("sessionlist");
	TCase *t = tcase_create("sessionlist");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_add_test(t, sessions_are_read_from_files_that_are_not_trusted);
	tcase_add_test(t, sessions_of_ipv6_show_their_addresses);
	tcase_add_test(t, sessions_are_chosen_by_what_they_are);
	tcase_add_test(t, what_no_session_can_be_is_refused);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
