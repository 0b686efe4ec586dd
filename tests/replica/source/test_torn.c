/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions that change while they are read are not told half.  Method: a thread plays
 * a worker that uses few slots again and again; the fields of each session belong
 * together. */
#include <pthread.h>
#include <sched.h>

#include "boxrig.h"
#include "runner.h"
#include "scan.h"

#define SLOTS 8u
#define FIT 1000u

static struct boxrig rig;
static struct source source;
static _Atomic bool over;

static void *
work(void *arg)
{
	for (uint32_t i = 0; i < SLOTS || !atomic_load(&over); i++) {
		boxrig_put(&rig, i % SLOTS, i * 2654435761u, 1);
		if (i % 64 == 0)
			sched_yield();
	}
	return arg;
}

START_TEST(no_session_is_told_half)
{
	struct wire_session session;
	pthread_t worker;
	uint64_t cursor;
	uint32_t slot, fit = 0;

	boxrig_open(&rig, 1, &(struct boxrig){.workers = 1, .count = SLOTS});
	ck_assert_int_eq(source_open(&source, rig.instance), 0);
	source_set_homes(&source, &rig.sheet, 0);
	cursor = source.head;
	ck_assert_int_eq(pthread_create(&worker, NULL, work, NULL), 0);
	while (fit < FIT) {
		scan_glance(&source);
		while (scan_slice(&source))
			;
		while (source_next(&source, &cursor, &slot) == 1) {
			if (source_read(&source, slot, &session) != SOURCE_FIT)
				continue;
			ck_assert_uint_eq(session.server_seq,
					  ~session.client_seq);
			fit++;
		}
	}
	atomic_store(&over, true);
	pthread_join(worker, NULL);
	/* And none is forgotten. */
	scan_slice(&source);
	ck_assert_uint_eq(source.fits, SLOTS);
	source_close(&source);
	boxrig_close(&rig);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("torn");
	TCase *tc = tcase_create("torn");

	tcase_add_test(tc, no_session_is_told_half);
	suite_add_tcase(s, tc);
	return s;
}
