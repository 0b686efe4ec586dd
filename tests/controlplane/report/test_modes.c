/* SPDX-License-Identifier: BSD-3-Clause */
/* How services of every mode are shown, and where `lookup` says that their
 * flows go.
 * Method: requests over the real socket to a whole control plane
 * (serving.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"
#include "serving.h"

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
		"198.51.100.25:25,[2001:db8::25]:25  10.0.2.100,fd00:2::100 "
		"        0");
	plane_expect(
		&plane, "show services", true,
		"outbound  inbound    out   EMPTY     tunnel   off    ipv6       "
		"[2001:db8::26]:25                   - ");
	/* A narrow terminal gets what matters most. */
	plane_expect(&plane, "-w 50 show services", true,
		     "SERVICE   POOL  STATE     SESSIONS  NEW/S  REFUSED\n"
		     "outbound  out   EMPTY            0  -            0\n"
		     "inbound   mx    degraded         0  -            0\n"
		     "not shown, see -o: DIRECTION, FORWARD, ");
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

Suite *
suite(void)
{
	Suite *s = suite_create("modes");
	TCase *t = tcase_create("modes");

	tcase_add_checked_fixture(t, serving_setup, serving_teardown);
	tcase_add_test(t, modes_families_and_limits_are_shown);
	tcase_add_test(t, lookup_takes_flows_of_both_families);
	tcase_add_test(t, lookup_names_the_backend_the_plan_picks);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
