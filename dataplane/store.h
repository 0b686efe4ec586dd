/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_STORE_H
#define MX_STORE_H

/* Where sessions are kept so that they outlive the process: one file a worker
 * (tables/sessions.h), on hugetlbfs where it is mounted, since a miss on 4 KiB
 * pages costs more than twice, else in shared memory.
 *
 * Threads    main, before the workers start. */
#include <stdbool.h>

#include "hash.h"
#include "region.h"
#include "sessions.h"

struct store {
	struct mx_sessions_file *file;
	size_t size_bytes;
	bool kept; /* there was a file of this layout: its sessions live on */
	bool huge;
	char path[MX_PATH_MAX];
};

/* Map the file of one worker.  like: its count, worker, workers and wide, as
 * they are to be; a file of which any differs, or of another layout, is
 * replaced by an empty one.  key: taken from the file if it was kept, else
 * written to it.
 * Returns 0 or -errno: -ENOMEM there is not enough memory for it. */
int store_open(struct store *store, const char *instance,
	       const struct mx_sessions_file *like, struct mx_hash_key *key);
void store_close(struct store *store);

/* Remove the files of workers that there are no longer. */
void store_prune(const char *instance, uint16_t workers);

/* Empty the file, keeping its size: its sessions cannot be used. */
void store_reset(struct store *store, const struct mx_hash_key *key);

#endif /* MX_STORE_H */
