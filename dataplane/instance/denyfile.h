/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_DENYFILE_H
#define MX_DENYFILE_H

/* The files of deny tables: `deny.SERIAL` in the control plane's folder.  The
 * control plane writes a file once and never changes it.  The plan names the
 * tables of its services by serial and size.  The data plane reads a file into
 * memory of its own, and believes nothing of it: the file may change, shrink or
 * vanish at any time.
 *
 * Threads    the main thread of either plane. */
#include <stddef.h>
#include <stdint.h>

#include "denytable.h"

/* Write the file of a sealed table.  A process that is killed meanwhile leaves
 * no half-made file under its name.
 * Returns 0 or -errno: -ENOSPC if there is not enough memory for it, or an
 * error of mx_folder_open() or mx_folder_file(). */
int mx_deny_file_write(const char *instance, const struct mx_deny_table *table);

/* Is there a file with this serial? */
bool mx_deny_file_exists(const char *instance, uint64_t serial);

/* Read a table into memory of this process, on huge pages if there are any, and
 * check it.  Sets *out for mx_deny_file_free().
 * Returns 0 or -errno: -ENOENT if there is no such file; -EPROTO if it is of
 * another version; -EBADMSG if it is damaged, or has another serial or size;
 * -ENOMEM; or an error of mx_folder_open() or mx_folder_file(). */
int mx_deny_file_read(const char *instance, uint64_t serial,
		      uint64_t size_bytes, struct mx_deny_table **out);
void mx_deny_file_free(struct mx_deny_table *table);

/* The verdict of a table on an address, without a copy of the table: a look-up
 * touches some pages of its file.  For the control plane, whose file it is.
 * Returns MX_DENY_UNLISTED if there is no such table. */
enum mx_deny_verdict mx_deny_file_find(const char *instance, uint64_t serial,
				       uint64_t size_bytes,
				       const struct mx_addr *addr);

/* Remove all files but those with the serials in keep[0..count).  Returns how
 * many were removed. */
unsigned mx_deny_files_prune(const char *instance, const uint64_t *keep,
			     uint32_t count);

#endif /* MX_DENYFILE_H */
