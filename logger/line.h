/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_LINE_H
#define MX_LOGGER_LINE_H

/* The lines of the log, as logfmt or as JSON.  The keys and their meanings are one
 * table, which `mxsteer-log --keys` prints.  A key that is not known of a session
 * is not in its line.
 *
 *   time=2026-11-28T21:42:53.123Z event=session id=5f3a9c21.0.17 client=...
 *   {"time":"2026-11-28T21:42:53.123Z","event":"session","id":"5f3a9c21.0.17",...}
 *
 * Threads    none of its own. */
#include <stdio.h>

#include "ended.h"
#include "logged.h"
#include "logsheet.h"
#include "text.h"

/* The longest line: twice the bytes of all values, if each were escaped. */
#define LINE_MAX_BYTES 2048

/* The present, by both clocks. */
struct line_clock {
	uint64_t tsc;
	int64_t wall_ns; /* CLOCK_REALTIME */
};

/* What a line of a session is made of. */
struct line_session {
	const struct logsheet *sheet;
	struct line_clock now;
	uint64_t tsc_hz;   /* of the ring */
	uint32_t identity; /* of the ring */
	uint16_t ring;     /* its number: that of the worker */
	const struct mx_ended *ended;
};

/* A line of a session, and its line end. */
void line_session(struct text *text, enum logsheet_format format,
		  const struct line_session *session);

/* A line about lost lines. */
void line_lost(struct text *text, enum logsheet_format format,
	       const struct logged_untold *lost);

/* Print the table of keys. */
void line_keys(FILE *out);

/* How long a session was open, in milliseconds. */
uint64_t line_duration_ms(const struct mx_ended *ended, uint64_t tsc_hz);

/* Find the id in a line of either format.  Returns false if there is none. */
bool line_id(const char *line, size_t length, uint32_t *identity,
	     uint16_t *ring, uint64_t *serial);

#endif /* MX_LOGGER_LINE_H */
