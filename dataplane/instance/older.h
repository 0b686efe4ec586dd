/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_TABLES_OLDER_H
#define MX_TABLES_OLDER_H

/* The files of versions that kept them in BASE itself, without a folder:
 *
 *   BASE/mxsteer-INSTANCE             the region; each role locks a byte of it
 *   BASE/mxsteer-INSTANCE.sessions.N  the sessions of worker N
 *
 * An upgrade moves them into the instance's folder, so that it ends no
 * session.  Files that another user owns or can write to are left alone.
 *
 * Threads    main, at start. */
#include <stdbool.h>

#include "folder.h"

/* Is there a region of an older version? */
bool mx_older_is_there(const char *instance);

/* Does a process of an older version have the role? */
bool mx_older_plays(const char *instance, enum mx_role_kind kind);

/* Move the files in `base` into the folder, as the data plane.  A file that the
 * folder has already stays, and the older one of its name is removed.
 * Returns how many were moved. */
unsigned mx_older_take(const struct mx_folder *folder, const char *base,
		       const char *instance);

#endif /* MX_TABLES_OLDER_H */
