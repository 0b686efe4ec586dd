/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DELIVERED_H
#define MX_DELIVERED_H

/* Find the message of a visit where it was delivered, to read what its MTA wrote
 * of the client.
 *
 * Limit      of a file of many messages the last DELIVERED_TAIL bytes are read; of a
 *            folder the files that are no older than the visit.
 * Threads    any. */
#include <stdint.h>

#define DELIVERED_TAIL (1024 * 1024)
#define DELIVERED_HEADER_MAX 1024

/* Look once for the message with that id, in a file of messages, a maildir or a
 * folder of files.  since_s: when the visit began.  Returns 0 with the Received
 * header that its first MTA wrote, unfolded and printable; -ENOENT if the message
 * is not there yet; -ENODATA if it has no such header; or -errno. */
int delivered_find(const char *path, const char *id, int64_t since_s,
		   char received[static DELIVERED_HEADER_MAX]);

#endif /* MX_DELIVERED_H */
