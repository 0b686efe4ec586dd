/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_RINGFILE_H
#define MX_RINGFILE_H

/* The files of rings of records (records/recordring.h), for the program
 * mxsteer-log:
 *
 *   ended.N   in the data plane's folder: the sessions of worker N that are over
 *   changed   in the control plane's folder
 *
 * A plane that starts goes on with the ring of the last one, so that no record
 * is lost by a restart.
 *
 * Threads    main, before the workers start or while they are stopped. */
#include <stdbool.h>

#include "folder.h"
#include "recordring.h"

#define MX_RING_NAME_MAX 16

struct mx_ring_file {
	struct mx_ring *ring;     /* NULL: there is none */
	struct mx_ring_view view; /* for a reader: what it believes of it */
	size_t size_bytes;
	bool kept;    /* the file had this layout: its records live on */
	bool control; /* it is in the control plane's folder */
	int fd;
	char name[MX_RING_NAME_MAX];
	char path[MX_PATH_MAX];
};

/* The name of the ring of a worker. */
void mx_ring_name(char name[static MX_RING_NAME_MAX], uint16_t worker);

/* Map the ring `name` for its writer.  like: its kind, words, slots and tsc_hz.
 * Makes the file if there is none, or anew if it has another layout.  The caller
 * holds the plane's role.
 * Returns 0 or -errno: -ENOSPC if there is not enough memory for it, or an error
 * of mx_folder_open() or mx_folder_file(). */
int mx_ring_file_open(struct mx_ring_file *file, const char *instance,
		      const char *name, const struct mx_ring *like);

/* Map a ring of that kind for its reader.
 * Returns 0 or -errno: -ENOENT if there is none, -EAGAIN if it has no header, as
 * its writer is making it or as it was cut, -EPROTO if it is of another version,
 * -EBADMSG if the sizes in its header do not fit the file, or an error of
 * mx_folder_open() or mx_folder_read(). */
int mx_ring_file_attach(struct mx_ring_file *file, const char *instance,
			const char *name, enum mx_ring_kind kind);

/* Read the header of such a ring.  The same errors, and -EBADMSG if the ring cannot
 * have as many records as it says. */
int mx_ring_file_peek(struct mx_ring *header, const char *instance,
		      const char *name, enum mx_ring_kind kind);

/* Was the file cut? */
bool mx_ring_file_is_cut(const struct mx_ring_file *file);

/* Has the file lost its name? */
bool mx_ring_file_is_lost(const struct mx_ring_file *file);

/* Write a lost file anew, while no thread puts a record.  Returns 0, or -errno
 * with nothing changed. */
int mx_ring_file_rewrite(struct mx_ring_file *file, const char *instance);

void mx_ring_file_close(struct mx_ring_file *file);

/* Close the file, and remove it unless it was kept.  For a start that fails. */
void mx_ring_file_abandon(struct mx_ring_file *file, const char *instance);

/* Remove all rings of an instance, and what the control plane and mxsteer-log tell
 * each other.  Returns how many files there were. */
unsigned mx_ring_files_remove(const char *instance);

#endif /* MX_RINGFILE_H */
