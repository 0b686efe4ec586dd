/* SPDX-License-Identifier: BSD-3-Clause */
/* Places at the CLI socket: which client gets one, and what happens when the
 * process has no files left.
 * Method: more clients than places (ctlrig.c), and limits of files set by
 * setrlimit(2). */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "ctlrig.h"
#include "descriptors.h"
#include "faketime.h"
#include "keptlog.h"
#include "runner.h"
#include "usage.h"

/* What one user has of the places. */
#define PART (CTL_CLIENTS_MAX / CTL_USERS)

/* Connect as another user: only root can, others stay who they are. */
static int
connected_as(uid_t uid)
{
	const uid_t self = geteuid();

	ck_assert_int_eq(chmod(ctlrig_path, 0666), 0);
	if (self == 0)
		ck_assert_int_eq(seteuid(uid), 0);
	const int fd = ctlrig_connect();
	ck_assert_int_eq(seteuid(self), 0);
	ctlrig_turn();
	return fd;
}

static int
connected_as_nobody(void)
{
	return connected_as(65534);
}

/* Fill all places with clients that have sent a request and wait, or with
 * clients that have sent none.  Each user has its part.  Returns false without
 * root, who alone can be several users. */
static bool
fill(int fd[CTL_CLIENTS_MAX], bool asking)
{
	if (geteuid() != 0)
		return false;
	for (int i = 0; i < CTL_CLIENTS_MAX; i++) {
		fd[i] = connected_as((uid_t)(64000 + i / PART));
		if (asking)
			ctlrig_send(fd[i], "later\n");
		ctlrig_turn();
	}
	return true;
}

static void
empty(int fd[CTL_CLIENTS_MAX])
{
	for (uint32_t i = 0; i < kept_count; i++)
		ctl_reply(kept_all[i], ANSWER_OK, "now", 3);
	for (int i = 0; i < CTL_CLIENTS_MAX; i++)
		close(fd[i]);
	ctlrig_turn();
}

START_TEST(clients_that_wait_keep_others_out_and_those_are_told)
{
	int fd[CTL_CLIENTS_MAX];
	enum answer answer;
	size_t length;
	char *text;

	if (!fill(fd, true))
		return;
	const int late = connected_as_nobody();
	ctlrig_turn();
	/* It was answered and ctlrig_closed before it asks. */
	ck_assert_int_eq(client_ask(late, "hello", 5, &answer, &text, &length),
			 0);
	ck_assert_int_eq(answer, ANSWER_REFUSED);
	ck_assert_msg(strstr(text, "all 64 places of the CLI socket are taken "
				   "by clients that wait") == text,
		      "%s", text);
	free(text);
	close(late);
	empty(fd);
}
END_TEST

START_TEST(root_has_a_place_when_all_others_wait)
{
	int fd[CTL_CLIENTS_MAX];
	int root[CTL_ROOT_MAX];

	if (!fill(fd, true))
		return;
	for (int i = 0; i < CTL_ROOT_MAX; i++) {
		root[i] = ctlrig_connect();
		ctlrig_send(root[i], "hello\n");
		ck_assert_str_eq(ctlrig_received(root[i]), "ok 5\nhello");
		ctlrig_send(root[i], "later\n");
	}
	const int late = ctlrig_connect();
	ck_assert(strstr(ctlrig_received(late), "all 64 places") != NULL);
	close(late);
	for (int i = 0; i < CTL_ROOT_MAX; i++)
		close(root[i]);
	empty(fd);
}
END_TEST

START_TEST(the_client_that_is_idle_for_longest_makes_room)
{
	int fd[CTL_CLIENTS_MAX];

	if (!fill(fd, false))
		return;
	faketime_run(ctlrig_base, CTL_SPARE_MS);
	ctlrig_send(fd[0], "hello\n"); /* so it is no longer the first */
	ck_assert_str_eq(ctlrig_received(fd[0]), "ok 5\nhello");
	ck_assert(!client_is_stale(fd[1]));
	const int late = connected_as_nobody();
	ctlrig_send(late, "hello\n");
	ck_assert_str_eq(ctlrig_received(late), "ok 5\nhello");
	ck_assert(client_is_stale(fd[1]));
	for (int i = 2; i < CTL_CLIENTS_MAX; i++)
		ck_assert(!client_is_stale(fd[i]));
	ck_assert(!client_is_stale(fd[0]));
	close(late);
	empty(fd);
}
END_TEST

/* A text that a client gets before it asks, or to its request. */
static void
is_told(int fd, const char *words)
{
	const char *said = ctlrig_received(fd);

	ck_assert_msg(strstr(said, words) != NULL, "%s", said);
	close(fd);
}

START_TEST(one_user_leaves_places_to_others)
{
	struct usage_user user;
	int fd[PART];

	for (int i = 0; i < PART; i++) {
		fd[i] = connected_as_nobody();
		ctlrig_send(fd[i], "later\n");
	}
	is_told(connected_as_nobody(), "a user may have 16 connections to this "
				       "socket at the same time, and you have "
				       "them: end some");
	ck_assert_uint_eq(usage_turned(ctlrig_ctl, CTL_OWN_SHARE)->count, 1);
	ck_assert_uint_eq(usage_turned(ctlrig_ctl, CTL_NO_PLACE)->count, 0);
	ck_assert(usage_user(ctlrig_ctl, 0, &user));
	ck_assert_uint_eq(user.clients, PART);
	ck_assert_uint_eq(user.waiting, PART);
	ck_assert_uint_eq(user.most, PART);
	ck_assert(!usage_user(ctlrig_ctl, 1, &user));
	if (geteuid() == 0) {
		const int other = connected_as(64000), root = ctlrig_connect();

		ctlrig_send(other, "hello\n");
		is_told(other, "ok 5\nhello");
		ctlrig_send(root, "hello\n");
		is_told(root, "ok 5\nhello");
	}
	for (uint32_t i = 0; i < kept_count; i++)
		ctl_reply(kept_all[i], ANSWER_OK, "now", 3);
	for (int i = 0; i < PART; i++)
		close(fd[i]);
	ctlrig_turn();
}
END_TEST

START_TEST(root_leaves_places_to_others)
{
	const int most = CTL_CLIENTS_MAX - PART + CTL_ROOT_MAX;
	int root[CTL_CLIENTS_MAX];

	if (geteuid() != 0)
		return;
	for (int i = 0; i < most; i++) {
		root[i] = ctlrig_connect();
		ctlrig_send(root[i], "later\n");
	}
	is_told(ctlrig_connect(), "a user may have 52 connections");
	const int other = connected_as_nobody();
	ctlrig_send(other, "hello\n");
	is_told(other, "ok 5\nhello");
	for (uint32_t i = 0; i < kept_count; i++)
		ctl_reply(kept_all[i], ANSWER_OK, "now", 3);
	for (int i = 0; i < most; i++)
		close(root[i]);
	ctlrig_turn();
}
END_TEST

static uint32_t complaints;
static void
on_complaint(int severity, const char *text)
{
	(void)severity, (void)text;
	complaints++;
}

START_TEST(without_descriptors_accepting_pauses_and_goes_on)
{
	struct rlimit before, none;

	event_set_log_callback(on_complaint);
	keptlog_begin();
	const int fd = ctlrig_connect();
	ctlrig_send(fd, "");
	const int late =
		ctlrig_connect(); /* in the queue: the server has not looked
				   * yet */
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	setrlimit(RLIMIT_NOFILE, &none);
	for (int i = 0; i < 100; i++)
		ctlrig_turn();
	setrlimit(RLIMIT_NOFILE, &before);
	ck_assert_str_eq(keptlog_text(),
			 "error no CLI client can be accepted: Too "
			 "many open files\n");
	ck_assert_uint_eq(complaints, 0);
	send(late, "hello\n", 6, MSG_NOSIGNAL);
	faketime_run(ctlrig_base, 1000);
	ck_assert_str_eq(ctlrig_received(late), "ok 5\nhello");
	ck_assert(keptlog_has("info CLI clients are accepted again"));
	keptlog_end();
	event_set_log_callback(NULL);
	close(late);
	close(fd);
	ctlrig_turn();
}
END_TEST

START_TEST(files_are_shared_out_under_any_limit)
{
	static const struct {
		rlim_t limit;
		uint32_t clients, agents, probes;
	} cases[] = {
		{0, 6, 1, 1},       {40, 6, 1, 1},        {64, 8, 4, 16},
		{256, 56, 28, 112}, {1024, 68, 124, 736}, {4096, 68, 128, 1023},
	};
	struct rlimit before, now;

	getrlimit(RLIMIT_NOFILE, &before);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		now = (struct rlimit){.rlim_cur = cases[i].limit,
				      .rlim_max = before.rlim_max};
		if (setrlimit(RLIMIT_NOFILE, &now) < 0)
			continue; /* the hard limit is lower */
		const struct descriptors share = descriptors_share();
		ck_assert_uint_eq(share.clients, cases[i].clients);
		ck_assert_uint_eq(share.agents, cases[i].agents);
		ck_assert_uint_eq(share.probes, cases[i].probes);
	}
	now.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &now);
	descriptors_raise();
	getrlimit(RLIMIT_NOFILE, &now);
	ck_assert_uint_ge(now.rlim_cur,
			  before.rlim_max < 1315 ? before.rlim_max : 1315);
	setrlimit(RLIMIT_NOFILE, &before);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("places");
	TCase *t = tcase_create("places");

	tcase_add_checked_fixture(t, ctlrig_setup, ctlrig_teardown);
	tcase_add_test(t, clients_that_wait_keep_others_out_and_those_are_told);
	tcase_add_test(t, root_has_a_place_when_all_others_wait);
	tcase_add_test(t, the_client_that_is_idle_for_longest_makes_room);
	tcase_add_test(t, one_user_leaves_places_to_others);
	tcase_add_test(t, root_leaves_places_to_others);
	tcase_add_test(t, without_descriptors_accepting_pauses_and_goes_on);
	tcase_add_test(t, files_are_shared_out_under_any_limit);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
