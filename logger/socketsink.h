/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LOGGER_SOCKETSINK_H
#define MX_LOGGER_SOCKETSINK_H

/* The socket of syslog or of journald (systemd.io/JOURNAL_NATIVE_PROTOCOL): a
 * datagram a line.
 *
 * Syslog     /dev/log has a form of its own, which the C library writes: that of
 *            RFC 3164 without a host name.  rsyslog, syslog-ng and journald expect
 *            it.  They do not look for RFC 5424 there: rsyslog takes its version
 *            for the tag.
 * Streams    Some syslogs have a socket of streams at /dev/log.  Each line ends
 *            with a zero there, as those of the C library do.
 * Busy       A reader that does not read never holds this process up: the line is
 *            tried again later.
 * Limit      journald silently throws away what exceeds its limit, 10,000 messages
 *            in 30 s by default.  No more than SOCKETSINK_JOURNAL_LINES are sent
 *            to it in that time, and the others are counted.  With systemd,
 *            /dev/log leads to journald.
 *
 * Threads    main. */
#include <stdbool.h>

#include "batch.h"

#define SOCKETSINK_SYSLOG "/dev/log"
#define SOCKETSINK_JOURNALD "/run/systemd/journal/socket"

/* journald takes 10,000 lines in 30 s.  The rest is for the service's own lines. */
#define SOCKETSINK_JOURNAL_LINES 9000
#define SOCKETSINK_JOURNAL_S 30

struct socketsink {
	int fd; /* -1: not connected */
	enum logsheet_sink kind;
	bool stream;
	bool limited;     /* journald reads it */
	int64_t window_s; /* of journald's limit: when it began, lines since */
	uint32_t sent;
};

/* Connect.  Returns 0 or -errno. */
int socketsink_open(struct socketsink *sink, enum logsheet_sink kind,
		    const char *path);
void socketsink_close(struct socketsink *sink);

/* Send the lines.  RATE: those behind `lines` are to be given up.  GONE: the
 * caller connects again. */
struct batch_done socketsink_write(struct socketsink *sink,
				   const struct batch *batch, int64_t now_s);

#endif /* MX_LOGGER_SOCKETSINK_H */
