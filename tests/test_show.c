/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands show, to programs and to people.
 * Method: requests over the real socket to a whole control plane, on a region
 * whose counters and session files the test writes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plane.h"
#include "runner.h"
#include "sessions.h"

static struct plane plane;

static bool
both_serve(struct plane *p)
{
	return atomic_load(&p->region->ack.generation) == 2;
}

static void
setup(void)
{
	plane_open(&plane, PLANE_BACKENDS);
	plane_start_data(&plane);
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("192.0.2.12:25", true);
	ck_assert(plane_run_until(&plane, both_serve));
}

static void
teardown(void)
{
	plane_close(&plane);
}

START_TEST(backends_are_shown_with_counts_and_verdicts)
{
	struct mx_worker_count *worker = plane.region->worker;

	worker[0].backend[2].opened = 10;
	worker[0].backend[2].closed = 4;
	worker[1].backend[2].opened = 1;
	worker[1].backend[2].bytes_in = 1000;
	json_t *data = plane_json(&plane, "-j show backends");
	const json_t *b = plane_row(data, "backends", 1);
	ck_assert_str_eq(plane_text(b, "pool"), "mx");
	ck_assert_str_eq(plane_text(b, "backend"), "b");
	ck_assert_str_eq(plane_text(b, "address"), "192.0.2.12:25");
	ck_assert_str_eq(plane_text(b, "admin"), "ready");
	ck_assert_str_eq(plane_text(b, "health"), "up");
	ck_assert_int_eq(plane_number(b, "sessions"), 7);
	ck_assert_int_eq(plane_number(b, "sessions_total"), 11);
	ck_assert_int_eq(plane_number(b, "bytes_in"), 1000);
	ck_assert_int_eq(plane_number(b, "tier"), 0);
	const json_t *check = json_object_get(b, "last_check");
	ck_assert(json_is_true(json_object_get(check, "passed")));
	ck_assert_str_eq(plane_text(check, "reason"), "ok");
	json_decref(data);
	plane_expect(&plane, "show backends", true,
		     "mx    b        192.0.2.12:25  ready");
}
END_TEST

START_TEST(services_pools_and_generation_are_shown)
{
	json_t *data = plane_json(&plane, "-j show services");
	const json_t *service = plane_row(data, "services", 0);
	ck_assert_str_eq(plane_text(service, "service"), "inbound");
	ck_assert_str_eq(json_string_value(json_array_get(
				 json_object_get(service, "vips"), 0)),
			 "198.51.100.25:25");
	ck_assert_str_eq(json_string_value(json_array_get(
				 json_object_get(service, "snat"), 0)),
			 "10.0.2.100");
	json_decref(data);

	data = plane_json(&plane, "-j show pools");
	ck_assert_int_eq(plane_number(plane_row(data, "pools", 0), "backends"),
			 2);
	ck_assert_int_eq(plane_number(plane_row(data, "pools", 0), "up"), 2);
	ck_assert_int_eq(plane_number(plane_row(data, "pools", 0), "tier"), 0);
	json_decref(data);

	data = plane_json(&plane, "-j show generation");
	ck_assert_int_eq(plane_number(data, "published"), 2);
	ck_assert_int_eq(plane_number(data, "adopted"), 2);
	ck_assert(json_is_null(json_object_get(data, "fault")));
	const json_t *process = json_object_get(data, "dataplane");
	ck_assert(json_is_true(json_object_get(process, "running")));
	ck_assert_int_eq(plane_number(process, "pid"), getpid());
	json_decref(data);
	plane_expect(&plane, "show services", true, "198.51.100.25:25");
	plane_expect(&plane, "show pools", true, "source");
	plane_expect(&plane, "show generation", true,
		     "generation in force   2");
}
END_TEST

START_TEST(drops_show_the_equation_and_whether_it_holds)
{
	struct mx_worker_count *worker = plane.region->worker;

	worker[0].rx = 10;
	worker[0].tx = 6;
	worker[0].to_kernel = 1;
	worker[0].dropped[MX_DROP_NO_SESSION] = 3;
	worker[1].rx = 2;
	worker[1].handed_off = 2;
	json_t *data = plane_json(&plane, "-j show drops");
	ck_assert(json_is_true(json_object_get(data, "balanced")));
	ck_assert_int_eq(plane_number(data, "dropped"), 3);
	ck_assert_int_eq(
		plane_number(json_object_get(data, "drops"), "no-session"), 3);
	ck_assert_int_eq(plane_number(json_object_get(data, "drops"), "ttl"),
			 0);
	json_decref(data);
	plane_expect(&plane, "show drops", true,
		     "rx 12 = tx 6 + to-kernel 1 + handed-off 2 + dropped 3\n");
	worker[1].rx = 3;
	plane_expect(&plane, "show drops", true, "not balanced");
	plane_expect(&plane, "show workers", true, "WORKER  CORE");
	data = plane_json(&plane, "-j show workers");
	ck_assert_int_eq(plane_number(plane_row(data, "workers", 0), "rx"), 10);
	json_decref(data);
}
END_TEST

/* A session file such as a worker writes. */
static void
write_sessions(const char *path, uint32_t count, uint32_t lie)
{
	struct mx_sessions_file *file = calloc(1, MX_SESSIONS_SIZE(count));

	file->magic = MX_SESSIONS_MAGIC;
	file->layout = MX_SESSIONS_LAYOUT;
	file->count = count + lie;
	for (uint32_t i = 0; i < count; i++) {
		struct mx_session *session = &file->session[i];
		session->client_be = htonl(0xc0000207);
		session->client_port_be = htons((uint16_t)(1000 + i));
		session->backend = i % 3 ? 1 : 60000;
		atomic_store(&session->state, (uint8_t)(i % 10));
	}
	const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ck_assert_int_eq(write(fd, file, MX_SESSIONS_SIZE(count)),
			 (int)MX_SESSIONS_SIZE(count));
	close(fd);
	free(file);
}

START_TEST(sessions_are_read_from_files_that_are_not_trusted)
{
	char *path = plane.region->header.sessions_path[0];

	snprintf(path, MX_PATH_MAX, "%s/sessions", plane.folder);
	write_sessions(path, 5000, 0);
	json_t *data = plane_json(&plane, "-j show sessions 3");
	ck_assert_int_eq(plane_number(data, "total"), 3500); /* states 1 to 7 */
	ck_assert_uint_eq(json_array_size(json_object_get(data, "sessions")),
			  3);
	const json_t *row = plane_row(data, "sessions", 0);
	ck_assert_str_eq(plane_text(row, "client"), "192.0.2.7:1001");
	ck_assert_str_eq(plane_text(row, "backend"), "mx/a");
	ck_assert_str_eq(plane_text(row, "state"), "opening");
	json_decref(data);
	plane_expect(&plane, "show sessions", true,
		     "3500 sessions, 500 opening");
	/* A count beyond the end of the file, no file, no path. */
	write_sessions(path, 100, 1);
	plane_expect(&plane, "show sessions", true, "0 sessions");
	unlink(path);
	plane_expect(&plane, "show sessions", true, "0 sessions");
	memset(path, '/', MX_PATH_MAX);
	plane_expect(&plane, "show sessions", true, "0 sessions");
	memset(path, 0, MX_PATH_MAX);
}
END_TEST

START_TEST(lookup_names_the_backend_the_plan_picks)
{
	const struct mx_plan *plan = mx_region_slot(plane.region, 2);

	for (uint32_t i = 1; i < 20; i++) {
		char line[80];
		const struct mx_flow4 flow = {.src_be = htonl(0xc0000200 + i)};
		const uint16_t id = mx_pick_find(
			&plan->pick[0],
			mx_hash_pick4(&plan->key, MX_HASH_SOURCE, &flow));
		snprintf(line, sizeof(line),
			 "-j lookup 192.0.2.%u:40000 198.51.100.25:25", i);
		json_t *data = plane_json(&plane, line);
		ck_assert_str_eq(plane_text(data, "backend"),
				 id == 1 ? "mx/a" : "mx/b");
		ck_assert_str_eq(plane_text(data, "hash_input"), "source");
		json_decref(data);
	}
	plane_expect(&plane, "lookup 192.0.2.7:40000 198.51.100.25:25", true,
		     "source 192.0.2.7");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("show");
	TCase *t = tcase_create("show");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, backends_are_shown_with_counts_and_verdicts);
	tcase_add_test(t, services_pools_and_generation_are_shown);
	tcase_add_test(t, drops_show_the_equation_and_whether_it_holds);
	tcase_add_test(t, sessions_are_read_from_files_that_are_not_trusted);
	tcase_add_test(t, lookup_names_the_backend_the_plan_picks);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
