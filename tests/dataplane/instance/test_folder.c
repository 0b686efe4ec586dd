/* SPDX-License-Identifier: BSD-3-Clause */
/* The folder of an instance: a folder that another user could have prepared is
 * refused, and a file that is opened has memory for all of it.
 * Method: real folders and files in a temporary folder that stands for
 * /dev/shm.  The cases of another user need root. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "owner.h"
#include "runner.h"
#include "tempfolder.h"

#define STRANGER 65534
#define SIZE (256 * 1024)

static const char *base;
static char path[128];
static struct mx_folder folder;
static bool refuse_setgid; /* as systemd's RestrictSUIDSGID does */

static void
setup(void)
{
	base = tempfolder_make();
	ck_assert_int_eq(chmod(base, 01777), 0);
	snprintf(path, sizeof(path), "%s/mxsteer.mx1", base);
}

static void
teardown(void)
{
	refuse_setgid = false;
	tempfolder_remove();
}

/* The linker puts these two around each call of fchmod(). */
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);

int
__wrap_fchmod(int fd, mode_t mode)
{
	if (!refuse_setgid || (mode & S_ISGID) == 0)
		return __real_fchmod(fd, mode);
	errno = EPERM;
	return -1;
}

static int
open_folder(void)
{
	return mx_folder_open(&folder, base, "mx1", true);
}

static const char *
in_folder(const char *name)
{
	static char text[192];

	snprintf(text, sizeof(text), "%s/%s", path, name);
	return text;
}

static void
write_file(const char *name)
{
	FILE *file = fopen(name, "w");

	ck_assert_ptr_nonnull(file);
	fputs("precious", file);
	ck_assert_int_eq(fclose(file), 0);
}

static void
expect_precious(const char *name)
{
	char text[16] = "";
	FILE *file = fopen(name, "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	fclose(file);
	ck_assert_str_eq(text, "precious");
}

START_TEST(a_folder_is_made_for_this_user_alone)
{
	struct stat status;

	ck_assert_int_eq(mx_folder_open(&folder, base, "mx1", false), -ENOENT);
	ck_assert_int_eq(open_folder(), 0);
	ck_assert_str_eq(folder.path, path);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode, S_IFDIR | MX_FOLDER_MODE);
	mx_folder_close(&folder);
	ck_assert_int_eq(open_folder(), 0);
	mx_folder_drop(&folder);
	ck_assert_int_lt(access(path, F_OK), 0);
}
END_TEST

START_TEST(the_group_reads_a_folder_that_may_not_have_its_bit)
{
	struct stat status;

	refuse_setgid = _i == 1;
	umask(0077);
	ck_assert_int_eq(open_folder(), 0);
	ck_assert_int_eq(fstat(folder.fd, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777,
			  _i == 1 ? MX_FOLDER_MODE & ~S_ISGID : MX_FOLDER_MODE);
	mx_folder_close(&folder);
}
END_TEST

START_TEST(a_folder_with_a_file_is_not_dropped)
{
	ck_assert_int_eq(open_folder(), 0);
	close(mx_folder_file(&folder, "region", O_CREAT));
	mx_folder_drop(&folder);
	ck_assert_int_eq(access(in_folder("region"), F_OK), 0);
}
END_TEST

START_TEST(what_is_no_folder_is_refused_and_stays)
{
	char target[96];

	write_file(path);
	ck_assert_int_eq(open_folder(), -ENOTDIR);
	expect_precious(path);
	ck_assert_int_eq(unlink(path), 0);

	/* A link to a good folder of this user. */
	snprintf(target, sizeof(target), "%s/target", base);
	ck_assert_int_eq(mkdir(target, 0700), 0);
	ck_assert_int_eq(symlink(target, path), 0);
	ck_assert_int_eq(open_folder(), -ENOTDIR);
	ck_assert_int_eq(rmdir(target), 0);
}
END_TEST

START_TEST(a_folder_that_others_can_write_to_is_refused)
{
	static const mode_t modes[] = {0770, 0707, 0777, 01777};

	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, modes[_i]), 0);
	ck_assert_int_eq(open_folder(), -EPERM);
}
END_TEST

START_TEST(a_folder_that_others_can_move_is_refused)
{
	ck_assert_int_eq(chmod(base, 0777), 0); /* not sticky */
	ck_assert_int_eq(open_folder(), -EPERM);
}
END_TEST

START_TEST(a_strangers_folder_is_refused)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chown(path, STRANGER, STRANGER), 0);
	ck_assert_int_eq(open_folder(), -EPERM);
	ck_assert_int_eq(chown(path, 0, 0), 0);
	ck_assert_int_eq(chown(base, STRANGER, STRANGER), 0);
	ck_assert_int_eq(open_folder(), -EPERM);
}
END_TEST

START_TEST(a_file_that_is_not_ours_alone_is_refused_and_stays)
{
	char target[96];

	ck_assert_int_eq(open_folder(), 0);
	snprintf(target, sizeof(target), "%s/target", base);
	write_file(target);
	ck_assert_int_eq(symlink(target, in_folder("link")), 0);
	ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
	ck_assert_int_eq(mkdir(in_folder("dir"), 0700), 0);
	write_file(in_folder("open"));
	ck_assert_int_eq(chmod(in_folder("open"), 0666), 0);
	static const char *const names[] = {"link", "fifo", "dir", "open"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_msg(mx_folder_file(&folder, names[i], O_CREAT) ==
				      -EPERM,
			      "%s", names[i]);
	expect_precious(target);
	mx_folder_close(&folder);
}
END_TEST

START_TEST(a_strangers_file_is_refused)
{
	ck_assert_int_eq(open_folder(), 0);
	write_file(in_folder("region"));
	ck_assert_int_eq(chown(in_folder("region"), STRANGER, STRANGER), 0);
	ck_assert_int_eq(mx_folder_file(&folder, "region", O_CREAT), -EPERM);
	expect_precious(in_folder("region"));
	mx_folder_close(&folder);
}
END_TEST

START_TEST(a_file_has_memory_for_all_of_it)
{
	struct stat status;

	ck_assert_int_eq(open_folder(), 0);
	const int fd = mx_folder_file(&folder, "region", O_CREAT);
	ck_assert_int_ge(fd, 0);
	/* A hole, as a version that did not reserve memory left it. */
	ck_assert_int_eq(ftruncate(fd, SIZE), 0);
	ck_assert_int_eq(mx_file_allocate(fd, SIZE), 0);
	ck_assert_int_eq(fstat(fd, &status), 0);
	ck_assert_int_eq(status.st_size, SIZE);
	ck_assert_int_ge(status.st_blocks * 512, SIZE);
	close(fd);
	mx_folder_close(&folder);
}
END_TEST

/* What an open of the file by a reader leaves: the group and the mode. */
static void
expect_kept(mode_t folder_mode, mode_t file_mode, gid_t group)
{
	struct stat status;

	ck_assert_int_eq(mx_folder_open(&folder, base, "mx1", false), 0);
	close(mx_folder_read(&folder, "region"));
	close(mx_folder_file(&folder, "region", 0));
	mx_folder_close(&folder);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, folder_mode);
	ck_assert_uint_eq(status.st_gid, group);
	ck_assert_int_eq(stat(in_folder("region"), &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, file_mode);
	ck_assert_uint_eq(status.st_gid, group);
}

START_TEST(a_reader_changes_no_mode)
{
	ck_assert_int_eq(open_folder(), 0);
	close(mx_folder_file(&folder, "region", O_CREAT));
	mx_folder_close(&folder);
	ck_assert_int_eq(chmod(path, 0700), 0);
	ck_assert_int_eq(chmod(in_folder("region"), 0600), 0);
	expect_kept(0700, 0600, getegid());
}
END_TEST

/* The reader of the same user does not know the group, as a command of root's
 * with a file that names another user. */
START_TEST(a_reader_changes_no_group)
{
	struct stat status;

	mx_owner_believe(STRANGER, STRANGER);
	ck_assert_int_eq(open_folder(), 0);
	close(mx_folder_file(&folder, "region", O_CREAT));
	mx_folder_close(&folder);
	mx_owner_believe(0, 0);
	expect_kept(MX_FOLDER_MODE, 0640, STRANGER);

	/* The writer gives it to the group that it knows. */
	ck_assert_int_eq(open_folder(), 0);
	close(mx_folder_file(&folder, "region", 0));
	mx_folder_close(&folder);
	ck_assert_int_eq(stat(in_folder("region"), &status), 0);
	ck_assert_uint_eq(status.st_gid, 0);
}
END_TEST

START_TEST(a_removed_file_is_written_anew_where_it_was_mapped)
{
	ck_assert_int_eq(open_folder(), 0);
	const int lost = mx_folder_file(&folder, "region", O_CREAT);
	ck_assert_int_eq(mx_file_allocate(lost, SIZE), 0);
	char *at =
		mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, lost, 0);
	at[SIZE - 1] = 'x';
	ck_assert(mx_file_is_at(lost, in_folder("region")));
	ck_assert_int_eq(unlink(in_folder("region")), 0);
	ck_assert(!mx_file_is_at(lost, in_folder("region")));

	const int fd = mx_folder_draft(&folder, "region", at, SIZE);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(mx_folder_replace(&folder, "region", fd, at, SIZE), 0);
	ck_assert(mx_file_is_at(fd, in_folder("region")));
	ck_assert_int_eq(at[SIZE - 1], 'x');
	at[0] = 'y';
	char byte;
	ck_assert_int_eq(pread(fd, &byte, 1, 0), 1);
	ck_assert_int_eq(byte, 'y');
	munmap(at, SIZE);
	close(lost);
	close(fd);
	mx_folder_close(&folder);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("folder");
	TCase *t = tcase_create("folder");
	TCase *root = tcase_create("stranger");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_folder_is_made_for_this_user_alone);
	tcase_add_loop_test(
		t, the_group_reads_a_folder_that_may_not_have_its_bit, 0, 2);
	tcase_add_test(t, a_folder_with_a_file_is_not_dropped);
	tcase_add_test(t, what_is_no_folder_is_refused_and_stays);
	tcase_add_loop_test(t, a_folder_that_others_can_write_to_is_refused, 0,
			    4);
	tcase_add_test(t, a_folder_that_others_can_move_is_refused);
	tcase_add_test(t, a_file_that_is_not_ours_alone_is_refused_and_stays);
	tcase_add_test(t, a_file_has_memory_for_all_of_it);
	tcase_add_test(t, a_reader_changes_no_mode);
	tcase_add_test(t, a_removed_file_is_written_anew_where_it_was_mapped);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(root, setup, teardown);
	if (geteuid() == 0) {
		tcase_add_test(root, a_strangers_folder_is_refused);
		tcase_add_test(root, a_strangers_file_is_refused);
		tcase_add_test(root, a_reader_changes_no_group);
	}
	suite_add_tcase(s, root);
	return s;
}
