/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_REPLACEFILE_H
#define MX_REPLACEFILE_H

/* A small file that is replaced as a whole.
 *
 * A draft is written beside the file (PATH.new), synced, and renamed over it;
 * then the folder is synced.  So a reader, and a crash at any instant, finds the
 * old file or the new one.
 *
 * Threads    any; one writer for each path. */
#include <sys/stat.h>

/* Give the file this text and mode, whatever the umask is.  A draft that is there
 * already is removed, and not opened: another user may have put it there.
 * Returns 0; or -errno, with the old file in place: -ENAMETOOLONG, -ENOSPC, or
 * an error of open(), write(), fsync() or rename(). */
int replacefile(const char *path, const char *text, mode_t mode);

#endif /* MX_REPLACEFILE_H */
