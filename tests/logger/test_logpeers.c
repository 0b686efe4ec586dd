/* SPDX-License-Identifier: BSD-3-Clause */
/* mxsteer-log beside Debian's rsyslog and logrotate: each line comes whole, once,
 * and as what it is.
 * Method: the real programs, as tests/packages unpacks them, with files of this
 * test alone.  They end with it.  MXSTEER_BUILD: the build folder. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "logrig.h"
#include "runner.h"

#define RSYSLOG "rsyslog/usr/sbin/rsyslogd"
#define RSYSLOG_MODULES "rsyslog/usr/lib/x86_64-linux-gnu/rsyslog"
#define LOGROTATE "logrotate/usr/sbin/logrotate"
#define LIMIT_MS 60000
#define SKIPPED 77 /* as meson wants it */

static char config[160], out[160];
static pid_t syslogd;

/* The path of a program that was fetched. */
static const char *
built(const char *path, char text[static 512])
{
	const char *peers = getenv("MXSTEER_PEERS");

	snprintf(text, 512, "%s/%s", peers == NULL ? "build/peers" : peers,
		 path);
	return text;
}

static bool
is_there(const char *program)
{
	char path[512];

	if (access(built(program, path), X_OK) == 0)
		return true;
	printf("no %s: run tests/packages tests\n", path);
	return false;
}

static pid_t
spawn(const char *const *words)
{
	const pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv(words[0], (char *const *)(uintptr_t)words);
	_exit(127);
}

static void
pause_ms(void)
{
	const struct timespec moment = {.tv_nsec = 1000000};

	nanosleep(&moment, NULL);
}

static void
write_text(const char *path, const char *text)
{
	FILE *to = fopen(path, "w");

	ck_assert_ptr_nonnull(to);
	fputs(text, to);
	ck_assert_int_eq(fclose(to), 0);
}

static void
start_syslogd(void)
{
	char program[512], modules[512], text[2048];
	struct stat status;

	built(RSYSLOG, program);
	built(RSYSLOG_MODULES, modules);
	snprintf(config, sizeof(config), "%s.conf", logrig_path);
	snprintf(out, sizeof(out), "%s.out", logrig_path);
	snprintf(text, sizeof(text),
		 "module(load=\"imuxsock\" SysSock.Use=\"off\")\n"
		 "input(type=\"imuxsock\" socket=\"%s\")\n"
		 "template(name=\"t\" type=\"string\" string=\""
		 "%%syslogfacility-text%%|%%syslogseverity-text%%|"
		 "%%programname%%|%%procid%%|%%msg%%\\n\")\n"
		 "*.* action(type=\"omfile\" file=\"%s\" template=\"t\")\n",
		 logrig_socket, out);
	write_text(config, text);
	unlink(logrig_socket);
	syslogd = spawn((const char *[]){program, "-n", "-i", "NONE", "-f",
					 config, "-M", modules, NULL});
	for (int ms = 0; stat(logrig_socket, &status) < 0; ms++) {
		ck_assert_int_lt(ms, LIMIT_MS);
		pause_ms();
	}
}

static void
end_syslogd(int number)
{
	int status;

	kill(syslogd, number);
	ck_assert_int_eq(waitpid(syslogd, &status, 0), syslogd);
}

/* Check the lines of sessions that have come.  Returns how many; each has a number
 * that is higher than the one before. */
static unsigned
check_lines(void)
{
	char begin[64], line[LINE_MAX_BYTES];
	FILE *in = fopen(out, "r");
	unsigned count = 0;
	uint64_t serial, last = 0;
	uint32_t identity;
	uint16_t id;

	if (in == NULL)
		return 0;
	snprintf(begin, sizeof(begin), "mail|info|mxsteer|%d| time=2",
		 (int)getpid());
	while (fgets(line, sizeof(line), in) != NULL &&
	       line[strlen(line) - 1] == '\n') {
		if (strstr(line, "|mxsteer|") == NULL)
			continue; /* rsyslog's own words */
		ck_assert_msg(strncmp(line, begin, strlen(begin)) == 0, "%s",
			      line);
		if (strstr(line, " event=lost ") != NULL)
			continue;
		ck_assert_ptr_nonnull(strstr(line, " end=closed\n"));
		ck_assert(line_id(line, strlen(line), &identity, &id, &serial));
		ck_assert_uint_gt(serial, last);
		last = serial;
		count++;
	}
	fclose(in);
	return count;
}

/* Let the logger work until so many lines have come. */
static void
wait_lines(unsigned count)
{
	unsigned came = 0;

	for (int ms = 0; (came = check_lines()) < count; ms += 10) {
		ck_assert_msg(ms < LIMIT_MS, "%u of %u lines came", came,
			      count);
		for (int i = 0; i < 10; i++) {
			logrig_work();
			pause_ms();
		}
	}
	ck_assert_uint_eq(came, count);
}

START_TEST(rsyslog_gets_each_line_as_mail_and_info)
{
	logrig_configure(LOGSHEET_SYSLOG);
	logger_tend(&logrig_logger, false);
	start_syslogd();
	for (unsigned count = 250; count <= 1000; count += 250) {
		logrig_put(250);
		wait_lines(count);
	}
	/* It reads no more: its socket is full, and then the ring. */
	kill(syslogd, SIGSTOP);
	ck_assert_int_eq(waitpid(syslogd, NULL, WUNTRACED), syslogd);
	logrig_put(LOGRIG_SLOTS);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.stuck, LOGGED_LOSS_BUSY);
	const uint64_t written = logrig_logger.logged.lines;
	logrig_put(LOGRIG_SLOTS);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.lines, written);
	kill(syslogd, SIGCONT);
	wait_lines((unsigned)written + LOGRIG_SLOTS);
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_BUSY],
			  1000 + LOGRIG_SLOTS - written);
	ck_assert_uint_eq(logrig_logger.logged.stuck, LOGGED_LOSS_SLOW);
	/* It ends, and comes back. */
	end_syslogd(SIGTERM);
	logrig_put(20);
	logrig_work();
	ck_assert_uint_eq(logrig_logger.logged.stuck, LOGGED_LOSS_GONE);
	start_syslogd();
	wait_lines((unsigned)written + LOGRIG_SLOTS + 20);
	ck_assert_uint_eq(logrig_logger.logged.lost[LOGGED_LOSS_GONE], 0);
	end_syslogd(SIGTERM);
	logger_close(&logrig_logger);
}
END_TEST

/* Run logrotate by the shipped file, with the log and the user of this test. */
static void
rotate(const char *state)
{
	char program[512], command[1024];
	int status;

	snprintf(command, sizeof(command),
		 "sed -e 's|/var/log/mxsteer/\\*.log|%s|' "
		 "-e 's/su mxsteer mxsteer/su root root/' " SHIPPED
		 " >%s && chmod 644 %s && grep -q 'su root' %s",
		 logrig_path, config, config, config);
	ck_assert_int_eq(system(command), 0);
	const pid_t pid =
		spawn((const char *[]){built(LOGROTATE, program), "--force",
				       "--state", state, config, NULL});
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(logrotate_loses_no_line)
{
	char path[200], command[500];

	snprintf(config, sizeof(config), "%s.conf", logrig_path);
	snprintf(path, sizeof(path), "%s.state", logrig_path);
	for (int i = 0; i < 3; i++) {
		logrig_put(100);
		logrig_work();
		rotate(path);
		logrig_put(10); /* before it looks after its file */
		logrig_work();
		logger_tend(&logrig_logger, false);
	}
	logrig_put(5);
	logrig_work();
	ck_assert_uint_eq(logrig_lines(logrig_path, 331, 0), 5);
	snprintf(path, sizeof(path), "%s.1", logrig_path);
	ck_assert_uint_eq(logrig_lines(path, 221, 0), 110);
	for (unsigned i = 2; i <= 3; i++) {
		snprintf(command, sizeof(command),
			 "gzip -dc %s.%u.gz >%s.plain", logrig_path, i,
			 logrig_path);
		ck_assert_int_eq(system(command), 0);
		snprintf(path, sizeof(path), "%s.plain", logrig_path);
		ck_assert_uint_eq(logrig_lines(path, 1 + (3 - i) * 110, 0),
				  110);
	}
	logger_close(&logrig_logger);
}
END_TEST

Suite *
suite(void)
{
	if (!is_there(RSYSLOG) || !is_there(LOGROTATE))
		exit(SKIPPED);
	Suite *s = suite_create("logpeers");
	TCase *t = tcase_create("logpeers");

	tcase_add_checked_fixture(t, logrig_setup, logrig_teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, rsyslog_gets_each_line_as_mail_and_info);
	if (geteuid() == 0) /* it changes to the user of the file */
		tcase_add_test(t, logrotate_loses_no_line);
	suite_add_tcase(s, t);
	return s;
}
