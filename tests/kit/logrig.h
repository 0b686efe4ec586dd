/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TESTS_LOGRIG_H
#define MX_TESTS_LOGRIG_H

/* An instance with a mxsteer-log, for its tests.  Rings and files are real, in
 * /dev/shm and a temporary folder; the test plays both planes, and calls the
 * logger's steps.  One at a time. */
#include <sys/resource.h>

#include "ended.h"
#include "logger.h"

#define LOGRIG_SLOTS 1024u

extern const struct mx_ring logrig_like; /* a ring of sessions */
extern char logrig_instance[MX_NAME_MAX];
extern char logrig_path[128];           /* the log */
extern char logrig_socket[100];         /* of syslog and journald */
extern struct mx_ring_file logrig_ring; /* of the first worker */
extern struct logsheet logrig_sheet;
extern struct logger logrig_logger;

/* Make all of it, and start.  The log goes to a file. */
void logrig_setup(void);
void logrig_teardown(void);

/* Write the text of a sheet, or logrig_sheet with this sink. */
void logrig_write_sheet(const char *text);
void logrig_configure(enum logsheet_sink sink);

void logrig_start(void);

/* What a killed process leaves: nothing is written at its end. */
void logrig_kill(void);

/* Remove the control plane's folder. */
void logrig_remove_folder(void);

/* Put records of sessions. */
void logrig_put(unsigned count);

/* Let the logger work until it has nothing to do, or cannot. */
void logrig_work(void);

/* Check that the file has these records' lines in order, each once, and `lost`
 * lines about lost ones.  Returns how many it has. */
unsigned logrig_lines(const char *path, uint64_t first, unsigned lost);

/* No file may get longer: it stands for a full file system. */
void logrig_limit_file(rlim_t bytes);

#endif /* MX_TESTS_LOGRIG_H */
