/* SPDX-License-Identifier: BSD-3-Clause */
/* The plan has the SNAT addresses of other boxes, as rows that no service gives to
 * new sessions, and that nobody is told of.
 * Method: configurations as text (planmaker.h), whose group the test fills in. */
#include <string.h>

#include "leaving.h"
#include "planmaker.h"
#include "runner.h"

#define CONFIG                                                                 \
	"services:\n"                                                          \
	"  - name: one\n"                                                      \
	"    listen: [\"198.51.100.25:25\"]\n"                                 \
	"    pool: mx\n"                                                       \
	"    snat: [\"10.0.2.100\", \"10.0.2.101\"]\n"                         \
	"    proxy-protocol: v2\n"                                             \
	"pools:\n"                                                             \
	"  - name: mx\n"                                                       \
	"    backends: [{name: a, address: \"10.0.2.11:25\"}]\n"

static struct mx_addr
address(const char *text)
{
	struct mx_addr addr;

	ck_assert_int_eq(mx_addr_parse(text, &addr), 0);
	return addr;
}

static void
add_peer(uint16_t box, const char *text)
{
	struct mx_config_group *group = &state->config->group;

	group->box = 1;
	group->peer_snat[group->peer_snat_count++] =
		(struct mx_config_peer_snat){.address = address(text),
					     .box = box};
}

static const struct mx_owned *
owned(const struct mx_plan *plan, const char *text)
{
	const struct mx_addr addr = address(text);

	return mx_owned_find(&plan->owned, &addr, 0);
}

static void
check_row(const struct mx_plan *plan, const char *text, uint16_t row,
	  uint8_t box)
{
	const struct mx_addr addr = address(text);
	const struct mx_owned *at = owned(plan, text);

	ck_assert_uint_lt(row, plan->snats);
	ck_assert(mx_addr_equal(&plan->snat[row], &addr));
	ck_assert_int_eq(at->kind, MX_OWNED_SNAT);
	ck_assert_uint_eq(at->index, row);
	ck_assert_uint_eq(at->quiet, box != 0);
	ck_assert_uint_eq(plan->snat_box[row], box);
}

START_TEST(peers_come_after_the_services)
{
	planmaker_apply(CONFIG, 0);
	add_peer(2, "10.0.2.102");
	add_peer(3, "10.0.2.103");
	add_peer(3, "10.0.2.103");
	const struct mx_plan *plan = planmaker_build();

	ck_assert_uint_eq(plan->box, 1);
	ck_assert_uint_eq(plan->snats, 4);
	ck_assert_uint_eq(plan->service[0].snat4.count, 2);
	check_row(plan, "10.0.2.100", 0, 0);
	check_row(plan, "10.0.2.101", 1, 0);
	check_row(plan, "10.0.2.102", 2, 2);
	check_row(plan, "10.0.2.103", 3, 3);
}
END_TEST

START_TEST(without_a_group_there_is_no_box)
{
	const struct mx_plan *plan = planmaker_of(CONFIG);

	ck_assert_uint_eq(plan->box, 0);
	ck_assert_uint_eq(plan->snats, 2);
	check_row(plan, "10.0.2.101", 1, 0);
}
END_TEST

START_TEST(too_many_addresses_make_no_plan)
{
	planmaker_apply(CONFIG, 0);
	for (uint32_t i = 0; i < MX_SNATS_MAX; i++) {
		add_peer(2, "10.0.3.1");
		state->config->group.peer_snat[i].address.byte[15] = (uint8_t)i;
		state->config->group.peer_snat[i].address.byte[14] =
			(uint8_t)(i >> 8) + 10;
	}
	state_weigh(state);
	ck_assert_ptr_null(builder_run(builder, state));
}
END_TEST

static void
retire(const struct mx_config *before)
{
	ck_assert_int_eq(retired_follow(&state->retired, state, before,
					state->config, 0),
			 0);
}

/* Its sessions, which came here, go on, and it stays quiet. */
START_TEST(a_peers_address_that_leaves_is_retired)
{
	static struct mx_config before;

	planmaker_apply(CONFIG, 0);
	state->config->group.box = 1;
	before = *state->config;
	before.group.peer_snat_count = 1;
	before.group.peer_snat[0] = (struct mx_config_peer_snat){
		.address = address("10.0.2.102"), .box = 2};
	retire(&before);
	ck_assert_uint_eq(state->retired.count, 1);
	const struct mx_plan *plan = planmaker_build();
	ck_assert_uint_eq(plan->snats, 3);
	ck_assert_int_eq(owned(plan, "10.0.2.102")->kind, MX_OWNED_SNAT);
	ck_assert_uint_eq(owned(plan, "10.0.2.102")->quiet, 1);
	ck_assert_uint_eq(plan->snat_box[2], 0);
	/* The next control plane finds it in the plan. */
	retired_forget(&state->retired, 0);
	ck_assert(retired_recover(state, plan, 0));
	ck_assert_uint_eq(state->retired.count, 1);
	ck_assert(state->retired.row[0].quiet);
}
END_TEST

START_TEST(an_address_moves_to_a_peer_and_back)
{
	static struct mx_config own, peers;

	planmaker_apply(CONFIG, 0);
	own = *state->config;
	own.group.box = 1;
	peers = own;
	peers.service[0].snat_count = 1;
	peers.group.peer_snat_count = 1;
	peers.group.peer_snat[0] = (struct mx_config_peer_snat){
		.address = address("10.0.2.101"), .box = 2};
	ck_assert_int_eq(
		retired_follow(&state->retired, state, &own, &peers, 0), 0);
	ck_assert_uint_eq(state->retired.count, 0);
	ck_assert_int_eq(
		retired_follow(&state->retired, state, &peers, &own, 0), 0);
	ck_assert_uint_eq(state->retired.count, 0);
}
END_TEST

START_TEST(a_vip_with_sessions_cannot_become_a_peers_address)
{
	const struct retired_address row = {
		.at = {.addr = address("198.51.100.77"), .port_be = 25}};

	planmaker_apply(CONFIG, 0);
	ck_assert_ptr_null(retired_clash(&row, state->config));
	add_peer(2, "198.51.100.77");
	ck_assert_ptr_nonnull(retired_clash(&row, state->config));
}
END_TEST

START_TEST(vips_are_quiet_without_the_role)
{
	planmaker_apply(CONFIG, 0);
	state->config->announce.neighbours = MX_NEIGHBOURS_ROLE;
	ck_assert_uint_eq(owned(planmaker_build(), "198.51.100.25")->quiet, 1);
	ck_assert_uint_eq(owned(planmaker_build(), "10.0.2.100")->quiet, 0);
	state->box.role = true;
	ck_assert_uint_eq(owned(planmaker_build(), "198.51.100.25")->quiet, 0);
	state->box.role = false;
	state->config->announce.neighbours = MX_NEIGHBOURS_ALWAYS;
	ck_assert_uint_eq(owned(planmaker_build(), "198.51.100.25")->quiet, 0);
}
END_TEST

static unsigned
peers_quiet(void)
{
	const struct mx_plan *plan = planmaker_build();

	return owned(plan, "10.0.2.102")->quiet * 10u +
	       owned(plan, "10.0.2.103")->quiet;
}

START_TEST(the_role_is_to_answer_for_lost_boxes)
{
	planmaker_apply(CONFIG, 0);
	add_peer(2, "10.0.2.102");
	add_peer(3, "10.0.2.103");
	state->lost_boxes = 1u << 3;
	state->box.role = true;
	ck_assert_uint_eq(peers_quiet(), 11);
	state->config->announce.neighbours = MX_NEIGHBOURS_ROLE;
	ck_assert_uint_eq(peers_quiet(), 10);
	strcpy(state->config->announce.interface, "mxsteer0");
	ck_assert_uint_eq(peers_quiet(), 11);
	state->config->announce.interface[0] = '\0';
	state->box.role = false;
	ck_assert_uint_eq(peers_quiet(), 11);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("snatrows");
	TCase *t = tcase_create("snatrows");

	tcase_add_checked_fixture(t, planmaker_setup, planmaker_teardown);
	tcase_add_test(t, peers_come_after_the_services);
	tcase_add_test(t, without_a_group_there_is_no_box);
	tcase_add_test(t, too_many_addresses_make_no_plan);
	tcase_add_test(t, a_peers_address_that_leaves_is_retired);
	tcase_add_test(t, an_address_moves_to_a_peer_and_back);
	tcase_add_test(t, vips_are_quiet_without_the_role);
	tcase_add_test(t, the_role_is_to_answer_for_lost_boxes);
	tcase_add_test(t, a_vip_with_sessions_cannot_become_a_peers_address);
	suite_add_tcase(s, t);
	return s;
}
