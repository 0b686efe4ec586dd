/* SPDX-License-Identifier: BSD-3-Clause */
/* The files of shadows reach the workers, and leave them only when no worker can
 * use them.
 * Method: real files in the folder of an instance; a worker that does not run, whose
 * quiescent states the test reports. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "folder.h"
#include "replicated.h"
#include "runner.h"
#include "shadowwatch.h"
#include "worker.h"

#define OWN 1
#define ENTRIES 100
#define WORKERS 2

static char instance[MX_NAME_MAX];
static struct mx_folder folder;
static struct worker *worker[WORKERS];
static struct shadowwatch watch;
static uint32_t now_s;

static void
setup(void)
{
	const size_t bytes = rte_rcu_qsbr_get_memsize(WORKERS);

	snprintf(instance, sizeof(instance), "shadow%d", getpid());
	ck_assert_int_eq(mx_folder_open_control(&folder, instance, true), 0);
	for (int i = 0; i < WORKERS; i++) {
		worker[i] =
			aligned_alloc(64, (sizeof(*worker[i]) + 63) / 64 * 64);
		memset(worker[i], 0, sizeof(*worker[i]));
	}
	watch = (struct shadowwatch){
		.instance = instance,
		.worker = worker,
		.workers = WORKERS,
		.quiescent = aligned_alloc(64, (bytes + 63) / 64 * 64),
	};
	rte_rcu_qsbr_init(watch.quiescent, WORKERS);
	rte_rcu_qsbr_thread_register(watch.quiescent, 0);
	rte_rcu_qsbr_thread_online(watch.quiescent, 0);
}

static void
teardown(void)
{
	char name[MX_SHADOW_NAME_MAX];

	shadowwatch_end(&watch);
	for (int i = 0; i < WORKERS; i++)
		free(worker[i]);
	free(watch.quiescent);
	for (uint8_t box = 1; box <= MX_BOXES_MAX; box++) {
		mx_shadow_name(name, box);
		mx_folder_remove(&folder, name);
	}
	mx_folder_drop(&folder);
}

/* Write the file that has the name of a box. */
static void
write_file(uint8_t name_of, uint8_t box, uint16_t workers)
{
	const size_t bytes = mx_shadow_size(ENTRIES, true);
	char name[MX_SHADOW_NAME_MAX];

	mx_shadow_name(name, name_of);
	mx_folder_remove(&folder, name);
	const int fd = mx_folder_file(&folder, name, O_CREAT | O_EXCL);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(mx_file_allocate(fd, bytes), 0);
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(at, MAP_FAILED);
	mx_shadow_make(at, box, workers, ENTRIES, true);
	munmap(at, bytes);
	close(fd);
}

static const struct shadows *
of_worker(int i)
{
	return atomic_load(&worker[i]->shadows);
}

/* The next look. */
static const struct shadows *
look(void)
{
	shadowwatch_poll(&watch, OWN, ++now_s);
	ck_assert_ptr_eq(of_worker(0), of_worker(1));
	return of_worker(0);
}

/* The workers have come round. */
static void
come_round(void)
{
	rte_rcu_qsbr_quiescent(watch.quiescent, 0);
	look();
	ck_assert(!watch.retiring);
}

START_TEST(files_come_and_go)
{
	ck_assert_ptr_null(look());
	write_file(2, 2, WORKERS);
	write_file(16, 16, WORKERS);
	const struct shadows *shadows = look();
	ck_assert_ptr_nonnull(shadows);
	ck_assert_uint_eq(shadows->count, 2);
	ck_assert_ptr_nonnull(shadows_of(shadows, 2));
	ck_assert_ptr_nonnull(shadows_of(shadows, 16));
	come_round();
	ck_assert_ptr_eq(look(), shadows);
	mx_folder_remove(&folder, "shadow.2");
	shadows = look();
	ck_assert_uint_eq(shadows->count, 1);
	come_round();
	mx_folder_remove(&folder, "shadow.16");
	ck_assert_ptr_null(look());
	come_round();
}
END_TEST

START_TEST(a_file_that_was_replaced_is_mapped_anew)
{
	write_file(2, 2, WORKERS);
	const struct mx_shadow *file = shadows_of(look(), 2)->file;
	come_round();
	write_file(2, 2, WORKERS);
	const struct shadows *shadows = look();
	ck_assert_ptr_ne(shadows_of(shadows, 2)->file, file);
	/* A worker may still read the one before. */
	ck_assert_uint_eq(file->count, ENTRIES);
	look();
	ck_assert_uint_eq(file->count, ENTRIES);
	ck_assert(watch.retiring);
	come_round();
}
END_TEST

START_TEST(what_fits_no_peer_is_refused)
{
	write_file(OWN, OWN, WORKERS);
	write_file(2, 3, WORKERS);
	write_file(4, 4, WORKERS + 1);
	write_file(5, 5, WORKERS);
	const int cut = mx_folder_file(&folder, "shadow.5", 0);
	ck_assert_int_eq(ftruncate(cut, 4096), 0);
	close(cut);
	ck_assert_ptr_null(look());
	ck_assert_ptr_null(look());
	/* One that is mended is taken, though it is the same file. */
	const int fd = mx_folder_file(&folder, "shadow.2", 0);
	const uint8_t box = 2;
	ck_assert_int_eq(pwrite(fd, &box, 1, offsetof(struct mx_shadow, box)),
			 1);
	close(fd);
	ck_assert_ptr_nonnull(look());
}
END_TEST

START_TEST(a_file_that_is_cut_ends_nobody)
{
	write_file(2, 2, WORKERS);
	const struct mx_shadow_map *map = shadows_of(look(), 2);
	const int fd = mx_folder_file(&folder, "shadow.2", 0);
	const struct mx_hash_key key = {{1, 2}};
	const struct mx_flow flow = {.src_port_be = 1};
	struct mx_shadow_entry entry;

	come_round();
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	close(fd);
	ck_assert(!mx_shadow_find_client(map, &key, &flow, &entry));
	ck_assert_uint_eq(mx_shadow_state_of(map), MX_SHADOW_EMPTY);
	ck_assert_ptr_null(look());
	come_round();
}
END_TEST

/* mxsteer-replica holds the file `replicated` by a lock. */
START_TEST(shadows_are_kept_while_their_writer_runs)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	const int fd = mx_folder_file(&folder, REPLICATED_NAME, O_CREAT);

	ck_assert_int_ge(fd, 0);
	write_file(2, 2, WORKERS);
	ck_assert(!look()->kept);
	come_round();
	ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &whole), 0);
	ck_assert(look()->kept);
	come_round();
	ck_assert(look()->kept);
	close(fd);
	ck_assert(!look()->kept);
	come_round();
	mx_folder_remove(&folder, REPLICATED_NAME);
}
END_TEST

START_TEST(without_a_group_there_are_none)
{
	write_file(2, 2, WORKERS);
	ck_assert_ptr_nonnull(look());
	come_round();
	shadowwatch_poll(&watch, 0, ++now_s);
	ck_assert_ptr_null(of_worker(0));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("shadowwatch");
	TCase *t = tcase_create("shadowwatch");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, files_come_and_go);
	tcase_add_test(t, a_file_that_was_replaced_is_mapped_anew);
	tcase_add_test(t, what_fits_no_peer_is_refused);
	tcase_add_test(t, a_file_that_is_cut_ends_nobody);
	tcase_add_test(t, shadows_are_kept_while_their_writer_runs);
	tcase_add_test(t, without_a_group_there_are_none);
	suite_add_tcase(s, t);
	return s;
}
