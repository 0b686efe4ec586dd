/* SPDX-License-Identifier: BSD-3-Clause */
/* systemd hears of the data plane while all its workers go round, and only then.
 * Method: the test moves the heartbeats and the clock. */
#include <stdlib.h>

#include "keepalive.h"
#include "runner.h"

#define START_MS UINT64_C(100000)

static struct mx_worker_count count[2];
static struct keepalive keepalive;

static void
setup(void)
{
	/* From an earlier process. */
	atomic_store(&count[0].heartbeat, 17);
	atomic_store(&count[1].heartbeat, 23);
	setenv("WATCHDOG_USEC", "60000000", 1);
	keepalive_begin(&keepalive, count, 2);
}

static void
teardown(void)
{
	unsetenv("WATCHDOG_USEC");
}

static void
beat(int worker)
{
	atomic_fetch_add(&count[worker].heartbeat, 1);
}

static void
become_ready(void)
{
	beat(0);
	beat(1);
	ck_assert(keepalive_is_due(&keepalive, START_MS));
	keepalive_note(&keepalive, START_MS);
}

START_TEST(the_start_is_complete_when_every_worker_polls)
{
	ck_assert(!keepalive_is_due(&keepalive, START_MS));
	beat(0);
	ck_assert(!keepalive_is_due(&keepalive, START_MS));
	beat(1);
	ck_assert(keepalive_is_due(&keepalive, START_MS));
}
END_TEST

START_TEST(a_message_waits_for_its_time)
{
	become_ready();
	beat(0);
	beat(1);
	ck_assert(!keepalive_is_due(&keepalive, START_MS + 9999));
	ck_assert(keepalive_is_due(&keepalive, START_MS + 10000));
}
END_TEST

START_TEST(one_worker_that_hangs_ends_the_keep_alives)
{
	become_ready();
	for (int i = 0; i < 1000; i++)
		beat(_i);
	ck_assert(!keepalive_is_due(&keepalive, START_MS + 3600 * 1000));
	/* It only waited for its core. */
	beat(1 - _i);
	ck_assert(keepalive_is_due(&keepalive, START_MS + 3600 * 1000));
}
END_TEST

START_TEST(a_manager_without_a_limit_hears_of_it_as_well)
{
	unsetenv("WATCHDOG_USEC");
	keepalive_begin(&keepalive, count, 2);
	become_ready();
	beat(0);
	beat(1);
	ck_assert(!keepalive_is_due(&keepalive,
				    START_MS + KEEPALIVE_EVERY_MS - 1));
	ck_assert(keepalive_is_due(&keepalive, START_MS + KEEPALIVE_EVERY_MS));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("keepalive");
	TCase *t = tcase_create("keepalive");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_start_is_complete_when_every_worker_polls);
	tcase_add_test(t, a_message_waits_for_its_time);
	tcase_add_loop_test(t, one_worker_that_hangs_ends_the_keep_alives, 0,
			    2);
	tcase_add_test(t, a_manager_without_a_limit_hears_of_it_as_well);
	suite_add_tcase(s, t);
	return s;
}
