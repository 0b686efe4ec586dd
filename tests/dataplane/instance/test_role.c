/* SPDX-License-Identifier: BSD-3-Clause */
/* A role has one holder, whatever is removed and whoever else wants the role.
 * The files of older versions are taken over.
 * Method: real locks and sockets under a name of this process; children play
 * other processes and, as root, another user. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "older.h"
#include "role.h"
#include "runner.h"

#define STRANGER 65534

static char instance[MX_NAME_MAX];
static char path[MX_PATH_MAX]; /* of the data plane's folder */
static char control_path[MX_PATH_MAX];
static char older[MX_PATH_MAX]; /* of an older version's region */
static struct mx_role role, other;

static void
setup(void)
{
	snprintf(instance, sizeof(instance), "role-%d", getpid());
	snprintf(path, sizeof(path), MX_FOLDER_BASE "/mxsteer.%s", instance);
	snprintf(control_path, sizeof(control_path),
		 MX_FOLDER_BASE "/mxsteer-control.%s", instance);
	snprintf(older, sizeof(older), MX_FOLDER_BASE "/mxsteer-%s", instance);
}

static void
remove_folder(void)
{
	char command[2 * MX_PATH_MAX];

	snprintf(command, sizeof(command), "rm -rf %s", path);
	ck_assert_int_eq(system(command), 0);
}

static void
teardown(void)
{
	remove_folder();
	unlink(older);
}

static int
claim(struct mx_role *claimed)
{
	return mx_role_claim(claimed, MX_ROLE_DATAPLANE, instance);
}

/* Run body() in a process of its own until it reports that it is ready.  Then
 * body() sleeps until it is killed. */
static pid_t
start(void (*body)(int ready_fd))
{
	int ready[2];
	char byte;

	ck_assert_int_eq(pipe(ready), 0);
	const pid_t child = fork();
	if (child == 0) {
		body(ready[1]);
		pause();
		_exit(0);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void
end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void
play(int ready_fd)
{
	if (claim(&role) != 0 || write(ready_fd, "r", 1) != 1)
		_exit(1);
}

START_TEST(a_role_has_one_holder_and_leaves_nothing)
{
	ck_assert_int_eq(claim(&role), 0);
	ck_assert_int_eq(claim(&other), -EBUSY);
	ck_assert_int_eq(other.holder, getpid());
	/* Another process may have the other role. */
	ck_assert_int_eq(mx_role_claim(&other, MX_ROLE_CONTROLPLANE, instance),
			 0);
	ck_assert_int_eq(access(control_path, F_OK), 0);
	mx_role_release(&role);
	ck_assert_int_lt(access(path, F_OK), 0);
	mx_role_release(&other);
	ck_assert_int_lt(access(control_path, F_OK), 0);
	ck_assert_int_eq(claim(&role), 0);
	mx_role_release(&role);
}
END_TEST

START_TEST(the_role_of_a_killed_process_is_free)
{
	const pid_t child = start(play);

	ck_assert_int_eq(claim(&role), -EBUSY);
	ck_assert_int_eq(role.holder, child);
	end(child);
	ck_assert_int_eq(claim(&role), 0);
	mx_role_release(&role);
}
END_TEST

START_TEST(a_role_outlives_its_files)
{
	ck_assert_int_eq(claim(&role), 0);
	ck_assert_int_eq(mx_role_keep(&role), 0);
	remove_folder();
	/* No process takes the role in the time before the holder looks. */
	ck_assert_int_eq(claim(&other), -EBUSY);
	ck_assert_int_eq(other.holder, getpid());
	ck_assert_int_lt(access(path, F_OK), 0);
	ck_assert_int_eq(mx_role_keep(&role), 1);
	ck_assert_int_eq(mx_role_keep(&role), 0);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(claim(&other), -EBUSY);
	mx_role_release(&role);
}
END_TEST

START_TEST(who_lost_the_role_is_told)
{
	struct mx_folder folder;
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	ck_assert_int_eq(claim(&role), 0);
	remove_folder();
	/* A process of another network namespace, where the name is free. */
	ck_assert_int_eq(
		mx_folder_open(&folder, MX_FOLDER_BASE, instance, true), 0);
	const int fd = mx_folder_file(&folder, "dataplane.lock", O_CREAT);
	ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &lock), 0);
	ck_assert_int_eq(write(fd, "4242\n", 5), 5);
	ck_assert_int_eq(mx_role_keep(&role), -EBUSY);
	ck_assert_int_eq(role.holder, 4242);
	mx_role_release(&role);
	ck_assert_int_eq(mx_file_is_at(folder.fd, path), true);
	close(fd);
	mx_folder_close(&folder);
}
END_TEST

/* Many claimants fill the queue of the name's socket. */
START_TEST(many_claimants_are_all_refused)
{
	ck_assert_int_eq(claim(&role), 0);
	for (int i = 0; i < 300; i++) {
		ck_assert_int_eq(claim(&other), -EBUSY);
		if (i % 50 == 0)
			ck_assert_int_eq(mx_role_keep(&role), 0);
	}
	mx_role_release(&role);
}
END_TEST

static void
take_name(int ready_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int length =
		snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
			 "mxsteer.%s.dataplane", instance);
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (setgid(STRANGER) != 0 || setuid(STRANGER) != 0 ||
	    bind(fd, (const struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			     (size_t)length)) != 0 ||
	    listen(fd, 5) != 0 || write(ready_fd, "r", 1) != 1)
		_exit(1);
}

START_TEST(a_strangers_socket_keeps_nobody_from_the_role)
{
	const pid_t child = start(take_name);

	ck_assert_int_eq(claim(&role), 0);
	ck_assert_int_lt(role.name_fd, 0);
	ck_assert_int_eq(claim(&other), -EBUSY);
	ck_assert_int_eq(other.holder, getpid());
	mx_role_release(&role);
	end(child);
}
END_TEST

START_TEST(a_strangers_folder_is_refused)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chown(path, STRANGER, STRANGER), 0);
	ck_assert_int_eq(claim(&role), -EPERM);
}
END_TEST

static int
make_older(const char *suffix, const char *text)
{
	char name[2 * MX_PATH_MAX];

	snprintf(name, sizeof(name), "%s%s", older, suffix);
	const int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(write(fd, text, strlen(text)), 0);
	return fd;
}

START_TEST(a_plane_of_an_older_version_has_its_role)
{
	const int fd = make_older("", "region");
	struct flock lock = {.l_type = F_WRLCK,
			     .l_whence = SEEK_SET,
			     .l_start = _i,
			     .l_len = 1};

	ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &lock), 0);
	char holder[MX_ROLE_HOLDER_MAX];
	ck_assert_int_eq(mx_role_claim(&role, (enum mx_role_kind)_i, instance),
			 -EBUSY);
	ck_assert_str_eq(mx_role_holder(&role, holder), "of an older version");
	ck_assert_int_eq(
		mx_role_claim(&role, (enum mx_role_kind) !_i, instance), 0);
	mx_role_release(&role);
	close(fd);
	ck_assert_int_eq(mx_role_claim(&role, (enum mx_role_kind)_i, instance),
			 0);
	mx_role_release(&role);
}
END_TEST

static void
expect_text(const char *name, const char *wanted)
{
	char full[2 * MX_PATH_MAX];
	char text[16] = "";

	snprintf(full, sizeof(full), "%s/%s", path, name);
	FILE *file = fopen(full, "r");
	ck_assert_msg(file != NULL, "%s", full);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	fclose(file);
	ck_assert_str_eq(text, wanted);
}

START_TEST(files_of_older_versions_are_taken_up)
{
	struct mx_folder folder;

	close(make_older("", "region"));
	close(make_older(".sessions.0", "zero"));
	close(make_older(".sessions.31", "last"));
	ck_assert(mx_older_is_there(instance));
	ck_assert_int_eq(
		mx_folder_open(&folder, MX_FOLDER_BASE, instance, true), 0);
	ck_assert_uint_eq(mx_older_take(&folder, MX_FOLDER_BASE, instance), 3);
	expect_text("region", "region");
	expect_text("sessions.0", "zero");
	expect_text("sessions.31", "last");
	ck_assert(!mx_older_is_there(instance));

	/* The folder's own files are newer. */
	close(make_older("", "second"));
	ck_assert_uint_eq(mx_older_take(&folder, MX_FOLDER_BASE, instance), 0);
	expect_text("region", "region");
	ck_assert(!mx_older_is_there(instance));
	mx_folder_close(&folder);
}
END_TEST

START_TEST(what_is_no_older_file_of_ours_is_left_alone)
{
	struct mx_folder folder;

	ck_assert_int_eq(
		mx_folder_open(&folder, MX_FOLDER_BASE, instance, true), 0);
	if (_i == 0) {
		ck_assert_int_eq(symlink("/etc/passwd", older), 0);
	} else {
		close(make_older("", "region"));
		ck_assert_int_eq(chmod(older, 0666), 0);
	}
	ck_assert_uint_eq(mx_older_take(&folder, MX_FOLDER_BASE, instance), 0);
	ck_assert_int_eq(
		faccessat(folder.fd, "region", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	ck_assert(!mx_older_is_there(instance));
	mx_folder_close(&folder);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("role");
	TCase *t = tcase_create("role");
	TCase *root = tcase_create("stranger");
	TCase *old = tcase_create("older");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_role_has_one_holder_and_leaves_nothing);
	tcase_add_test(t, the_role_of_a_killed_process_is_free);
	tcase_add_test(t, a_role_outlives_its_files);
	tcase_add_test(t, who_lost_the_role_is_told);
	tcase_add_test(t, many_claimants_are_all_refused);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(root, setup, teardown);
	if (geteuid() == 0) {
		tcase_add_test(root,
			       a_strangers_socket_keeps_nobody_from_the_role);
		tcase_add_test(root, a_strangers_folder_is_refused);
	}
	suite_add_tcase(s, root);
	tcase_add_checked_fixture(old, setup, teardown);
	tcase_add_loop_test(old, a_plane_of_an_older_version_has_its_role, 0,
			    2);
	tcase_add_test(old, files_of_older_versions_are_taken_up);
	tcase_add_loop_test(old, what_is_no_older_file_of_ours_is_left_alone, 0,
			    2);
	suite_add_tcase(s, old);
	return s;
}
