/* SPDX-License-Identifier: BSD-3-Clause */
/* Which addresses a box announces.
 * Method: a state by hand: service 0 and 1 share a VIP address, service 2 has one
 * of its own, pool 0 is of service 0, pool 1 of the others.  Service 0 has a SNAT
 * address, and box 2 has one. */
#include <stdlib.h>
#include <string.h>

#include "announced.h"
#include "runner.h"

enum { SHARED, OWN_VIP, SNAT, PEER, ADDRESSES };

static struct state *state;
static struct mx_config *config;
static struct announced_scene scene;

static struct mx_addr
address(uint8_t last)
{
	const uint8_t ip[4] = {192, 0, 2, last};
	uint32_t ip_be;

	memcpy(&ip_be, ip, sizeof(ip_be));
	return mx_addr_from4(ip_be);
}

static void
fill_service(uint16_t id, uint16_t pool, uint8_t vip)
{
	struct mx_config_service *service = &config->service[id];

	service->pool = pool;
	service->vip_count = 1;
	service->vip[0].addr = address(vip);
	state->service[id].used = true;
	state->service[id].config = service;
}

static void
setup(void)
{
	state = calloc(1, sizeof(*state));
	config = calloc(1, sizeof(*config));
	state->config = config;
	strcpy(config->announce.interface, "t");
	config->announce.metric = 100;
	fill_service(0, 0, SHARED);
	fill_service(1, 1, SHARED);
	fill_service(2, 1, OWN_VIP);
	config->service[0].snat_count = 1;
	config->service[0].snat[0] = address(SNAT);
	config->group.peer_snat_count = 1;
	config->group.peer_snat[0] =
		(struct mx_config_peer_snat){address(PEER), 2};
	scene = (struct announced_scene){.now_s = 1000,
					 .wall_s = 5000,
					 .taught = 1u << 2,
					 .others = {0x03}};
}

static void
teardown(void)
{
	free(config);
	free(state);
}

static const struct announcement *
row_of(uint8_t last)
{
	const struct mx_addr addr = address(last);

	for (uint16_t i = 0; i < state->announcements.count; i++)
		if (mx_addr_equal(&state->announcements.row[i].addr, &addr))
			return &state->announcements.row[i];
	ck_abort_msg("192.0.2.%u has no row", last);
}

/* A digit for each address: 1 if it is announced. */
static const char *
announced(void)
{
	static char text[ADDRESSES + 1];

	for (uint8_t i = 0; i < ADDRESSES; i++)
		text[i] = row_of(i)->on ? '1' : '0';
	return text;
}

START_TEST(all_are_announced_while_mtas_serve)
{
	ck_assert(announced_decide(state, &scene));
	ck_assert_uint_eq(state->announcements.count, ADDRESSES);
	ck_assert_str_eq(announced(), "1111");
	ck_assert_uint_eq(row_of(SHARED)->metric, 100);
	ck_assert_uint_eq(row_of(PEER)->metric, 1100);
	ck_assert(!announced_decide(state, &scene));
}
END_TEST

START_TEST(without_an_interface_nothing_is_announced)
{
	announced_decide(state, &scene);
	config->announce.interface[0] = '\0';
	ck_assert(announced_decide(state, &scene));
	ck_assert_uint_eq(state->announcements.count, 0);
	ck_assert(!announced_decide(state, &scene));
}
END_TEST

START_TEST(a_vip_without_mtas_goes_after_a_while_and_comes_at_once)
{
	state->pool[1].empty = true;
	announced_decide(state, &scene);
	ck_assert_str_eq(announced(), "1111");
	scene.now_s += ANNOUNCED_PATIENCE_S - 1;
	ck_assert(!announced_decide(state, &scene));
	scene.now_s++;
	scene.wall_s = 6000;
	ck_assert(announced_decide(state, &scene));
	ck_assert_str_eq(announced(), "1011");
	ck_assert_int_eq(row_of(OWN_VIP)->why, ANNOUNCEMENT_UNSERVED);
	ck_assert_int_eq(row_of(OWN_VIP)->since_s, 6000);
	ck_assert_int_eq(row_of(SHARED)->since_s, 5000);
	state->pool[1].empty = false;
	ck_assert(announced_decide(state, &scene));
	ck_assert_str_eq(announced(), "1111");
	/* The time begins anew. */
	state->pool[1].empty = true;
	ck_assert(!announced_decide(state, &scene));
}
END_TEST

START_TEST(a_lone_box_keeps_its_vips)
{
	scene.others[0] = 1u << SHARED;
	state->pool[1].empty = true;
	announced_decide(state, &scene);
	scene.now_s += ANNOUNCED_PATIENCE_S;
	ck_assert(!announced_decide(state, &scene));
	ck_assert_str_eq(announced(), "1111");
	ck_assert_int_eq(row_of(OWN_VIP)->why, ANNOUNCEMENT_LAST);
}
END_TEST

/* Each box sees what the other said one look ago, and both lose their MTAs. */
START_TEST(two_boxes_without_mtas_both_stay)
{
	uint8_t said[ANNOUNCEMENTS_BYTES];

	announced_decide(state, &scene);
	announcements_served(&state->announcements, said);
	ck_assert_uint_eq(said[0], 0x03);
	state->pool[1].empty = true;
	for (int i = 0; i <= ANNOUNCED_PATIENCE_S + 1; i++, scene.now_s++) {
		memcpy(scene.others, said, sizeof(said));
		announced_decide(state, &scene);
		announcements_served(&state->announcements, said);
		ck_assert_str_eq(announced(), "1111");
	}
	ck_assert_uint_eq(said[0], 1u << SHARED);
	ck_assert_int_eq(row_of(OWN_VIP)->why, ANNOUNCEMENT_LAST);
	/* The other one has an MTA again. */
	scene.others[0] = 0x03;
	ck_assert(announced_decide(state, &scene));
	ck_assert_str_eq(announced(), "1011");
	/* And loses it. */
	scene.others[0] = 0x01;
	ck_assert(announced_decide(state, &scene));
	ck_assert_str_eq(announced(), "1111");
}
END_TEST

START_TEST(always_needs_no_mta)
{
	config->announce.when = MX_ANNOUNCE_ALWAYS;
	state->pool[0].empty = state->pool[1].empty = true;
	announced_decide(state, &scene);
	scene.now_s += ANNOUNCED_PATIENCE_S;
	announced_decide(state, &scene);
	ck_assert_str_eq(announced(), "1111");
}
END_TEST

START_TEST(a_drained_box_keeps_its_snat_addresses_while_it_has_sessions)
{
	announced_decide(state, &scene);
	state->box.drain = true;
	scene.sessions = 1;
	ck_assert(announced_decide(state, &scene));
	ck_assert_str_eq(announced(), "0010");
	scene.sessions = 0;
	ck_assert(announced_decide(state, &scene));
	ck_assert_str_eq(announced(), "0000");
	state->box.drain = false;
	ck_assert(announced_decide(state, &scene));
	ck_assert_str_eq(announced(), "1111");
}
END_TEST

START_TEST(addresses_of_a_peer_wait_for_its_sessions)
{
	scene.taught = 1u << 3;
	announced_decide(state, &scene);
	ck_assert_str_eq(announced(), "1110");
	ck_assert_str_ne(announcement_why(row_of(PEER)), "");
	scene.taught = 1u << 2;
	ck_assert(announced_decide(state, &scene));
	ck_assert_str_eq(announced(), "1111");
}
END_TEST

START_TEST(a_plan_has_only_addresses_that_it_owns)
{
	static struct mx_plan plan;
	struct mx_owned row = {.addr = address(SNAT), .kind = MX_OWNED_SNAT};

	announced_decide(state, &scene);
	ck_assert_int_eq(mx_owned_add(&plan.owned, &row), 0);
	row = (struct mx_owned){.addr = address(SHARED),
				.kind = MX_OWNED_ADDRESS};
	ck_assert_int_eq(mx_owned_add(&plan.owned, &row), 0);
	announcements_build(&plan, &state->announcements);
	ck_assert_uint_eq(plan.announces, 2);
	ck_assert(mx_addr_equal(&plan.announce[0].addr, &row.addr));
	ck_assert_uint_eq(plan.announce[0].metric, 100);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("announced");
	TCase *t = tcase_create("announced");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, all_are_announced_while_mtas_serve);
	tcase_add_test(t, without_an_interface_nothing_is_announced);
	tcase_add_test(t,
		       a_vip_without_mtas_goes_after_a_while_and_comes_at_once);
	tcase_add_test(t, a_lone_box_keeps_its_vips);
	tcase_add_test(t, two_boxes_without_mtas_both_stay);
	tcase_add_test(t, always_needs_no_mta);
	tcase_add_test(
		t,
		a_drained_box_keeps_its_snat_addresses_while_it_has_sessions);
	tcase_add_test(t, addresses_of_a_peer_wait_for_its_sessions);
	tcase_add_test(t, a_plan_has_only_addresses_that_it_owns);
	suite_add_tcase(s, t);
	return s;
}
