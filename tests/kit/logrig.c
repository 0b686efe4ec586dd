/* SPDX-License-Identifier: BSD-3-Clause */
#include "logrig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "replacefile.h"
#include "runner.h"
#include "tempfolder.h"

const struct mx_ring logrig_like = {.kind = MX_RING_ENDED,
				    .words = MX_ENDED_WORDS,
				    .slots = LOGRIG_SLOTS,
				    .tsc_hz = 1000000000};
char logrig_instance[MX_NAME_MAX];
char logrig_path[128], logrig_socket[100];
struct mx_ring_file logrig_ring;
struct logsheet logrig_sheet;
struct logger logrig_logger;

void
logrig_remove_folder(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf /dev/shm/mxsteer-control.%s",
		 logrig_instance);
	ck_assert_int_eq(system(command), 0);
}

void
logrig_write_sheet(const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), "/dev/shm/mxsteer-control.%s/%s",
		 logrig_instance, LOGSHEET_NAME);
	ck_assert_int_eq(replacefile(path, text, 0640), 0);
}

void
logrig_configure(enum logsheet_sink sink)
{
	static char text[LOGSHEET_TEXT_MAX];

	logrig_sheet.sessions = sink;
	ck_assert_uint_gt(logsheet_write(&logrig_sheet, text), 0);
	logrig_write_sheet(text);
}

void
logrig_start(void)
{
	memset(&logrig_logger, 0, sizeof(logrig_logger));
	logrig_logger.instance = logrig_instance;
	logrig_logger.outlet.syslog = logrig_logger.outlet.journald =
		logrig_socket;
	ck_assert_int_eq(logger_open(&logrig_logger), 0);
}

void
logrig_kill(void)
{
	close(logrig_logger.notes.fd);
	filesink_close(&logrig_logger.outlet.file);
	mx_ring_file_close(&logrig_logger.rings.file[0]);
}

void
logrig_setup(void)
{
	struct mx_folder folder;
	const char *base = tempfolder_make();

	snprintf(logrig_instance, sizeof(logrig_instance), "logger-%d",
		 (int)getpid());
	snprintf(logrig_path, sizeof(logrig_path), "%s/log", base);
	snprintf(logrig_socket, sizeof(logrig_socket), "%s/socket", base);
	memset(&logrig_sheet, 0, sizeof(logrig_sheet));
	strcpy(logrig_sheet.file, logrig_path);
	ck_assert_int_eq(mx_ring_file_open(&logrig_ring, logrig_instance,
					   "ended.0", &logrig_like),
			 0);
	ck_assert_int_eq(mx_folder_open_control(&folder, logrig_instance, true),
			 0);
	mx_folder_close(&folder);
	logrig_configure(LOGSHEET_FILE);
	logrig_start();
}

void
logrig_teardown(void)
{
	mx_ring_file_close(&logrig_ring);
	mx_ring_files_remove(logrig_instance);
	logrig_remove_folder();
	tempfolder_remove();
}

void
logrig_put(unsigned count)
{
	struct mx_ended ended = {.how = MX_END_CLOSED};

	while (count-- > 0)
		mx_ring_put(logrig_ring.ring, &ended, MX_ENDED_WORDS);
}

void
logrig_work(void)
{
	logrig_logger.outlet.retry_ms = 0;
	while (logger_work(&logrig_logger))
		;
}

unsigned
logrig_lines(const char *path, uint64_t first, unsigned lost)
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

void
logrig_limit_file(rlim_t bytes)
{
	const struct rlimit limit = {bytes, RLIM_INFINITY};

	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		abort();
}
