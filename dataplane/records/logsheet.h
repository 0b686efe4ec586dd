/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGSHEET_H
#define MX_LOGSHEET_H

/* The sheet of the log: what the control plane tells mxsteer-log.  It has the
 * key `log` of the configuration in force, and the names behind ids.
 *
 * It is the text file `log` in the control plane's folder (instance/folder.h),
 * which is replaced as a whole:
 *
 *   mxsteer-log 1
 *   sessions file
 *   format logfmt
 *   only all
 *   lines both
 *   file /var/log/mxsteer/mx1.log
 *   service 0 0 inbound-mx -                ID SINCE NAME NAME-BEFORE
 *   backend 1 51012 mx/mta4 mx/mta1
 *
 * Ids       An id is given to another name only when no session has it any more
 *           (model/state.h), so the second at which it got its name tells which
 *           of two names a session has.
 * Threads   pure functions: any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bounds.h"

#define LOGSHEET_NAME "log"
#define LOGSHEET_NAME_MAX (2 * MX_NAME_MAX) /* of "pool/name", with a zero */
#define LOGSHEET_PATH_MAX 256
#define LOGSHEET_TEXT_MAX 262144 /* of the file */

enum logsheet_sink {
	LOGSHEET_OFF,
	LOGSHEET_FILE,
	LOGSHEET_SYSLOG,
	LOGSHEET_JOURNALD,
	LOGSHEET_SINKS,
};

enum logsheet_format { LOGSHEET_LOGFMT, LOGSHEET_JSON, LOGSHEET_FORMATS };

enum logsheet_only { LOGSHEET_ALL, LOGSHEET_FAILED, LOGSHEET_ONLY };

/* What has lines. */
enum logsheet_lines {
	LOGSHEET_BOTH,
	LOGSHEET_SESSIONS,
	LOGSHEET_CHANGES,
	LOGSHEET_LINES,
};

/* The words of the enums, here and in the configuration; NULL ends each. */
extern const char *const logsheet_sink_words[];
extern const char *const logsheet_format_words[];
extern const char *const logsheet_only_words[];
extern const char *const logsheet_lines_words[];

struct logsheet_name {
	uint32_t since_s; /* CLOCK_MONOTONIC; 0: since ever */
	char now[LOGSHEET_NAME_MAX];
	char before[LOGSHEET_NAME_MAX]; /* empty: none */
};

struct logsheet {
	enum logsheet_sink sessions;
	enum logsheet_format format;
	enum logsheet_only only;
	enum logsheet_lines lines;
	char file[LOGSHEET_PATH_MAX];
	/* The services that have lines, a bit each; 0: all. */
	uint64_t services;
	struct logsheet_name service[MX_SERVICES_MAX];     /* by id */
	struct logsheet_name backend[MX_BACKENDS_MAX + 1]; /* by id */
};

/* An id has this name now. */
void logsheet_set(struct logsheet_name *row, const char *name, uint32_t now_s);

/* The name that an id had when a session with it was opened, or "". */
const char *logsheet_name(const struct logsheet_name *row, uint32_t opened_s);

/* Write the file's text.  Returns its length, or 0 if it does not fit. */
size_t logsheet_write(const struct logsheet *sheet,
		      char text[static LOGSHEET_TEXT_MAX]);

/* Read it.  Returns false, with an unknown *sheet, if it is not such a text. */
bool logsheet_read(struct logsheet *sheet, const char *text);

#endif /* MX_LOGSHEET_H */
