/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_STORE_H
#define MX_STORE_H

/* The files that keep sessions beyond the life of the process: one for each
 * worker (sessions.h) in the folder of the instance (folder.h).  They are on
 * hugetlbfs where it is mounted, since a miss on 4 KiB pages costs more than
 * twice as much.  Otherwise they are in shared memory.
 *
 * Threads    main, before the workers start or while they are stopped. */
#include <stdbool.h>

#include "hash.h"
#include "region.h"
#include "sessions.h"

struct store {
	struct mx_sessions_file *file;
	size_t size_bytes;
	bool kept; /* the file had this layout: its sessions live on */
	bool huge;
	int fd;
	char base[MX_PATH_MAX]; /* the folder's parent */
	char path[MX_PATH_MAX];
};

/* Map the file of one worker.  like: the wanted count, worker, workers and
 * wide.  A file of another layout, or with other values, is replaced by an
 * empty one (migration.h keeps its sessions).  key: read from the file if the
 * file was kept, otherwise written to it.  Returns 0 or -errno: -ENOSPC if
 * there is not enough memory for it, or an error of mx_folder_open() or
 * mx_folder_file(). */
int store_open(struct store *store, const char *instance,
	       const struct mx_sessions_file *like, struct mx_hash_key *key);
void store_close(struct store *store);

/* Map the file of a worker for reading, whatever its shape.  The caller unmaps
 * it by munmap().  Returns 0 or -errno: -ENOENT if there is none. */
int store_look(const char *instance, uint16_t worker,
	       const struct mx_sessions_file **file, size_t *size_bytes);

/* Has the file been removed? */
bool store_is_lost(const struct store *store);

/* Write a lost file anew, while its worker is stopped.  Returns 0, or -errno
 * with nothing changed. */
int store_rewrite(struct store *store, const char *instance);

/* Close the file, and remove it unless its sessions were kept.  For a start
 * that fails. */
void store_abandon(struct store *store, const char *instance);

/* Remove the files of the workers from number `workers` on.
 * Returns how many there were. */
unsigned store_prune(const char *instance, uint16_t workers);

/* Move the session files of older versions to the place that this version uses.
 * Returns how many there were. */
unsigned store_upgrade(const char *instance);

/* Empty the file, but keep its size: its sessions cannot be used. */
void store_reset(struct store *store, const struct mx_hash_key *key);

#endif /* MX_STORE_H */
