/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker that captures reads each frame twice, and counts it once.
 * Method: real workers over ring ports; a reply comes to each of them. */
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "runner.h"
#include "talk.h"

#define WORKERS 2

static struct rig *rig;
static struct mx_capture_ring *ring[WORKERS];
static struct capture *capture[WORKERS];

static void
setup(void)
{
	const struct mx_capture_filter all = {.bytes = MX_CAPTURE_BYTES};

	rig = rig_make(WORKERS);
	for (uint16_t i = 0; i < WORKERS; i++) {
		ring[i] = aligned_alloc(64, sizeof(*ring[i]));
		ck_assert_ptr_nonnull(ring[i]);
		memset(ring[i], 0, sizeof(*ring[i]));
		capture[i] = capture_make(&all, ring[i]);
		ck_assert_ptr_nonnull(capture[i]);
		atomic_store(&rig->worker[i]->capture, capture[i]);
	}
}

static void
teardown(void)
{
	for (uint16_t i = 0; i < WORKERS; i++) {
		atomic_store(&rig->worker[i]->capture, NULL);
		capture_free(capture[i]);
		free(ring[i]);
	}
	rig_free(rig);
}

static uint64_t
strayed(void)
{
	return rig->count[0].strayed + rig->count[1].strayed;
}

static uint64_t
handed_off(void)
{
	return rig->count[0].handed_off + rig->count[1].handed_off;
}

START_TEST(a_reply_at_the_wrong_worker_counts_once)
{
	const struct end client = talk_client(false, 40000);
	const struct talk talk = talk_open(rig, RIG_FULLNAT_TO4, &client);
	const struct segment back = talk_back(&talk, ACK);
	const uint64_t before = handed_off();

	for (uint16_t i = 0; i < WORKERS; i++) {
		atomic_store(&rig->worker[i]->rss_owner.predicted, true);
		rig_send(rig, i, LAN, &back);
	}
	rig_poll(rig);
	ck_assert_uint_eq(handed_off() - before, 1);
	ck_assert_uint_eq(strayed(), 1);
	rig_flush(rig);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("captured");
	TCase *t = tcase_create("captured");

	rig_start_dpdk();
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_reply_at_the_wrong_worker_counts_once);
	suite_add_tcase(s, t);
	return s;
}
