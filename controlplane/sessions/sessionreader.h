/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SESSIONREADER_H
#define MX_SESSIONREADER_H

/* The session files of the workers, read while they change.
 *
 * They are read with pread() and not mapped: a mapped file that shrinks would
 * end this process.  A session may be half-written, so every value is checked
 * before use.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <stdint.h>

#include "region.h"
#include "sessions.h"

#define SESSION_READER_CHUNK 4096 /* sessions: 256 KiB a read */

struct session_reader {
	const struct mx_region *region;
	uint16_t worker; /* the worker whose file is read */
	int fd;          /* -1: it is not open */
	uint32_t sessions;
	bool wide;      /* it has room for IPv6 addresses */
	bool older;     /* it has an earlier layout */
	uint32_t first; /* the next session to read */
	bool unread;    /* a file could not be read to its end */

	/* The last chunk. */
	uint32_t count;
	bool has_wide;
	struct mx_session session[SESSION_READER_CHUNK];
	struct mx_session_wide wide_of[SESSION_READER_CHUNK];
};

/* Make a reader of all workers' files, which begins at the first session.
 * Returns NULL if there is no memory. region must outlive it. */
struct session_reader *session_reader_open(const struct mx_region *region);
void session_reader_close(struct session_reader *file);

/* Read the next chunk: session[0..count), and wide_of[] if has_wide.
 * Returns false after the last one. */
bool session_reader_next(struct session_reader *file);

/* The state of session i of the chunk; MX_SESSION_FREE if the slot is empty. */
uint8_t session_reader_state(const struct session_reader *file, uint32_t i);

/* All four addresses of session i of the chunk, in whichever line they are. */
struct mx_session_wide session_reader_ends(const struct session_reader *file,
					   uint32_t i);

/* Read the key of the sessions, which all workers have in common.  Returns
 * false if the first worker's file cannot be read. */
bool session_reader_key(const struct mx_region *region,
			struct mx_hash_key *key);

#endif /* MX_SESSIONREADER_H */
