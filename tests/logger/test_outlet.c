/* SPDX-License-Identifier: BSD-3-Clause */
/* What lines go to may be renamed, full, absent, busy or a file of others: lines
 * wait, and those that are lost are counted. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "logrig.h"
#include "runner.h"

START_TEST(a_file_that_is_renamed_is_made_anew)
{
	char older[160];

	snprintf(older, sizeof(older), "%s.1", logrig_path);
	logrig_put(10);
	logrig_work();
	ck_assert_int_eq(rename(logrig_path, older), 0);
	logrig_put(10);
	logger_tend(&logrig_logger, false);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(older, 1, 0), 10);
	ck_assert_uint_eq(logrig_lines(logrig_path, 11, 0), 10);
	logger_close(&logrig_logger);
}
END_TEST

/* A wrong file, or another name of one: nothing is cut off it, nor written. */
START_TEST(a_file_of_others_stays_as_it_is)
{
	static const char *const others[] = {"no line end", "a line\ntime", "",
					     "time=1 a=b\nroot:x:0:0"};
	char path[160], text[64];

	snprintf(path, sizeof(path), "%s.other", logrig_path);
	FILE *out = fopen(path, "w");
	fputs(others[_i], out);
	fclose(out);
	ck_assert_int_eq(_i == 2 ? symlink(path, logrig_path)
				 : rename(path, logrig_path),
			 0);
	logrig_put(1);
	logrig_work();
	out = fopen(logrig_path, "r");
	text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
	fclose(out);
	if (_i == 1) { /* half a line of ours */
		ck_assert_ptr_nonnull(strstr(text, "a line\ntime=2"));
		return;
	}
	ck_assert_str_eq(text, others[_i]);
	ck_assert_uint_eq(logrig_logger.logged.stuck, LOGGED_LOSS_FILE);
	ck_assert_str_ne(logged_error_text(logrig_logger.logged.error),
			 strerror(logrig_logger.logged.error));
	ck_assert_int_eq(unlink(logrig_path), 0);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 1, 0), 1);
	logger_close(&logrig_logger);
}
END_TEST

START_TEST(a_file_has_one_writer)
{
	struct filesink other = {.fd = -1};

	ck_assert_int_eq(filesink_open(&other, logrig_path), 0);
	logrig_put(1);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.stuck, LOGGED_LOSS_FILE);
	ck_assert_int_eq(logrig_logger.logged.error, EBUSY);
	filesink_close(&other);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 1, 0), 1);
	logger_close(&logrig_logger);
}
END_TEST

/* A limit of the file's size stands for a full file system.  The test's own notes
 * are in a file as well, so nothing is checked meanwhile. */
START_TEST(lines_wait_for_room_and_are_counted_if_they_are_lost)
{
	signal(SIGXFSZ, SIG_IGN);
	logrig_limit_file(5000);
	logrig_put(100);
	logrig_work();
	logrig_limit_file(RLIM_INFINITY);
	ck_assert_uint_eq(logrig_logger.logged.stuck, LOGGED_LOSS_SPACE);
	const unsigned before = logrig_lines(logrig_path, 1, 0);
	ck_assert_uint_gt(before, 0);
	ck_assert_uint_lt(before, 100);
	if (_i == 1)
		logrig_put(LOGRIG_SLOTS);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.stuck, LOGGED_LOSS_SLOW);
	if (_i == 0) {
		ck_assert_uint_eq(logrig_lines(logrig_path, 1, 0), 100);
		return;
	}
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_SPACE],
			  100 - before);
	ck_assert_uint_eq(logrig_logger.logged.lines,
			  before + LOGRIG_SLOTS + 1);
	logrig_logger.lost_told_s = 0;
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.untold.lines, 0);
	logger_close(&logrig_logger);
}
END_TEST

static int
bind_at(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	return fd;
}

static int
listen_at_socket(void)
{
	return bind_at(logrig_socket, SOCK_DGRAM);
}

START_TEST(syslog_may_be_absent_or_hang)
{
	char line[LINE_MAX_BYTES];
	unsigned came = 0;

	logrig_configure(LOGSHEET_SYSLOG);
	logger_tend(&logrig_logger, false);
	logrig_put(900);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.stuck, LOGGED_LOSS_GONE);
	const int fd = listen_at_socket();
	while (came < 900) {
		logrig_work();
		ssize_t got = 0;
		for (; (got = recv(fd, line, sizeof(line), 0)) > 0; came++)
			ck_assert_int_eq(strncmp(line, "<22>", 4), 0);
		ck_assert_int_eq(got, -1);
	}
	ck_assert_uint_eq(logrig_logger.logged.lines, 900);
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_BUSY], 0);
	close(fd);
	logger_close(&logrig_logger);
}
END_TEST

static int
accept_one(int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) < 0) {
		ck_assert_int_eq(errno, EAGAIN);
		logrig_work();
	}
	return fd;
}

/* What comes by a stream, each line behind the other. */
struct stream {
	uint64_t next; /* the number of the next line */
	size_t kept;
	char text[2 * LINE_MAX_BYTES];
};

/* Read what is there: at most so many bytes.  Each line is whole, and the next. */
static void
read_stream(struct stream *stream, int fd, size_t most)
{
	uint32_t identity;
	uint16_t id;
	uint64_t serial;
	char *zero;

	while (most-- > 0 && read(fd, &stream->text[stream->kept], 1) == 1) {
		zero = &stream->text[stream->kept++];
		if (*zero != '\0') {
			ck_assert_uint_lt(stream->kept, LINE_MAX_BYTES);
			continue;
		}
		ck_assert_int_eq(strncmp(stream->text, "<22>", 4), 0);
		ck_assert_ptr_nonnull(strstr(stream->text, " end=closed"));
		ck_assert(line_id(stream->text, stream->kept, &identity, &id,
				  &serial));
		ck_assert_uint_eq(serial, stream->next++);
		stream->kept = 0;
	}
}

START_TEST(syslog_may_have_a_socket_of_streams)
{
	static struct stream stream;
	const int small = 4096;
	const int listener = bind_at(logrig_socket, SOCK_STREAM);

	stream = (struct stream){.next = 1};
	ck_assert_int_eq(listen(listener, 8), 0);
	logrig_configure(LOGSHEET_SYSLOG);
	logger_tend(&logrig_logger, false);
	logrig_put(1);
	int fd = accept_one(listener);
	ck_assert_int_eq(setsockopt(logrig_logger.outlet.socket.fd, SOL_SOCKET,
				    SO_SNDBUF, &small, sizeof(small)),
			 0);
	logrig_put(899);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.stuck, LOGGED_LOSS_BUSY);
	while (stream.next <= 800) {
		read_stream(&stream, fd, 700);
		logrig_work();
	}
	/* Another syslog goes on. */
	if (_i == 1) {
		read_stream(&stream, fd, SIZE_MAX);
		close(fd);
		ck_assert_uint_eq(stream.kept, 0);
		fd = accept_one(listener);
	}
	while (stream.next <= 900) {
		logrig_work();
		read_stream(&stream, fd, SIZE_MAX);
	}
	ck_assert_uint_eq(logrig_logger.logged.lines, 900);
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_BUSY], 0);
	ck_assert_uint_eq(logrig_logger.logged.unwanted, 0);
	close(fd);
	close(listener);
	logger_close(&logrig_logger);
}
END_TEST

/* Make a folder as journald's, with a socket to which that of syslog leads. */
static int
bind_behind_link(const char *name)
{
	char folder[160], path[200];

	snprintf(folder, sizeof(folder), "%s.d", logrig_socket);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	strcat(folder, "/systemd");
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	strcat(folder, "/journal");
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	ck_assert_int_eq(symlink(path, logrig_socket), 0);
	return bind_at(path, SOCK_DGRAM);
}

/* rsyslog reads a socket of its own in journald's folder. */
START_TEST(another_syslog_in_the_folder_of_journald_has_no_limit)
{
	logrig_configure(LOGSHEET_SYSLOG);
	logger_tend(&logrig_logger, false);
	const int fd = bind_behind_link("syslog");
	logrig_put(1);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.lines, 1);
	ck_assert(!logrig_logger.outlet.socket.limited);
	close(fd);
	logger_close(&logrig_logger);
}
END_TEST

/* A socket of streams whose queue of connections is full. */
START_TEST(syslog_that_takes_no_connection_is_busy)
{
	const int listener = bind_at(logrig_socket, SOCK_STREAM);
	struct socketsink first = {.fd = -1};

	ck_assert_int_eq(listen(listener, 0), 0);
	ck_assert_int_eq(
		socketsink_open(&first, LOGSHEET_SYSLOG, logrig_socket), 0);
	logrig_configure(LOGSHEET_SYSLOG);
	logger_tend(&logrig_logger, false);
	logrig_put(1);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.stuck, LOGGED_LOSS_BUSY);
	socketsink_close(&first);
	close(listener);
	logger_close(&logrig_logger);
}
END_TEST

/* journald's own socket, and /dev/log, which leads to another one of it. */
START_TEST(journald_gets_no_more_than_it_keeps)
{
	char line[2 * LINE_MAX_BYTES];
	unsigned came = 0;

	logrig_configure(_i == 0 ? LOGSHEET_JOURNALD : LOGSHEET_SYSLOG);
	logger_tend(&logrig_logger, false);
	const int fd =
		_i == 0 ? listen_at_socket() : bind_behind_link("dev-log");

	while (logrig_logger.logged.lost[LOGGED_LOSS_RATE] == 0) {
		logrig_put(LOGRIG_SLOTS / 2);
		logrig_work();
		while (recv(fd, line, sizeof(line), 0) > 0)
			came++;
	}
	ck_assert_ptr_nonnull(strstr(
		line, _i == 0 ? "SYSLOG_IDENTIFIER=mxsteer\n" : " mxsteer["));
	logrig_work();
	while (recv(fd, line, sizeof(line), 0) > 0)
		came++;
	ck_assert_uint_eq(came, SOCKETSINK_JOURNAL_LINES);
	ck_assert_uint_eq(logrig_logger.logged.lines, SOCKETSINK_JOURNAL_LINES);
	close(fd);
	logger_close(&logrig_logger);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("outlet");
	TCase *t = tcase_create("outlet");

	tcase_add_checked_fixture(t, logrig_setup, logrig_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_file_that_is_renamed_is_made_anew);
	tcase_add_loop_test(t, a_file_of_others_stays_as_it_is, 0, 4);
	tcase_add_test(t, a_file_has_one_writer);
	tcase_add_loop_test(
		t, lines_wait_for_room_and_are_counted_if_they_are_lost, 0, 2);
	tcase_add_test(t, syslog_may_be_absent_or_hang);
	tcase_add_loop_test(t, syslog_may_have_a_socket_of_streams, 0, 2);
	tcase_add_test(t,
		       another_syslog_in_the_folder_of_journald_has_no_limit);
	tcase_add_test(t, syslog_that_takes_no_connection_is_busy);
	tcase_add_loop_test(t, journald_gets_no_more_than_it_keeps, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
