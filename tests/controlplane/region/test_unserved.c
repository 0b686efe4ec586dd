/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions that a backend left unserved are news once a second at most, and are
 * logged when they begin and when they have stopped.
 * Method: the counters of a region by hand, and a made-up clock. */
#include <stdlib.h>

#include "runner.h"
#include "unserved.h"

#define ID 3
#define LABEL "mx/c"

static struct mx_region *region;
static struct unserved unserved;

static void
setup(void)
{
	region = calloc(1, sizeof(*region));
	ck_assert_ptr_nonnull(region);
	region->header.workers = 2;
	unserved = (struct unserved){0};
}

static void
teardown(void)
{
	free(region);
}

static void
leave(uint16_t worker, enum mx_unserved kind)
{
	region->worker[worker].backend[ID].unserved[kind]++;
}

static bool
look(int64_t now_s)
{
	return unserved_look(&unserved, region, ID, LABEL, now_s);
}

START_TEST(each_kind_at_each_worker_is_news_once)
{
	const enum mx_unserved kind = (enum mx_unserved)_i;

	leave(0, kind);
	ck_assert(!look(100)); /* that may have been long ago */
	ck_assert(!look(101));
	leave(1, kind);
	leave(0, kind);
	ck_assert(look(102));
	ck_assert(!look(103));
	ck_assert_uint_eq(unserved.row[ID][kind].count, 2);
	for (int i = 0; i < MX_UNSERVED_KINDS; i++)
		ck_assert(unserved.row[ID][i].active == (i == _i));
	ck_assert(!look(102 + REFUSAL_QUIET_S));
	ck_assert(!unserved.row[ID][kind].active);
	leave(0, kind);
	ck_assert(look(103 + REFUSAL_QUIET_S));
	ck_assert_uint_eq(unserved.row[ID][kind].count, 1);
}
END_TEST

START_TEST(another_backend_and_a_new_one_of_the_id_are_not_to_blame)
{
	look(100);
	region->worker[0].backend[ID + 1].unserved[MX_UNSERVED_MUTE]++;
	ck_assert(!look(101));
	leave(0, MX_UNSERVED_BUSY);
	ck_assert(!unserved_look(&unserved, region, ID, NULL, 102));
	ck_assert(!look(103));
	ck_assert(!unserved.row[ID][MX_UNSERVED_BUSY].active);
}
END_TEST

START_TEST(a_data_plane_that_starts_again_is_no_news)
{
	leave(0, MX_UNSERVED_SILENT);
	leave(0, MX_UNSERVED_SILENT);
	look(100);
	region->worker[0].backend[ID].unserved[MX_UNSERVED_SILENT] = 0;
	ck_assert(!look(101));
	leave(0, MX_UNSERVED_SILENT);
	ck_assert(look(102));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("unserved");
	TCase *t = tcase_create("unserved");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, each_kind_at_each_worker_is_news_once, 0,
			    MX_UNSERVED_KINDS);
	tcase_add_test(
		t, another_backend_and_a_new_one_of_the_id_are_not_to_blame);
	tcase_add_test(t, a_data_plane_that_starts_again_is_no_news);
	suite_add_tcase(s, t);
	return s;
}
