/* SPDX-License-Identifier: BSD-3-Clause */
/* An upgrade from session files of layout 4 keeps the sessions.
 * Method: sessions.layout4 holds the lines of sessions that a data plane of
 * layout 4 wrote: every mode and family, and PROXY headers in every state.  A
 * rig takes them up, and segments of both ends must leave with the right
 * numbers.  The file itself is opened as at a start. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "migration.h"
#include "onerig.h"
#include "proxytalk.h"
#include "runner.h"
#include "sessionfile.h"

#define SESSIONS_THERE 36
#define KEPT_LINE 512

/* Where sessions of a service were when their process ended. */
enum stage { SYN_SENT, ANSWERED, HEADER_SENT, ESTABLISHED };

static bool
read_hex(const char *text, void *bytes, size_t size)
{
	uint8_t *at = bytes;
	unsigned value;

	for (size_t i = 0; i < size; i++) {
		if (sscanf(text + 2 * i, "%2x", &value) != 1)
			return false;
		at[i] = (uint8_t)value;
	}
	return true;
}

/* Write the kept sessions into a file that has room for them.  Returns how many
 * there are. */
static uint32_t
fill(struct mx_sessions_file *file)
{
	const char *source = getenv("MXSTEER_SOURCE");
	char path[512], line[KEPT_LINE], first[KEPT_LINE], second[KEPT_LINE];
	uint32_t count = 0;
	uint32_t index;

	snprintf(path, sizeof(path),
		 "%s/tests/dataplane/setup/sessions.layout4",
		 source == NULL ? "." : source);
	FILE *in = fopen(path, "r");
	ck_assert_ptr_nonnull(in);
	while (fgets(line, sizeof(line), in) != NULL) {
		ck_assert_int_eq(
			sscanf(line, "%u %511s %511s", &index, first, second),
			3);
		ck_assert_uint_lt(index, file->count);
		ck_assert(read_hex(first, &file->session[index],
				   sizeof(struct mx_session)));
		if (second[0] != '-')
			ck_assert(read_hex(second,
					   mx_session_wide_of(file, index),
					   sizeof(struct mx_session_wide)));
		count++;
	}
	fclose(in);
	return count;
}

/* Its ends, from its line.  The rig of the recording had the same numbers. */
static struct proxytalk
talk_of(const struct mx_session *s)
{
	const struct mx_session_wide ends =
		session_ends(&rig->worker[0]->sessions, s);
	struct proxytalk p = proxytalk_make(
		rig, s->service, (s->kind & MX_SESSION_CLIENT6) != 0);

	p.talk.client.port = rte_be_to_cpu_16(s->client_port_be);
	p.talk.local = rig_local;
	p.talk.local.ip = ends.local;
	p.talk.local.port = rte_be_to_cpu_16(s->local_port_be);
	p.talk.mta = rig_mta(rig_mta_number(&ends.server));
	proxytalk_header_of(&p);
	return p;
}

static enum stage
stage_of(const struct mx_session *s)
{
	switch (atomic_load(&s->state)) {
	case MX_SESSION_OPENING:
		return SYN_SENT;
	case MX_SESSION_ANSWERED:
		return ANSWERED;
	case MX_SESSION_GREETING:
		return HEADER_SENT;
	default:
		return ESTABLISHED;
	}
}

/* Go on from where the session was until both ends have said something. */
static void
go_on(struct proxytalk *p, enum stage stage)
{
	if (stage == SYN_SENT)
		proxytalk_hear_answer(p);
	if (stage <= ANSWERED && p->shift > 0) {
		const struct segment ack = proxytalk_in(p, ACK, 0, 0);
		const struct segment header =
			proxytalk_header(p, p->b + 1, 65535);

		talk_send(&p->talk, WAN, &ack);
		talk_assert_left(rig, LAN, &header);
	}
	if (stage == HEADER_SENT) {
		const struct segment header =
			proxytalk_header(p, p->b + 1, 4096);

		rig_pass_ms(rig, 200);
		talk_assert_left(rig, LAN, &header);
	}
	proxytalk_expect_back(p, ACK | PSH, 0, 0, 30);
	proxytalk_expect_in(p, ACK | PSH, 0, 30, 17);
	proxytalk_expect_back(p, ACK | PSH, 30, 17, 20);
	proxytalk_expect_in(p, FIN | ACK, 17, 50, 0);
	proxytalk_expect_back(p, FIN | ACK, 50, 18, 0);
	ck_assert_uint_eq(talk_state(&p->talk), MX_SESSION_CLOSING);
	talk_assert_silence(rig);
}

static bool
is_direct(const struct mx_session *s)
{
	return mx_forward_is_direct(s->kind & MX_SESSION_MODE);
}

START_TEST(every_session_of_layout_4_goes_on)
{
	struct mx_sessions_file *file = rig->file[0];
	uint32_t gone_on = 0;

	ck_assert_uint_eq(fill(file), SESSIONS_THERE);
	for (uint32_t i = 0; i < file->count; i++)
		mx_session_lift(&file->session[i]);
	rig_restart(rig);
	ck_assert_uint_eq(rig_sessions(rig), SESSIONS_THERE);
	for (uint32_t i = 0; i < SESSIONS_THERE; i++) {
		const struct mx_session *s = &file->session[i];

		if (is_direct(s))
			continue;
		/* Headers that were sent are sent again by their timers: one
		 * session at a time, so that others are over. */
		const enum stage stage = stage_of(s);
		if (stage == HEADER_SENT)
			continue;
		struct proxytalk p = talk_of(s);
		go_on(&p, stage);
		gone_on++;
	}
	ck_assert_uint_gt(gone_on, SESSIONS_THERE / 2);
}
END_TEST

START_TEST(a_header_of_layout_4_that_was_not_acknowledged_is_sent_again)
{
	struct mx_sessions_file *file = rig->file[0];
	struct mx_session kept;
	struct mx_session_wide wide;
	uint32_t tried = 0;

	ck_assert_uint_eq(fill(file), SESSIONS_THERE);
	for (uint32_t i = 0; i < SESSIONS_THERE; i++) {
		if (stage_of(&file->session[i]) != HEADER_SENT ||
		    is_direct(&file->session[i]))
			continue;
		kept = file->session[i];
		wide = *mx_session_wide_of(file, i);
		memset(file->session, 0, sizeof(kept) * SESSIONS_THERE);
		file->session[i] = kept;
		*mx_session_wide_of(file, i) = wide;
		mx_session_lift(&file->session[i]);
		rig_restart(rig);
		ck_assert_uint_eq(rig_sessions(rig), 1);
		struct proxytalk p = talk_of(&file->session[i]);
		go_on(&p, HEADER_SENT);
		tried++;
		fill(file);
	}
	ck_assert_uint_gt(tried, 1);
}
END_TEST

START_TEST(a_lift_that_was_interrupted_is_begun_again)
{
	struct mx_sessions_file *file = rig->file[0];
	struct mx_session once[SESSIONS_THERE];

	ck_assert_uint_eq(fill(file), SESSIONS_THERE);
	for (uint32_t i = 0; i < SESSIONS_THERE; i++) {
		mx_session_lift(&file->session[i]);
		once[i] = file->session[i];
		mx_session_lift(&file->session[i]);
		ck_assert_mem_eq(&file->session[i], &once[i], sizeof(once[i]));
	}
	/* The process may be killed between the two bytes of a session. */
	fill(file);
	for (uint32_t i = 0; i < SESSIONS_THERE; i++) {
		file->session[i].flags = once[i].flags;
		mx_session_lift(&file->session[i]);
		ck_assert_mem_eq(&file->session[i], &once[i], sizeof(once[i]));
	}
}
END_TEST

START_TEST(a_start_lifts_the_file_in_place)
{
	const struct mx_sessions_file like = {
		.count = 1000, .workers = 1, .wide = 1};
	struct mx_hash_key key = {{1, 2}};
	struct session_file file;
	char instance[MX_NAME_MAX];

	snprintf(instance, sizeof(instance), "lift-%d", getpid());
	ck_assert_int_eq(session_file_open(&file, instance, &like, &key), 0);
	fill(file.map);
	file.map->layout = 4;
	session_file_close(&file);
	key = (struct mx_hash_key){{8, 9}};
	ck_assert_int_eq(session_file_open(&file, instance, &like, &key), 0);
	ck_assert(file.kept);
	ck_assert_uint_eq(key.word[0], 1);
	ck_assert_uint_eq(file.map->layout, MX_SESSIONS_LAYOUT);
	fill(rig->file[0]);
	for (uint32_t i = 0; i < SESSIONS_THERE; i++) {
		mx_session_lift(&rig->file[0]->session[i]);
		ck_assert_mem_eq(&file.map->session[i],
				 &rig->file[0]->session[i],
				 sizeof(struct mx_session));
	}
	session_file_close(&file);
	session_file_prune(instance, 0);
}
END_TEST

START_TEST(sessions_of_layout_4_move_to_a_file_of_another_shape)
{
	struct mx_sessions_file like = {.count = 1000, .workers = 1, .wide = 1};
	struct mx_hash_key key = {{1, 2}};
	struct session_file file;
	struct migration migration;
	char instance[MX_NAME_MAX];

	snprintf(instance, sizeof(instance), "lift-%d", getpid());
	ck_assert_int_eq(session_file_open(&file, instance, &like, &key), 0);
	fill(file.map);
	file.map->layout = 4;
	session_file_close(&file);
	like.count = 2000;
	ck_assert_int_eq(migration_take(&migration, instance, &like, NULL), 0);
	ck_assert(migration.needed);
	ck_assert_uint_eq(migration.count, SESSIONS_THERE);
	fill(rig->file[0]);
	for (uint32_t i = 0; i < SESSIONS_THERE; i++) {
		mx_session_lift(&rig->file[0]->session[i]);
		ck_assert_mem_eq(&migration.session[i],
				 &rig->file[0]->session[i],
				 sizeof(struct mx_session));
	}
	migration_free(&migration);
	session_file_prune(instance, 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("lift");
	TCase *t = tcase_create("lift");

	tcase_add_unchecked_fixture(t, rig_start_dpdk, NULL);
	tcase_add_checked_fixture(t, onerig_setup, onerig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, every_session_of_layout_4_goes_on);
	tcase_add_test(
		t,
		a_header_of_layout_4_that_was_not_acknowledged_is_sent_again);
	tcase_add_test(t, a_lift_that_was_interrupted_is_begun_again);
	tcase_add_test(t, a_start_lifts_the_file_in_place);
	tcase_add_test(t, sessions_of_layout_4_move_to_a_file_of_another_shape);
	suite_add_tcase(s, t);
	return s;
}
