/* SPDX-License-Identifier: BSD-3-Clause */
/* What mxsteer-replica has done is read as it was written, or not at all; and which
 * boxes are lost. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "folder.h"
#include "groupwatch.h"
#include "peerwatch.h"
#include "runner.h"

static char instance[MX_NAME_MAX];
static struct mx_folder folder;
static struct replicated good, found;
static struct peerwatch watch;

static void
setup(void)
{
	snprintf(instance, sizeof(instance), "groupwatch-%d", (int)getpid());
	ck_assert_int_eq(mx_folder_open_control(&folder, instance, true), 0);
	good = (struct replicated){
		.magic = REPLICATED_MAGIC,
		.layout = REPLICATED_LAYOUT,
		.pid = 7,
		.at_ms = clock_wall_s() * 1000,
		.box = 1,
		.peer[3] = {.box = 2, .from = {.state = REPLICATED_SYNCED}},
	};
}

static void
teardown(void)
{
	unlinkat(folder.fd, REPLICATED_NAME, 0);
	mx_folder_drop(&folder);
}

static void
note(const struct replicated *replicated, size_t bytes)
{
	const int fd = mx_folder_file(&folder, REPLICATED_NAME, O_CREAT);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(pwrite(fd, replicated, bytes, 0), (ssize_t)bytes);
	close(fd);
}

START_TEST(a_stream_that_is_down_for_long_is_lost)
{
	struct peerwatch_fact *from = &watch.box[2].from;

	watch = (struct peerwatch){.runs.is = true};
	ck_assert_uint_eq(peerwatch_lost(&watch), 0);
	*from = (struct peerwatch_fact){.known = true, .changed_s = clock_s()};
	ck_assert_uint_eq(peerwatch_lost(&watch), 0);
	from->changed_s -= PEERWATCH_LOST_S;
	ck_assert_uint_eq(peerwatch_lost(&watch), 1u << 2);
	from->is = true;
	ck_assert_uint_eq(peerwatch_lost(&watch), 0);
	/* Who does not run says nothing. */
	from->is = false;
	watch.runs.is = false;
	ck_assert_uint_eq(peerwatch_lost(&watch), 0);
	watch = (struct peerwatch){0};
}
END_TEST

START_TEST(what_was_written_is_read)
{
	ck_assert(!groupwatch_replicated(instance, &found));
	note(&good, sizeof(good));
	ck_assert(groupwatch_replicated(instance, &found));
	ck_assert_mem_eq(&found, &good, sizeof(good));
	ck_assert_ptr_eq(groupwatch_peer(&found, 2), &found.peer[3]);
	ck_assert_ptr_null(groupwatch_peer(&found, 3));
	ck_assert_ptr_null(groupwatch_peer(&found, 0));
}
END_TEST

START_TEST(what_cannot_be_is_not_read)
{
	struct replicated bad[7];

	note(&good, sizeof(good) - 1);
	ck_assert(!groupwatch_replicated(instance, &found));
	for (unsigned i = 0; i < 7; i++)
		bad[i] = good;
	bad[0].magic++;
	bad[1].layout++;
	bad[2].box = MX_BOXES_MAX + 1;
	bad[3].peer[15].box = MX_BOXES_MAX + 1;
	bad[4].peer[0].from.state = REPLICATED_STATES;
	bad[5].peer[0].to.state = REPLICATED_STATES;
	bad[6].peer[0].to.refusal = REPLICATED_REFUSALS;
	for (unsigned i = 0; i < 7; i++) {
		note(&bad[i], sizeof(bad[i]));
		ck_assert_msg(!groupwatch_replicated(instance, &found), "%u",
			      i);
	}
}
END_TEST

START_TEST(a_program_that_is_silent_does_not_run)
{
	ck_assert(groupwatch_runs(&good));
	good.at_ms -= (GROUPWATCH_SILENT_S + 2) * 1000;
	ck_assert(!groupwatch_runs(&good));
	good.at_ms = (clock_wall_s() + GROUPWATCH_SILENT_S + 2) * 1000;
	ck_assert(!groupwatch_runs(&good));
	good.at_ms = clock_wall_s() * 1000;
	good.pid = 0;
	ck_assert(!groupwatch_runs(&good));
}
END_TEST

START_TEST(each_state_and_each_refusal_has_its_words)
{
	for (unsigned i = 0; i < REPLICATED_STATES; i++)
		for (unsigned j = 0; j < i; j++)
			ck_assert_str_ne(replicated_state_name(i),
					 replicated_state_name(j));
	for (unsigned i = 0; i < REPLICATED_REFUSALS; i++)
		for (unsigned j = 0; j < i; j++) {
			ck_assert_str_ne(replicated_refusal_name(i),
					 replicated_refusal_name(j));
			ck_assert_str_ne(replicated_refusal_text(i),
					 replicated_refusal_text(j));
		}
	ck_assert_str_eq(replicated_state_name(REPLICATED_STATES), "-");
	ck_assert_str_eq(replicated_refusal_name(REPLICATED_REFUSALS), "-");
}
END_TEST

/* Look at what is noted of boxes 1 and 2, as box 1. */
static void
look(const struct replicated *replicated)
{
	static struct mx_config_group group = {
		.box = 1,
		.box_count = 2,
		.boxes = {{.box = 1}, {.box = 2}},
	};

	note(replicated, sizeof(*replicated));
	peerwatch_look(&watch, instance, &group);
}

START_TEST(a_peer_is_taught_until_it_teaches_anew)
{
	struct replicated_stream *from = &good.peer[3].from;

	from->state = REPLICATED_TEACHING;
	look(&good);
	ck_assert_uint_eq(peerwatch_taught(&watch), 0);
	from->state = REPLICATED_SYNCED;
	from->teaches = 1;
	look(&good);
	ck_assert_uint_eq(peerwatch_taught(&watch), 1u << 2);
	from->state = REPLICATED_NONE;
	look(&good);
	ck_assert_uint_eq(peerwatch_taught(&watch), 1u << 2);
	from->state = REPLICATED_TEACHING;
	look(&good);
	ck_assert_uint_eq(peerwatch_taught(&watch), 0);
}
END_TEST

START_TEST(what_a_peer_serves_counts_while_it_tells)
{
	struct replicated_peer *peer = &good.peer[3];
	uint8_t serves[GROUPSHEET_SERVES_BYTES] = {0x10};

	peer->serves[0] = 0x01;
	look(&good);
	peerwatch_serves(&watch, serves);
	ck_assert_uint_eq(serves[0], 0x10);
	peer->same = 1;
	look(&good);
	peerwatch_serves(&watch, serves);
	ck_assert_uint_eq(serves[0], 0x11);
	peer->from.state = REPLICATED_NONE;
	look(&good);
	serves[0] = 0;
	peerwatch_serves(&watch, serves);
	ck_assert_uint_eq(serves[0], 0);
}
END_TEST

START_TEST(a_pupil_has_all_sessions_and_the_same_configuration)
{
	struct replicated_peer *peer = &good.peer[3];

	peer->same = 1;
	peer->to = (struct replicated_stream){.state = REPLICATED_SYNCED,
					      .sessions = 7};
	look(&good);
	ck_assert_uint_eq(peerwatch_pupil(&watch, 7), 2);
	ck_assert_uint_eq(peerwatch_pupil(&watch, 8), 0);
	peer->to.lag_ms = PEERWATCH_LAG_MS;
	look(&good);
	ck_assert_uint_eq(peerwatch_pupil(&watch, 7), 0);
	peer->to.lag_ms = 0;
	peer->same = 0;
	look(&good);
	ck_assert_uint_eq(peerwatch_pupil(&watch, 7), 0);
	peer->same = 1;
	peer->to.state = REPLICATED_TEACHING;
	look(&good);
	ck_assert_uint_eq(peerwatch_pupil(&watch, 7), 0);
	peer->to.state = REPLICATED_SYNCED;
	good.pid = 0;
	look(&good);
	ck_assert_uint_eq(peerwatch_pupil(&watch, 7), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("groupwatch");
	TCase *t = tcase_create("groupwatch");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_stream_that_is_down_for_long_is_lost);
	tcase_add_test(t, what_was_written_is_read);
	tcase_add_test(t, what_cannot_be_is_not_read);
	tcase_add_test(t, a_program_that_is_silent_does_not_run);
	tcase_add_test(t, each_state_and_each_refusal_has_its_words);
	tcase_add_test(t, what_a_peer_serves_counts_while_it_tells);
	tcase_add_test(t, a_peer_is_taught_until_it_teaches_anew);
	tcase_add_test(t, a_pupil_has_all_sessions_and_the_same_configuration);
	suite_add_tcase(s, t);
	return s;
}
