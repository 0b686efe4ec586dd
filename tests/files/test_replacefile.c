/* SPDX-License-Identifier: BSD-3-Clause */
/* A file is the old one or the new one, and what stands where its draft goes
 * is not written through.
 * Method: real files.  A limit on the size of files is a disk that is full. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replacefile.h"
#include "runner.h"
#include "tempfolder.h"

static char path[PATH_MAX], draft[PATH_MAX], other[PATH_MAX];

static void
setup(void)
{
	const char *folder = tempfolder_make();

	snprintf(path, sizeof(path), "%s/file", folder);
	snprintf(draft, sizeof(draft), "%s/file.new", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
}

static void
teardown(void)
{
	tempfolder_remove();
}

static const char *
text_of(const char *name)
{
	static char text[64];
	const int fd = open(name, O_RDONLY);
	const ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	return text;
}

START_TEST(a_new_text_takes_the_place_of_the_old_one)
{
	ck_assert_int_eq(replacefile(path, "old and longer\n", 0600), 0);
	ck_assert_int_eq(replacefile(path, "new\n", 0600), 0);
	ck_assert_str_eq(text_of(path), "new\n");
	ck_assert_int_ne(access(draft, F_OK), 0);
}
END_TEST

START_TEST(the_mode_is_as_asked_for_whatever_the_umask)
{
	struct stat status;
	const mode_t mask = umask(0077);

	ck_assert_int_eq(replacefile(path, "x", 0644), 0);
	umask(mask);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0644);
}
END_TEST

START_TEST(a_link_in_place_of_the_draft_is_not_followed)
{
	ck_assert_int_eq(replacefile(other, "theirs", 0600), 0);
	ck_assert_int_eq(symlink(other, draft), 0);
	ck_assert_int_eq(replacefile(path, "ours", 0600), 0);
	ck_assert_str_eq(text_of(path), "ours");
	ck_assert_str_eq(text_of(other), "theirs");
}
END_TEST

START_TEST(on_an_error_the_old_file_stays_and_no_draft)
{
	const struct rlimit full = {4, RLIM_INFINITY};
	struct rlimit before;

	ck_assert_int_eq(replacefile(path, "old", 0600), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &full), 0);
	const int error = replacefile(path, "longer than that", 0600);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_int_eq(error, -ENOSPC);
	ck_assert_str_eq(text_of(path), "old");
	ck_assert_int_ne(access(draft, F_OK), 0);
}
END_TEST

START_TEST(a_path_too_long_and_a_folder_that_is_not_there)
{
	char name[PATH_MAX];

	memset(name, 'x', sizeof(name) - 2);
	name[sizeof(name) - 2] = '\0';
	ck_assert_int_eq(replacefile(name, "x", 0600), -ENAMETOOLONG);
	snprintf(name, sizeof(name), "%.100s/none/file", path);
	ck_assert_int_lt(replacefile(name, "x", 0600), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("replacefile");
	TCase *t = tcase_create("replacefile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_new_text_takes_the_place_of_the_old_one);
	tcase_add_test(t, the_mode_is_as_asked_for_whatever_the_umask);
	tcase_add_test(t, a_link_in_place_of_the_draft_is_not_followed);
	tcase_add_test(t, on_an_error_the_old_file_stays_and_no_draft);
	tcase_add_test(t, a_path_too_long_and_a_folder_that_is_not_there);
	suite_add_tcase(s, t);
	return s;
}
