/* SPDX-License-Identifier: BSD-3-Clause */
#include "smallplan.h"

#include <check.h>
#include <stdlib.h>

struct mx_plan *smallplan;

void
smallplan_setup(void)
{
	const struct mx_owned vip = {
		.addr = mx_addr_from4(1), .port_be = 25, .kind = MX_OWNED_VIP};
	const struct mx_owned snat = {.addr = mx_addr_from4(2),
				      .kind = MX_OWNED_SNAT};
	const struct mx_pick_claim claim = {
		.seed = 1, .backend = 1, .weight = 1};

	smallplan = malloc(MX_PLAN_SIZE(1));
	mx_plan_init(smallplan, 1);
	smallplan->snats = 1;
	smallplan->snat[0] = snat.addr;
	smallplan->service[0] = (struct mx_service){.used = 1,
						    .snat4 = {0, 1},
						    .idle_s = 1,
						    .half_open_s = 1,
						    .greeting_s = 1,
						    .closing_s = 1};
	smallplan->backend[1] = (struct mx_backend){
		.used = 1,
		.resolved = 1,
		.address = {.addr = mx_addr_from4(3), .port_be = 25}};
	ck_assert_int_eq(mx_owned_add(&smallplan->owned, &vip), 0);
	ck_assert_int_eq(mx_owned_add(&smallplan->owned, &snat), 0);
	ck_assert_int_eq(mx_pick_build(&smallplan->pick[0], &claim, 1), 0);
}

void
smallplan_teardown(void)
{
	free(smallplan);
}

enum mx_plan_fault
smallplan_fault(void)
{
	mx_plan_seal(smallplan, 7);
	return mx_plan_check(smallplan, MX_PLAN_SIZE(1), 7, SMALLPLAN_PORTS);
}
