/* SPDX-License-Identifier: BSD-3-Clause */
/* Log lines have their level for the journal, and only for the journal.  The
 * kernel names the process at the other end of a socket.
 * Method: stderr is a pipe during a line, and JOURNAL_STREAM names that pipe or
 * another; a socket pair has this process at both ends. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "caller.h"
#include "log.h"
#include "runner.h"

static int pipes[2];
static int kept;

static void
divert_stderr(void)
{
	ck_assert_int_eq(pipe(pipes), 0);
	kept = dup(STDERR_FILENO);
	dup2(pipes[1], STDERR_FILENO);
}

/* Returns what was written since divert_stderr(). */
static const char *
restore_stderr(void)
{
	static char line[2 * LOG_LINE_MAX];

	dup2(kept, STDERR_FILENO);
	close(kept);
	close(pipes[1]);
	const ssize_t length = read(pipes[0], line, sizeof(line) - 1);
	line[length > 0 ? length : 0] = '\0';
	close(pipes[0]);
	return line;
}

/* The output of log_line() to a pipe that JOURNAL_STREAM names, or misses by
 * `off_by`. */
static const char *
written(enum log_level level, const char *text, ino_t off_by)
{
	char stream[64];
	struct stat status;

	divert_stderr();
	ck_assert_int_eq(fstat(pipes[1], &status), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		 (unsigned long long)status.st_dev,
		 (unsigned long long)(status.st_ino + off_by));
	setenv("JOURNAL_STREAM", stream, 1);
	log_line(level, "%s", text);
	unsetenv("JOURNAL_STREAM");
	return restore_stderr();
}

START_TEST(the_journal_learns_the_level_of_each_line)
{
	ck_assert_str_eq(written(LOG_LEVEL_ERROR, "all is lost", 0),
			 "<3>error all is lost\n");
	ck_assert_str_eq(written(LOG_LEVEL_WARN, "mind", 0), "<4>warn mind\n");
	ck_assert_str_eq(written(LOG_LEVEL_INFO, "so it is", 0),
			 "<6>info so it is\n");
}
END_TEST

START_TEST(a_stderr_that_is_not_the_journal_gets_no_prefix)
{
	ck_assert_str_eq(written(LOG_LEVEL_ERROR, "all is lost", 1),
			 "error all is lost\n");
}
END_TEST

START_TEST(a_journal_stream_that_names_no_stream_is_ignored)
{
	setenv("JOURNAL_STREAM", "x", 1);
	divert_stderr();
	log_line(LOG_LEVEL_INFO, "so it is");
	ck_assert_str_eq(restore_stderr(), "info so it is\n");
	unsetenv("JOURNAL_STREAM");
}
END_TEST

START_TEST(a_text_cannot_make_a_second_line_with_a_level_of_its_own)
{
	char text[2 * LOG_LINE_MAX];

	ck_assert_str_eq(written(LOG_LEVEL_INFO, "a\n<0>error b", 0),
			 "<6>info a?<0>error b\n");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	const char *line = written(LOG_LEVEL_INFO, text, 0);
	ck_assert_uint_eq(strlen(line), LOG_LINE_MAX - 1);
	ck_assert_int_eq(line[LOG_LINE_MAX - 2], '\n');
}
END_TEST

START_TEST(the_other_end_of_a_socket_is_named)
{
	const struct passwd *self = getpwuid(getuid());
	char text[CALLER_TEXT_MAX];
	char wanted[CALLER_TEXT_MAX];
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	struct caller caller = caller_of(pair[0]);
	ck_assert(caller.known);
	ck_assert_uint_eq(caller.uid, getuid());
	caller.login = (uid_t)-1;
	snprintf(wanted, sizeof(wanted), "%s (uid %u)",
		 self != NULL ? self->pw_name : "?", getuid());
	if (self != NULL)
		ck_assert_str_eq(caller_text(&caller, text), wanted);
	close(pair[0]);
	close(pair[1]);
	ck_assert(!caller_of(-1).known);
}
END_TEST

START_TEST(the_user_before_sudo_is_named_too)
{
	const struct caller caller = {
		.known = true, .uid = 0, .login = 4123456789};
	char text[CALLER_TEXT_MAX];

	ck_assert_str_eq(caller_text(&caller, text),
			 "root (uid 0), logged in as uid 4123456789");
	const struct caller unknown = {.known = false};
	ck_assert_str_eq(caller_text(&unknown, text), "somebody unknown");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_add_test(t, the_journal_learns_the_level_of_each_line);
	tcase_add_test(t, a_stderr_that_is_not_the_journal_gets_no_prefix);
	tcase_add_test(t, a_journal_stream_that_names_no_stream_is_ignored);
	tcase_add_test(
		t, a_text_cannot_make_a_second_line_with_a_level_of_its_own);
	tcase_add_test(t, the_other_end_of_a_socket_is_named);
	tcase_add_test(t, the_user_before_sudo_is_named_too);
	suite_add_tcase(s, t);
	return s;
}
