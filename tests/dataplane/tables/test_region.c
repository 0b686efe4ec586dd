/* SPDX-License-Identifier: BSD-3-Clause */
/* The region survives the death of either process.
 * Method: real shared memory under a name of this process.  A child that
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

#include "folder.h"
#include "planfile.h"
#include "regionfile.h"
#include "runner.h"
#include "sanitized.h"
#include "smallplan.h"

static char instance[MX_NAME_MAX];

static void
setup(void)
{
	snprintf(instance, sizeof(instance), "region-%d", getpid());
	smallplan_setup();
}

static void
teardown(void)
{
	mx_region_unlink(instance);
	mx_plan_unlink(instance);
	smallplan_teardown();
}

/* The control plane's end: its region, with its file of plans behind it. */
static struct mx_plan_writer writer;

static struct mx_region *
join(int *control)
{
	struct mx_region *theirs = mx_region_attach(instance, control);

	ck_assert_ptr_nonnull(theirs);
	ck_assert_int_eq(mx_plan_writer_open(&writer, instance, theirs), 0);
	return theirs;
}

static void
leave(struct mx_region *theirs, int control)
{
	mx_region_close(theirs, control);
	mx_plan_writer_close(&writer);
}

/* What the data plane reads of the generation. */
static uint64_t
heard(struct mx_region *mine)
{
	struct mx_plan_reader reader;

	mx_plan_reader_init(&reader, instance);
	mx_plan_reader_look(&reader);
	mx_plan_reader_poll(&reader, mine);
	mx_plan_reader_close(&reader);
	return atomic_load(&mine->generation);
}

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
	struct mx_region *theirs = join(&control);

	mx_region_publish(theirs, smallplan);
	mine->worker[3].rx = 99;
	ck_assert(!mx_region_replaced(instance, owner));
	ck_assert_int_eq(mx_region_unlink(instance), 0);
	ck_assert(mx_region_replaced(instance, owner));
	ck_assert(mx_region_replaced(instance, control));
	leave(theirs, control);

	ck_assert_int_eq(mx_region_rewrite(instance, mine, &owner), 0);
	ck_assert(!mx_region_replaced(instance, owner));
	ck_assert_ptr_null(mx_region_create(instance, &other));
	ck_assert_int_eq(errno, EBUSY);
	theirs = join(&control);
	ck_assert_uint_eq(theirs->worker[3].rx, 99);
	ck_assert_uint_eq(mx_region_publish(theirs, smallplan), 2);
	ck_assert_uint_eq(heard(mine), 2);
	leave(theirs, control);
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
	struct mx_region *theirs = join(&control);

	ck_assert_uint_eq(mx_region_publish(theirs, smallplan), 1);
	mine->worker[3].rx = 99;
	atomic_store(&mine->ack.adopted, 1);
	mx_region_close(mine, owner);

	mine = mx_region_create(instance, &owner);
	ck_assert(!mx_region_replaced(instance, control));
	ck_assert_uint_eq(heard(mine), 1);
	ck_assert_uint_eq(mx_plan_check(mx_region_slot(mine, 1),
					MX_PLAN_SIZE_MAX, 1, SMALLPLAN_PORTS),
			  MX_PLAN_OK);
	ck_assert_uint_eq(mine->worker[3].rx, 0);
	ck_assert_uint_eq(atomic_load(&mine->ack.adopted), 0);
	ck_assert_uint_eq(mx_region_publish(theirs, smallplan), 2);
	ck_assert_uint_eq(heard(mine), 2);
	leave(theirs, control);
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

START_TEST(a_region_that_is_not_laid_out_yet_is_none)
{
	struct mx_folder folder;
	int owner;

	ck_assert_int_eq(
		mx_folder_open(&folder, MX_FOLDER_BASE, instance, true), 0);
	const int fd = mx_folder_file(&folder, MX_REGION_NAME, O_CREAT);
	ck_assert_ptr_null(mx_region_attach(instance, &owner));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(ftruncate(fd, MX_REGION_OWN_BYTES), 0);
	ck_assert_ptr_null(mx_region_attach(instance, &owner));
	ck_assert_int_eq(errno, ENOENT);
	close(fd);
	mx_folder_close(&folder);
	struct mx_region *mine = mx_region_create(instance, &owner);
	ck_assert_ptr_nonnull(mine);
	mx_region_close(mine, owner);
}
END_TEST

/* Publish until killed.  Every plan has its number in many places. */
static void
publish_for_ever(void)
{
	int control;
	struct mx_region *region = mx_region_attach(instance, &control);

	if (region == NULL ||
	    mx_plan_writer_open(&writer, instance, region) != 0)
		_exit(1);
	for (uint64_t n = 1;; n++) {
		smallplan->key = (struct mx_hash_key){{n, n}};
		for (uint32_t i = 1; i <= MX_BACKENDS_MAX; i++)
			smallplan->backend[i].address.port_be = (uint16_t)n;
		mx_region_publish(region, smallplan);
	}
}

#define KILLS (SANITIZED ? 20 : 60)

START_TEST(a_publisher_killed_at_any_moment_leaves_no_half_plan)
{
	struct mx_plan *copy = malloc(MX_PLAN_SIZE(1));
	uint32_t accepted = 0;
	int owner;
	struct mx_region *mine = mx_region_create(instance, &owner);

	srand(3);
	for (int round = 0; round < KILLS; round++) {
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
			const uint64_t generation = heard(mine);
			memcpy(copy, mx_region_slot(mine, generation),
			       MX_PLAN_SIZE(1));
			if (mx_plan_check(copy, MX_PLAN_SIZE(1), generation,
					  SMALLPLAN_PORTS) != MX_PLAN_OK)
				continue;
			accepted++;
			ck_assert_uint_eq(copy->key.word[0], copy->key.word[1]);
			for (uint32_t i = 1; i <= MX_BACKENDS_MAX; i++)
				ck_assert_uint_eq(
					copy->backend[i].address.port_be,
					(uint16_t)copy->key.word[0]);
		}
	}
	ck_assert_uint_gt(accepted, KILLS);
	mx_region_close(mine, owner);
	free(copy);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("region");
	TCase *t = tcase_create("region");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_region_has_one_data_plane);
	tcase_add_test(
		t, a_removed_region_is_written_anew_with_all_that_was_in_it);
	tcase_add_test(t, a_region_of_an_older_place_is_one_of_another_version);
	tcase_add_test(t, plan_and_generation_outlive_the_data_plane);
	tcase_add_test(t, a_region_of_another_layout_makes_way);
	tcase_add_test(t, a_file_that_is_no_region_makes_way);
	tcase_add_test(t, a_region_that_is_not_laid_out_yet_is_none);
	tcase_add_test(t, a_publisher_killed_at_any_moment_leaves_no_half_plan);
	suite_add_tcase(s, t);
	return s;
}
