/* SPDX-License-Identifier: BSD-3-Clause */
/* Which sessions of a box its peers are to have, and which have changed.  Method:
 * session files by hand, scanned as they are. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "boxrig.h"
#include "cutguard.h"
#include "runner.h"
#include "scan.h"

#define COUNT 70000u /* of a worker: more than a slice */
#define SLOTS (2 * COUNT)

static struct boxrig rig;
static struct source source;
static uint64_t cursor;

static void
scan(void)
{
	while (scan_slice(&source))
		;
}

static void
setup(void)
{
	boxrig_open(&rig, 1, &(struct boxrig){.workers = 2, .count = COUNT});
	ck_assert_int_eq(source_open(&source, rig.instance), 0);
	source_set_homes(&source, &rig.sheet, 0);
	scan();
	ck_assert(source_is_ready(&source));
	cursor = source.head;
}

static void
teardown(void)
{
	source_close(&source);
	boxrig_close(&rig);
}

/* Scan, and expect that these slots alone are noted. */
static void
expect(unsigned slots, const uint32_t slot[])
{
	uint32_t noted;

	scan();
	for (unsigned i = 0; i < slots; i++) {
		ck_assert_int_eq(source_next(&source, &cursor, &noted), 1);
		ck_assert_uint_eq(noted, slot[i]);
	}
	ck_assert_int_eq(source_next(&source, &cursor, &noted), 0);
}

#define EXPECT(...)                                                            \
	expect(sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),           \
	       (uint32_t[]){__VA_ARGS__})
#define EXPECT_NONE() expect(0, NULL)

START_TEST(what_comes_changes_and_goes_is_noted_once)
{
	struct wire_session session;
	const uint32_t slot = COUNT + 3;

	EXPECT_NONE();
	boxrig_put(&rig, 5, 500, 1);
	boxrig_put(&rig, slot, 501, 1);
	EXPECT(5, slot);
	EXPECT_NONE();
	ck_assert_uint_eq(source.fits, 2);
	ck_assert_int_eq(source_read(&source, slot, &session), SOURCE_FIT);
	ck_assert_uint_eq(session.slot, slot);
	ck_assert_uint_eq(session.client_seq, 501);
	atomic_store(&boxrig_at(&rig, slot)->state, MX_SESSION_CLIENT_FIN);
	EXPECT(slot);
	boxrig_end(&rig, slot);
	EXPECT(slot);
	ck_assert_int_eq(source_read(&source, slot, &session), SOURCE_NONE);
	EXPECT_NONE();
	ck_assert_uint_eq(source.fits, 1);
}
END_TEST

START_TEST(sessions_that_carry_no_mail_are_not_noted)
{
	boxrig_put(&rig, 7, 700, 1);
	for (uint8_t state = MX_SESSION_OPENING; state < 255; state++) {
		if (state == MX_SESSION_ESTABLISHED ||
		    state == MX_SESSION_CLIENT_FIN ||
		    state == MX_SESSION_BACKEND_FIN ||
		    state == MX_SESSION_GREETING ||
		    state == MX_SESSION_WATCHED || state == MX_SESSION_SEALED)
			continue;
		atomic_store(&boxrig_at(&rig, 7)->state, state);
		EXPECT_NONE();
	}
	atomic_store(&boxrig_at(&rig, 7)->state, MX_SESSION_ESTABLISHED);
	EXPECT(7);
	/* It goes and comes with the same fields. */
	atomic_store(&boxrig_at(&rig, 7)->state, MX_SESSION_CLOSING);
	EXPECT(7);
	atomic_store(&boxrig_at(&rig, 7)->state, MX_SESSION_ESTABLISHED);
	EXPECT(7);
	/* A header that the backend has not acknowledged. */
	boxrig_at(&rig, 7)->flags = MX_SESSION_PROXY_SENT
				    << MX_SESSION_PROXY_SHIFT;
	boxrig_at(&rig, 7)->shifts = 40;
	EXPECT(7);
	boxrig_at(&rig, 7)->flags = MX_SESSION_PROXY_ACKED
				    << MX_SESSION_PROXY_SHIFT;
	EXPECT(7);
	ck_assert_uint_eq(source.fits, 1);
}
END_TEST

static void
set_state(uint32_t slot, uint8_t state)
{
	atomic_store(&boxrig_at(&rig, slot)->state, state);
}

START_TEST(a_session_in_doubt_is_left_as_it_was_told)
{
	static const uint8_t was[] = {MX_SESSION_ESTABLISHED,
				      MX_SESSION_GREETING,
				      MX_SESSION_CLIENT_FIN};
	const uint8_t doubted = was[_i] == MX_SESSION_CLIENT_FIN
					? MX_SESSION_DOUBTED_FIN
					: MX_SESSION_DOUBTED;
	struct wire_session session;

	boxrig_put(&rig, 7, 700, 1);
	set_state(7, was[_i]);
	EXPECT(7);
	set_state(7, doubted);
	boxrig_at(&rig, 7)->deadline_s += 2 * SOURCE_MOVED_S;
	EXPECT_NONE();
	source_set_homes(&source, &rig.sheet, 0);
	EXPECT_NONE();
	ck_assert_uint_eq(source.fits, 1);
	/* A peer that is taught now is told what the others have. */
	ck_assert_int_eq(source_read(&source, 7, &session), SOURCE_FIT);
	ck_assert_uint_eq(session.state, was[_i]);
	/* The doubt is over: it lives, and then it is gone. */
	set_state(7, was[_i]);
	EXPECT(7);
	set_state(7, doubted);
	EXPECT_NONE();
	set_state(7, MX_SESSION_RESET);
	EXPECT(7);
	ck_assert_uint_eq(source.fits, 0);
	/* One that was not told before, or is another. */
	set_state(7, doubted);
	EXPECT_NONE();
	set_state(7, was[_i]);
	EXPECT(7);
	boxrig_put(&rig, 7, 701, 1);
	set_state(7, doubted);
	EXPECT(7);
	ck_assert_int_eq(source_read(&source, 7, &session), SOURCE_NONE);
}
END_TEST

/* A free slot has a link where a session has a number; each packet moves the
 * deadline. */
START_TEST(links_deltas_and_small_steps_of_the_deadline_do_not_count)
{
	struct mx_session *s = boxrig_at(&rig, 9);

	s->next = 77;
	EXPECT_NONE();
	boxrig_put(&rig, 9, 900, 1);
	EXPECT(9);
	s->ip_delta = s->tcp_delta = 5;
	s->deadline_s += SOURCE_MOVED_S - 1;
	EXPECT_NONE();
	s->deadline_s += 1;
	EXPECT(9);
	s->deadline_s -= SOURCE_MOVED_S;
	EXPECT(9);
	s->client_mac[5]++;
	EXPECT(9);
	/* A peer would believe that it is over. */
	s->deadline_s -= 890;
	EXPECT(9);
	s->deadline_s += 1;
	EXPECT(9);
}
END_TEST

START_TEST(a_session_of_a_peer_is_noted_while_its_shadow_is_not_synced)
{
	boxrig_put(&rig, 1, 100, 1);
	boxrig_put(&rig, 2, 200, 2);
	boxrig_put(&rig, 3, 300, 3);
	EXPECT(1, 2, 3);
	source_set_homes(&source, &rig.sheet, 1u << 2);
	EXPECT(2);
	ck_assert_uint_eq(source.fits, 2);
	EXPECT_NONE();
	boxrig_at(&rig, 2)->client_seq++;
	boxrig_at(&rig, 3)->client_seq++;
	EXPECT(3);
	source_set_homes(&source, &rig.sheet, 1u << 3);
	EXPECT(2, 3);
	source_set_homes(&source, &rig.sheet, 0);
	EXPECT(3);
	/* Peers know no third port. */
	boxrig_at(&rig, 3)->client_port = 2;
	EXPECT(3);
	ck_assert_uint_eq(source.fits, 2);
}
END_TEST

/* The worker writes from a thread; here it is a copy that differs. */
START_TEST(a_slot_that_is_torn_is_noted_later)
{
	struct wire_session session;

	boxrig_put(&rig, 4, 400, 1);
	EXPECT(4);
	source.told[4].digest = 0; /* as source_read() leaves a torn one */
	EXPECT(4);
	ck_assert_int_eq(source_read(&source, 4, &session), SOURCE_FIT);
}
END_TEST

START_TEST(a_cursor_that_is_overtaken_is_told_so)
{
	uint32_t slot;

	for (uint32_t i = 0; i < SLOTS; i++)
		boxrig_put(&rig, i, i, 1);
	for (uint32_t round = 0; round <= SOURCE_RING / SLOTS; round++) {
		for (uint32_t i = 0; i < SLOTS; i++)
			boxrig_at(&rig, i)->client_seq++;
		scan();
	}
	ck_assert_int_eq(source_next(&source, &cursor, &slot), -EOVERFLOW);
	cursor = source.head;
	EXPECT_NONE();
	/* And all can be taught. */
	uint32_t walk = 0, found = 0;
	while (source_walk(&source, &walk)) {
		ck_assert_uint_eq(walk, found++);
		walk++;
	}
	ck_assert_uint_eq(found, SLOTS);
}
END_TEST

START_TEST(a_data_plane_that_ends_is_no_source)
{
	const uint64_t shape = source.shape;

	boxrig_put(&rig, 4, 400, 1);
	EXPECT(4);
	boxrig_stop(&rig);
	scan();
	ck_assert(!source_is_ready(&source));
	ck_assert_int_eq(source_follow(&source), 0);
	ck_assert(!source_is_ready(&source));
	/* The next one has other sizes. */
	rig.count = 1000;
	boxrig_start(&rig);
	boxrig_put(&rig, 1001, 400, 1);
	ck_assert_int_eq(source_follow(&source), 0);
	ck_assert(!source_is_ready(&source));
	scan();
	ck_assert(source_is_ready(&source));
	ck_assert_uint_gt(source.shape, shape);
	ck_assert_uint_eq(sessionmap_slots(&source.map), 2000);
	ck_assert_uint_eq(source.fits, 1);
	cursor = source.head;
	/* And one that starts within a scan. */
	boxrig_stop(&rig);
	boxrig_start(&rig);
	scan();
	ck_assert(!source_is_ready(&source));
	ck_assert_int_eq(source_follow(&source), 0);
	scan();
	ck_assert_uint_eq(source.fits, 0);
}
END_TEST

/* Files that were removed are written anew, with the same sessions. */
START_TEST(a_file_that_is_written_anew_is_read_on)
{
	char path[MX_PATH_MAX];

	strcpy(path, rig.region->header.sessions_path[0]);
	boxrig_put(&rig, 4, 400, 1);
	EXPECT(4);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(source_follow(&source), 0);
	boxrig_put(&rig, 6, 600, 1);
	EXPECT(6);
	FILE *file = fopen(path, "w");
	ck_assert_uint_eq(fwrite(rig.file[0], 1, rig.file_bytes, file),
			  rig.file_bytes);
	fclose(file);
	ck_assert_int_eq(source_follow(&source), 0);
	EXPECT_NONE();
	ck_assert_uint_eq(source.fits, 2);
}
END_TEST

START_TEST(a_file_that_is_cut_has_no_sessions)
{
	mx_cutguard_begin();
	boxrig_put(&rig, 4, 400, 1);
	EXPECT(4);
	ck_assert_int_eq(truncate(rig.region->header.sessions_path[0], 0), 0);
	EXPECT(4);
	ck_assert_int_eq(source_follow(&source), 0);
	ck_assert_uint_eq(source.fits, 0);
}
END_TEST

START_TEST(files_that_do_not_fit_are_not_read)
{
	struct source second;

	switch (_i) {
	case 0:
		rig.file[1]->count++;
		break;
	case 1:
		rig.file[1]->workers = 3;
		break;
	case 2:
		rig.file[1]->layout--;
		break;
	case 3:
		rig.file[0]->count = rig.file[1]->count = UINT32_MAX;
		break;
	case 4:
		rig.file[1]->key.word[0]++;
		break;
	case 5:
		rig.region->header.workers = MX_WORKERS_MAX + 1;
		break;
	case 6:
		strcpy(rig.region->header.sessions_path[1], "sessions.1");
		break;
	default:
		memset(rig.region->header.sessions_path[1], '/', MX_PATH_MAX);
	}
	ck_assert_int_eq(source_open(&second, rig.instance), 0);
	ck_assert(!scan_slice(&second));
	ck_assert(!source_is_ready(&second));
	source_close(&second);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("source");
	TCase *tc = tcase_create("source");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_comes_changes_and_goes_is_noted_once);
	tcase_add_test(tc, sessions_that_carry_no_mail_are_not_noted);
	tcase_add_loop_test(tc, a_session_in_doubt_is_left_as_it_was_told, 0,
			    3);
	tcase_add_test(
		tc, links_deltas_and_small_steps_of_the_deadline_do_not_count);
	tcase_add_test(
		tc,
		a_session_of_a_peer_is_noted_while_its_shadow_is_not_synced);
	tcase_add_test(tc, a_slot_that_is_torn_is_noted_later);
	tcase_add_test(tc, a_cursor_that_is_overtaken_is_told_so);
	tcase_add_test(tc, a_data_plane_that_ends_is_no_source);
	tcase_add_test(tc, a_file_that_is_written_anew_is_read_on);
	tcase_add_test(tc, a_file_that_is_cut_has_no_sessions);
	tcase_add_loop_test(tc, files_that_do_not_fit_are_not_read, 0, 8);
	suite_add_tcase(s, tc);
	return s;
}
