/* SPDX-License-Identifier: BSD-3-Clause */
/* The shadow of a peer, as it is taught, cut off and taught anew. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "boxrig.h"
#include "folder.h"
#include "runner.h"
#include "sink.h"
#include "wiresession.h"

#define PEER 2
#define COUNT 1000u

static struct boxrig rig;
static struct sink sink;
static struct wire_hello hello;

static void
open_sink(void)
{
	sink_open(&sink, rig.instance, PEER, &rig.key);
}

static void
begin(void)
{
	ck_assert_int_eq(sink_begin(&sink, &hello, &rig.sheet), 0);
}

static void
setup(void)
{
	boxrig_open(&rig, 1, &(struct boxrig){.workers = 2, .count = COUNT});
	/* The peer names its ports by another order. */
	hello = (struct wire_hello){.box = PEER,
				    .workers = 2,
				    .sessions_max = COUNT,
				    .ports = 3,
				    .port = {"lan", "dmz", "wan"},
				    .check = {1, 2, 3}};
	open_sink();
}

static void
teardown(void)
{
	sink_close(&sink);
	boxrig_close(&rig);
}

/* A session as the peer tells it. */
static struct wire_session
session(uint32_t slot, uint32_t number)
{
	struct wire_session s;

	boxrig_put(&rig, 0, number, PEER);
	ck_assert(wiresession_from(&s, slot, boxrig_at(&rig, 0), NULL,
				   boxrig_at(&rig, 0)->opened_s));
	return s;
}

static bool
put(uint32_t slot, uint32_t number)
{
	const struct wire_session s = session(slot, number);

	return sink_put(&sink, &s);
}

static bool
has(uint32_t number)
{
	return boxrig_has(&rig, PEER, number, PEER);
}

static uint32_t
state(void)
{
	struct mx_shadow header;

	ck_assert(boxrig_shadow(&rig, PEER, &header));
	ck_assert_uint_eq(header.box, PEER);
	ck_assert_uint_eq(header.used, sink_used(&sink));
	return header.state;
}

START_TEST(what_is_told_is_in_the_shadow)
{
	struct mx_shadow_entry entry;

	ck_assert_int_eq(sink_state(&sink), MX_SHADOW_EMPTY);
	begin();
	ck_assert_uint_eq(state(), MX_SHADOW_TEACHING);
	ck_assert(put(7, 70));
	ck_assert(put(8, 80));
	ck_assert(has(70) && has(80));
	sink_synced(&sink);
	ck_assert_uint_eq(state(), MX_SHADOW_SYNCED);
	ck_assert(has(70) && has(80));
	ck_assert(sink_end(&sink, 7));
	ck_assert(sink_end(&sink, 7));
	ck_assert(put(8, 81)); /* another one in its slot */
	ck_assert(!has(70) && !has(80) && has(81));
	ck_assert_uint_eq(sink_used(&sink), 1);
	ck_assert(boxrig_entry(&rig, PEER, 8, &entry));
	ck_assert_uint_eq(entry.session.deadline_s,
			  boxrig_at(&rig, 0)->deadline_s);
}
END_TEST

START_TEST(ports_are_known_by_their_names)
{
	static const uint8_t ours[] = {1, UINT8_MAX, 0};
	struct mx_shadow_entry entry;

	begin();
	for (uint8_t port = 0; port < 3; port++) {
		struct wire_session s = session(port, port);

		s.port = port;
		ck_assert(sink_put(&sink, &s));
		ck_assert(boxrig_entry(&rig, PEER, port, &entry));
		ck_assert_uint_eq(entry.session.client_port, ours[port]);
	}
}
END_TEST

START_TEST(a_peer_that_lies_is_not_believed)
{
	struct wire_session s = session(COUNT, 1);

	begin();
	ck_assert(!sink_put(&sink, &s));
	s.slot = UINT32_MAX;
	ck_assert(!sink_put(&sink, &s));
	s = session(1, 1);
	s.port = 3;
	ck_assert(!sink_put(&sink, &s));
	s = session(1, 1);
	s.kind |= MX_SESSION_CLIENT6;
	ck_assert(!sink_put(&sink, &s));
	ck_assert(!sink_end(&sink, COUNT));
	ck_assert_uint_eq(sink_used(&sink), 0);
}
END_TEST

START_TEST(a_cut_teach_leaves_what_was_there)
{
	begin();
	for (uint32_t i = 0; i < 100; i++)
		ck_assert(put(i, i));
	sink_synced(&sink);
	sink_lose(&sink);
	ck_assert_uint_eq(state(), MX_SHADOW_LOST);
	begin();
	ck_assert(put(3, 3));
	ck_assert(put(4, 400));
	sink_lose(&sink);
	ck_assert_uint_eq(sink_used(&sink), 100);
	ck_assert(has(3) && has(400) && has(5) && !has(4));
	/* The next one has its end. */
	begin();
	ck_assert_uint_eq(state(), MX_SHADOW_TEACHING);
	ck_assert(put(4, 400));
	ck_assert(sink_end(&sink, 5));
	ck_assert(put(6, 6));
	sink_synced(&sink);
	ck_assert_uint_eq(sink_used(&sink), 2);
	ck_assert(has(400) && has(6) && !has(3) && !has(5));
}
END_TEST

/* How a process ends: in good order, or not, also in the midst of an entry. */
START_TEST(a_shadow_outlives_the_process)
{
	struct mx_shadow_entry entry;

	begin();
	for (uint32_t i = 0; i < 100; i++)
		ck_assert(put(i, i));
	if (_i > 0)
		sink_synced(&sink);
	if (_i == 3) {
		/* An entry that is not in the index: it stands for another. */
		ck_assert(boxrig_entry(&rig, PEER, 50, &entry));
		sink_end(&sink, 50);
		sink.file->used++;
		struct mx_session *raw =
			(struct mx_session *)((uint8_t *)sink.file +
					      mx_shadow_size(COUNT, false)) -
			COUNT;
		raw[50] = entry.session;
		ck_assert(!has(50));
	}
	const struct sink killed = sink;
	if (_i == 2)
		sink_close(&sink);
	open_sink();
	ck_assert_uint_eq(state(), MX_SHADOW_LOST);
	ck_assert_uint_eq(sink_used(&sink), 100);
	for (uint32_t i = 0; i < 100; i++)
		ck_assert(has(i));
	begin();
	ck_assert(put(9, 9));
	sink_synced(&sink);
	ck_assert_uint_eq(sink_used(&sink), 1);
	if (_i != 2) {
		sink_close(&sink);
		sink = killed;
	}
}
END_TEST

START_TEST(a_shadow_that_does_not_fit_is_made_anew)
{
	begin();
	ck_assert(put(1, 1));
	sink_lose(&sink);
	switch (_i) {
	case 0:
		hello.sessions_max++;
		break;
	case 1:
		hello.wide = true;
		break;
	case 2:
		hello.workers = 3;
		break;
	case 3:
		hello.check[0]++;
		break;
	default:
		ck_assert_int_eq(unlink(sink.path), 0);
		ck_assert(sink_is_lost(&sink));
	}
	begin();
	ck_assert(!sink_is_lost(&sink));
	ck_assert_uint_eq(state(), MX_SHADOW_TEACHING);
	ck_assert_uint_eq(sink_used(&sink), 0);
	ck_assert(put(2, 2));
	ck_assert(has(2) && !has(1));
}
END_TEST

/* What is in the place of the file is not believed. */
START_TEST(a_file_that_is_no_shadow_is_replaced)
{
	char text[4096] = "";
	FILE *file;

	begin();
	if (_i == 1)
		memcpy(text, sink.file, sizeof(struct mx_shadow));
	file = fopen(sink.path, "w");
	ck_assert_uint_eq(fwrite(text, 1, sizeof(text), file), sizeof(text));
	fclose(file);
	const struct sink killed = sink;
	open_sink();
	ck_assert_int_eq(sink_state(&sink), MX_SHADOW_EMPTY);
	begin();
	ck_assert(put(1, 1));
	ck_assert(has(1));
	close(killed.fd);
}
END_TEST

START_TEST(without_memory_there_is_no_shadow)
{
	struct rlimit was, none = {4096, 0};

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	none.rlim_max = was.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	ck_assert_int_lt(sink_begin(&sink, &hello, &rig.sheet), 0);
	ck_assert_int_eq(sink_state(&sink), MX_SHADOW_EMPTY);
	sink_lose(&sink);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
	begin();
	ck_assert(put(1, 1));
}
END_TEST

/* The memory for files is nearly full.  Method: a mount that this process alone
 * sees. */
START_TEST(memory_is_left_to_others)
{
	char folder[MX_PATH_MAX], options[64];

	if (unshare(CLONE_NEWNS) != 0)
		return; /* not root */
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	snprintf(folder, sizeof(folder), MX_FOLDER_BASE "/mxsteer-control.%s",
		 rig.instance);
	snprintf(options, sizeof(options), "mode=0750,size=%zu",
		 mx_shadow_size(COUNT, false) + 4096);
	ck_assert_int_eq(mount("none", folder, "tmpfs", 0, options), 0);
	ck_assert_int_eq(sink_begin(&sink, &hello, &rig.sheet), -ENOSPC);
	ck_assert_int_eq(sink_state(&sink), MX_SHADOW_EMPTY);
	ck_assert_int_ne(access(sink.path, F_OK), 0);
	hello.sessions_max /= 2;
	begin();
	ck_assert(put(1, 1));
	sink_close(&sink);
	ck_assert_int_eq(umount2(folder, MNT_DETACH), 0);
	open_sink();
}
END_TEST

START_TEST(a_peer_that_left_has_no_shadow)
{
	struct mx_shadow header;

	begin();
	sink_close(&sink);
	sink_remove(rig.instance, PEER);
	ck_assert(!boxrig_shadow(&rig, PEER, &header));
	sink_remove(rig.instance, PEER);
	open_sink();
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("sink");
	TCase *tc = tcase_create("sink");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_told_is_in_the_shadow);
	tcase_add_test(tc, ports_are_known_by_their_names);
	tcase_add_test(tc, a_peer_that_lies_is_not_believed);
	tcase_add_test(tc, a_cut_teach_leaves_what_was_there);
	tcase_add_loop_test(tc, a_shadow_outlives_the_process, 0, 4);
	tcase_add_loop_test(tc, a_shadow_that_does_not_fit_is_made_anew, 0, 5);
	tcase_add_loop_test(tc, a_file_that_is_no_shadow_is_replaced, 0, 2);
	tcase_add_test(tc, without_memory_there_is_no_shadow);
	tcase_add_test(tc, memory_is_left_to_others);
	tcase_add_test(tc, a_peer_that_left_has_no_shadow);
	suite_add_tcase(s, tc);
	return s;
}
