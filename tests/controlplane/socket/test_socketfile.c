/* SPDX-License-Identifier: BSD-3-Clause */
/* The CLI socket's name: no file of another owner is removed for it, and a name
 * that was removed comes back.
 * Method: real names in a temporary folder, the server in this thread. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "ctl.h"
#include "faketime.h"
#include "keptlog.h"
#include "runner.h"
#include "socketfile.h"
#include "tempfolder.h"

static struct event_base *base;
static const char *folder;
static char path[96];
static void
on_request(void *arg, struct ctl_request *request, char *line)
{
	(void)arg;
	ctl_reply(request, ANSWER_OK, line, strlen(line));
}

static void
setup(void)
{
	folder = tempfolder_make();
	snprintf(path, sizeof(path), "%s/s.sock", folder);
	base = event_base_new();
	keptlog_begin();
}

static void
teardown(void)
{
	keptlog_end();
	event_base_free(base);
	tempfolder_remove();
}

static struct ctl *
serve(void)
{
	return ctl_new(base, path, on_request, NULL);
}

static bool
answers(int fd)
{
	char reply[16] = "";

	ck_assert_int_eq(send(fd, "hello\n", 6, MSG_NOSIGNAL), 6);
	for (int i = 0; i < 100; i++) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		recv(fd, reply, sizeof(reply) - 1, MSG_DONTWAIT);
		if (strcmp(reply, "ok 5\nhello") == 0)
			return true;
	}
	return false;
}

static bool
is_there(void)
{
	return access(path, F_OK) == 0;
}

static void
look_again(void)
{
	faketime_run(base, 1000);
	ck_assert(is_there());
}

static void
make_file(void)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	ck_assert_int_eq(write(fd, "precious", 8), 8);
	close(fd);
}

static void
make_link(void)
{
	/* A link to a dead socket, which would be replaced without the link. */
	char target[96];
	struct socketfile file = {.right = {0}};

	snprintf(target, sizeof(target), "%s/dead.sock", folder);
	close(socketfile_listen(&file, target, 1));
	ck_assert_int_eq(symlink(target, path), 0);
}

static void
make_fifo(void)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void
make_folder(void)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

START_TEST(what_is_no_socket_is_left_alone)
{
	static void (*const make[])(void) = {make_file, make_link, make_fifo,
					     make_folder};
	struct stat before, after;

	make[_i]();
	ck_assert_int_eq(lstat(path, &before), 0);
	ck_assert_ptr_null(serve());
	ck_assert_int_eq(errno, ENOTSOCK);
	ck_assert_int_eq(lstat(path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(before.st_size, after.st_size);
}
END_TEST

START_TEST(another_servers_socket_is_not_removed)
{
	struct socketfile theirs = {.right = {0}};
	struct ctl *ctl = serve();

	ck_assert_ptr_nonnull(ctl);
	ck_assert_int_eq(unlink(path), 0);
	const int fd = socketfile_listen(&theirs, path, 1);
	ck_assert_int_ge(fd, 0);
	ctl_free(ctl);
	ck_assert(socketfile_is_ours(&theirs));
	socketfile_remove(&theirs);
	ck_assert(!is_there());
	close(fd);
}
END_TEST

START_TEST(a_removed_socket_is_made_anew)
{
	char command[128];
	struct ctl *ctl = serve();
	const int early = client_connect(path);

	ck_assert_int_ge(early, 0);
	ck_assert(answers(early));
	/* The name is removed alone, or with its folder. */
	snprintf(command, sizeof(command), "rm -r %s", _i ? folder : path);
	ck_assert_int_eq(system(command), 0);
	look_again();
	ck_assert_msg(keptlog_has("was removed: made anew"), "%s",
		      keptlog_text());
	const int late = client_connect(path);
	ck_assert_int_ge(late, 0);
	ck_assert(answers(late));
	ck_assert(answers(early));
	close(early);
	close(late);
	ctl_free(ctl);
	ck_assert(!is_there());
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("socketfile");
	TCase *t = tcase_create("socketfile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, what_is_no_socket_is_left_alone, 0, 4);
	tcase_add_test(t, another_servers_socket_is_not_removed);
	tcase_add_loop_test(t, a_removed_socket_is_made_anew, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
