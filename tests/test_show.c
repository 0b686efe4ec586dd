/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands show, to programs and to people.
 * Method: requests over the real socket to a whole control plane, on a region
 * whose counters and session files the test writes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"
#include "serving.h"
#include "sessions.h"

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
	ck_assert(json_is_null(json_object_get(b, "connections_max")));
	const json_t *check = json_object_get(b, "last_check");
	ck_assert(json_is_true(json_object_get(check, "passed")));
	ck_assert_str_eq(plane_text(check, "reason"), "ok");
	json_decref(data);
	plane_expect(&plane, "show backends", true,
		     "mx    b        192.0.2.12:25  ready");
}
END_TEST

static struct mx_flow_count *
count_of_c(void)
{
	return &plane.region->worker[0].backend[3];
}

START_TEST(a_backend_full_of_our_sessions_goes_on_serving_and_says_why)
{
	char line[160];

	plane_write_config(&plane, "c.yaml",
			   "      - {name: c, address: \"192.0.2.13:25\", "
			   "connections-max: 4}\n");
	snprintf(line, sizeof(line), "config apply %s", plane.config);
	plane_expect(&plane, line, true, "is in force");
	fakeprobe_end("192.0.2.13:25", REASON_OK);
	count_of_c()->opened = 4;
	fakeprobe_end("192.0.2.13:25", REASON_BANNER_TIMEOUT);
	plane_expect(&plane, "show backends", true,
		     "serving, not checked: all of its connections-max are "
		     "sessions of ours: timeout waiting for the banner");
	count_of_c()->closed = 1;
	fakeprobe_end("192.0.2.13:25", REASON_BANNER_TIMEOUT);
	plane_expect(&plane, "show backends", true,
		     "down, timeout waiting for the banner");
}
END_TEST

START_TEST(a_check_that_this_host_could_not_make_is_shown)
{
	fakeprobe_end("192.0.2.11:25", REASON_LOCAL_FAULT);
	plane_expect(&plane, "show backends", true,
		     "serving, not checked: this host could not open a "
		     "connection: what the ");
	fakeprobe_end("192.0.2.11:25", REASON_OK);
	plane_expect(&plane, "show backends", true, "  serving\n");
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
	ck_assert_str_eq(plane_text(service, "forward"), "fullnat");
	ck_assert_str_eq(plane_text(service, "proxy"), "off");
	ck_assert(json_is_null(json_object_get(service, "tunnel")));
	ck_assert_int_eq(
		plane_number(json_object_get(service, "timers"), "idle_ms"),
		900000);
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
	ck_assert(json_is_false(json_object_get(process, "ipv6")));
	json_decref(data);
	plane_expect(&plane, "show generation", true,
		     "room for IPv6         no");
	plane_expect(&plane, "show services", true, "198.51.100.25:25");
	plane_expect(&plane, "show pools", true, "source");
	plane_expect(&plane, "show generation", true,
		     "generation in force   2");
}
END_TEST

/* Services of every mode and of both families, in place of the first. */
static void
apply_modes(void)
{
	char line[160];

	plane.region->header.ipv6 = 1;
	plane_write_rest(
		&plane, "modes.yaml",
		"services:\n"
		"  - name: inbound\n"
		"    listen: [\"198.51.100.25:25\", \"[2001:db8::25]:25\"]\n"
		"    pool: mx\n"
		"    snat: [\"10.0.2.100\", \"fd00:2::100\"]\n"
		"    proxy-protocol: v2\n"
		"  - name: outbound\n"
		"    listen: [\"[2001:db8::26]:25\"]\n"
		"    pool: out\n"
		"    forward: tunnel\n"
		"    tunnel: {type: gue, source: [\"10.0.2.128/26\"]}\n"
		"pools:\n"
		"  - name: mx\n"
		"    hash: source-prefix\n"
		"    check: {rise: 1, fall: 1}\n"
		"    backends:\n"
		"      - {name: a, address: \"192.0.2.11:25\",\n"
		"         connections-max: 200}\n"
		"      - {name: b, address: \"[fd00:2::12]:25\"}\n"
		"  - name: out\n"
		"    backends: [{name: o, address: \"10.0.2.19:25\"}]\n");
	snprintf(line, sizeof(line), "config apply %s/modes.yaml",
		 plane.folder);
	plane_expect(&plane, line, true, "is in force");
}

START_TEST(modes_families_and_limits_are_shown)
{
	apply_modes();
	plane_expect(
		&plane, "show services", true,
		"inbound   inbound    mx    degraded  fullnat  v2     ipv4,ipv6  "
		"198.51.100.25:25,[2001:db8::25]:25  "
		"10.0.2.100,fd00:2::100");
	plane_expect(
		&plane, "show services", true,
		"outbound  inbound    out   EMPTY     tunnel   off    ipv6       "
		"[2001:db8::26]:25 ");
	json_t *data = plane_json(&plane, "-j show services");
	const json_t *tunnel =
		json_object_get(plane_row(data, "services", 1), "tunnel");
	ck_assert_str_eq(plane_text(tunnel, "type"), "gue");
	ck_assert_int_eq(plane_number(tunnel, "port"), 6080);
	ck_assert_str_eq(json_string_value(json_array_get(
				 json_object_get(tunnel, "source"), 0)),
			 "10.0.2.128/26");
	json_decref(data);
	data = plane_json(&plane, "-j show backends");
	ck_assert_int_eq(
		plane_number(plane_row(data, "backends", 0), "connections_max"),
		200);
	ck_assert_str_eq(plane_text(plane_row(data, "backends", 1), "address"),
			 "[fd00:2::12]:25");
	json_decref(data);
	data = plane_json(&plane, "-j show pools");
	ck_assert_str_eq(plane_text(plane_row(data, "pools", 0), "proxy"),
			 "v2");
	ck_assert_int_eq(
		plane_number(plane_row(data, "pools", 0), "load_bound"), 125);
	json_decref(data);
	plane_expect(&plane, "show generation", true,
		     "room for IPv6         yes");
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
	plane_expect(
		&plane, "show drops", true,
		"rx 12 + made 0 = tx 6 + to-kernel 1 + handed-off 2 + dropped 3\n");
	worker[1].made = 4;
	worker[1].tx = 4;
	plane_expect(&plane, "show drops", true,
		     "rx 12 + made 4 = tx 10 + to-kernel 1 + handed-off 2 + "
		     "dropped 3\n");
	worker[1].rx = 3;
	plane_expect(&plane, "show drops", true, "not balanced");
	plane_expect(&plane, "show workers", true, "WORKER  CORE");
	data = plane_json(&plane, "-j show workers");
	ck_assert_int_eq(plane_number(plane_row(data, "workers", 0), "rx"), 10);
	json_decref(data);
}
END_TEST

START_TEST(workers_show_what_is_not_as_usual)
{
	struct mx_worker_count *worker = plane.region->worker;

	worker[1].places = 11;
	worker[1].strayed = 12;
	worker[1].proxy_resent = 13;
	worker[1].proxy_given_up = 14;
	worker[1].diverted = 15;
	worker[1].ended = 16;
	worker[1].busy_cycles = 18;
	plane.region->header.tsc_hz = 19;
	worker[1].rx = worker[1].handed_off = 17;
	worker[1].sleeps = 18;
	json_t *data = plane_json(&plane, "-j show workers");
	const json_t *row = plane_row(data, "workers", 1);
	ck_assert_int_eq(plane_number(row, "places"), 11);
	ck_assert_int_eq(plane_number(row, "strayed"), 12);
	ck_assert_int_eq(plane_number(row, "proxy_resent"), 13);
	ck_assert_int_eq(plane_number(row, "proxy_given_up"), 14);
	ck_assert_int_eq(plane_number(row, "diverted"), 15);
	ck_assert_int_eq(plane_number(row, "ended"), 16);
	ck_assert_int_eq(plane_number(row, "busy_cycles"), 18);
	ck_assert_int_eq(plane_number(data, "tsc_hz"), 19);
	ck_assert_int_eq(plane_number(row, "handed_off"), 17);
	ck_assert_int_eq(plane_number(row, "sleeps"), 18);
	json_decref(data);
	plane_expect(&plane, "show workers", true, "PROXY GIVEN UP");
}
END_TEST

START_TEST(the_steering_in_force_is_said_in_words)
{
	static const struct {
		uint8_t steering;
		const char *json;
		const char *text;
	} cases[] = {
		{MX_STEERING_ALONE, "\"alone\"", "\nsteering: one worker"},
		{MX_STEERING_RINGS, "\"rings\"", "\nsteering: workers hand"},
		{MX_STEERING_RSS, "\"rss\"", "\nsteering: local ports are"},
		{MX_STEERINGS, "\"steering\":null", "\nsteering: unknown"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plane.region->header.steering = cases[i].steering;
		plane_expect(&plane, "show workers", true, cases[i].text);
		plane_expect(&plane, "-j show workers", true, cases[i].json);
	}
}
END_TEST

START_TEST(snat_addresses_show_how_far_they_are_used)
{
	struct mx_region_snat *snat = plane.region->snat;

	plane_expect(&plane, "show snat", true, "no snat address is in use");
	snat[2].address = mx_addr_from4(htonl(0x0a000264));
	atomic_store(&snat[2].used, 16128);
	atomic_store(&snat[2].fullest_percent, 31);
	snat[9].address = (struct mx_addr){{0xfd, [15] = 1}};
	json_t *data = plane_json(&plane, "-j show snat");
	const json_t *row = plane_row(data, "snats", 0);
	ck_assert_uint_eq(json_array_size(json_object_get(data, "snats")), 2);
	ck_assert_str_eq(plane_text(row, "address"), "10.0.2.100");
	ck_assert_int_eq(plane_number(row, "used"), 16128);
	ck_assert_int_eq(plane_number(row, "capacity"), 64512);
	ck_assert_int_eq(plane_number(row, "fullest_percent"), 31);
	json_decref(data);
	plane_expect(&plane, "show snat", true,
		     "10.0.2.100       16128  64512    25.0");
	plane_expect(&plane, "show snat", true, "fd00::1");
}
END_TEST

/* A session file such as a worker writes. */
static void
write_sessions(const char *path, uint32_t count, uint32_t lie)
{
	struct mx_sessions_file *file = calloc(1, MX_SESSIONS_SIZE(count, 0));

	file->magic = MX_SESSIONS_MAGIC;
	file->layout = MX_SESSIONS_LAYOUT;
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

START_TEST(sessions_are_read_from_files_that_are_not_trusted)
{
	char *path = plane.region->header.sessions_path[0];

	snprintf(path, MX_PATH_MAX, "%s/sessions", plane.folder);
	write_sessions(path, 5000, 0);
	json_t *data = plane_json(&plane, "-j show sessions 3");
	ck_assert_int_eq(plane_number(data, "total"),
			 2500); /* states 1 to 10 */
	ck_assert_uint_eq(json_array_size(json_object_get(data, "sessions")),
			  3);
	const json_t *row = plane_row(data, "sessions", 0);
	ck_assert_str_eq(plane_text(row, "client"), "192.0.2.7:1001");
	ck_assert_str_eq(plane_text(row, "backend"), "mx/a");
	ck_assert_str_eq(plane_text(row, "state"), "opening");
	json_decref(data);
	plane_expect(&plane, "show sessions", true,
		     "2500 sessions, 250 opening");
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
	/* A file that is shorter than it says is none. */
	write_wide(path, 100, 1);
	plane_expect(&plane, "show sessions", true, "0 sessions");
	memset(path, 0, MX_PATH_MAX);
}
END_TEST

START_TEST(lookup_names_the_backend_the_plan_picks)
{
	plane_seed_hops(&plane);
	const struct mx_plan *plan = mx_region_slot(
		plane.region, atomic_load(&plane.region->generation));

	for (uint32_t i = 1; i < 20; i++) {
		char line[80];
		const struct mx_flow flow = {
			.src = mx_addr_from4(htonl(0xc0000200 + i))};
		const uint16_t id = mx_pick_find(
			&plan->pick[0],
			mx_hash_pick(&plan->key, MX_HASH_SOURCE, &flow));
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

START_TEST(lookup_takes_flows_of_both_families)
{
	apply_modes();
	fakeprobe_result("192.0.2.11:25", true);
	fakeprobe_result("[fd00:2::12]:25", true);
	const uint64_t before = atomic_load(&plane.region->generation);
	plane_seed_hops(&plane);
	plane_expect(&plane, "drain out/o", true, "generation");
	const uint64_t generation = atomic_load(&plane.region->generation);
	ck_assert_uint_ge(generation, before);
	const struct mx_plan *plan = mx_region_slot(plane.region, generation);
	for (uint8_t i = 1; i < 20; i++) {
		char line[80];
		const struct mx_flow flow = {
			.src = {{0x20, 0x01, 0x0d, 0xb8, [7] = i, [15] = 9}}};
		const uint16_t id = mx_pick_find(
			&plan->pick[0],
			mx_hash_pick(&plan->key, MX_HASH_SOURCE_PREFIX, &flow));
		ck_assert_uint_ne(id, MX_BACKEND_NONE);
		snprintf(line, sizeof(line),
			 "-j lookup [2001:db8:0:%x::7]:40000 [2001:db8::25]:25",
			 i);
		json_t *data = plane_json(&plane, line);
		ck_assert_str_eq(plane_text(data, "backend"),
				 id == 1 ? "mx/a" : "mx/b");
		json_decref(data);
	}
	plane_expect(&plane, "lookup [2001:db8:0:7::9]:40000 [2001:db8::25]:25",
		     true, "source-prefix 2001:db8:0:7::/64");
	plane_expect(&plane, "lookup 192.0.2.7:40000 198.51.100.25:25", true,
		     "source-prefix 192.0.2.0/24");
	plane_expect(&plane, "lookup 192.0.2.7:40000 [2001:db8::25]:25", false,
		     "both of one family");
	plane_expect(&plane, "lookup [2001:db8::7]:4 [2001:db8::99]:25", false,
		     "is not a VIP");
}
END_TEST

START_TEST(what_idle_workers_do_is_said_in_words)
{
	static const struct {
		uint8_t idling;
		const char *json;
		const char *text;
	} cases[] = {
		{MX_IDLING_POLLS, "\"poll\"",
		 "\nwhen nothing comes: workers poll"},
		{MX_IDLING_SLEEPS, "\"sleep\"", "up to a millisecond"},
		{MX_IDLING_WAITS, "\"interrupts\"", "until a frame comes in\n"},
		{MX_IDLINGS, "\"idle\":null", "\nwhen nothing comes: unknown"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plane.region->header.idling = cases[i].idling;
		plane_expect(&plane, "show workers", true, cases[i].text);
		plane_expect(&plane, "-j show workers", true, cases[i].json);
	}
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("show");
	TCase *t = tcase_create("show");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_add_test(t, backends_are_shown_with_counts_and_verdicts);
	tcase_add_test(t, services_pools_and_generation_are_shown);
	tcase_add_test(
		t, a_backend_full_of_our_sessions_goes_on_serving_and_says_why);
	tcase_add_test(t, a_check_that_this_host_could_not_make_is_shown);
	tcase_add_test(t, drops_show_the_equation_and_whether_it_holds);
	tcase_add_test(t, sessions_are_read_from_files_that_are_not_trusted);
	tcase_add_test(t, modes_families_and_limits_are_shown);
	tcase_add_test(t, workers_show_what_is_not_as_usual);
	tcase_add_test(t, what_idle_workers_do_is_said_in_words);
	tcase_add_test(t, the_steering_in_force_is_said_in_words);
	tcase_add_test(t, snat_addresses_show_how_far_they_are_used);
	tcase_add_test(t, sessions_of_ipv6_show_their_addresses);
	tcase_add_test(t, lookup_takes_flows_of_both_families);
	tcase_add_test(t, lookup_names_the_backend_the_plan_picks);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
