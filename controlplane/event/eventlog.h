/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_EVENTLOG_H
#define MX_EVENTLOG_H

/* What happened: EVENTS_MAX changes of state, for `show events`.
 *
 * eventlog_add() is the one door.  It keeps the event, and writes the line of the
 * log from it.  So the log and the list agree:
 *
 *   LEVEL SUBJECT [WHAT] [BEFORE ->] AFTER[, WHY][, by BY]
 *
 * Shape      a list of this process, as the log is one.  A restart empties it.
 *            When it is full, the source that has most events in it gives its
 *            oldest one up for the new one.  So a client that causes alarms, or
 *            an MTA that comes and goes, does not push out what other sources told.
 *            A text that is too long is cut; '?' stands for a byte that is not
 *            printable, as in the log.
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "log.h"

#define EVENTS_MAX 1024
#define EVENTLOG_TEXT_MAX 256 /* the longest of an event */

/* The source of the change. */
enum event_source {
	EVENT_CONTROL, /* the control plane's own */
	EVENT_OPERATOR,
	EVENT_PROBE,
	EVENT_AGENT,
	EVENT_DNS,
	EVENT_TRAFFIC,
	EVENT_DATAPLANE,
	EVENT_NETWORK,
	EVENT_LIST,    /* a list of denied clients, which others may write */
	EVENT_PROGRAM, /* one that denies clients, such as fail2ban */
	EVENT_SOURCES,
};

struct eventlog_news {
	enum log_level level;
	enum event_source source;
	const char *subject; /* "backend mx/mta1", "pool mx" */
	const char *what;    /* which of its properties; NULL: the main one */
	const char *before;  /* NULL: not known, or of no interest */
	const char *after;
	const char *why; /* NULL or "": goes without saying */
	const char *by;  /* the person, "command of alice"; NULL: none */
};

struct eventlog_entry {
	uint64_t number; /* 1 is the first since the start */
	int64_t when_s;  /* seconds since 1970; this clock may be set back */
	enum log_level level;
	enum event_source source;
	char subject[128];
	char what[24];
	char before[64];
	char after[EVENTLOG_TEXT_MAX];
	char why[EVENTLOG_TEXT_MAX];
	char by[96];
};

void eventlog_add(const struct eventlog_news *news);

/* Add an event whose state after is a sentence about the subject, and which has
 * no state before. */
void eventlog_tell(enum log_level level, enum event_source source,
		   const char *subject, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Give each event that is added from now on to copy(), too.  NULL: to none. */
void eventlog_copy_to(void (*copy)(void *arg,
				   const struct eventlog_entry *event),
		      void *arg);

/* How many there have been since the start; the number of the last one. */
uint64_t eventlog_total(void);

/* The last event before this number that is kept; NULL: there is none. */
const struct eventlog_entry *eventlog_before(uint64_t number);

const char *eventlog_source_name(enum event_source source);

/* Who did it: the person, or the word of the source. */
const char *eventlog_who(const struct eventlog_entry *event);

/* Is the event about this?  name: a word of the subject as "mx/mta1", one of
 * several as "backend mx/mta1", or the pool in a word: "mx". */
bool eventlog_is_of(const struct eventlog_entry *event, const char *name);

/* Forget all, for tests. */
void eventlog_forget(void);

#endif /* MX_EVENTLOG_H */
