/* SPDX-License-Identifier: BSD-3-Clause */
/* Two boxes choose the same MTA for a flow, wherever it stands in their files: no
 * session of dsr or tunnel has to be told.  What it costs if one box has an MTA out
 * of service and the other has not.
 * Method: configurations as text (planmaker.h), a plan of each box; random flows. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "candidate.h"
#include "planmaker.h"
#include "runner.h"

#define FLOWS 20000

#define HEAD                                                                   \
	"services:\n"                                                          \
	"  - {name: one, listen: [\"198.51.100.25:25\"], pool: mx, "           \
	"forward: dsr}\n"                                                      \
	"pools:\n"                                                             \
	"  - name: mx\n"                                                       \
	"    backends:\n"
#define MTA(name, host, weight)                                                \
	"      - {name: " name ", address: \"10.0.2." host                     \
	":25\", weight: " weight "}\n"

/* The plan of box 1; that of box 2 is the builder's. */
static struct mx_plan *first;

static void
setup(void)
{
	planmaker_setup();
	first = NULL;
}

static void
teardown(void)
{
	free(first);
	planmaker_teardown();
}

/* Keep the plan as that of box 1, and go on as box 2 of the same group. */
static void
next_box(const struct mx_plan *plan)
{
	const size_t size = MX_PLAN_SIZE(plan->pools);

	first = aligned_alloc(64, (size + 63) / 64 * 64);
	ck_assert_ptr_nonnull(first);
	memcpy(first, plan, size);
	planmaker_teardown();
	planmaker_setup();
	state->key = first->key;
}

/* The MTA that a box without the session of a flow sends its packets to. */
static const struct mx_endpoint *
mta_of(const struct mx_plan *plan, const struct mx_flow *flow)
{
	uint32_t hash;
	const uint16_t id =
		mx_candidate_first(plan, &plan->service[0], flow, &hash);

	ck_assert_uint_ne(id, MX_BACKEND_NONE);
	return &plan->backend[id].address;
}

/* How many of FLOWS the boxes do not agree on, and how many go to `*gone` at
 * box 1. */
static uint32_t
differing(const struct mx_plan *second, const struct mx_endpoint *gone,
	  uint32_t *its)
{
	uint32_t count = 0;

	srand(7);
	*its = 0;
	for (int i = 0; i < FLOWS; i++) {
		const struct mx_flow flow = {
			.src = mx_addr_from4(htonl((uint32_t)rand())),
			.dst = mx_addr_from4(htonl(0xc6336419)),
			.src_port_be = htons((uint16_t)rand()),
			.dst_port_be = htons(25),
		};
		const struct mx_endpoint *here = mta_of(first, &flow);
		count +=
			memcmp(here, mta_of(second, &flow), sizeof(*here)) != 0;
		if (gone != NULL)
			*its += memcmp(here, gone, sizeof(*here)) == 0;
	}
	return count;
}

START_TEST(boxes_agree_whatever_the_order_of_their_mtas)
{
	uint32_t its;

	next_box(planmaker_of(HEAD MTA("a", "11", "100") MTA("b", "12", "50")
				      MTA("c", "13", "100")));
	/* Other MTAs had the numbers of these before. */
	planmaker_apply(HEAD MTA("y", "21", "1") MTA("z", "22", "1"), 0);
	const struct mx_plan *second = planmaker_of(HEAD MTA(
		"c", "13", "100") MTA("a", "11", "100") MTA("b", "12", "50"));

	ck_assert_uint_ne(state_find(state, "mx/a"), 1);
	ck_assert_uint_eq(differing(second, NULL, &its), 0);
}
END_TEST

/* With a pool of 2 to 8 MTAs. */
START_TEST(an_mta_that_is_out_at_one_box_costs_its_share)
{
	char rest[2048];
	size_t used = (size_t)snprintf(rest, sizeof(rest), HEAD);
	uint32_t its;

	for (int i = 0; i < _i; i++)
		used += (size_t)snprintf(
			rest + used, sizeof(rest) - used,
			"      - {name: m%d, address: \"10.0.2.%d:25\"}\n", i,
			11 + i);
	next_box(planmaker_of(rest));
	planmaker_apply(rest, 0);
	state->backend[1].override.admin = ADMIN_DRAIN;
	const struct mx_plan *second = planmaker_build();
	const uint32_t count =
		differing(second, &first->backend[1].address, &its);

	ck_assert_uint_gt(its, FLOWS / (uint32_t)_i * 9 / 10);
	ck_assert_uint_ge(count, its);
	ck_assert_uint_le(count - its, FLOWS * 2 / 100);
	state->backend[1].override.admin = ADMIN_READY;
	ck_assert_uint_eq(differing(planmaker_build(), NULL, &its), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("agree");
	TCase *tc = tcase_create("agree");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, boxes_agree_whatever_the_order_of_their_mtas);
	tcase_add_loop_test(tc, an_mta_that_is_out_at_one_box_costs_its_share,
			    2, 9);
	suite_add_tcase(s, tc);
	return s;
}
