/* SPDX-License-Identifier: BSD-3-Clause */
/* Deny lists of plans: a new list is used by the next look-up, a file that is
 * missing or damaged changes nothing and is reported, and no list is freed while
 * a worker reads it.
 * Method: the plan swap on a real region, with real files; a thread plays the
 * worker and looks addresses up as fast as it can. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "denybuild.h"
#include "denyfile.h"
#include "folder.h"
#include "ruleslots.h"
#include "runner.h"
#include "swaprig.h"

static const struct mx_hash_key key = {{3, 4}};

static uint64_t
publish(void)
{
	mx_region_publish(swaprig.region, swaprig.plan);
	ck_assert(plan_swap_poll(&swaprig.swap));
	ck_assert_uint_eq(atomic_load(&swaprig.region->ack.fault), MX_PLAN_OK);
	return atomic_load(&swaprig.region->ack.deny_missing);
}

/* Write the list of one /24 in the host order of its address, and let a service
 * of the plan have it. */
static uint64_t
write_list(uint16_t service, uint32_t first)
{
	struct mx_deny_list one = {0};
	const struct mx_deny_key at = {(uint64_t)first << 32, 0, MX_DENY_V4};

	ck_assert_int_eq(mx_deny_add(&one, &at, 24, MX_DENY_DENIED), 0);
	struct mx_deny_table *table =
		mx_deny_build(&one, MX_DENY_BY_FILES, &key);
	ck_assert_int_eq(mx_deny_file_write(swaprig.instance, table), 0);
	const uint64_t serial = mx_deny_serial(table);
	swaprig.plan->service[service].deny.serial = serial;
	swaprig.plan->service[service].deny.size_bytes = table->size_bytes;
	mx_deny_list_free(&one);
	free(table);
	return serial;
}

static bool
is_denied(const struct active_plan *active, uint16_t service, uint32_t addr)
{
	const struct mx_addr at = mx_addr_from4(htobe32(addr));

	return active->deny[service] != NULL &&
	       mx_deny_find(active->deny[service], &at) == MX_DENY_DENIED;
}

START_TEST(a_service_gets_the_list_that_the_plan_names)
{
	write_list(0, 0x0a000100);
	ck_assert_uint_eq(publish(), 0);
	ck_assert(is_denied(swaprig_current(), 0, 0x0a000109));
	ck_assert(!is_denied(swaprig_current(), 0, 0x0a000209));
	ck_assert_ptr_null(swaprig_current()->deny[1]);
	write_list(0, 0x0a000200);
	ck_assert_uint_eq(publish(), 0);
	ck_assert(!is_denied(swaprig_current(), 0, 0x0a000109));
	ck_assert(is_denied(swaprig_current(), 0, 0x0a000209));
	ck_assert_uint_eq(swaprig.swap.deny.count, 1);
	swaprig.plan->service[0].deny.serial = 0;
	ck_assert_uint_eq(publish(), 0);
	ck_assert_ptr_null(swaprig_current()->deny[0]);
	ck_assert_uint_eq(swaprig.swap.deny.count, 0);
}
END_TEST

START_TEST(services_of_one_list_share_it)
{
	write_list(0, 0x0a000100);
	write_list(1, 0x0a000100);
	ck_assert_uint_eq(publish(), 0);
	ck_assert_ptr_nonnull(swaprig_current()->deny[0]);
	ck_assert_ptr_eq(swaprig_current()->deny[0],
			 swaprig_current()->deny[1]);
	ck_assert_uint_eq(swaprig.swap.deny.count, 1);
}
END_TEST

START_TEST(a_service_gets_its_allow_list_too)
{
	const uint64_t allows = write_list(0, 0x0a000100);

	swaprig.plan->service[0].allow.serial = allows;
	swaprig.plan->service[0].allow.size_bytes =
		swaprig.plan->service[0].deny.size_bytes;
	write_list(0, 0x0a000200);
	ck_assert_uint_eq(publish(), 0);
	const struct mx_deny_table *before = swaprig_current()->allow[0];
	ck_assert_ptr_nonnull(before);
	ck_assert_uint_eq(mx_deny_serial(before), allows);
	ck_assert_ptr_ne(before, swaprig_current()->deny[0]);
	ck_assert_uint_eq(swaprig.swap.deny.count, 2);
	/* One that cannot be read leaves the one before. */
	swaprig.plan->service[0].allow.serial++;
	ck_assert_uint_eq(publish(), 1);
	ck_assert_ptr_eq(swaprig_current()->allow[0], before);
	swaprig.plan->service[0].allow.serial = 0;
	ck_assert_uint_eq(publish(), 0);
	ck_assert_ptr_null(swaprig_current()->allow[0]);
	ck_assert(is_denied(swaprig_current(), 0, 0x0a000209));
	ck_assert_uint_eq(swaprig.swap.deny.count, 1);
}
END_TEST

static void
damage_size(const struct mx_folder *folder, const char *name)
{
	const int file = mx_folder_file(folder, name, 0);

	ck_assert_int_eq(ftruncate(file, 5000), 0);
	close(file);
}

static void
damage_byte(const struct mx_folder *folder, const char *name)
{
	const int file = mx_folder_file(folder, name, 0);

	ck_assert_int_eq(pwrite(file, "x", 1, 70000), 1);
	close(file);
}

static void
remove_file(const struct mx_folder *folder, const char *name)
{
	ck_assert_int_eq(mx_folder_remove(folder, name), 0);
}

static void
become_fifo(const struct mx_folder *folder, const char *name)
{
	mx_folder_remove(folder, name);
	ck_assert_int_eq(mkfifoat(folder->fd, name, 0600), 0);
}

static void
become_link(const struct mx_folder *folder, const char *name)
{
	ck_assert_int_eq(renameat(folder->fd, name, folder->fd, "deny.other"),
			 0);
	ck_assert_int_eq(symlinkat("deny.other", folder->fd, name), 0);
}

static void (*const damages[])(const struct mx_folder *, const char *) = {
	damage_size, damage_byte, remove_file, become_fifo, become_link};

START_TEST(a_file_that_is_of_no_use_leaves_the_list_before)
{
	struct mx_folder folder;
	char name[32];

	write_list(0, 0x0a000100);
	ck_assert_uint_eq(publish(), 0);
	snprintf(name, sizeof(name), "deny.%016lx",
		 (unsigned long)write_list(0, 0x0a000200));
	ck_assert_int_eq(
		mx_folder_open_control(&folder, swaprig.instance, false), 0);
	damages[_i](&folder, name);
	ck_assert_uint_eq(publish(), 1);
	ck_assert(is_denied(swaprig_current(), 0, 0x0a000109));
	/* The file is there again. */
	mx_folder_remove(&folder, name);
	mx_folder_close(&folder);
	write_list(0, 0x0a000200);
	ck_assert_uint_eq(publish(), 0);
	ck_assert(is_denied(swaprig_current(), 0, 0x0a000209));
	ck_assert_uint_eq(swaprig.swap.deny.count, 1);
}
END_TEST

START_TEST(a_plan_that_names_another_size_gets_no_list)
{
	write_list(0, 0x0a000100);
	swaprig.plan->service[0].deny.size_bytes += 64;
	ck_assert_uint_eq(publish(), 1);
	ck_assert_ptr_null(swaprig_current()->deny[0]);
	swaprig.plan->service[0].deny.size_bytes = UINT64_MAX;
	ck_assert_uint_eq(publish(), 1);
}
END_TEST

START_TEST(a_refused_plan_changes_no_list)
{
	write_list(0, 0x0a000100);
	ck_assert_uint_eq(publish(), 0);
	write_list(0, 0x0a000200);
	swaprig.plan->service[0].pool = 9;
	mx_region_publish(swaprig.region, swaprig.plan);
	ck_assert(plan_swap_poll(&swaprig.swap));
	ck_assert_uint_ne(atomic_load(&swaprig.region->ack.fault), MX_PLAN_OK);
	ck_assert(is_denied(swaprig_current(), 0, 0x0a000109));
}
END_TEST

START_TEST(prune_keeps_what_is_named)
{
	const uint64_t one = write_list(0, 0x0a000100);
	const uint64_t two = write_list(0, 0x0a000200);

	ck_assert_uint_eq(mx_deny_files_prune(swaprig.instance, &two, 1), 1);
	ck_assert(!mx_deny_file_exists(swaprig.instance, one));
	ck_assert(mx_deny_file_exists(swaprig.instance, two));
}
END_TEST

static void
set_rule(uint16_t row, uint32_t first, uint8_t bits, bool denied)
{
	swaprig.plan->deny_rule[row] =
		(struct mx_deny_rule){.addr = mx_addr_from4(htobe32(first)),
				      .bits = bits,
				      .denied = denied,
				      .slot = 3};
	swaprig.plan->deny_rules = row + 1;
}

START_TEST(rules_become_a_table_with_the_plan)
{
	const struct mx_addr inside = mx_addr_from4(htobe32(0x0a000107));
	const struct mx_addr exempt = mx_addr_from4(htobe32(0x0a000108));

	set_rule(0, 0x0a000100, 24, true);
	set_rule(1, 0x0a000108, 32, false);
	publish();
	ck_assert_int_eq(mx_deny_find(swaprig_current()->rules, &inside),
			 MX_DENY_DENIED);
	ck_assert_int_eq(mx_deny_find(swaprig_current()->rules, &exempt),
			 MX_DENY_EXEMPT);
	ck_assert_uint_eq(rule_slots_find(swaprig_current()->rule_slots,
					  swaprig_current()->rules, &inside),
			  3);
	swaprig.plan->deny_rules = 0;
	publish();
	ck_assert_ptr_null(swaprig_current()->rules);
	ck_assert_ptr_null(swaprig_current()->rule_slots);
}
END_TEST

struct reader {
	atomic_bool stop;
	atomic_uint wrong;
	atomic_ulong seen;
};

/* Each plan denies one of two networks by its list, and the other by rule. */
static void *
read_lists(void *arg)
{
	struct reader *reader = arg;
	const struct mx_addr one = mx_addr_from4(htobe32(0x0a000107));
	const struct mx_addr two = mx_addr_from4(htobe32(0x0a000207));

	rte_rcu_qsbr_thread_online(swaprig.swap.quiescent, 0);
	while (!atomic_load(&reader->stop)) {
		const struct active_plan *active = swaprig_current();

		if (active->deny[0] != NULL && active->rules != NULL) {
			const bool first = is_denied(active, 0, 0x0a000107);

			if (is_denied(active, 0, 0x0a000207) == first ||
			    mx_deny_find(active->rules, first ? &two : &one) !=
				    MX_DENY_DENIED)
				atomic_fetch_add(&reader->wrong, 1);
			atomic_fetch_add(&reader->seen, 1);
		}
		rte_rcu_qsbr_quiescent(swaprig.swap.quiescent, 0);
	}
	rte_rcu_qsbr_thread_offline(swaprig.swap.quiescent, 0);
	return NULL;
}

START_TEST(a_worker_never_reads_a_list_that_was_freed)
{
	struct reader reader = {0};
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, read_lists, &reader), 0);
	for (uint32_t n = 0; n < 60 || atomic_load(&reader.seen) == 0; n++) {
		write_list(0, n & 1 ? 0x0a000100 : 0x0a000200);
		set_rule(0, n & 1 ? 0x0a000200 : 0x0a000100, 24, true);
		publish();
	}
	atomic_store(&reader.stop, true);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(atomic_load(&reader.wrong), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("denyload");
	TCase *t = tcase_create("denyload");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, swaprig_setup, swaprig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_service_gets_the_list_that_the_plan_names);
	tcase_add_test(t, services_of_one_list_share_it);
	tcase_add_test(t, a_service_gets_its_allow_list_too);
	tcase_add_loop_test(t, a_file_that_is_of_no_use_leaves_the_list_before,
			    0, 5);
	tcase_add_test(t, a_plan_that_names_another_size_gets_no_list);
	tcase_add_test(t, a_refused_plan_changes_no_list);
	tcase_add_test(t, prune_keeps_what_is_named);
	tcase_add_test(t, rules_become_a_table_with_the_plan);
	tcase_add_test(t, a_worker_never_reads_a_list_that_was_freed);
	suite_add_tcase(s, t);
	return s;
}
