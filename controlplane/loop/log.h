/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOG_H
#define MX_LOG_H

/* What the control plane says: one line for each change, on stderr.
 *
 * Shape      "LEVEL text\n".  Replies of mail servers end up in lines, so what
 *            is not printable becomes '?', and a line is cut at LOG_LINE_MAX.
 *            Where stderr is the journal, "<3>" or the like comes first: the
 *            journal takes it off and files the line under that priority.
 * Threads    any, a line is one write. */

#define LOG_LINE_MAX 512

enum log_level {
	LOG_LEVEL_ERROR, /* act now */
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO, /* a change of state */
	LOG_LEVELS,
};

void log_line(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Where lines go instead of stderr, for tests; NULL: stderr again. */
void log_divert(void (*sink)(const char *line));

#endif /* MX_LOG_H */
