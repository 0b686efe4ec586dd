/* SPDX-License-Identifier: BSD-3-Clause */
/* A disk that does not answer keeps the agent from measuring, not from answering.
 * Method: a queue_count() of the test's own, which waits until the test lets it
 * go; the real thread, and the real clock. */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gauge.h"
#include "runner.h"
#include "tempfolder.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool hangs;
static char path[PATH_MAX + 8];

/* Instead of the one in queue.c. */
int
queue_count(const struct queue *queue, uint32_t look_max, uint64_t *messages)
{
	(void)queue, (void)look_max;
	*messages = 7;
	pthread_mutex_lock(&lock);
	while (hangs)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return 0;
}

static void
set_hangs(bool value)
{
	pthread_mutex_lock(&lock);
	hangs = value;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void
setup(void)
{
	snprintf(path, sizeof(path), "%s/state", tempfolder_make());
}

static void
teardown(void)
{
	tempfolder_remove();
}

/* The gauge is never freed: its thread may wait for a disk for ever. */
static struct gauge *
make(void)
{
	struct gauge_task task = {
		.admin_path = path,
		.queues = 1,
		.queue = {{QUEUE_OF_POSTFIX, "/spool"}},
		.scale = SCORE_SCALE,
	};

	task.scale.cpu_off = task.scale.memory_off = true;
	struct gauge *gauge = gauge_new(&task);
	ck_assert_ptr_nonnull(gauge);
	return gauge;
}

static void
write_state(enum admin admin)
{
	const struct adminfile file = {admin, "why"};

	ck_assert_int_eq(adminfile_write(path, &file), 0);
}

START_TEST(the_first_answer_has_the_first_measure)
{
	struct gauge_view view;

	set_hangs(false);
	gauge_look(make(), &view);
	ck_assert(view.knows_admin);
	ck_assert_int_eq(view.admin.admin, ADMIN_IS_READY);
	ck_assert_uint_eq(view.percent, 100);
}
END_TEST

START_TEST(a_disk_that_hangs_does_not_keep_the_agent_from_starting)
{
	struct gauge_view view;

	write_state(ADMIN_IS_DRAIN);
	set_hangs(true);
	struct gauge *gauge = make();
	gauge_look(gauge, &view);
	/* The state is known: its file is elsewhere. */
	ck_assert(view.knows_admin);
	ck_assert_int_eq(view.admin.admin, ADMIN_IS_DRAIN);
	ck_assert_uint_eq(view.percent, SCORE_LEAST);
	ck_assert_ptr_nonnull(strstr(view.why, "does not answer"));
	set_hangs(false);
	for (int i = 0; i < 6000 && view.percent != 100; i++) {
		usleep(10000);
		gauge_look(gauge, &view);
	}
	ck_assert_uint_eq(view.percent, 100);
	ck_assert_str_eq(view.why, "why");
}
END_TEST

START_TEST(a_state_that_cannot_be_read_is_not_known)
{
	struct gauge_view view;
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs("drian\n", file);
	fclose(file);
	set_hangs(false);
	gauge_look(make(), &view);
	ck_assert(!view.knows_admin);
	ck_assert_uint_eq(view.percent, 100);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("gauge");
	TCase *t = tcase_create("gauge");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, the_first_answer_has_the_first_measure);
	tcase_add_test(t,
		       a_disk_that_hangs_does_not_keep_the_agent_from_starting);
	tcase_add_test(t, a_state_that_cannot_be_read_is_not_known);
	suite_add_tcase(s, t);
	return s;
}
