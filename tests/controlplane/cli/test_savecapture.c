/* SPDX-License-Identifier: BSD-3-Clause */
/* `mxsteer capture` writes the file for its caller alone, writes to no terminal,
 * and ends when nobody takes what it writes.
 * Method: the real client over a socket; a thread plays the control plane, and
 * notes what it was asked. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner.h"
#include "savecapture.h"
#include "tempfolder.h"

#define PIECE_MAX (1024 * 1024)
#define OTHER_USER 65534

/* The control plane. */
static int client_fd, plane_fd;
static pthread_t plane;
static size_t piece_bytes; /* of each piece of the file */
static int last;           /* the read whose piece is the last one */
static int hang_up;        /* the read that makes the pipe's reader go */
static int pipe_fd[2];
static _Atomic int reads, ends;

static char path[128];
static char text[SAVECAPTURE_TEXT_MAX];

static void
reply(const char *word, const char *line, size_t more)
{
	static char out[PIECE_MAX + 64];
	const int header = snprintf(out, sizeof(out), "%s %zu\n%s", word,
				    strlen(line) + more, line);

	memset(out + header, 'x', more);
	send(plane_fd, out, (size_t)header + more, MSG_NOSIGNAL);
}

static void *
play_plane(void *arg)
{
	FILE *in = fdopen(dup(plane_fd), "r");
	char line[256];

	(void)arg;
	while (fgets(line, sizeof(line), in) != NULL) {
		if (strncmp(line, "capture start", 13) == 0) {
			reply("ok", "17", 0);
		} else if (strcmp(line, "capture read 17\n") == 0) {
			if (++reads == hang_up)
				close(pipe_fd[0]);
			reply(reads == last ? "ok" : "noted", "3 1\n",
			      piece_bytes);
		} else if (strcmp(line, "capture end 17\n") == 0) {
			ends++;
			reply("ok", "3 1\n", piece_bytes);
		}
	}
	fclose(in);
	return NULL;
}

static void
setup(void)
{
	int fd[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	client_fd = fd[0];
	plane_fd = fd[1];
	snprintf(path, sizeof(path), "%s/x.pcapng", tempfolder_make());
	reads = ends = 0;
	piece_bytes = 1000;
	last = 3;
	hang_up = 0;
	ck_assert_int_eq(pthread_create(&plane, NULL, play_plane, NULL), 0);
}

static void
teardown(void)
{
	shutdown(client_fd, SHUT_RDWR);
	pthread_join(plane, NULL);
	close(client_fd);
	close(plane_fd);
	tempfolder_remove();
}

static int
capture_to(const char *file)
{
	struct arguments arguments;
	char line[160], why[ARGUMENTS_WHY_MAX];

	snprintf(line, sizeof(line), "packets 9 %s", file);
	ck_assert(arguments_parse("[packets N] FILE.pcapng", false, line,
				  &arguments, why));
	return savecapture(client_fd, &arguments, false, text);
}

static void
make_file(mode_t mode)
{
	const int fd = open(path, O_WRONLY | O_CREAT, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(write(fd, text, sizeof(text)), sizeof(text));
	ck_assert_int_eq(ftruncate(fd, 100000), 0);
	close(fd);
}

static struct stat
look(void)
{
	struct stat status;

	ck_assert_int_eq(stat(path, &status), 0);
	return status;
}

START_TEST(only_the_caller_can_read_the_file)
{
	umask(0);
	if (_i == 1)
		make_file(0666);
	ck_assert_int_eq(capture_to(path), 0);
	ck_assert_int_eq(look().st_mode & 0777, 0600);
	ck_assert_int_eq(look().st_size, 3000);
	ck_assert_int_eq(ends, 0);
}
END_TEST

START_TEST(a_file_of_another_user_is_refused_and_stays)
{
	if (geteuid() != 0)
		return;
	make_file(0666);
	ck_assert_int_eq(chown(path, OTHER_USER, OTHER_USER), 0);
	ck_assert_int_eq(capture_to(path), 1);
	ck_assert_ptr_nonnull(strstr(text, "x.pcapng: "));
	ck_assert_int_eq(look().st_size, 100000);
	ck_assert_int_eq(look().st_uid, OTHER_USER);
	/* The data plane does not go on for nothing. */
	ck_assert_int_eq(ends, 1);
}
END_TEST

START_TEST(a_full_disk_ends_the_capture)
{
	ck_assert_int_eq(capture_to("/dev/full"), 1);
	ck_assert_str_eq(text, "/dev/full: No space left on device");
	ck_assert_int_eq(reads, 1);
	ck_assert_int_eq(ends, 1);
}
END_TEST

/* Capture to stdout, which is `out` meanwhile. */
static int
capture_to_stdout(int out)
{
	fflush(stdout);
	const int before = dup(STDOUT_FILENO);
	ck_assert_int_eq(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
	close(out);
	const int status = capture_to("-");
	dup2(before, STDOUT_FILENO);
	close(before);
	return status;
}

static int
capture_to_pipe(void)
{
	ck_assert_int_eq(pipe(pipe_fd), 0);
	return capture_to_stdout(pipe_fd[1]);
}

/* A mail may hold what a terminal takes for commands. */
START_TEST(a_terminal_gets_no_frames)
{
	const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	char byte;

	ck_assert_int_ge(terminal, 0);
	ck_assert_int_eq(grantpt(terminal), 0);
	ck_assert_int_eq(unlockpt(terminal), 0);
	const char *name = ptsname(terminal);
	const int end = open(name, O_RDWR | O_NOCTTY);
	ck_assert_int_ge(end, 0);
	ck_assert_int_eq(fcntl(terminal, F_SETFL, O_NONBLOCK), 0);
	const int status =
		_i == 0 ? capture_to_stdout(dup(end)) : capture_to(name);
	ck_assert_int_eq(status, 1);
	ck_assert_ptr_nonnull(strstr(text, ": a terminal takes no frames"));
	ck_assert_int_eq(read(terminal, &byte, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(reads, 0);
	ck_assert_int_eq(ends, 1);
	close(end);
	close(terminal);
}
END_TEST

/* No frame comes, so nothing is written that would find out. */
START_TEST(a_pipe_whose_reader_has_gone_ends_the_capture)
{
	piece_bytes = 0;
	last = 1000;
	hang_up = 2;
	ck_assert_int_eq(capture_to_pipe(), 1);
	ck_assert_str_eq(text, "stdout: Broken pipe");
	ck_assert_int_eq(reads, 2);
	ck_assert_int_eq(ends, 1);
}
END_TEST

static pthread_t program;
static atomic_bool done;

static bool
is_full(void)
{
	struct pollfd look_at = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return reads > 0 && poll(&look_at, 1, 0) == 0;
}

/* Send a signal while the program waits for the pipe to be read.  Then read the
 * pipe, or with an argument send more signals. */
static void *
send_signals(void *arg)
{
	const bool again = arg != NULL;

	while (!is_full())
		usleep(1000);
	do {
		pthread_kill(program, SIGINT);
		usleep(1000);
	} while (again && !done);
	if (!again) {
		char byte[4096];
		while (read(pipe_fd[0], byte, sizeof(byte)) > 0)
			;
	}
	return NULL;
}

START_TEST(a_signal_leaves_a_whole_file_and_another_gives_up)
{
	const bool again = _i == 1;
	pthread_t sender;

	piece_bytes = PIECE_MAX;
	last = 1000;
	program = pthread_self();
	done = false;
	signal(SIGINT, SIG_IGN); /* once the program has ended */
	ck_assert_int_eq(pthread_create(&sender, NULL, send_signals,
					again ? &done : NULL),
			 0);
	const int status = capture_to_pipe();
	done = true;
	pthread_join(sender, NULL);
	close(pipe_fd[0]);
	signal(SIGINT, SIG_DFL);
	ck_assert_int_eq(status, again);
	ck_assert_str_eq(text, again ? "stdout: Interrupted system call" : "");
	ck_assert_int_eq(reads, 1);
	ck_assert_int_eq(ends, 1);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("savecapture");
	TCase *t = tcase_create("savecapture");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, only_the_caller_can_read_the_file, 0, 2);
	tcase_add_test(t, a_file_of_another_user_is_refused_and_stays);
	tcase_add_test(t, a_full_disk_ends_the_capture);
	tcase_add_loop_test(t, a_terminal_gets_no_frames, 0, 2);
	tcase_add_test(t, a_pipe_whose_reader_has_gone_ends_the_capture);
	tcase_add_loop_test(
		t, a_signal_leaves_a_whole_file_and_another_gives_up, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
