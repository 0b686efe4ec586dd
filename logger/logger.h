/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_LOGGER_H
#define MX_LOGGER_LOGGER_H

/* The work of mxsteer-log: it reads the rings of sessions that are over and of
 * changes, and writes a line for each.
 *
 * Not lost   A line that cannot be written waits in its ring, and is tried again.
 *            Records are lost only if a ring is full meanwhile.  They are counted
 *            by what the log was waiting for (records/logged.h), and a line of
 *            the log tells of them.
 * Not twice  The file `logged` says how far each ring has been read; see
 *            filesink.h for a process that is killed between.
 * Removed    If the folder of the notes is removed, nothing is written until there
 *            is one again.
 * Alone      It maps the rings for reading.  It holds up neither plane, whatever
 *            it waits for.
 * Threads    main. */
#include <stdbool.h>

#include "batch.h"
#include "notes.h"
#include "outlet.h"
#include "ringset.h"
#include "sheetfile.h"

/* How often it looks for records, and for all else. */
#define LOGGER_LOOK_MS 20
#define LOGGER_TEND_MS 500

struct logger {
	const char *instance;
	struct notes notes;
	int notes_error; /* why they are not open */
	struct logged logged;
	struct ringset rings;
	struct logsheet sheet;
	struct sheetfile sheet_file;
	bool has_sheet; /* one was read, and could be */
	struct outlet outlet;
	int64_t lost_told_s;
	bool recovered; /* the end of the file has been looked at */
	char text[LOGSHEET_TEXT_MAX];
	struct batch batch;
};

/* Begin.  Returns 0 or -errno: -EBUSY if another mxsteer-log of the instance
 * runs, or an error of mx_folder_open_control() or mx_folder_file(). */
int logger_open(struct logger *logger);

/* Look after files that change: the sheet, the rings, the log's own.  A few times
 * a second.  reopen: the log's file is to be opened again. */
void logger_tend(struct logger *logger, bool reopen);

/* Write lines for a batch of each ring.  Returns whether there may be more. */
bool logger_work(struct logger *logger);

/* Note that the process ends. */
void logger_close(struct logger *logger);

#endif /* MX_LOGGER_LOGGER_H */
