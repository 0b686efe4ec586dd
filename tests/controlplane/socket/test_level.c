/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may do what, and that callers of a lower level hold nobody up.
 * Method: made callers; real sockets, with the real clock. */
#include <check.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"
#include "commandlevel.h"
#include "ctl.h"
#include "runner.h"

static const struct level_rules rules = {
	.has_group = {[LEVEL_READ] = true,
		      [LEVEL_OPERATE] = true,
		      [LEVEL_ADMIN] = true},
	.group = {[LEVEL_READ] = 300,
		  [LEVEL_OPERATE] = 200,
		  [LEVEL_ADMIN] = 100},
};

static enum level
level(uid_t uid, gid_t first, gid_t second)
{
	const struct caller caller = {.known = true,
				      .uid = uid,
				      .group = {first, second},
				      .groups = 2};
	return level_of(&rules, &caller);
}

START_TEST(the_highest_group_decides)
{
	ck_assert_int_eq(level(0, 7, 8), LEVEL_ADMIN);
	ck_assert_int_eq(level(geteuid(), 7, 8), LEVEL_ADMIN);
	ck_assert_int_eq(level(54321, 7, 8), LEVEL_NONE);
	ck_assert_int_eq(level(54321, 7, 300), LEVEL_READ);
	ck_assert_int_eq(level(54321, 300, 200), LEVEL_OPERATE);
	ck_assert_int_eq(level(54321, 100, 300), LEVEL_ADMIN);
}
END_TEST

START_TEST(a_group_that_the_host_lacks_is_nobodys)
{
	const struct level_rules none = {.everyone = LEVEL_READ};
	struct caller caller = {
		.known = true, .uid = 54321, .group = {0}, .groups = 1};

	ck_assert_int_eq(level_of(&none, &caller), LEVEL_READ);
	caller.known = false;
	ck_assert_int_eq(level_of(&none, &caller), LEVEL_NONE);
}
END_TEST

START_TEST(what_changes_something_is_never_for_readers)
{
	for (size_t i = 0; i < COMMAND_ROWS; i++) {
		const struct command_row *row = &command_rows[i];

		if ((row->kind == COMMAND_RUN || row->kind == COMMAND_HIDDEN) &&
		    strcmp(row->words, "wait") != 0 &&
		    strcmp(row->words, "complete") != 0 &&
		    strcmp(row->words, "text") != 0 &&
		    strcmp(row->words, "top read") != 0)
			ck_assert_msg(command_level(row) >= LEVEL_OPERATE, "%s",
				      row->words);
		if (strncmp(row->words, "config", 6) == 0)
			ck_assert_msg(command_level(row) == LEVEL_ADMIN, "%s",
				      row->words);
		if (strncmp(row->words, "capture ", 8) == 0)
			ck_assert_msg(command_level(row) == LEVEL_ADMIN, "%s",
				      row->words);
	}
}
END_TEST

static struct event_base *base;
static char path[96];
static uint64_t handled_ns[64];
static uint32_t handled;

/* Each request costs the loop 20 ms. */
static void
on_request(void *arg, struct ctl_request *request, char *line)
{
	const uint64_t begin_ns = clock_ns();

	(void)arg, (void)line;
	ck_assert_int_eq(ctl_level(request), LEVEL_READ);
	handled_ns[handled++ % 64] = begin_ns;
	while (clock_ns() < begin_ns + 20 * CLOCK_NS_PER_MS)
		continue;
	ctl_reply(request, ANSWER_OK, "x", 1);
}

static struct ctl *
shared(void)
{
	const struct ctl_door door = {.path = path,
				      .right = {.everyone = true},
				      .rules = {.everyone = LEVEL_READ},
				      .most = LEVEL_READ,
				      .places = 16};

	base = event_base_new();
	handled = 0;
	snprintf(path, sizeof(path), "/tmp/mxlevel-%d.sock", (int)getpid());
	return ctl_open(base, &door, on_request, NULL);
}

START_TEST(readers_leave_the_loop_to_others)
{
	struct ctl *ctl = shared();
	int fd[3];

	ck_assert_ptr_nonnull(ctl);
	for (int i = 0; i < 3; i++) {
		fd[i] = client_connect(path);
		ck_assert_int_eq(send(fd[i], "a\na\n", 4, 0), 4);
	}
	while (handled < 6)
		event_base_loop(base, EVLOOP_ONCE);
	for (int i = 1; i < 6; i++)
		ck_assert_uint_ge(handled_ns[i] - handled_ns[i - 1],
				  20 * CTL_SHARE * CLOCK_NS_PER_MS);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ctl_free(ctl);
	event_base_free(base);
}
END_TEST

START_TEST(half_a_line_takes_no_turn_of_others)
{
	struct ctl *ctl = shared();
	int fd[3];

	ck_assert_ptr_nonnull(ctl);
	for (int i = 0; i < 3; i++) {
		fd[i] = client_connect(path);
		ck_assert_int_ge(fd[i], 0);
	}
	ck_assert_int_eq(send(fd[0], "a\nx", 3, 0), 3);
	for (int i = 1; i < 3; i++)
		ck_assert_int_eq(send(fd[i], "a\na\n", 4, 0), 4);
	while (handled < 5)
		event_base_loop(base, EVLOOP_ONCE);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ctl_free(ctl);
	event_base_free(base);
}
END_TEST

/* Connect as a user who is not root, also if root runs the test. */
static int
connected_as(uid_t uid)
{
	const uid_t self = geteuid();

	if (self == 0)
		ck_assert_int_eq(seteuid(uid), 0);
	const int fd = client_connect(path);
	ck_assert_int_eq(seteuid(self), 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	return fd;
}

START_TEST(a_user_has_a_part_of_the_places)
{
	struct ctl *ctl = shared();
	enum answer answer;
	int fd[16 / CTL_USERS];
	char *text;
	size_t length;

	ck_assert_ptr_nonnull(ctl);
	for (int i = 0; i < 16 / CTL_USERS; i++)
		fd[i] = connected_as(65534);
	const int late = connected_as(65534);
	ck_assert_int_eq(client_ask(late, "a", 5, &answer, &text, &length), 0);
	ck_assert_int_eq(answer, ANSWER_REFUSED);
	ck_assert_msg(strstr(text, "a user may have 4 connections") == text,
		      "%s", text);
	free(text);
	close(late);
	ck_assert_uint_eq(ctl_count(ctl).clients, 4);
	ck_assert_uint_eq(ctl_count(ctl).turned_away, 1);
	if (geteuid() == 0) {
		const int other = connected_as(65533);
		ck_assert_uint_eq(ctl_count(ctl).clients, 5);
		close(other);
	}
	for (int i = 0; i < 16 / CTL_USERS; i++)
		close(fd[i]);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ctl_free(ctl);
	event_base_free(base);
}
END_TEST

/* For root any client that waits for nothing makes room. */
START_TEST(who_waits_for_a_turn_is_not_idle)
{
	int fd[16];

	if (geteuid() != 0)
		return;
	struct ctl *ctl = shared();
	ck_assert_ptr_nonnull(ctl);
	for (int i = 0; i < 16; i++) {
		fd[i] = client_connect(path);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(send(fd[i], "a\na\n", 4, 0), 4);
	while (handled == 0)
		event_base_loop(base, EVLOOP_ONCE);
	const int late = client_connect(path);
	while (handled < 4)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_uint_eq(ctl_count(ctl).clients, 16);
	close(late);
	for (int i = 0; i < 16; i++)
		close(fd[i]);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ctl_free(ctl);
	event_base_free(base);
}
END_TEST

START_TEST(who_has_no_level_is_told_what_to_ask_for)
{
	const struct ctl_door door = {.path = path,
				      .right = {.everyone = true},
				      .most = LEVEL_OPERATE,
				      .places = 16};
	enum answer answer;
	char *text;
	size_t length;

	base = event_base_new();
	snprintf(path, sizeof(path), "/tmp/mxlevel-%d.sock", (int)getpid());
	struct ctl *ctl = ctl_open(base, &door, on_request, NULL);
	ck_assert_ptr_nonnull(ctl);
	if (geteuid() == 0) {
		const int fd = connected_as(65534);
		ck_assert_int_eq(
			client_ask(fd, "a", 5, &answer, &text, &length), 0);
		ck_assert_int_eq(answer, ANSWER_REFUSED);
		ck_assert_msg(strstr(text,
				     "(uid 65534) may do nothing by this "
				     "socket, which gives the level "
				     "operate: ask for membership") != NULL,
			      "%s", text);
		free(text);
		close(fd);
	}
	ctl_free(ctl);
	event_base_free(base);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("level");
	TCase *t = tcase_create("level");

	/* A client hangs up before its answer. */
	signal(SIGPIPE, SIG_IGN);

	tcase_add_test(t, the_highest_group_decides);
	tcase_add_test(t, a_group_that_the_host_lacks_is_nobodys);
	tcase_add_test(t, what_changes_something_is_never_for_readers);
	tcase_add_test(t, readers_leave_the_loop_to_others);
	tcase_add_test(t, half_a_line_takes_no_turn_of_others);
	tcase_add_test(t, a_user_has_a_part_of_the_places);
	tcase_add_test(t, who_waits_for_a_turn_is_not_idle);
	tcase_add_test(t, who_has_no_level_is_told_what_to_ask_for);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
