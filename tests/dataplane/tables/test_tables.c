/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables between the planes: the owned addresses against a list, and every
 * fault of a plan provoked. test_region.c has the region.
 * Method: a good plan (smallplan.c) with one change. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "counters.h"
#include "runner.h"
#include "sessions.h"
#include "smallplan.h"

START_TEST(the_vip_table_says_what_a_list_says)
{
	static struct mx_owned_table table;
	static struct mx_owned list[MX_OWNED_MAX];
	uint32_t count = 0;

	memset(&table, 0, sizeof(table));
	srand(1);
	for (int i = 0; i < 20000; i++) {
		const struct mx_owned vip = {
			.addr = mx_addr_from4(htonl((uint32_t)rand() % 600)),
			.port_be = (uint16_t)(rand() % 4),
			.index = (uint16_t)rand(),
			.kind = MX_OWNED_VIP};
		const struct mx_owned *known = NULL;

		for (uint32_t k = 0; k < count; k++)
			if (mx_addr_equal(&list[k].addr, &vip.addr) &&
			    list[k].port_be == vip.port_be)
				known = &list[k];
		const struct mx_owned *found =
			mx_owned_find(&table, &vip.addr, vip.port_be);
		if (known == NULL) {
			ck_assert_uint_eq(found->kind, MX_OWNED_NOT);
		} else {
			ck_assert_mem_eq(found, known, sizeof(*found));
			ck_assert_int_eq(mx_owned_add(&table, &vip), -EEXIST);
			continue;
		}
		if (count == sizeof(list) / sizeof(list[0])) {
			ck_assert_int_eq(mx_owned_add(&table, &vip), -ENOSPC);
			continue;
		}
		ck_assert_int_eq(mx_owned_add(&table, &vip), 0);
		list[count++] = vip;
	}
	ck_assert_uint_eq(table.count, sizeof(list) / sizeof(list[0]));
}
END_TEST

START_TEST(a_good_plan_is_accepted)
{
	ck_assert_uint_eq(smallplan_fault(), MX_PLAN_OK);
}
END_TEST

static void
spoil_snats(void)
{
	smallplan->snats = MX_SNATS_MAX + 1;
}
static void
spoil_vips(void)
{
	memset(&smallplan->owned, 0, sizeof(smallplan->owned));
}
static void
spoil_vip_count(void)
{
	smallplan->owned.count++;
}

static struct mx_owned *
some_vip(enum mx_owned_kind kind)
{
	for (uint32_t i = 0; i < MX_OWNED_SLOTS; i++)
		if (smallplan->owned.slot[i].kind == kind)
			return &smallplan->owned.slot[i];
	ck_abort();
	return NULL;
}

static void
spoil_kind(void)
{
	some_vip(MX_OWNED_VIP)->kind = 200;
}
static void
spoil_index(void)
{
	some_vip(MX_OWNED_VIP)->index = 999;
}
static void
spoil_hole(void)
{
	some_vip(MX_OWNED_VIP)->index = 1;
}
static void
spoil_retired(void)
{
	some_vip(MX_OWNED_VIP)->index = 1;
	some_vip(MX_OWNED_VIP)->kind = MX_OWNED_RETIRED;
}
static void
spoil_snat(void)
{
	some_vip(MX_OWNED_SNAT)->index = 1;
}
static void
spoil_box(void)
{
	smallplan->box = MX_BOXES_MAX + 1;
}
static void
spoil_own_box(void)
{
	smallplan->box = 1;
	smallplan->snats = 2;
	smallplan->snat_box[1] = 1;
}
static void
spoil_no_box(void)
{
	smallplan->snats = 2;
	smallplan->snat_box[1] = 2;
}
static void
spoil_peer(void)
{
	smallplan->box = 1;
	smallplan->snats = 2;
	smallplan->snat_box[1] = MX_BOXES_MAX + 1;
}
static void
spoil_peer_row(void)
{
	smallplan->box = 1;
	smallplan->snat_box[1] = 2;
}
static void
spoil_peer_range(void)
{
	smallplan->box = 1;
	smallplan->snat_box[0] = 2;
	some_vip(MX_OWNED_SNAT)->quiet = 1;
}
static void
spoil_quiet_vip(void)
{
	some_vip(MX_OWNED_VIP)->quiet = 1;
}
static void
spoil_quiet(void)
{
	some_vip(MX_OWNED_SNAT)->quiet = 2;
}
static void
spoil_forward(void)
{
	smallplan->service[0].forward = MX_FORWARDS;
}
static void
spoil_pool(void)
{
	smallplan->service[0].pool = 1;
}
static void
spoil_first(void)
{
	smallplan->service[0].snat4.first = 65535;
}
static void
spoil_family(void)
{
	smallplan->service[0].snat6 = (struct mx_snat_range){0, 1};
}
static void
spoil_family4(void)
{
	smallplan->snat[0] = (struct mx_addr){{0x20, 0x01}};
}
static void
spoil_proxy(void)
{
	smallplan->service[0].proxy = MX_PROXIES;
}
static void
spoil_proxy_mode(void)
{
	smallplan->service[0].forward = MX_FORWARD_NAT;
	smallplan->service[0].proxy = MX_PROXY_V1;
}
static void
spoil_tunnel(void)
{
	smallplan->service[0].tunnel = MX_TUNNELS;
}
static void
spoil_backend6(void)
{
	smallplan->backend[1].address.addr = (struct mx_addr){{0x20, 0x01}};
}
static void
spoil_vip6(void)
{
	some_vip(MX_OWNED_VIP)->addr = (struct mx_addr){{0x20, 0x01}};
}
static void
spoil_backend_pool(void)
{
	smallplan->backend[1].pool = MX_POOLS_MAX;
}
static void
spoil_timer(void)
{
	smallplan->service[0].idle_s = 0;
}
static void
spoil_port(void)
{
	smallplan->backend[1].port = SMALLPLAN_PORTS;
}
static void
spoil_ways(void)
{
	smallplan->ways = MX_WAYS_MAX + 1;
}
static void
spoil_way(void)
{
	smallplan->ways = 1;
	smallplan->way[0].port = SMALLPLAN_PORTS;
}
static void
spoil_way_to(void)
{
	smallplan->ways = 1;
	smallplan->way[0].to_port = SMALLPLAN_PORTS;
}
static void
spoil_other_ports(void)
{
	smallplan->other_ports = 1 << SMALLPLAN_PORTS;
}
static void
spoil_input(void)
{
	smallplan->pool[0].hash_input = 9;
}
static void
spoil_slot(void)
{
	smallplan->pick[0].slot[65536] = 2;
}
static void
spoil_range(void)
{
	smallplan->pick[0].slot[1] = 60000;
}
static void
spoil_mix(void)
{
	smallplan->pick[0].slot[1] = MX_BACKEND_NONE;
}

static const struct {
	void (*spoil)(void);
	enum mx_plan_fault fault;
} faults[] = {
	{spoil_snats, MX_PLAN_BAD_COUNT},
	{spoil_vips, MX_PLAN_EMPTY},
	{spoil_vip_count, MX_PLAN_BAD_VIP},
	{spoil_kind, MX_PLAN_BAD_VIP},
	{spoil_index, MX_PLAN_BAD_VIP},
	{spoil_hole, MX_PLAN_BAD_VIP},
	{spoil_retired, MX_PLAN_BAD_VIP},
	{spoil_snat, MX_PLAN_BAD_VIP},
	{spoil_box, MX_PLAN_BAD_BOX},
	{spoil_own_box, MX_PLAN_BAD_BOX},
	{spoil_no_box, MX_PLAN_BAD_BOX},
	{spoil_peer, MX_PLAN_BAD_BOX},
	{spoil_peer_row, MX_PLAN_BAD_BOX},
	{spoil_peer_range, MX_PLAN_BAD_SERVICE},
	{spoil_quiet_vip, MX_PLAN_BAD_VIP},
	{spoil_quiet, MX_PLAN_BAD_VIP},
	{spoil_forward, MX_PLAN_BAD_SERVICE},
	{spoil_pool, MX_PLAN_BAD_SERVICE},
	{spoil_first, MX_PLAN_BAD_SERVICE},
	{spoil_family, MX_PLAN_BAD_SERVICE},
	{spoil_family4, MX_PLAN_BAD_SERVICE},
	{spoil_proxy, MX_PLAN_BAD_SERVICE},
	{spoil_proxy_mode, MX_PLAN_BAD_SERVICE},
	{spoil_tunnel, MX_PLAN_BAD_SERVICE},
	{spoil_timer, MX_PLAN_BAD_SERVICE},
	{spoil_port, MX_PLAN_NEEDS_PORT},
	{spoil_backend6, MX_PLAN_BAD_BACKEND},
	{spoil_backend_pool, MX_PLAN_BAD_BACKEND},
	{spoil_vip6, MX_PLAN_BAD_VIP},
	{spoil_input, MX_PLAN_BAD_POOL},
	{spoil_slot, MX_PLAN_BAD_PICK},
	{spoil_range, MX_PLAN_BAD_PICK},
	{spoil_mix, MX_PLAN_BAD_PICK},
	{spoil_ways, MX_PLAN_BAD_COUNT},
	{spoil_way, MX_PLAN_NEEDS_PORT},
	{spoil_way_to, MX_PLAN_NEEDS_PORT},
	{spoil_other_ports, MX_PLAN_NEEDS_PORT},
};

START_TEST(every_fault_is_found_under_a_right_seal)
{
	faults[_i].spoil();
	ck_assert_uint_eq(smallplan_fault(), faults[_i].fault);
	ck_assert_uint_gt(strlen(mx_plan_fault_text(faults[_i].fault)), 0);
}
END_TEST

START_TEST(a_plan_that_says_so_may_hold_both_families)
{
	const struct mx_owned server = {.addr = {{0x20, 0x01, [15] = 3}},
					.port_be = 25,
					.kind = MX_OWNED_SERVER};
	const struct mx_addr local = {{0x20, 0x01, [15] = 2}};

	smallplan->ipv6 = 1;
	smallplan->snat[smallplan->snats++] = local;
	smallplan->service[0].snat6 = (struct mx_snat_range){1, 1};
	smallplan->backend[1].address.addr = server.addr;
	ck_assert_int_eq(mx_owned_add(&smallplan->owned, &server), 0);
	ck_assert_uint_eq(smallplan_fault(), MX_PLAN_OK);
}
END_TEST

START_TEST(size_seal_and_generation_are_checked_first)
{
	ck_assert_uint_eq(smallplan_fault(), MX_PLAN_OK);
	ck_assert_uint_eq(mx_plan_check(smallplan, MX_PLAN_SIZE(1) - 1, 7,
					SMALLPLAN_PORTS),
			  MX_PLAN_BAD_SIZE);
	ck_assert_uint_eq(mx_plan_check(smallplan, 12, 7, SMALLPLAN_PORTS),
			  MX_PLAN_BAD_SIZE);
	ck_assert_uint_eq(
		mx_plan_check(smallplan, MX_PLAN_SIZE(1), 8, SMALLPLAN_PORTS),
		MX_PLAN_BAD_GENERATION);
	smallplan->pools = MX_POOLS_MAX + 1;
	ck_assert_uint_eq(
		mx_plan_check(smallplan, MX_PLAN_SIZE(1), 7, SMALLPLAN_PORTS),
		MX_PLAN_BAD_SIZE);
}
END_TEST

START_TEST(a_flipped_bit_breaks_the_seal)
{
	uint8_t *bytes = (uint8_t *)smallplan;

	ck_assert_uint_eq(smallplan_fault(), MX_PLAN_OK);
	srand(2);
	for (int i = 0; i < 500; i++) {
		const size_t at = (size_t)rand() % MX_PLAN_SIZE(1);
		const uint8_t bit = (uint8_t)(1 << rand() % 8);

		bytes[at] ^= bit;
		ck_assert_uint_ne(mx_plan_check(smallplan, MX_PLAN_SIZE(1), 7,
						SMALLPLAN_PORTS),
				  MX_PLAN_OK);
		bytes[at] ^= bit;
	}
}
END_TEST

START_TEST(the_seal_is_the_published_crc)
{
	/* RFC 3720 B.4: 32 bytes of zeros, of ones, and rising. */
	uint8_t bytes[32] = {0};

	ck_assert_uint_eq(mx_crc32c(bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, 32);
	ck_assert_uint_eq(mx_crc32c(bytes, 32), 0x62a8ab43);
	for (uint8_t i = 0; i < 32; i++)
		bytes[i] = i;
	ck_assert_uint_eq(mx_crc32c(bytes, 32), 0x46dd794e);
	ck_assert_uint_eq(mx_crc32c("123456789", 9), 0xe3069283);
}
END_TEST

START_TEST(every_reason_and_state_has_a_name_of_its_own)
{
	for (int i = 0; i < MX_DROP_REASONS; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(mx_drop_name((enum mx_drop)i),
					 mx_drop_name((enum mx_drop)j));
	for (uint8_t i = 0; i <= MX_SESSION_STATES; i++)
		for (uint8_t j = 0; j < i; j++)
			ck_assert_str_ne(mx_session_state_name(i),
					 mx_session_state_name(j));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("tables");
	TCase *t = tcase_create("tables");

	tcase_add_checked_fixture(t, smallplan_setup, smallplan_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, the_vip_table_says_what_a_list_says);
	tcase_add_test(t, a_good_plan_is_accepted);
	tcase_add_loop_test(t, every_fault_is_found_under_a_right_seal, 0,
			    sizeof(faults) / sizeof(faults[0]));
	tcase_add_test(t, a_plan_that_says_so_may_hold_both_families);
	tcase_add_test(t, size_seal_and_generation_are_checked_first);
	tcase_add_test(t, a_flipped_bit_breaks_the_seal);
	tcase_add_test(t, the_seal_is_the_published_crc);
	tcase_add_test(t, every_reason_and_state_has_a_name_of_its_own);
	suite_add_tcase(s, t);
	return s;
}
