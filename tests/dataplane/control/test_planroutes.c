/* SPDX-License-Identifier: BSD-3-Clause */
/* The routes of the plan: they follow it, and go while a worker is late.
 * Method: a kernel that is a list of routes stands in for hostroute.c and tun.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "planroutes.h"
#include "runner.h"
#include "tun.h"

#define KERNEL_ROUTES 16

static struct mx_announced kernel[KERNEL_ROUTES];
static uint16_t kernel_routes;
static int fault; /* of the next changes; 0: none */
static int tun_fault;

static struct mx_region *region;
static struct mx_plan *plan;
static struct planroutes routes;
static uint64_t now_ms;

int
tun_make(const char *interface, char reason[static TUN_REASON_MAX])
{
	snprintf(reason, TUN_REASON_MAX, "%s", interface);
	return tun_fault != 0 ? tun_fault : dup(STDERR_FILENO);
}

int
hostroute_open(struct hostroute *hostroute, const char *interface)
{
	(void)hostroute;
	(void)interface;
	return 0;
}

void
hostroute_close(struct hostroute *hostroute)
{
	(void)hostroute;
}

static int
find(const struct mx_announced *route)
{
	for (int i = 0; i < kernel_routes; i++)
		if (kernel[i].metric == route->metric &&
		    mx_addr_equal(&kernel[i].addr, &route->addr))
			return i;
	return -1;
}

int
hostroute_add(const struct hostroute *hostroute,
	      const struct mx_announced *route)
{
	(void)hostroute;
	if (fault != 0)
		return fault;
	if (find(route) >= 0)
		return -EEXIST;
	kernel[kernel_routes++] = *route;
	return 0;
}

int
hostroute_delete(const struct hostroute *hostroute,
		 const struct mx_announced *route)
{
	const int at = find(route);

	(void)hostroute;
	if (at < 0)
		return -ESRCH;
	kernel[at] = kernel[--kernel_routes];
	return 0;
}

static struct mx_announced
route_to(uint8_t last, uint32_t metric)
{
	const uint8_t ip[4] = {192, 0, 2, last};
	uint32_t ip_be;

	memcpy(&ip_be, ip, sizeof(ip_be));
	return (struct mx_announced){mx_addr_from4(ip_be), metric};
}

static bool
has(uint8_t last, uint32_t metric)
{
	const struct mx_announced route = route_to(last, metric);

	return find(&route) >= 0;
}

static void
announce(uint8_t first, uint16_t count, uint32_t metric)
{
	plan->generation++;
	plan->announces = count;
	for (uint16_t i = 0; i < count; i++)
		plan->announce[i] = route_to((uint8_t)(first + i), metric);
	planroutes_poll(&routes, plan, MX_ANNOUNCE_GOES, now_ms);
}

static void
setup(void)
{
	region = calloc(1, sizeof(*region));
	plan = calloc(1, sizeof(*plan));
	kernel_routes = 0;
	fault = tun_fault = 0;
	now_ms = 1000000;
	ck_assert_int_eq(planroutes_make(&routes, region, "t"), 0);
}

static void
teardown(void)
{
	planroutes_end(&routes);
	free(region);
	free(plan);
}

START_TEST(routes_follow_the_plan)
{
	announce(1, 2, 100);
	ck_assert(has(1, 100) && has(2, 100) && kernel_routes == 2);
	announce(2, 2, 100);
	ck_assert(has(2, 100) && has(3, 100) && kernel_routes == 2);
	announce(2, 1, 1100);
	ck_assert(has(2, 1100) && kernel_routes == 1);
	ck_assert_uint_eq(atomic_load(&region->ack.announced), 1);
	announce(0, 0, 0);
	ck_assert_uint_eq(kernel_routes, 0);
}
END_TEST

START_TEST(a_refused_route_is_told_and_tried_again)
{
	fault = -ENETDOWN;
	announce(1, 2, 100);
	ck_assert_uint_eq(atomic_load(&region->ack.announced), 0);
	ck_assert_uint_eq(atomic_load(&region->ack.announce_failed), 2);
	ck_assert_int_eq(atomic_load(&region->ack.announce_errno), ENETDOWN);
	fault = 0;
	planroutes_poll(&routes, plan, MX_ANNOUNCE_GOES,
			now_ms + PLANROUTES_LOOK_MS);
	ck_assert_uint_eq(kernel_routes, 2);
	ck_assert_uint_eq(atomic_load(&region->ack.announce_failed), 0);
	ck_assert_int_eq(atomic_load(&region->ack.announce_errno), 0);
}
END_TEST

START_TEST(a_route_that_somebody_deleted_comes_back)
{
	announce(1, 2, 100);
	kernel_routes = 1;
	planroutes_poll(&routes, plan, MX_ANNOUNCE_GOES, now_ms + 1);
	ck_assert_uint_eq(kernel_routes, 1);
	planroutes_poll(&routes, plan, MX_ANNOUNCE_GOES,
			now_ms + PLANROUTES_LOOK_MS);
	ck_assert(has(1, 100) && has(2, 100));
}
END_TEST

START_TEST(a_box_with_peers_withdraws_while_a_worker_is_late)
{
	plan->box = 1;
	announce(1, 2, 100);
	planroutes_poll(&routes, plan, MX_ANNOUNCE_STALLS, now_ms);
	ck_assert_uint_eq(kernel_routes, 0);
	ck_assert_uint_eq(atomic_load(&region->ack.announce_hold),
			  MX_ANNOUNCE_STALLS);
	planroutes_poll(&routes, plan, MX_ANNOUNCE_STALLS,
			now_ms + PLANROUTES_LOOK_MS);
	ck_assert_uint_eq(kernel_routes, 0);
	planroutes_poll(&routes, plan, MX_ANNOUNCE_GOES, now_ms);
	ck_assert_uint_eq(kernel_routes, 2);
	ck_assert_uint_eq(atomic_load(&region->ack.announce_hold),
			  MX_ANNOUNCE_GOES);
}
END_TEST

START_TEST(a_box_without_peers_keeps_its_routes)
{
	announce(1, 2, 100);
	planroutes_poll(&routes, plan, MX_ANNOUNCE_STALLS, now_ms);
	planroutes_hold(&routes);
	ck_assert_uint_eq(kernel_routes, 2);
}
END_TEST

START_TEST(snat_addresses_come_first)
{
	struct mx_owned row = {.kind = MX_OWNED_SNAT};

	row.addr = route_to(2, 100).addr;
	ck_assert_int_eq(mx_owned_add(&plan->owned, &row), 0);
	announce(1, 2, 100);
	ck_assert(has(2, 100) && kernel_routes == 1);
	now_ms += PLANROUTES_VIP_MS - 1;
	planroutes_poll(&routes, plan, MX_ANNOUNCE_GOES, now_ms);
	ck_assert_uint_eq(kernel_routes, 1);
	now_ms++;
	planroutes_poll(&routes, plan, MX_ANNOUNCE_GOES, now_ms);
	ck_assert(has(1, 100) && kernel_routes == 2);
	/* A VIP that comes later finds them known. */
	announce(2, 2, 100);
	ck_assert(has(3, 100) && has(2, 100) && kernel_routes == 2);
}
END_TEST

START_TEST(a_box_with_peers_waits_for_its_sessions)
{
	plan->box = 1;
	plan->generation = 1;
	plan->announces = 1;
	plan->announce[0] = route_to(1, 100);
	planroutes_poll(&routes, plan, MX_ANNOUNCE_HOMES, now_ms);
	ck_assert_uint_eq(kernel_routes, 0);
	ck_assert_uint_eq(atomic_load(&region->ack.announce_hold),
			  MX_ANNOUNCE_HOMES);
	planroutes_poll(&routes, plan, MX_ANNOUNCE_GOES, now_ms);
	ck_assert_uint_eq(kernel_routes, 1);
	ck_assert_uint_eq(atomic_load(&region->ack.announce_hold),
			  MX_ANNOUNCE_GOES);
}
END_TEST

START_TEST(without_an_interface_nothing_is_set)
{
	struct planroutes none;

	ck_assert_int_eq(planroutes_make(&none, region, ""), 0);
	plan->announces = 1;
	plan->announce[0] = route_to(1, 100);
	plan->generation = 1;
	planroutes_poll(&none, plan, MX_ANNOUNCE_GOES, now_ms);
	planroutes_hold(&none);
	planroutes_end(&none);
	ck_assert_uint_eq(kernel_routes, 0);
}
END_TEST

START_TEST(a_name_that_is_taken_is_an_error)
{
	struct planroutes other;

	tun_fault = -EEXIST;
	ck_assert_int_eq(planroutes_make(&other, region, "t"), -EEXIST);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("planroutes");
	TCase *t = tcase_create("planroutes");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, routes_follow_the_plan);
	tcase_add_test(t, a_refused_route_is_told_and_tried_again);
	tcase_add_test(t, a_route_that_somebody_deleted_comes_back);
	tcase_add_test(t, a_box_with_peers_withdraws_while_a_worker_is_late);
	tcase_add_test(t, a_box_without_peers_keeps_its_routes);
	tcase_add_test(t, snat_addresses_come_first);
	tcase_add_test(t, a_box_with_peers_waits_for_its_sessions);
	tcase_add_test(t, without_an_interface_nothing_is_set);
	tcase_add_test(t, a_name_that_is_taken_is_an_error);
	suite_add_tcase(s, t);
	return s;
}
