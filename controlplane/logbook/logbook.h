/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGBOOK_H
#define MX_LOGBOOK_H

/* The control plane's end of the log: it tells mxsteer-log what the key `log` in
 * force says and how ids are called (records/logsheet.h), gives it each event
 * (records/changed.h), and reads how far the log has come (records/logged.h).
 *
 * Threads    the event loop. */
#include <stdbool.h>

#include "logged.h"
#include "logsheet.h"
#include "ringfile.h"
#include "state.h"

/* mxsteer-log writes how far it has come twice a second. */
#define LOGBOOK_SILENT_S 5

struct logbook {
	const char *instance;
	struct logsheet sheet;
	bool read;                    /* the sheet of the last control plane */
	int error;                    /* of the last write; 0: it succeeded */
	char text[LOGSHEET_TEXT_MAX]; /* as written */
	struct mx_ring_file changed;  /* of events; without a ring: lost */
};

/* Begin to give events to mxsteer-log.  If that cannot be, it is an event. */
void logbook_begin(struct logbook *logbook);
void logbook_end(struct logbook *logbook);

/* Write the sheet if it has changed, and the ring of events if it has lost its
 * name.  An error is an event once. */
void logbook_follow(struct logbook *logbook, const struct state *state);

/* Read how far the log has come.  Returns false if no mxsteer-log of this version
 * has run. */
bool logbook_logged(const char *instance, struct logged *logged);

/* Add what is in the rings since mxsteer-log does not run: records that wait for
 * their lines, and those that were overwritten, which are lost. */
void logbook_add_unread(const char *instance, struct logged *logged);

/* Does it run? */
bool logbook_runs(const struct logged *logged);

#endif /* MX_LOGBOOK_H */
