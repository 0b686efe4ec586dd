/* SPDX-License-Identifier: BSD-3-Clause */
/* The sessions' file: it is kept if it fits, and replaced if it does not.  The
 * watchdog, after which a restart needs this file, is tested too.
 * Method: real files in shared memory under a name of this process. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runner.h"
#include "sessionfile.h"
#include "watchdog.h"

static char instance[MX_NAME_MAX];
static struct session_file file;

static void
setup(void)
{
	snprintf(instance, sizeof(instance), "sessionfile-%d", getpid());
}

static void
teardown(void)
{
	session_file_close(&file);
	session_file_prune(instance, 0);
}

static void
reopen_wide(uint16_t worker, uint16_t workers, uint32_t count, bool wide,
	    struct mx_hash_key *key)
{
	if (file.map != NULL)
		session_file_close(&file);
	const struct mx_sessions_file like = {.count = count,
					      .worker = worker,
					      .workers = workers,
					      .wide = wide};
	ck_assert_int_eq(session_file_open(&file, instance, &like, key), 0);
}

static void
reopen(uint16_t worker, uint16_t workers, uint32_t count,
       struct mx_hash_key *key)
{
	reopen_wide(worker, workers, count, false, key);
}

START_TEST(a_file_that_fits_is_kept_with_its_key)
{
	struct mx_hash_key key = {{1, 2}};

	reopen(0, 1, 1000, &key);
	ck_assert(!file.kept);
	file.map->session[999].client_be = 42;
	key = (struct mx_hash_key){{8, 9}};
	reopen(0, 1, 1000, &key);
	ck_assert(file.kept);
	ck_assert_uint_eq(file.map->session[999].client_be, 42);
	ck_assert_uint_eq(key.word[0], 1);
	ck_assert_uint_eq(key.word[1], 2);
}
END_TEST

START_TEST(a_file_that_does_not_fit_is_replaced)
{
	static const struct {
		uint16_t workers;
		uint32_t count;
		bool wide;
	} cases[] = {
		{1, 2000, false},
		{1, 999, false},
		{2, 1000, false},
		{1, 1000, true},
		/* As large as the first, but with another shape. */
		{1, 500, true},
	};
	struct mx_hash_key key = {{1, 2}};

	reopen(0, 1, 1000, &key);
	file.map->session[3].client_be = 42;
	reopen_wide(0, cases[_i].workers, cases[_i].count, cases[_i].wide,
		    &key);
	ck_assert(!file.kept);
	ck_assert_uint_eq(file.map->session[3].client_be, 0);
	ck_assert_uint_eq(file.map->count, cases[_i].count);
	ck_assert_int_eq(file.map->wide, cases[_i].wide);
}
END_TEST

START_TEST(a_file_of_another_layout_is_replaced)
{
	struct mx_hash_key key = {{1, 2}};

	reopen(0, 1, 1000, &key);
	file.map->layout++;
	file.map->session[3].client_be = 42;
	reopen(0, 1, 1000, &key);
	ck_assert(!file.kept);
	ck_assert_uint_eq(file.map->session[3].client_be, 0);
}
END_TEST

START_TEST(files_of_workers_that_left_are_removed)
{
	struct mx_hash_key key = {{1, 2}};

	reopen(3, 4, 1000, &key);
	session_file_prune(instance, 4);
	ck_assert_int_eq(access(file.path, F_OK), 0);
	session_file_prune(instance, 3);
	ck_assert_int_ne(access(file.path, F_OK), 0);
}
END_TEST

START_TEST(a_removed_file_is_written_anew_with_its_sessions)
{
	struct mx_hash_key key = {{1, 2}};

	reopen(0, 1, 1000, &key);
	file.map->session[999].client_be = 42;
	ck_assert(!session_file_is_lost(&file));
	ck_assert_int_eq(unlink(file.path), 0);
	ck_assert(session_file_is_lost(&file));
	ck_assert_int_eq(session_file_rewrite(&file, instance), 0);
	ck_assert(!session_file_is_lost(&file));
	/* The worker goes on from there and writes. */
	file.map->session[998].client_be = 43;
	reopen(0, 1, 1000, &key);
	ck_assert(file.kept);
	ck_assert_uint_eq(file.map->session[999].client_be, 42);
	ck_assert_uint_eq(file.map->session[998].client_be, 43);
}
END_TEST

START_TEST(a_failed_start_leaves_only_earlier_sessions)
{
	struct mx_hash_key key = {{1, 2}};

	reopen(0, 1, 1000, &key);
	session_file_abandon(&file, instance);
	ck_assert_int_ne(access(file.path, F_OK), 0);
	reopen(0, 1, 1000, &key);
	reopen(0, 1, 1000, &key);
	session_file_abandon(&file, instance);
	ck_assert_int_eq(access(file.path, F_OK), 0);
	reopen(0, 1, 1000, &key);
}
END_TEST

START_TEST(the_watchdog_barks_at_a_worker_that_stands_still)
{
	static struct mx_worker_count count[2];
	struct watchdog watchdog = {.worker = count, .workers = 2};
	uint64_t now_ms = 5000;

	watchdog_look(&watchdog, now_ms);
	for (int i = 0; i < 1000; i++) {
		atomic_fetch_add(&count[0].heartbeat, 1);
		atomic_fetch_add(&count[1].heartbeat, 1);
		ck_assert_int_eq(watchdog_look(&watchdog, now_ms += 100), -1);
	}
	for (int i = 0; i < WATCHDOG_LIMIT_MS / 100 - 1; i++) {
		atomic_fetch_add(&count[0].heartbeat, 1);
		ck_assert_int_eq(watchdog_look(&watchdog, now_ms += 100), -1);
	}
	ck_assert_int_eq(watchdog_look(&watchdog, now_ms += 100), 1);
}
END_TEST

START_TEST(the_watchdog_forgives_a_machine_that_slept)
{
	static struct mx_worker_count count[1];
	struct watchdog watchdog = {.worker = count, .workers = 1};

	watchdog_look(&watchdog, 1000);
	ck_assert_int_eq(watchdog_look(&watchdog, 1000 + 3600 * 1000), -1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("sessionfile");
	TCase *t = tcase_create("sessionfile");
	TCase *w = tcase_create("watchdog");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_file_that_fits_is_kept_with_its_key);
	tcase_add_loop_test(t, a_file_that_does_not_fit_is_replaced, 0, 5);
	tcase_add_test(t, a_file_of_another_layout_is_replaced);
	tcase_add_test(t, files_of_workers_that_left_are_removed);
	tcase_add_test(t, a_removed_file_is_written_anew_with_its_sessions);
	tcase_add_test(t, a_failed_start_leaves_only_earlier_sessions);
	suite_add_tcase(s, t);
	tcase_add_test(w, the_watchdog_barks_at_a_worker_that_stands_still);
	tcase_add_test(w, the_watchdog_forgives_a_machine_that_slept);
	suite_add_tcase(s, w);
	return s;
}
