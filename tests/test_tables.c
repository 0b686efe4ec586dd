/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables between the planes: the owned addresses against a list, every
 * fault of a plan provoked, the region through deaths of either side.
 * Method: real shared memory under a name of this process; a child that
 * publishes as fast as it can is killed at random moments. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crc32c.h"
#include "folder.h"
#include "regionfile.h"
#include "runner.h"
#include "sessions.h"

#define PORTS 2

static struct mx_plan *plan;
static char instance[MX_NAME_MAX];

/* A small plan with one of everything. */
static void
setup(void)
{
	const struct mx_vip vip = {
		.addr = mx_addr_from4(1), .port_be = 25, .kind = MX_OWNED_VIP};
	const struct mx_vip snat = {.addr = mx_addr_from4(2),
				    .kind = MX_OWNED_SNAT};
	const struct mx_pick_claim claim = {
		.seed = 1, .backend = 1, .weight = 1};

	snprintf(instance, sizeof(instance), "tables-%d", getpid());
	plan = malloc(MX_PLAN_SIZE(1));
	mx_plan_init(plan, 1);
	plan->snats = 1;
	plan->snat[0] = snat.addr;
	plan->service[0] = (struct mx_service){.used = 1,
					       .snat4 = {0, 1},
					       .idle_s = 1,
					       .half_open_s = 1,
					       .greeting_s = 1,
					       .closing_s = 1};
	plan->backend[1] = (struct mx_backend){
		.used = 1,
		.resolved = 1,
		.address = {.addr = mx_addr_from4(3), .port_be = 25}};
	ck_assert_int_eq(mx_vip_add(&plan->vips, &vip), 0);
	ck_assert_int_eq(mx_vip_add(&plan->vips, &snat), 0);
	ck_assert_int_eq(mx_pick_build(&plan->pick[0], &claim, 1), 0);
}

static void
teardown(void)
{
	mx_region_unlink(instance);
	free(plan);
}

static enum mx_plan_fault
fault(void)
{
	mx_plan_seal(plan, 7);
	return mx_plan_check(plan, MX_PLAN_SIZE(1), 7, PORTS);
}

START_TEST(the_vip_table_says_what_a_list_says)
{
	static struct mx_vip_table table;
	static struct mx_vip list[MX_OWNED_MAX];
	uint32_t count = 0;

	memset(&table, 0, sizeof(table));
	srand(1);
	for (int i = 0; i < 20000; i++) {
		const struct mx_vip vip = {
			.addr = mx_addr_from4(htonl((uint32_t)rand() % 600)),
			.port_be = (uint16_t)(rand() % 4),
			.index = (uint16_t)rand(),
			.kind = MX_OWNED_VIP};
		const struct mx_vip *known = NULL;

		for (uint32_t k = 0; k < count; k++)
			if (mx_addr_equal(&list[k].addr, &vip.addr) &&
			    list[k].port_be == vip.port_be)
				known = &list[k];
		const struct mx_vip *found =
			mx_vip_find(&table, &vip.addr, vip.port_be);
		if (known == NULL) {
			ck_assert_uint_eq(found->kind, MX_OWNED_NOT);
		} else {
			ck_assert_mem_eq(found, known, sizeof(*found));
			ck_assert_int_eq(mx_vip_add(&table, &vip), -EEXIST);
			continue;
		}
		if (count == sizeof(list) / sizeof(list[0])) {
			ck_assert_int_eq(mx_vip_add(&table, &vip), -ENOSPC);
			continue;
		}
		ck_assert_int_eq(mx_vip_add(&table, &vip), 0);
		list[count++] = vip;
	}
	ck_assert_uint_eq(table.count, sizeof(list) / sizeof(list[0]));
}
END_TEST

START_TEST(a_good_plan_is_accepted)
{
	ck_assert_uint_eq(fault(), MX_PLAN_OK);
}
END_TEST

static void
spoil_snats(void)
{
	plan->snats = MX_SNATS_MAX + 1;
}
static void
spoil_vips(void)
{
	memset(&plan->vips, 0, sizeof(plan->vips));
}
static void
spoil_vip_count(void)
{
	plan->vips.count++;
}

static struct mx_vip *
some_vip(enum mx_owned kind)
{
	for (uint32_t i = 0; i < MX_VIP_SLOTS; i++)
		if (plan->vips.slot[i].kind == kind)
			return &plan->vips.slot[i];
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
spoil_resting(void)
{
	some_vip(MX_OWNED_VIP)->index = 1;
	some_vip(MX_OWNED_VIP)->kind = MX_OWNED_RESTING;
}
static void
spoil_snat(void)
{
	some_vip(MX_OWNED_SNAT)->index = 1;
}
static void
spoil_forward(void)
{
	plan->service[0].forward = MX_FORWARDS;
}
static void
spoil_pool(void)
{
	plan->service[0].pool = 1;
}
static void
spoil_first(void)
{
	plan->service[0].snat4.first = 65535;
}
static void
spoil_family(void)
{
	plan->service[0].snat6 = (struct mx_snat_range){0, 1};
}
static void
spoil_family4(void)
{
	plan->snat[0] = (struct mx_addr){{0x20, 0x01}};
}
static void
spoil_proxy(void)
{
	plan->service[0].proxy = MX_PROXIES;
}
static void
spoil_proxy_mode(void)
{
	plan->service[0].forward = MX_FORWARD_NAT;
	plan->service[0].proxy = MX_PROXY_V1;
}
static void
spoil_tunnel(void)
{
	plan->service[0].tunnel = MX_TUNNELS;
}
static void
spoil_backend6(void)
{
	plan->backend[1].address.addr = (struct mx_addr){{0x20, 0x01}};
}
static void
spoil_vip6(void)
{
	some_vip(MX_OWNED_VIP)->addr = (struct mx_addr){{0x20, 0x01}};
}
static void
spoil_backend_pool(void)
{
	plan->backend[1].pool = MX_POOLS_MAX;
}
static void
spoil_timer(void)
{
	plan->service[0].idle_s = 0;
}
static void
spoil_port(void)
{
	plan->backend[1].port = PORTS;
}
static void
spoil_ways(void)
{
	plan->ways = MX_WAYS_MAX + 1;
}
static void
spoil_way(void)
{
	plan->ways = 1;
	plan->way[0].port = PORTS;
}
static void
spoil_input(void)
{
	plan->pool[0].hash_input = 9;
}
static void
spoil_slot(void)
{
	plan->pick[0].slot[65536] = 2;
}
static void
spoil_range(void)
{
	plan->pick[0].slot[1] = 60000;
}
static void
spoil_mix(void)
{
	plan->pick[0].slot[1] = MX_BACKEND_NONE;
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
	{spoil_resting, MX_PLAN_BAD_VIP},
	{spoil_snat, MX_PLAN_BAD_VIP},
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
};

START_TEST(every_fault_is_found_under_a_right_seal)
{
	faults[_i].spoil();
	ck_assert_uint_eq(fault(), faults[_i].fault);
	ck_assert_uint_gt(strlen(mx_plan_fault_text(faults[_i].fault)), 0);
}
END_TEST

START_TEST(a_plan_that_says_so_may_hold_both_families)
{
	const struct mx_vip server = {.addr = {{0x20, 0x01, [15] = 3}},
				      .port_be = 25,
				      .kind = MX_OWNED_SERVER};
	const struct mx_addr local = {{0x20, 0x01, [15] = 2}};

	plan->ipv6 = 1;
	plan->snat[plan->snats++] = local;
	plan->service[0].snat6 = (struct mx_snat_range){1, 1};
	plan->backend[1].address.addr = server.addr;
	ck_assert_int_eq(mx_vip_add(&plan->vips, &server), 0);
	ck_assert_uint_eq(fault(), MX_PLAN_OK);
}
END_TEST

START_TEST(size_seal_and_generation_are_checked_first)
{
	ck_assert_uint_eq(fault(), MX_PLAN_OK);
	ck_assert_uint_eq(mx_plan_check(plan, MX_PLAN_SIZE(1) - 1, 7, PORTS),
			  MX_PLAN_BAD_SIZE);
	ck_assert_uint_eq(mx_plan_check(plan, 12, 7, PORTS), MX_PLAN_BAD_SIZE);
	ck_assert_uint_eq(mx_plan_check(plan, MX_PLAN_SIZE(1), 8, PORTS),
			  MX_PLAN_BAD_GENERATION);
	plan->pools = MX_POOLS_MAX + 1;
	ck_assert_uint_eq(mx_plan_check(plan, MX_PLAN_SIZE(1), 7, PORTS),
			  MX_PLAN_BAD_SIZE);
}
END_TEST

START_TEST(a_flipped_bit_breaks_the_seal)
{
	uint8_t *bytes = (uint8_t *)plan;

	ck_assert_uint_eq(fault(), MX_PLAN_OK);
	srand(2);
	for (int i = 0; i < 500; i++) {
		const size_t at = (size_t)rand() % MX_PLAN_SIZE(1);
		const uint8_t bit = (uint8_t)(1 << rand() % 8);

		bytes[at] ^= bit;
		ck_assert_uint_ne(
			mx_plan_check(plan, MX_PLAN_SIZE(1), 7, PORTS),
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

START_TEST(a_region_has_one_data_plane)
{
	int owner, other, control;

	ck_assert_ptr_null(mx_region_attach(instance, &control));
	ck_assert_int_eq(errno, ENOENT);
	struct mx_region *mine = mx_region_create(instance, &owner);
	ck_assert_ptr_nonnull(mine);
	ck_assert_ptr_null(mx_region_create(instance, &other));
	ck_assert_int_eq(errno, EBUSY);
	struct mx_region *theirs = mx_region_attach(instance, &control);
	ck_assert_ptr_nonnull(theirs);
	mx_region_close(theirs, control);
	mx_region_close(mine, owner);
	mine = mx_region_create(instance, &owner);
	ck_assert_ptr_nonnull(mine);
	mx_region_close(mine, owner);
}
END_TEST

START_TEST(a_removed_region_is_written_anew_with_all_that_was_in_it)
{
	int owner, control, other;
	struct mx_region *mine = mx_region_create(instance, &owner);
	struct mx_region *theirs = mx_region_attach(instance, &control);

	mx_region_publish(theirs, plan);
	mine->worker[3].rx = 99;
	ck_assert(!mx_region_replaced(instance, owner));
	ck_assert_int_eq(mx_region_unlink(instance), 0);
	ck_assert(mx_region_replaced(instance, owner));
	ck_assert(mx_region_replaced(instance, control));
	mx_region_close(theirs, control);

	ck_assert_int_eq(mx_region_rewrite(instance, mine, &owner), 0);
	ck_assert(!mx_region_replaced(instance, owner));
	ck_assert_ptr_null(mx_region_create(instance, &other));
	ck_assert_int_eq(errno, EBUSY);
	theirs = mx_region_attach(instance, &control);
	ck_assert_ptr_nonnull(theirs);
	ck_assert_uint_eq(theirs->worker[3].rx, 99);
	ck_assert_uint_eq(mx_region_publish(theirs, plan), 2);
	ck_assert_uint_eq(atomic_load(&mine->generation), 2);
	mx_region_close(theirs, control);
	mx_region_close(mine, owner);
}
END_TEST

START_TEST(a_region_of_an_older_place_is_one_of_another_version)
{
	char name[MX_PATH_MAX];
	int control;

	snprintf(name, sizeof(name), MX_FOLDER_BASE "/mxsteer-%s", instance);
	const int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_ptr_null(mx_region_attach(instance, &control));
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_int_eq(unlink(name), 0);
}
END_TEST

START_TEST(plan_and_generation_outlive_the_data_plane)
{
	int owner, control;
	struct mx_region *mine = mx_region_create(instance, &owner);
	struct mx_region *theirs = mx_region_attach(instance, &control);

	ck_assert_uint_eq(mx_region_publish(theirs, plan), 1);
	mine->worker[3].rx = 99;
	atomic_store(&mine->ack.adopted, 1);
	mx_region_close(mine, owner);

	mine = mx_region_create(instance, &owner);
	ck_assert(!mx_region_replaced(instance, control));
	ck_assert_uint_eq(atomic_load(&mine->generation), 1);
	ck_assert_uint_eq(mx_plan_check(mx_region_slot(mine, 1),
					MX_PLAN_SIZE_MAX, 1, PORTS),
			  MX_PLAN_OK);
	ck_assert_uint_eq(mine->worker[3].rx, 0);
	ck_assert_uint_eq(atomic_load(&mine->ack.adopted), 0);
	ck_assert_uint_eq(mx_region_publish(theirs, plan), 2);
	ck_assert_uint_eq(atomic_load(&mine->generation), 2);
	mx_region_close(theirs, control);
	mx_region_close(mine, owner);
}
END_TEST

START_TEST(a_region_of_another_layout_makes_way)
{
	int owner, control;
	struct mx_region *mine = mx_region_create(instance, &owner);
	struct mx_region *theirs = mx_region_attach(instance, &control);

	mine->header.abi++;
	mx_region_close(mine, owner);
	int other;
	ck_assert_ptr_null(mx_region_attach(instance, &other));
	ck_assert_int_eq(errno, EPROTO);
	mine = mx_region_create(instance, &owner);
	ck_assert_ptr_nonnull(mine);
	ck_assert(mx_region_replaced(instance, control));
	mx_region_close(theirs, control);
	mx_region_close(mine, owner);
}
END_TEST

START_TEST(a_file_that_is_no_region_makes_way)
{
	struct mx_folder folder;
	int owner;

	ck_assert_int_eq(
		mx_folder_open(&folder, MX_FOLDER_BASE, instance, true), 0);
	const int fd = mx_folder_file(&folder, MX_REGION_NAME, O_CREAT);
	ck_assert_int_eq(write(fd, "nonsense", 8), 8);
	close(fd);
	mx_folder_close(&folder);
	ck_assert_ptr_null(mx_region_attach(instance, &owner));
	ck_assert_int_eq(errno, EPROTO);
	struct mx_region *mine = mx_region_create(instance, &owner);
	ck_assert_ptr_nonnull(mine);
	mx_region_close(mine, owner);
}
END_TEST

/* Publish until killed; every plan carries its number all over. */
static void
publish_for_ever(void)
{
	int control;
	struct mx_region *region = mx_region_attach(instance, &control);

	if (region == NULL)
		_exit(1);
	for (uint64_t n = 1;; n++) {
		plan->key = (struct mx_hash_key){{n, n}};
		for (uint32_t i = 1; i <= MX_BACKENDS_MAX; i++)
			plan->backend[i].address.port_be = (uint16_t)n;
		mx_region_publish(region, plan);
	}
}

START_TEST(a_publisher_killed_at_any_moment_leaves_no_half_plan)
{
	struct mx_plan *copy = malloc(MX_PLAN_SIZE(1));
	uint32_t accepted = 0;
	int owner;
	struct mx_region *mine = mx_region_create(instance, &owner);

	srand(3);
	for (int round = 0; round < 60; round++) {
		const pid_t child = fork();
		if (child == 0)
			publish_for_ever();
		for (int look = 0; look < 20; look++) {
			const struct timespec pause = {.tv_nsec =
							       rand() % 200000};
			nanosleep(&pause, NULL);
			if (look == 19) {
				kill(child, SIGKILL);
				waitpid(child, NULL, 0);
			}
			const uint64_t generation =
				atomic_load(&mine->generation);
			memcpy(copy, mx_region_slot(mine, generation),
			       MX_PLAN_SIZE(1));
			if (mx_plan_check(copy, MX_PLAN_SIZE(1), generation,
					  PORTS) != MX_PLAN_OK)
				continue;
			accepted++;
			ck_assert_uint_eq(copy->key.word[0], copy->key.word[1]);
			for (uint32_t i = 1; i <= MX_BACKENDS_MAX; i++)
				ck_assert_uint_eq(
					copy->backend[i].address.port_be,
					(uint16_t)copy->key.word[0]);
		}
	}
	ck_assert_uint_gt(accepted, 60);
	mx_region_close(mine, owner);
	free(copy);
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

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, the_vip_table_says_what_a_list_says);
	tcase_add_test(t, a_good_plan_is_accepted);
	tcase_add_loop_test(t, every_fault_is_found_under_a_right_seal, 0,
			    sizeof(faults) / sizeof(faults[0]));
	tcase_add_test(t, a_plan_that_says_so_may_hold_both_families);
	tcase_add_test(t, size_seal_and_generation_are_checked_first);
	tcase_add_test(t, a_flipped_bit_breaks_the_seal);
	tcase_add_test(t, the_seal_is_the_published_crc);
	tcase_add_test(t, a_region_has_one_data_plane);
	tcase_add_test(
		t, a_removed_region_is_written_anew_with_all_that_was_in_it);
	tcase_add_test(t, a_region_of_an_older_place_is_one_of_another_version);
	tcase_add_test(t, plan_and_generation_outlive_the_data_plane);
	tcase_add_test(t, a_region_of_another_layout_makes_way);
	tcase_add_test(t, a_file_that_is_no_region_makes_way);
	tcase_add_test(t, a_publisher_killed_at_any_moment_leaves_no_half_plan);
	tcase_add_test(t, every_reason_and_state_has_a_name_of_its_own);
	suite_add_tcase(s, t);
	return s;
}
