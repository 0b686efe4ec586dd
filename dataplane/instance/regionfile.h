/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_REGIONFILE_H
#define MX_TABLES_REGIONFILE_H

/* The data plane's file of the region: `region` in its folder (folder.h).  The
 * rest of the region is empty memory of the process, for planfile.h.
 *
 * The data plane creates it and locks a byte of it while it runs; the control
 * plane, and whoever only reads, attach to it.
 *
 * Threads    main, before the workers start or while they are stopped. */
#include <stdbool.h>

#include "region.h"

/* Create the region of an instance, or take over the one that is there if its
 * layout is ours; a file of another layout is replaced.  Counters start at zero.  Writes magic last.  The caller holds
 * the data plane's role.
 * Returns the mapping, or NULL with errno: EBUSY a live data plane has it,
 * ENOSPC there is not enough memory for it, or an error of mx_folder_open() or
 * mx_folder_file().  *fd_out stays open and locked until it is closed. */
struct mx_region *mx_region_create(const char *instance, int *fd_out);

/* Map an existing region for reading.
 * Returns the mapping, or NULL with errno: ENOENT no data plane has laid
 * one out (yet), EPROTO a data plane of another version has, or an error of
 * mx_folder_open() or mx_folder_file(). */
struct mx_region *mx_region_attach(const char *instance, int *fd_out);

/* Does a process play the data plane's part of the file that fd, of
 * mx_region_attach(), is open on?  It may hang all the same. */
bool mx_region_has_dataplane(int fd);

/* Has the file been removed, or replaced under its name, since fd was opened?
 * The control plane then attaches anew, and the data plane writes it anew. */
bool mx_region_replaced(const char *instance, int fd);

/* Write the region to a new file under its name, and map that in place of the
 * one that was removed.  Workers are stopped meanwhile.
 * Returns 0 with *fd of the new file, or -errno with nothing changed. */
int mx_region_rewrite(const char *instance, struct mx_region *region, int *fd);

void mx_region_close(struct mx_region *region, int fd);

/* Remove the file of an instance, and its folder if that is empty then.
 * Returns 0 or -errno. */
int mx_region_unlink(const char *instance);

#endif /* MX_TABLES_REGIONFILE_H */
