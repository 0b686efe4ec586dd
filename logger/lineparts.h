/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_LINEPARTS_H
#define MX_LOGGER_LINEPARTS_H

/* The parts of a line of the log, in either format.
 * Threads    main. */
#include <stdbool.h>
#include <stdint.h>

#include "logsheet.h"
#include "text.h"

/* A time of RFC 3339 in UTC; 1970 for one that this form does not have. */
void part_time(struct text *text, int64_t wall_ms);
void part_seconds(struct text *text, int64_t wall_s);

/* A value as a string of the format: what would end or break it is escaped, and
 * what is not printable is a '?'.  UTF-8 stays.  always: quoted in any case. */
void part_quoted(struct text *text, const char *value, bool always);

/* Begin a key; the value follows. */
void part_key(struct text *text, enum logsheet_format format, const char *name,
	      bool first);

/* The end of the line. */
void part_end(struct text *text, enum logsheet_format format);

#endif /* MX_LOGGER_LINEPARTS_H */
