/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer-log: each record has one line, whatever is killed, full or hangs, and a
 * line that is lost is counted.
 * Method: real rings and files in /dev/shm and a temporary folder; the test plays
 * both planes, and calls the logger's steps. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "logger.h"
#include "replacefile.h"
#include "runner.h"
#include "tempfolder.h"

#define SLOTS 1024u

static const struct mx_ring like = {.kind = MX_RING_ENDED,
				    .words = MX_ENDED_WORDS,
				    .slots = SLOTS,
				    .tsc_hz = 1000000000};
static char instance[MX_NAME_MAX];
static char log_path[128], socket_path[100];
static struct mx_ring_file ring;
static struct logsheet sheet;
static struct logger logger;

static void
write_sheet(const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), "/dev/shm/mxsteer-control.%s/%s", instance,
		 LOGSHEET_NAME);
	ck_assert_int_eq(replacefile(path, text, 0640), 0);
}

static void
configure(enum logsheet_sink sink)
{
	static char text[LOGSHEET_TEXT_MAX];

	sheet.sessions = sink;
	ck_assert_uint_gt(logsheet_write(&sheet, text), 0);
	write_sheet(text);
}

static void
start(void)
{
	memset(&logger, 0, sizeof(logger));
	logger.instance = instance;
	logger.syslog = logger.journald = socket_path;
	ck_assert_int_eq(logger_open(&logger), 0);
}

/* What a killed process leaves: nothing is written at its end. */
static void
kill_logger(void)
{
	close(logger.notes.fd);
	filesink_close(&logger.file);
	mx_ring_file_close(&logger.ring[0]);
}

static void
setup(void)
{
	struct mx_folder folder;
	const char *base = tempfolder_make();

	snprintf(instance, sizeof(instance), "logger-%d", (int)getpid());
	snprintf(log_path, sizeof(log_path), "%s/log", base);
	snprintf(socket_path, sizeof(socket_path), "%s/socket", base);
	memset(&sheet, 0, sizeof(sheet));
	strcpy(sheet.file, log_path);
	ck_assert_int_eq(mx_ring_file_open(&ring, instance, "ended.0", &like),
			 0);
	ck_assert_int_eq(mx_folder_open_control(&folder, instance, true), 0);
	mx_folder_close(&folder);
	configure(LOGSHEET_FILE);
	start();
}

static void
remove_control_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf /dev/shm/mxsteer-control.%s",
		 instance);
	ck_assert_int_eq(system(command), 0);
}

static void
teardown(void)
{
	mx_ring_file_close(&ring);
	mx_ring_files_remove(instance);
	remove_control_folder();
	tempfolder_remove();
}

static void
put(unsigned count)
{
	struct mx_ended ended = {.how = MX_END_CLOSED};

	while (count-- > 0)
		mx_ring_put(ring.ring, &ended, MX_ENDED_WORDS);
}

/* Let the logger work until it has nothing to do, or cannot. */
static void
work(void)
{
	logger.retry_ms = 0;
	while (logger_work(&logger))
		;
}

/* Check that the file has these records' lines in order, each once, and `lost`
 * lines about lost ones.  Returns how many it has. */
static unsigned
lines(const char *path, uint64_t first, unsigned lost)
{
	FILE *in = fopen(path, "r");
	char line[LINE_MAX_BYTES];
	unsigned count = 0, told = 0;
	uint32_t identity;
	uint16_t id;
	uint64_t serial;

	ck_assert_ptr_nonnull(in);
	while (fgets(line, sizeof(line), in) != NULL) {
		ck_assert_int_eq(line[strlen(line) - 1], '\n');
		if (strstr(line, "event=lost") != NULL) {
			told++;
			continue;
		}
		ck_assert(line_id(line, strlen(line), &identity, &id, &serial));
		ck_assert_uint_eq(serial, first + count++);
	}
	fclose(in);
	ck_assert_uint_eq(told, lost);
	return count;
}

START_TEST(each_record_has_a_line)
{
	put(SLOTS);
	work();
	put(5);
	work();
	ck_assert_uint_eq(lines(log_path, 1, 0), SLOTS + 5);
	ck_assert_uint_eq(logger.logged.lines, SLOTS + 5);
	/* A second process is refused. */
	struct logger *second = calloc(1, sizeof(*second));
	second->instance = instance;
	ck_assert_int_eq(logger_open(second), -EBUSY);
	free(second);
	logger_close(&logger);
}
END_TEST

/* It was killed behind a batch and before its note; or within the batch, so that
 * the last line is half there. */
START_TEST(a_killed_process_writes_no_line_twice)
{
	struct logged noted;

	put(100);
	work();
	noted = logger.logged;
	put(50);
	work();
	ck_assert_int_eq(pwrite(logger.notes.fd, &noted, sizeof(noted), 0),
			 sizeof(noted));
	if (_i == 1) {
		struct stat status;

		ck_assert_int_eq(stat(log_path, &status), 0);
		ck_assert_int_eq(truncate(log_path, status.st_size - 40), 0);
	}
	kill_logger();
	put(10);
	start();
	work();
	ck_assert_uint_eq(lines(log_path, 1, 0), 160);
	logger_close(&logger);
}
END_TEST

START_TEST(a_file_that_is_renamed_is_made_anew)
{
	char older[160];

	snprintf(older, sizeof(older), "%s.1", log_path);
	put(10);
	work();
	ck_assert_int_eq(rename(log_path, older), 0);
	put(10);
	logger_tend(&logger, false);
	work();
	ck_assert_uint_eq(lines(older, 1, 0), 10);
	ck_assert_uint_eq(lines(log_path, 11, 0), 10);
	logger_close(&logger);
}
END_TEST

/* A wrong file, or another name of one: nothing is cut off it, nor written. */
START_TEST(a_file_of_others_stays_as_it_is)
{
	static const char *const others[] = {"no line end", "a line\ntime", "",
					     "time=1 a=b\nroot:x:0:0"};
	char path[160], text[64];

	snprintf(path, sizeof(path), "%s.other", log_path);
	FILE *out = fopen(path, "w");
	fputs(others[_i], out);
	fclose(out);
	ck_assert_int_eq(
		_i == 2 ? symlink(path, log_path) : rename(path, log_path), 0);
	put(1);
	work();
	out = fopen(log_path, "r");
	text[fread(text, 1, sizeof(text) - 1, out)] = '\0';
	fclose(out);
	if (_i == 1) { /* half a line of ours */
		ck_assert_ptr_nonnull(strstr(text, "a line\ntime=2"));
		return;
	}
	ck_assert_str_eq(text, others[_i]);
	ck_assert_uint_eq(logger.logged.stuck, LOGGED_LOSS_FILE);
	ck_assert_str_ne(logged_error_text(logger.logged.error),
			 strerror(logger.logged.error));
	ck_assert_int_eq(unlink(log_path), 0);
	work();
	ck_assert_uint_eq(lines(log_path, 1, 0), 1);
	logger_close(&logger);
}
END_TEST

START_TEST(a_file_has_one_writer)
{
	struct filesink other = {.fd = -1};

	ck_assert_int_eq(filesink_open(&other, log_path), 0);
	put(1);
	work();
	ck_assert_uint_eq(logger.logged.stuck, LOGGED_LOSS_FILE);
	ck_assert_int_eq(logger.logged.error, EBUSY);
	filesink_close(&other);
	work();
	ck_assert_uint_eq(lines(log_path, 1, 0), 1);
	logger_close(&logger);
}
END_TEST

static void
limit_file(rlim_t bytes)
{
	const struct rlimit limit = {bytes, RLIM_INFINITY};

	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		abort();
}

/* A limit of the file's size stands for a full file system.  The test's own notes
 * are in a file as well, so nothing is checked meanwhile. */
START_TEST(lines_wait_for_room_and_are_counted_if_they_are_lost)
{
	signal(SIGXFSZ, SIG_IGN);
	limit_file(5000);
	put(100);
	work();
	limit_file(RLIM_INFINITY);
	ck_assert_uint_eq(logger.logged.stuck, LOGGED_LOSS_SPACE);
	const unsigned before = lines(log_path, 1, 0);
	ck_assert_uint_gt(before, 0);
	ck_assert_uint_lt(before, 100);
	if (_i == 1)
		put(SLOTS);
	work();
	ck_assert_uint_eq(logger.logged.stuck, LOGGED_LOSS_SLOW);
	if (_i == 0) {
		ck_assert_uint_eq(lines(log_path, 1, 0), 100);
		return;
	}
	ck_assert_uint_eq(logger.logged.lost[LOGGED_LOSS_SPACE], 100 - before);
	ck_assert_uint_eq(logger.logged.lines, before + SLOTS + 1);
	logger.lost_told_s = 0;
	work();
	ck_assert_uint_eq(logger.logged.untold.lines, 0);
	logger_close(&logger);
}
END_TEST

START_TEST(lost_lines_are_told_after_a_restart)
{
	char line[LINE_MAX_BYTES] = "";

	put(SLOTS + 7);
	logger.lost_told_s = INT64_MAX / 2; /* not now */
	work();
	ck_assert_uint_eq(logger.logged.untold.lines, 7);
	kill_logger();
	start();
	put(1);
	work();
	kill_logger();
	start();
	put(1);
	work();
	FILE *in = fopen(log_path, "r");
	unsigned told = 0;
	while (fgets(line, sizeof(line), in) != NULL)
		if (strstr(line, "event=lost lines=7 why=slow") != NULL)
			told++;
	fclose(in);
	ck_assert_uint_eq(told, 1);
	logger_close(&logger);
}
END_TEST

/* An upgrade doubles no line. */
START_TEST(notes_of_the_layouts_before_are_read)
{
	const size_t size =
		_i == 1 ? LOGGED_LAYOUT_1_BYTES : LOGGED_LAYOUT_2_BYTES;

	put(10);
	work();
	logger.logged.layout = (uint32_t)_i;
	ck_assert_int_eq(pwrite(logger.notes.fd, &logger.logged, size, 0),
			 (int)size);
	ck_assert_int_eq(ftruncate(logger.notes.fd, (off_t)size), 0);
	kill_logger();
	ck_assert_int_eq(unlink(log_path), 0); /* it would tell as well */
	start();
	put(1);
	work();
	ck_assert_uint_eq(lines(log_path, 11, 0), 1);
	logger_close(&logger);
}
END_TEST

START_TEST(what_nobody_read_is_lost_as_the_log_did_not_run)
{
	put(10);
	work();
	kill_logger();
	put(SLOTS + 7);
	start();
	work();
	ck_assert_uint_eq(logger.logged.lost[LOGGED_LOSS_SLOW], 7);
	ck_assert_uint_eq(logger.logged.lines, 10 + SLOTS + 1);
	logger_close(&logger);
}
END_TEST

START_TEST(only_what_is_wanted_has_a_line)
{
	struct mx_ended ended = {.how = MX_END_SILENT, .service = 3};

	sheet.only = LOGSHEET_FAILED;
	sheet.services = 1u << 3;
	configure(LOGSHEET_FILE);
	logger_tend(&logger, false);
	put(5);
	mx_ring_put(ring.ring, &ended, MX_ENDED_WORDS);
	ended.service = 2;
	mx_ring_put(ring.ring, &ended, MX_ENDED_WORDS);
	work();
	ck_assert_uint_eq(lines(log_path, 6, 0), 1);
	ck_assert_uint_eq(logger.logged.unwanted, 6);
	logger_close(&logger);
}
END_TEST

/* While nothing can be written, the same records are looked at again and again. */
START_TEST(each_unwanted_record_counts_once)
{
	struct mx_ended ended = {.how = MX_END_SILENT};

	sheet.only = LOGSHEET_FAILED;
	configure(LOGSHEET_FILE);
	logger_tend(&logger, false);
	signal(SIGXFSZ, SIG_IGN);
	limit_file(1);
	put(3);
	mx_ring_put(ring.ring, &ended, MX_ENDED_WORDS);
	put(5);
	for (int i = 0; i < 4; i++)
		work();
	const uint64_t before = logger.logged.unwanted;
	if (_i == 1) /* the line and two of the five are lost */
		put(SLOTS - 3);
	limit_file(RLIM_INFINITY);
	ck_assert_uint_eq(before, 3);
	work();
	if (_i == 0)
		ck_assert_uint_eq(lines(log_path, 4, 0), 1);
	else
		ck_assert_uint_eq(logger.logged.lost[LOGGED_LOSS_SPACE], 3);
	ck_assert_uint_eq(logger.logged.unwanted, _i == 0 ? 8 : 3 + SLOTS);
	logger_close(&logger);
}
END_TEST

START_TEST(without_a_log_records_are_done_with)
{
	configure(LOGSHEET_OFF);
	logger_tend(&logger, false);
	put(10);
	work();
	configure(LOGSHEET_FILE);
	logger_tend(&logger, false);
	put(1);
	work();
	ck_assert_uint_eq(lines(log_path, 11, 0), 1);
	logger_close(&logger);
}
END_TEST

START_TEST(records_wait_for_a_sheet_that_can_be_read)
{
	write_sheet(_i == 0 ? "mxsteer-log 2\n" : "");
	logger_tend(&logger, false);
	put(10);
	work();
	configure(LOGSHEET_FILE);
	logger_tend(&logger, false);
	work();
	ck_assert_uint_eq(lines(log_path, 1, 0), 10);
	logger_close(&logger);
}
END_TEST

/* Returns how many lines of the log are of changes. */
static unsigned
change_lines(void)
{
	FILE *in = fopen(log_path, "r");
	char line[LINE_MAX_BYTES];
	unsigned count = 0;

	ck_assert_ptr_nonnull(in);
	while (fgets(line, sizeof(line), in) != NULL)
		count += strstr(line, "event=change id=") != NULL &&
			 strstr(line, " subject=mx/mta1 who=alice\n") != NULL;
	fclose(in);
	return count;
}

START_TEST(changes_have_lines_too)
{
	static const struct mx_ring changes = {.kind = MX_RING_CHANGED,
					       .words = MX_CHANGED_WORDS,
					       .slots = 64};
	const struct mx_changed changed = {.subject = "mx/mta1",
					   .who = "alice"};
	struct mx_ring_file file;

	ck_assert_int_eq(
		mx_ring_file_open(&file, instance, MX_CHANGED_NAME, &changes),
		0);
	sheet.only = LOGSHEET_FAILED;
	configure(LOGSHEET_FILE);
	logger_tend(&logger, false);
	for (int i = 0; i < 3; i++)
		mx_ring_put(file.ring, &changed, MX_CHANGED_WORDS);
	put(5); /* not wanted */
	work();
	ck_assert_uint_eq(change_lines(), 3);
	ck_assert_uint_eq(logger.logged.lines, 3);
	kill_logger();
	mx_ring_file_close(&logger.ring[CHANGELINE_RING]);
	start();
	mx_ring_put(file.ring, &changed, MX_CHANGED_WORDS);
	work();
	ck_assert_uint_eq(change_lines(), 4);
	mx_ring_file_close(&file);
	logger_close(&logger);
}
END_TEST

static int
listen_at_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, socket_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	return fd;
}

START_TEST(syslog_may_be_absent_or_hang)
{
	char line[LINE_MAX_BYTES];
	unsigned came = 0;

	configure(LOGSHEET_SYSLOG);
	logger_tend(&logger, false);
	put(900);
	work();
	ck_assert_uint_eq(logger.logged.stuck, LOGGED_LOSS_GONE);
	const int fd = listen_at_socket();
	while (came < 900) {
		work();
		ssize_t got = 0;
		for (; (got = recv(fd, line, sizeof(line), 0)) > 0; came++)
			ck_assert_int_eq(strncmp(line, "<22>", 4), 0);
		ck_assert_int_eq(got, -1);
	}
	ck_assert_uint_eq(logger.logged.lines, 900);
	ck_assert_uint_eq(logger.logged.lost[LOGGED_LOSS_BUSY], 0);
	close(fd);
	logger_close(&logger);
}
END_TEST

START_TEST(journald_gets_no_more_than_it_keeps)
{
	char line[2 * LINE_MAX_BYTES];
	unsigned came = 0;

	configure(LOGSHEET_JOURNALD);
	logger_tend(&logger, false);
	const int fd = listen_at_socket();
	while (logger.logged.lost[LOGGED_LOSS_RATE] == 0) {
		put(SLOTS / 2);
		work();
		while (recv(fd, line, sizeof(line), 0) > 0)
			came++;
	}
	ck_assert_ptr_nonnull(strstr(line, "SYSLOG_IDENTIFIER=mxsteer\n"));
	work();
	while (recv(fd, line, sizeof(line), 0) > 0)
		came++;
	ck_assert_uint_eq(came, SOCKETSINK_JOURNAL_LINES);
	ck_assert_uint_eq(logger.logged.lines, SOCKETSINK_JOURNAL_LINES);
	close(fd);
	logger_close(&logger);
}
END_TEST

START_TEST(a_data_plane_that_starts_anew_may_have_another_ring)
{
	put(10);
	ck_assert_int_eq(unlink(ring.path), 0);
	mx_ring_file_close(&ring);
	ck_assert_int_eq(mx_ring_file_open(&ring, instance, "ended.0", &like),
			 0);
	put(4);
	work(); /* the records of the ring before come first */
	logger_tend(&logger, false);
	work();
	ck_assert_uint_eq(logger.logged.lines, 14);
	logger_close(&logger);
}
END_TEST

START_TEST(a_removed_instance_stays_removed)
{
	struct mx_folder folder;

	put(10);
	work();
	mx_ring_files_remove(instance);
	logger_tend(&logger, false);
	put(5);
	work();
	ck_assert_int_eq(mx_folder_open_control(&folder, instance, false),
			 -ENOENT);
	ck_assert_uint_eq(lines(log_path, 1, 0), 10);
	/* The planes start again. */
	ck_assert_int_eq(mx_folder_open_control(&folder, instance, true), 0);
	mx_folder_close(&folder);
	logger_tend(&logger, false);
	work();
	ck_assert_uint_eq(lines(log_path, 1, 0), 15);
	logger_close(&logger);
}
END_TEST

/* Files were removed, and a second mxsteer-log made its own before. */
START_TEST(a_second_process_takes_over_without_doubled_lines)
{
	static struct logger second;
	struct mx_folder folder;

	put(10);
	work();
	remove_control_folder();
	ck_assert_int_eq(mx_folder_open_control(&folder, instance, true), 0);
	mx_folder_close(&folder);
	configure(LOGSHEET_FILE);
	memset(&second, 0, sizeof(second));
	second.instance = instance;
	ck_assert_int_eq(logger_open(&second), 0);
	logger_tend(&logger, false);
	put(5);
	work();
	ck_assert_uint_eq(lines(log_path, 1, 0), 10);
	while (logger_work(&second))
		;
	ck_assert_uint_eq(lines(log_path, 1, 0), 15);
	logger_close(&second);
	close(second.notes.fd);
	logger_tend(&logger, false);
	put(5);
	work();
	ck_assert_uint_eq(lines(log_path, 1, 0), 20);
	logger_close(&logger);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("logger");
	TCase *t = tcase_create("logger");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, each_record_has_a_line);
	tcase_add_loop_test(t, a_killed_process_writes_no_line_twice, 0, 2);
	tcase_add_test(t, a_file_that_is_renamed_is_made_anew);
	tcase_add_loop_test(t, a_file_of_others_stays_as_it_is, 0, 4);
	tcase_add_test(t, a_file_has_one_writer);
	tcase_add_loop_test(
		t, lines_wait_for_room_and_are_counted_if_they_are_lost, 0, 2);
	tcase_add_test(t, lost_lines_are_told_after_a_restart);
	tcase_add_loop_test(t, notes_of_the_layouts_before_are_read, 1, 3);
	tcase_add_test(t, changes_have_lines_too);
	tcase_add_test(t, what_nobody_read_is_lost_as_the_log_did_not_run);
	tcase_add_test(t, only_what_is_wanted_has_a_line);
	tcase_add_loop_test(t, each_unwanted_record_counts_once, 0, 2);
	tcase_add_test(t, without_a_log_records_are_done_with);
	tcase_add_loop_test(t, records_wait_for_a_sheet_that_can_be_read, 0, 2);
	tcase_add_test(t, syslog_may_be_absent_or_hang);
	tcase_add_test(t, journald_gets_no_more_than_it_keeps);
	tcase_add_test(t, a_data_plane_that_starts_anew_may_have_another_ring);
	tcase_add_test(t, a_removed_instance_stays_removed);
	tcase_add_test(t, a_second_process_takes_over_without_doubled_lines);
	suite_add_tcase(s, t);
	return s;
}
