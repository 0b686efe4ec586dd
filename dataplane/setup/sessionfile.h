/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SESSIONFILE_H
#define MX_SESSIONFILE_H

/* The files that keep sessions beyond the life of the process: one for each
 * worker (sessions.h) in the folder of the instance (folder.h).  They are on
 * hugetlbfs where it is mounted, since a miss on 4 KiB pages costs more than
 * twice as much.  Otherwise, or if a file does not fill one page of that size,
 * they are in shared memory.
 *
 * Threads    main, before the workers start or while they are stopped. */
#include <stdbool.h>

#include "hash.h"
#include "region.h"
#include "sessions.h"

struct session_file {
	struct mx_sessions_file *map;
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
int session_file_open(struct session_file *file, const char *instance,
		      const struct mx_sessions_file *like,
		      struct mx_hash_key *key);
void session_file_close(struct session_file *file);

/* Map the file of a worker for reading, whatever its shape.  The caller unmaps
 * it by munmap().  Returns 0 or -errno: -ENOENT if there is none. */
int session_file_look(const char *instance, uint16_t worker,
		      const struct mx_sessions_file **file, size_t *size_bytes);

/* Has the file been removed? */
bool session_file_is_lost(const struct session_file *file);

/* Write a lost file anew, while its worker is stopped.  Returns 0, or -errno
 * with nothing changed. */
int session_file_rewrite(struct session_file *file, const char *instance);

/* Close the file, and remove it unless its sessions were kept.  For a start
 * that fails. */
void session_file_abandon(struct session_file *file, const char *instance);

/* Remove the files of the workers from number `workers` on.
 * Returns how many there were. */
unsigned session_file_prune(const char *instance, uint16_t workers);

/* Move the session files of older versions to the place that this version uses.
 * Returns how many there were. */
unsigned session_file_upgrade(const char *instance);

/* Empty the file, but keep its size: its sessions cannot be used. */
void session_file_reset(struct session_file *file,
			const struct mx_hash_key *key);

#endif /* MX_SESSIONFILE_H */
