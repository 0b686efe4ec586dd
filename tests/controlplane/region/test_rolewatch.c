/* SPDX-License-Identifier: BSD-3-Clause */
/* An instance has one control plane, which goes on when its files are removed.
 * Method: the real control plane; a second one in the same process, whose locks
 * are as separate as those of another process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "plane.h"
#include "runner.h"

static struct plane plane;
static char files[MX_PATH_MAX];

static void
setup(void)
{
	plane_open(&plane, PLANE_BACKENDS);
	snprintf(files, sizeof(files), MX_FOLDER_BASE "/mxsteer-control.%s",
		 plane.instance);
}

static void
teardown(void)
{
	plane_close(&plane);
	ck_assert_int_lt(access(files, F_OK), 0);
}

START_TEST(a_second_control_plane_touches_nothing)
{
	char socket[128], state[128], own[128];
	const struct control_options options = {.config_path = plane.config,
						.socket_path = socket,
						.state_dir = state};

	plane_start_control(&plane);
	snprintf(socket, sizeof(socket), "%s/second.sock", plane.folder);
	snprintf(state, sizeof(state), "%s/second", plane.folder);
	snprintf(own, sizeof(own), "process %d", (int)getpid());
	ck_assert_ptr_null(control_new(plane.base, &options));
	ck_assert(plane_logged("another mxsteer-controlplane"));
	ck_assert(plane_logged(own));
	ck_assert_int_lt(access(socket, F_OK), 0);
	ck_assert_int_lt(access(state, F_OK), 0);
	plane_expect(&plane, "show backends", true, "mx");
}
END_TEST

static bool
is_lock_there(struct plane *p)
{
	char lock[2 * MX_PATH_MAX];

	(void)p;
	snprintf(lock, sizeof(lock), "%s/controlplane.lock", files);
	return access(lock, F_OK) == 0;
}

START_TEST(a_control_plane_keeps_its_role_when_its_lock_is_removed)
{
	const struct control_options options = {.config_path = plane.config,
						.socket_path = plane.socket,
						.state_dir = plane.folder};
	char command[2 * MX_PATH_MAX];

	plane_start_control(&plane);
	ck_assert(is_lock_there(&plane));
	snprintf(command, sizeof(command), "rm -r %s", files);
	ck_assert_int_eq(system(command), 0);
	ck_assert_ptr_null(control_new(plane.base, &options));
	ck_assert(plane_run_until(&plane, is_lock_there));
	ck_assert(plane_logged("was removed: made anew"));
	ck_assert_ptr_null(control_new(plane.base, &options));
	plane_expect(&plane, "show backends", true, "mx");
}
END_TEST

START_TEST(a_strangers_folder_ends_the_start)
{
	const struct control_options options = {.config_path = plane.config,
						.socket_path = plane.socket,
						.state_dir = plane.folder};

	ck_assert_int_eq(mkdir(files, 0700), 0);
	ck_assert_int_eq(chmod(files, 0777), 0);
	ck_assert_ptr_null(control_new(plane.base, &options));
	ck_assert(plane_logged("other users can write to it"));
	ck_assert_int_lt(access(plane.socket, F_OK), 0);
	ck_assert_int_eq(rmdir(files), 0);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("rolewatch");
	TCase *t = tcase_create("rolewatch");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_second_control_plane_touches_nothing);
	tcase_add_test(t,
		       a_control_plane_keeps_its_role_when_its_lock_is_removed);
	tcase_add_test(t, a_strangers_folder_ends_the_start);
	suite_add_tcase(s, t);
	return s;
}
