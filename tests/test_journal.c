/* SPDX-License-Identifier: BSD-3-Clause */
/* A stream to the journal gives each line the priority that its first word
 * says, however the line comes.
 * Method: a pipe in the place of the journal's socket. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"
#include "runner.h"

static int pipes[2];
static FILE *stream;

static void
setup(void)
{
	ck_assert_int_eq(pipe(pipes), 0);
	stream = mx_journal_stream(pipes[1]);
	ck_assert_ptr_nonnull(stream);
}

static void
teardown(void)
{
	fclose(stream);
	close(pipes[0]);
	close(pipes[1]);
}

/* What has come; there must be something. */
static const char *
received(void)
{
	static char text[16384];
	const ssize_t got = read(pipes[0], text, sizeof(text) - 1);

	ck_assert_int_gt(got, 0);
	text[got] = '\0';
	return text;
}

START_TEST(each_line_gets_the_priority_of_its_word)
{
	fprintf(stream, "error port %s: %s\n", "wan", "gone");
	ck_assert_str_eq(received(), "<3>error port wan: gone\n");
	fputs("warn a\ninfo b\nEAL: c\ninformal d\n", stream);
	ck_assert_str_eq(received(), "<4>warn a\n<6>info b\nEAL: c\n"
				     "informal d\n");
}
END_TEST

START_TEST(a_line_that_comes_in_pieces_has_one_priority)
{
	fputs("error one ", stream);
	fflush(stream);
	fputs("warn two\n", stream);
	fputs("info three\n", stream);
	ck_assert_str_eq(received(), "<3>error one warn two\n<6>info three\n");
}
END_TEST

START_TEST(a_line_longer_than_the_buffer_comes_whole)
{
	static char line[10000];
	char wanted[sizeof(line) + 16];

	memset(line, 'x', sizeof(line) - 1);
	memcpy(line, "error ", 6);
	fprintf(stream, "%s\n", line);
	snprintf(wanted, sizeof(wanted), "<3>%s\n", line);
	ck_assert_str_eq(received(), wanted);
}
END_TEST

START_TEST(only_what_systemd_names_is_the_journal)
{
	char name[64];
	struct stat status;

	unsetenv("JOURNAL_STREAM");
	ck_assert(!mx_journal_is(pipes[1]));
	ck_assert_int_eq(fstat(pipes[1], &status), 0);
	snprintf(name, sizeof(name), "%llu:%llu",
		 (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	setenv("JOURNAL_STREAM", name, 1);
	ck_assert(mx_journal_is(pipes[1]));
	ck_assert(!mx_journal_is(STDIN_FILENO));
	ck_assert(!mx_journal_is(-1));
	setenv("JOURNAL_STREAM", "x", 1);
	ck_assert(!mx_journal_is(pipes[1]));
	unsetenv("JOURNAL_STREAM");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("journal");
	TCase *t = tcase_create("journal");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_line_gets_the_priority_of_its_word);
	tcase_add_test(t, a_line_that_comes_in_pieces_has_one_priority);
	tcase_add_test(t, a_line_longer_than_the_buffer_comes_whole);
	tcase_add_test(t, only_what_systemd_names_is_the_journal);
	suite_add_tcase(s, t);
	return s;
}
