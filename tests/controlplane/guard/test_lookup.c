/* SPDX-License-Identifier: BSD-3-Clause */
/* What `lookup` says that a client gets, in words: the worker that decides, why
 * a first choice is passed over, why nobody gets the session.
 * Method: requests over the real socket to a whole control plane (serving.c);
 * the sessions that workers count are written into the region.  Whether it is
 * true is in test_forecast.c. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "endpoint.h"
#include "flowowner.h"
#include "runner.h"
#include "serving.h"
#include "sessions.h"

#define CLIENT "192.0.2.1:4"
#define VIP "198.51.100.25:25"

static const struct mx_hash_key key = {
	{0x243f6a8885a308d3u, 0x13198a2e03707344u}};

/* Write the file of a worker's sessions, so that lookup finds their key. */
static void
write_sessions(void)
{
	const struct mx_sessions_file header = {
		.magic = MX_SESSIONS_MAGIC,
		.layout = MX_SESSIONS_LAYOUT,
		.key = key,
	};
	char *path = plane.region->header.sessions_path[0];

	snprintf(path, MX_PATH_MAX, "%s/sessions", plane.folder);
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, &header, sizeof(header)), sizeof(header));
	close(fd);
}

/* A plane of one worker, as most tests need no more. */
static void
one_worker(void)
{
	serving_setup();
	plane.region->header.workers = 1;
	plane_seed_hops(&plane);
}

/* Give both backends limits, and a load bound to their pool. */
static void
apply_limits(int max_a, int max_b, int bound)
{
	char rest[1024], line[160];

	snprintf(rest, sizeof(rest),
		 "services:\n"
		 "  - {name: in, listen: [\"" VIP "\"], pool: mx, snat: "
		 "[\"10.0.2.100\"], client-address: hidden}\n"
		 "pools:\n"
		 "  - name: mx\n"
		 "    hash: source\n"
		 "    load-bound: %d\n"
		 "    check: {rise: 1, fall: 1}\n"
		 "    backends:\n"
		 "      - {name: a, address: \"192.0.2.11:25\", "
		 "connections-max: %d}\n"
		 "      - {name: b, address: \"192.0.2.12:25\", "
		 "connections-max: %d}\n",
		 bound, max_a, max_b);
	plane_write_rest(&plane, "limits.yaml", rest);
	snprintf(line, sizeof(line), "config apply %s/limits.yaml",
		 plane.folder);
	plane_expect(&plane, line, true, "is in force");
	plane_seed_hops(&plane);
}

/* The id of the backend that a client gets while nobody has sessions; 3 minus
 * it is the other. */
static uint16_t
first_choice(void)
{
	json_t *data = plane_json(&plane, "-j lookup " CLIENT " " VIP);
	const bool a = strcmp(plane_text(data, "backend"), "mx/a") == 0;

	ck_assert(json_is_null(json_object_get(data, "passed_over")));
	ck_assert_str_eq(plane_text(data, "first_choice"),
			 plane_text(data, "backend"));
	json_decref(data);
	return a ? 1 : 2;
}

static void
expect_passed_over(uint16_t first, const char *bound)
{
	json_t *data = plane_json(&plane, "-j lookup " CLIENT " " VIP);

	ck_assert_str_eq(plane_text(data, "passed_over"), bound);
	ck_assert_str_eq(plane_text(data, "first_choice"),
			 first == 1 ? "mx/a" : "mx/b");
	ck_assert_str_eq(plane_text(data, "backend"),
			 first == 1 ? "mx/b" : "mx/a");
	json_decref(data);
}

START_TEST(lookup_of_an_empty_pool_says_why_and_fails)
{
	static const char line[] = "lookup 192.0.2.1:4 198.51.100.25:25";

	plane_answers(&plane, line, ANSWER_OK, "backend        mx/");
	fakeprobe_result("192.0.2.11:25", false);
	plane_expect(&plane, "maint mx/b --even-last", true, "maint");
	plane_answers(&plane, line, ANSWER_WARNING,
		      "Nobody gets it: pool mx has no backend that serves (a "
		      "is down, ");
	plane_answers(&plane, line, ANSWER_WARNING, "; b is maintenance");
	plane_expect(&plane, "ready mx/b", true, "ready");
	plane_stop_data(&plane);
	plane_answers(&plane, line, ANSWER_WARNING,
		      "Nobody gets it: no data plane is running.");
}
END_TEST

START_TEST(a_backend_at_its_maximum_is_passed_over)
{
	apply_limits(2, 2, 0);
	const uint16_t first = first_choice();
	struct mx_flow_count *count = plane.region->worker[0].backend;

	count[first].opened = 3;
	count[first].closed = 1;
	expect_passed_over(first, "connections-max");
	plane_answers(&plane, "lookup " CLIENT " " VIP, ANSWER_OK,
		      first == 1 ? "The first choice, mx/a, is passed over: at "
				   "this worker it is at its connections-max.\n"
				 : "The first choice, mx/b, is passed over: at "
				   "this worker it is at its "
				   "connections-max.\n");
	/* A session in doubt holds no place. */
	count[first].doubted = 1;
	ck_assert_uint_eq(first_choice(), first);
}
END_TEST

START_TEST(a_backend_over_its_share_is_passed_over)
{
	apply_limits(0, 0, 101);
	const uint16_t first = first_choice();

	plane.region->worker[0].backend[first].opened = 20;
	expect_passed_over(first, "load-bound");
	plane.region->worker[0].backend[3 - first].opened = 20;
	ck_assert_uint_eq(first_choice(), first);
}
END_TEST

START_TEST(lookup_finds_that_all_backends_are_full)
{
	apply_limits(2, 3, 0);
	plane.region->worker[0].backend[1].opened = 2;
	plane.region->worker[0].backend[2].opened = 2;
	plane_answers(&plane, "lookup " CLIENT " " VIP, ANSWER_OK,
		      "backend        mx/b");
	plane.region->worker[0].backend[2].opened = 3;
	plane_answers(&plane, "lookup " CLIENT " " VIP, ANSWER_WARNING,
		      "Nobody gets it: every backend that serves has its "
		      "connections-max at worker 0.");
}
END_TEST

START_TEST(a_client_meets_the_sessions_of_its_own_worker)
{
	struct mx_flow_owners owners;
	struct mx_endpoint vip;
	uint32_t clients[2] = {0};

	apply_limits(2, 2, 0);
	plane.region->header.workers = 2;
	write_sessions();
	mx_flow_owners_make(&owners, &key, 2);
	ck_assert_int_eq(mx_endpoint_parse(VIP, &vip), 0);
	for (int id = 1; id <= 2; id++)
		plane.region->worker[1].backend[id].opened = 2;
	for (uint16_t port = 1; port <= 20; port++) {
		const struct mx_flow flow = {
			.src = mx_addr_from4(htonl(0xc0000201)),
			.dst = vip.addr,
			.src_port_be = htons(port),
			.dst_port_be = vip.port_be,
		};
		const uint16_t owner = mx_flow_owner(&owners, &flow);
		char line[80];

		snprintf(line, sizeof(line), "-j lookup 192.0.2.1:%u " VIP,
			 port);
		json_t *data = plane_data(
			&plane, line, owner == 0 ? ANSWER_OK : ANSWER_WARNING);
		ck_assert_int_eq(plane_number(data, "worker"), owner);
		json_decref(data);
		clients[owner]++;
	}
	ck_assert(clients[0] > 0 && clients[1] > 0);
}
END_TEST

START_TEST(who_decides_is_not_known_without_session_files)
{
	apply_limits(2, 2, 0);
	plane.region->header.workers = 2;
	for (int id = 1; id <= 2; id++)
		plane.region->worker[0].backend[id].opened = 2;
	json_t *data = plane_json(&plane, "-j lookup " CLIENT " " VIP);
	ck_assert(json_is_null(json_object_get(data, "worker")));
	json_decref(data);
	plane_answers(&plane, "lookup " CLIENT " " VIP, ANSWER_OK,
		      "The worker of this client is not known, so "
		      "connections-max and load-bound\nare left out.\n");
}
END_TEST

START_TEST(an_address_that_no_client_has_is_refused)
{
	plane_answers(&plane, "lookup 127.0.0.1:4 " VIP, ANSWER_WARNING,
		      "Nobody gets it: no client has this address; see "
		      "client-sources.");
	plane_answers(&plane, "lookup 192.0.2.11:25 " VIP, ANSWER_WARNING,
		      "no client has this address");
	plane_answers(&plane, "lookup 192.0.2.11:26 " VIP, ANSWER_OK,
		      "backend        mx/");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("lookup");
	TCase *t = tcase_create("lookup");

	tcase_add_checked_fixture(t, one_worker, serving_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, lookup_of_an_empty_pool_says_why_and_fails);
	tcase_add_test(t, a_backend_at_its_maximum_is_passed_over);
	tcase_add_test(t, a_backend_over_its_share_is_passed_over);
	tcase_add_test(t, lookup_finds_that_all_backends_are_full);
	tcase_add_test(t, a_client_meets_the_sessions_of_its_own_worker);
	tcase_add_test(t, who_decides_is_not_known_without_session_files);
	tcase_add_test(t, an_address_that_no_client_has_is_refused);
	suite_add_tcase(s, t);
	return s;
}
