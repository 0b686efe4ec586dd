/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_JOURNAL_H
#define MX_JOURNAL_H

/* Lines for systemd's journal.  The journal gives a line that begins with "<3>"
 * the priority LOG_ERR, and removes the "<3>" (sd-daemon(3)).
 * Threads    any; a stream of stdio has its own lock. */
#include <stdbool.h>
#include <stdio.h>

/* Does the descriptor lead to the journal?  systemd names the journal's stream
 * in JOURNAL_STREAM, so that a descriptor that was redirected since is known.
 */
bool mx_journal_is(int fd);

/* A stream that writes to fd, each line with the priority that its first word
 * says: error, warn or info.  Lines of others pass as they are.
 * Returns NULL if there is no memory. */
FILE *mx_journal_stream(int fd);

#endif /* MX_JOURNAL_H */
