/* SPDX-License-Identifier: BSD-3-Clause */
/* The local address that a backend sees: the same after a restart, whatever the
 * order of addresses, and for most backends the same when addresses come and go.
 * Method: plans of one service with many backends, compared by address. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"
#include "plan.h"
#include "runner.h"

#define BACKENDS 400
#define SNATS 6

static struct mx_plan plan;
/* The address that each backend sees: before a change, and now. */
static struct mx_addr before[BACKENDS + 1], now[BACKENDS + 1];

static struct mx_addr
address(bool is4, uint8_t net, uint16_t host)
{
	struct mx_addr addr;
	char text[64];

	snprintf(text, sizeof(text), is4 ? "10.%u.%u.%u" : "fd00:%x::%x:%x",
		 net, host >> 8, host & 255);
	ck_assert_int_eq(mx_addr_parse(text, &addr), 0);
	return addr;
}

/* Make the plan with these of the local addresses, in this order. */
static void
make(bool is4, const uint16_t *hosts, uint16_t count)
{
	memset(&plan, 0, sizeof(plan));
	plan.service[3] = (struct mx_service){
		.used = 1,
		.snat_stays = 1,
		.snat4 = {2, is4 ? count : 0},
		.snat6 = {2, is4 ? 0 : count},
	};
	for (uint16_t i = 0; i < count; i++)
		plan.snat[2 + i] = address(is4, 2, hosts[i]);
	for (uint16_t id = 1; id <= BACKENDS; id++) {
		plan.backend[id].used = 1;
		plan.backend[id].address.addr = address(is4, 9, id);
		plan.backend[id].address.port_be = htons(25);
	}
	mx_plan_choose_snats(&plan);
	memcpy(before, now, sizeof(now));
	for (uint16_t id = 1; id <= BACKENDS; id++) {
		ck_assert_uint_lt(plan.snat_at[3][id], count);
		now[id] = plan.snat[2 + plan.snat_at[3][id]];
	}
}

static const uint16_t six[SNATS] = {100, 101, 102, 103, 104, 105};

START_TEST(each_address_is_seen_by_its_share_of_backends)
{
	uint16_t seen[SNATS] = {0};

	make(_i == 0, six, SNATS);
	for (uint16_t id = 1; id <= BACKENDS; id++)
		seen[plan.snat_at[3][id]]++;
	for (int i = 0; i < SNATS; i++) {
		ck_assert_uint_gt(seen[i], BACKENDS / SNATS / 2);
		ck_assert_uint_lt(seen[i], BACKENDS / SNATS * 2);
	}
}
END_TEST

START_TEST(the_order_of_addresses_changes_nothing)
{
	static const uint16_t turned[SNATS] = {103, 105, 101, 100, 104, 102};

	make(_i == 0, six, SNATS);
	make(_i == 0, turned, SNATS);
	ck_assert_mem_eq(before, now, sizeof(now));
}
END_TEST

START_TEST(a_port_of_the_backend_changes_nothing)
{
	make(_i == 0, six, SNATS);
	for (uint16_t id = 1; id <= BACKENDS; id++)
		plan.backend[id].address.port_be = htons(2525);
	mx_plan_choose_snats(&plan);
	for (uint16_t id = 1; id <= BACKENDS; id++)
		ck_assert(mx_addr_equal(&now[id],
					&plan.snat[2 + plan.snat_at[3][id]]));
}
END_TEST

START_TEST(an_address_that_comes_takes_its_share_and_moves_no_other)
{
	const struct mx_addr last = address(_i == 0, 2, 105);
	uint16_t moved = 0;

	make(_i == 0, six, SNATS - 1);
	make(_i == 0, six, SNATS);
	for (uint16_t id = 1; id <= BACKENDS; id++)
		if (!mx_addr_equal(&before[id], &now[id])) {
			ck_assert(mx_addr_equal(&now[id], &last));
			moved++;
		}
	ck_assert_uint_gt(moved, BACKENDS / SNATS / 2);
	ck_assert_uint_lt(moved, BACKENDS / SNATS * 2);
	/* It leaves again: all is as it was. */
	make(_i == 0, six, SNATS - 1);
	for (uint16_t id = 1; id <= BACKENDS; id++)
		ck_assert(mx_addr_equal(&before[id], &now[id]) ==
			  !mx_addr_equal(&before[id], &last));
}
END_TEST

/* What a site has now is what it has after an upgrade. */
START_TEST(the_choice_is_the_same_for_ever)
{
	static const uint8_t chosen[8] = {4, 1, 1, 5, 4, 2, 1, 3};

	make(true, six, SNATS);
	for (uint16_t id = 1; id <= 8; id++)
		ck_assert_uint_eq(plan.snat_at[3][id], chosen[id - 1]);
}
END_TEST

START_TEST(only_services_and_pools_that_ask_for_it_have_it)
{
	make(true, six, SNATS);
	memset(plan.snat_at, 0, sizeof(plan.snat_at));
	plan.service[3].snat_stays = 0;
	plan.service[4] = plan.service[3];
	plan.service[4].snat_stays = 1;
	plan.service[4].pool = 1;
	mx_plan_choose_snats(&plan);
	for (uint16_t s = 0; s < MX_SERVICES_MAX; s++)
		for (uint16_t id = 0; id <= MX_BACKENDS_MAX; id++)
			ck_assert_uint_eq(plan.snat_at[s][id], 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("snats");
	TCase *t = tcase_create("snats");

	tcase_add_loop_test(t, each_address_is_seen_by_its_share_of_backends, 0,
			    2);
	tcase_add_loop_test(t, the_order_of_addresses_changes_nothing, 0, 2);
	tcase_add_loop_test(t, a_port_of_the_backend_changes_nothing, 0, 2);
	tcase_add_loop_test(
		t, an_address_that_comes_takes_its_share_and_moves_no_other, 0,
		2);
	tcase_add_test(t, the_choice_is_the_same_for_ever);
	tcase_add_test(t, only_services_and_pools_that_ask_for_it_have_it);
	suite_add_tcase(s, t);
	return s;
}
