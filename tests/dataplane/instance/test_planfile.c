/* SPDX-License-Identifier: BSD-3-Clause */
/* The data plane reads the control plane's file of plans, and nothing that is
 * done to the file ends it or changes the plan that it has.
 * Method: real files under a name of this process.  The test does to the file
 * what its owner can. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "keptlog.h"
#include "planfile.h"
#include "regionfile.h"
#include "runner.h"
#include "smallplan.h"

static char instance[MX_NAME_MAX];
static struct mx_region *mine, *theirs;
static int owner, control;
static struct mx_plan_writer writer;
static struct mx_plan_reader reader;

static void
setup(void)
{
	snprintf(instance, sizeof(instance), "planfile-%d", getpid());
	smallplan_setup();
	mine = mx_region_create(instance, &owner);
	ck_assert_ptr_nonnull(mine);
	theirs = mx_region_attach(instance, &control);
	ck_assert_ptr_nonnull(theirs);
	mx_plan_reader_init(&reader, instance);
	writer.fd = -1;
}

static void
teardown(void)
{
	mx_plan_reader_close(&reader);
	mx_plan_writer_close(&writer);
	mx_region_close(theirs, control);
	mx_region_close(mine, owner);
	mx_region_unlink(instance);
	mx_plan_unlink(instance);
	smallplan_teardown();
}

static void
open_writer(void)
{
	ck_assert_int_eq(mx_plan_writer_open(&writer, instance, theirs), 0);
}

static uint64_t
heard(void)
{
	mx_plan_reader_look(&reader);
	mx_plan_reader_poll(&reader, mine);
	return atomic_load(&mine->generation);
}

static enum mx_plan_fault
fault(void)
{
	const uint64_t generation = atomic_load(&mine->generation);

	return mx_plan_check(mx_region_slot(mine, generation), MX_PLAN_SIZE_MAX,
			     generation, SMALLPLAN_PORTS);
}

START_TEST(a_plan_is_read_once_it_is_published)
{
	ck_assert_uint_eq(heard(), 0); /* no file */
	open_writer();
	ck_assert_uint_eq(heard(), 0); /* no plan */
	for (uint64_t n = 1; n < 5; n++) {
		smallplan->key.word[0] = n;
		mx_region_publish(theirs, smallplan);
		ck_assert_uint_eq(heard(), n);
		ck_assert_uint_eq(fault(), MX_PLAN_OK);
		ck_assert_uint_eq(mx_region_slot(mine, n)->key.word[0], n);
	}
}
END_TEST

START_TEST(a_file_that_is_cut_leaves_the_plan_as_it_was)
{
	static const off_t sizes[] = {0, 1, 8, 64, 4096, 100000};

	open_writer();
	mx_region_publish(theirs, smallplan);
	ck_assert_uint_eq(heard(), 1);
	ck_assert_int_eq(ftruncate(writer.fd, sizes[_i]), 0);
	ck_assert_uint_eq(heard(), 1);
	ck_assert_uint_eq(fault(), MX_PLAN_OK);
	/* The name of a cut file is no better. */
	mx_plan_reader_close(&reader);
	ck_assert_uint_eq(heard(), 1);
	ck_assert_int_lt(reader.fd, 0);
}
END_TEST

START_TEST(a_file_of_another_layout_is_not_read_and_makes_way)
{
	static const size_t fields[] = {offsetof(struct mx_region_plans, magic),
					offsetof(struct mx_region_plans, abi),
					offsetof(struct mx_region_plans, size)};

	open_writer();
	mx_region_publish(theirs, smallplan);
	const uint8_t other = 0x55;
	ck_assert_int_eq(pwrite(writer.fd, &other, 1, (off_t)fields[_i]), 1);
	ck_assert_uint_eq(heard(), 0);
	mx_plan_writer_close(&writer);
	open_writer();
	ck_assert_uint_eq(atomic_load(&theirs->generation), 0);
	mx_region_publish(theirs, smallplan);
	ck_assert_uint_eq(heard(), 1);
}
END_TEST

START_TEST(a_removed_file_is_written_anew_with_its_plan)
{
	open_writer();
	mx_region_publish(theirs, smallplan);
	ck_assert_uint_eq(heard(), 1);
	ck_assert_int_eq(mx_plan_writer_keep(&writer, instance, theirs), 0);
	ck_assert_int_eq(mx_plan_unlink(instance), 0);
	ck_assert_uint_eq(heard(), 1);
	ck_assert_int_eq(mx_plan_writer_keep(&writer, instance, theirs), 1);
	mx_region_publish(theirs, smallplan);
	ck_assert_uint_eq(heard(), 2);
	ck_assert_uint_eq(fault(), MX_PLAN_OK);
}
END_TEST

/* A plan of a number that the data plane has seen would never be read. */
START_TEST(a_new_file_goes_on_behind_the_last_generation_that_was_seen)
{
	open_writer();
	mx_region_publish(theirs, smallplan);
	mx_region_publish(theirs, smallplan);
	ck_assert_uint_eq(heard(), 2);
	atomic_store(&mine->ack.generation, 2);
	mx_plan_writer_close(&writer);
	ck_assert_int_eq(mx_plan_unlink(instance), 0);
	open_writer();
	ck_assert_uint_eq(heard(), 2);
	ck_assert_uint_eq(mx_region_publish(theirs, smallplan), 3);
	ck_assert_uint_eq(heard(), 3);
	ck_assert_uint_eq(fault(), MX_PLAN_OK);
}
END_TEST

/* Any generation, and any bytes as its plan. */
START_TEST(a_plan_of_noise_is_refused)
{
	uint8_t noise[4096];

	open_writer();
	for (int turn = 0; turn < 200; turn++) {
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)rand();
		if (turn % 2 == 0) /* the size of a plan of some pools */
			memcpy(noise,
			       &(uint32_t){(uint32_t)MX_PLAN_SIZE(turn % 64)},
			       4);
		const uint64_t generation = (uint64_t)rand() << turn % 40;
		memcpy(mx_region_slot(theirs, generation), noise,
		       sizeof(noise));
		atomic_store(&theirs->generation, generation);
		ck_assert_uint_eq(heard(), generation);
		ck_assert_uint_ne(fault(), MX_PLAN_OK);
	}
}
END_TEST

/* A link of the control plane's to a file that it cannot read. */
START_TEST(a_link_is_not_followed)
{
	char path[2 * MX_PATH_MAX];

	open_writer();
	ck_assert_int_eq(mx_plan_unlink(instance), 0);
	snprintf(path, sizeof(path), MX_FOLDER_BASE "/mxsteer-control.%s",
		 instance);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), MX_FOLDER_BASE "/mxsteer-control.%s/plan",
		 instance);
	ck_assert_int_eq(symlink("/etc/shadow", path), 0);
	ck_assert_uint_eq(heard(), 0);
	ck_assert_int_lt(reader.fd, 0);
}
END_TEST

/* The control plane runs as a user that this data plane does not know. */
START_TEST(a_strangers_folder_is_not_believed_and_said_to_be_once)
{
	char path[2 * MX_PATH_MAX];

	snprintf(path, sizeof(path), MX_FOLDER_BASE "/mxsteer-control.%s",
		 instance);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chown(path, 65533, 65533), 0);
	keptlog_begin();
	ck_assert_uint_eq(heard(), 0);
	ck_assert(strstr(keptlog_text(), "plans are not believed") != NULL);
	keptlog_forget();
	ck_assert_uint_eq(heard(), 0);
	ck_assert_str_eq(keptlog_text(), "");
	keptlog_end();
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("planfile");
	TCase *t = tcase_create("planfile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_plan_is_read_once_it_is_published);
	tcase_add_loop_test(t, a_file_that_is_cut_leaves_the_plan_as_it_was, 0,
			    6);
	tcase_add_loop_test(
		t, a_file_of_another_layout_is_not_read_and_makes_way, 0, 3);
	tcase_add_test(t, a_removed_file_is_written_anew_with_its_plan);
	tcase_add_test(
		t, a_new_file_goes_on_behind_the_last_generation_that_was_seen);
	tcase_add_test(t, a_plan_of_noise_is_refused);
	tcase_add_test(t, a_link_is_not_followed);
	if (geteuid() == 0)
		tcase_add_test(
			t,
			a_strangers_folder_is_not_believed_and_said_to_be_once);
	suite_add_tcase(s, t);
	return s;
}
