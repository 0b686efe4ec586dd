/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOG_H
#define MX_LOG_H

/* The log: one line for each change, on stderr.  The programs, the drivers and
 * DPDK write to it.  The packet path does not: it counts.
 *
 * Shape      "LEVEL text\n".  A text may quote a mail server or a file, so each
 *            byte that is not printable becomes '?', and a line is cut at
 *            LOG_LINE_MAX.  If stderr is systemd's journal, each line starts
 *            with its priority, such as "<3>".  The journal removes that prefix
 *            (sd-daemon(3)).
 * Threads    any; one write for each line. */

#define LOG_LINE_MAX 512

enum log_level {
	LOG_LEVEL_ERROR, /* mail is affected, or a program ends: act now */
	LOG_LEVEL_WARN,  /* the program goes on with less: look at it */
	LOG_LEVEL_INFO,  /* a change of state */
	LOG_LEVELS,
};

void log_line(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Send lines to a sink instead of stderr, for tests.  NULL: to stderr again. */
void log_divert(void (*sink)(const char *line));

#endif /* MX_LOG_H */
