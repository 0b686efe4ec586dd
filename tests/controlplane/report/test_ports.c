/* SPDX-License-Identifier: BSD-3-Clause */
/* What "show ports" shows: links, counts, and hosts that claim an owned
 * address.
 * Method: requests over the real socket to a whole control plane, on a region
 * that the test writes. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "plane.h"
#include "runner.h"

static struct plane plane;

static void
setup(void)
{
	plane_open(&plane, PLANE_BACKENDS);
	plane_start_data(&plane);
	plane_start_control(&plane);
	ck_assert(plane_run_until(&plane, plane_is_settled));
}

static void
teardown(void)
{
	plane_close(&plane);
}

static struct mx_region_link *
make_port(void)
{
	struct mx_region_port *port = &plane.region->header.port[0];

	plane.region->header.ports = 1;
	strcpy(port->name, "wan");
	strcpy(port->interface, "eth7");
	memcpy(port->mac, "\x02\0\0\0\0\x07", 6);
	port->queues = 2;
	struct mx_region_link *link = &plane.region->link[0];
	atomic_store(&link->since_s, clock_wall_s() - 60);
	return link;
}

START_TEST(a_port_is_shown_with_its_link_and_counts)
{
	static const char *const words[MX_LINKS] = {"up", "down", "gone"};
	struct mx_region_link *link = make_port();

	atomic_store(&link->state, (uint32_t)_i);
	atomic_store(&link->rx, 1000);
	atomic_store(&link->missed, 3);
	atomic_store(&link->no_memory, 4);
	atomic_store(&link->partial, 17);
	json_t *data = plane_json(&plane, "-j show ports");
	ck_assert_uint_eq(json_array_size(json_object_get(data, "ports")), 1);
	const json_t *row = plane_row(data, "ports", 0);
	ck_assert_str_eq(plane_text(row, "port"), "wan");
	ck_assert_str_eq(plane_text(row, "interface"), "eth7");
	ck_assert_str_eq(plane_text(row, "link"), words[_i]);
	ck_assert_str_eq(plane_text(row, "mac"), "02:00:00:00:00:07");
	ck_assert_int_ge(plane_number(row, "seconds"), 60);
	ck_assert_int_eq(plane_number(row, "queues"), 2);
	ck_assert_int_eq(plane_number(row, "rx"), 1000);
	ck_assert_int_eq(plane_number(row, "missed"), 3);
	ck_assert_int_eq(plane_number(row, "no_memory"), 4);
	ck_assert(json_is_null(json_object_get(row, "device")));
	ck_assert(json_is_null(json_object_get(row, "twin")));
	ck_assert_int_eq(plane_number(row, "checksums_completed"), 17);
	ck_assert(json_is_null(json_object_get(row, "claim")));
	json_decref(data);
	plane_expect(&plane, "show ports", true, words[_i]);
}
END_TEST

START_TEST(a_device_is_shown_and_its_trouble_names_it)
{
	struct mx_region_link *link = make_port();
	struct mx_region_port *port = &plane.region->header.port[0];

	port->interface[0] = '\0';
	strcpy(port->device, "0000:65:00.0");
	json_t *data = plane_json(&plane, "-j show ports");
	const json_t *row = plane_row(data, "ports", 0);
	ck_assert_str_eq(plane_text(row, "device"), "0000:65:00.0");
	ck_assert(json_is_null(json_object_get(row, "interface")));
	json_decref(data);
	strcpy(port->interface, "wan0");
	port->twin = MX_TWIN_VHOST;
	data = plane_json(&plane, "-j show ports");
	ck_assert_str_eq(plane_text(plane_row(data, "ports", 0), "twin"),
			 "vhost");
	json_decref(data);
	atomic_store(&link->state, MX_LINK_DOWN);
	plane_expect(&plane, "status", false,
		     "port wan: the link of 0000:65:00.0 is down");
	atomic_store(&link->state, MX_LINK_GONE);
	plane_expect(&plane, "status", false,
		     "port wan: there is no device 0000:65:00.0");
}
END_TEST

START_TEST(a_port_without_rss_is_shown_with_its_reason)
{
	make_port();
	plane.region->header.steering = MX_STEERING_RSS;
	json_t *data = plane_json(&plane, "-j show ports");
	ck_assert(json_is_null(
		json_object_get(plane_row(data, "ports", 0), "rss_lack")));
	json_decref(data);
	plane_expect(&plane, "show ports", true,
		     "steering: RSS: ports choose the worker\n");
	plane.region->header.steering = MX_STEERING_RINGS;
	strcpy(plane.region->header.port[0].rss_lack, "refuses its RSS table");
	data = plane_json(&plane, "-j show ports");
	ck_assert_str_eq(plane_text(plane_row(data, "ports", 0), "rss_lack"),
			 "refuses its RSS table");
	json_decref(data);
	plane_expect(&plane, "show ports", true,
		     "steering: rings: workers hand frames over\n"
		     "port wan refuses its RSS table\n");
}
END_TEST

START_TEST(what_the_traffic_says_of_rss_is_shown_and_warned_of)
{
	struct mx_region_link *link = make_port();

	plane.region->header.steering = MX_STEERING_RSS;
	json_t *data = plane_json(&plane, "-j show ports");
	ck_assert(json_is_null(
		json_object_get(plane_row(data, "ports", 0), "rss")));
	json_decref(data);
	atomic_store(&link->rss4, MX_RSS_UNPROVEN);
	atomic_store(&link->rss_segments, 12);
	plane_expect(&plane, "show ports", true,
		     "steering: RSS: ports choose the worker\n"
		     "port wan: RSS of IPv4 is unproven: 0 of 12 segments came "
		     "by another queue than computed\n");
	atomic_store(&link->rss4, MX_RSS_PROVEN);
	atomic_store(&link->rss6, MX_RSS_DOUBTED);
	atomic_store(&link->rss_segments, 93);
	atomic_store(&link->rss_astray, 17);
	plane.region->header.steering = MX_STEERING_RINGS;
	plane_expect(&plane, "show ports", true,
		     "steering: rings: workers hand frames over\n"
		     "port wan: RSS of IPv4 is proven, of IPv6 doubted: 17 of "
		     "93 segments came by another queue than computed\n");
	data = plane_json(&plane, "-j show ports");
	const json_t *rss = json_object_get(plane_row(data, "ports", 0), "rss");
	ck_assert_str_eq(plane_text(rss, "ipv4"), "proven");
	ck_assert_str_eq(plane_text(rss, "ipv6"), "doubted");
	ck_assert_int_eq(plane_number(rss, "astray"), 17);
	ck_assert_int_eq(plane_number(rss, "segments"), 93);
	json_decref(data);
	plane_expect(&plane, "status", false,
		     "port wan: its RSS does not do as it says");
}
END_TEST

START_TEST(the_members_of_a_bond_are_shown_and_warned_of)
{
	struct mx_region_link *link = make_port();

	strcpy(link->member[0].name, "0000:65:00.0");
	strcpy(link->member[1].name, "net_tap0");
	atomic_store(&link->member[0].state, MX_MEMBER_WAITS);
	atomic_store(&link->member[1].state, MX_MEMBER_ACTIVE);
	json_t *data = plane_json(&plane, "-j show ports");
	ck_assert(json_is_null(
		json_object_get(plane_row(data, "ports", 0), "members")));
	json_decref(data);
	atomic_store(&link->members, 2);
	plane_expect(&plane, "show ports", true,
		     "port wan: member 0000:65:00.0 is waiting\n"
		     "port wan: member net_tap0 is active\n");
	atomic_store(&link->member[0].state, MX_MEMBER_DOWN);
	data = plane_json(&plane, "-j show ports");
	const json_t *members =
		json_object_get(plane_row(data, "ports", 0), "members");
	ck_assert_uint_eq(json_array_size(members), 2);
	ck_assert_str_eq(plane_text(json_array_get(members, 0), "state"),
			 "down");
	json_decref(data);
	plane_expect(&plane, "status", false,
		     "port wan: the link of its member 0000:65:00.0 is down");
}
END_TEST

START_TEST(what_a_port_loses_is_among_the_drops)
{
	struct mx_region_link *link = make_port();

	json_t *data = plane_json(&plane, "-j show drops");
	ck_assert_uint_eq(json_array_size(json_object_get(data, "ports")), 0);
	json_decref(data);
	atomic_store(&link->missed, 3);
	atomic_store(&link->no_memory, 4);
	data = plane_json(&plane, "-j show drops");
	ck_assert_uint_eq(json_array_size(json_object_get(data, "ports")), 2);
	const json_t *row = plane_row(data, "ports", 1);
	ck_assert_str_eq(plane_text(row, "port"), "wan");
	ck_assert_str_eq(plane_text(row, "reason"), "no-memory");
	ck_assert_int_eq(plane_number(row, "frames"), 4);
	json_decref(data);
	plane_expect(&plane, "show drops", true, "     3  wan   missed");
}
END_TEST

START_TEST(who_claims_an_address_of_ours_is_shown)
{
	struct mx_region_link *link = make_port();

	link->claimed = mx_addr_from4(htonl(0xc6336419));
	memcpy(link->claimant, "\x02\0\0\0\0\x63", 6);
	atomic_store(&link->claims, 5);
	json_t *data = plane_json(&plane, "-j show ports");
	const json_t *row = plane_row(data, "ports", 0);
	const json_t *claim = json_object_get(row, "claim");
	ck_assert_int_eq(plane_number(row, "claims"), 5);
	ck_assert_str_eq(plane_text(claim, "address"), "198.51.100.25");
	ck_assert_str_eq(plane_text(claim, "mac"), "02:00:00:00:00:63");
	json_decref(data);
	plane_expect(&plane, "show ports", true,
		     "port wan: 02:00:00:00:00:63 claims "
		     "198.51.100.25, which mxsteer owns");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("ports");
	TCase *t = tcase_create("ports");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_port_is_shown_with_its_link_and_counts, 0,
			    MX_LINKS);
	tcase_add_test(t, a_device_is_shown_and_its_trouble_names_it);
	tcase_add_test(t, a_port_without_rss_is_shown_with_its_reason);
	tcase_add_test(t, what_the_traffic_says_of_rss_is_shown_and_warned_of);
	tcase_add_test(t, the_members_of_a_bond_are_shown_and_warned_of);
	tcase_add_test(t, what_a_port_loses_is_among_the_drops);
	tcase_add_test(t, who_claims_an_address_of_ours_is_shown);
	suite_add_tcase(s, t);
	return s;
}
