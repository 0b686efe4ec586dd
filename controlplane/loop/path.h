/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PATH_H
#define MX_PATH_H

/* Threads    any that do not change the working folder meanwhile. */
#include <limits.h>

/* Write a path that means the same in every process into absolute[PATH_MAX].
 * Symbolic links stay in it, so that a link that is changed leads to its new
 * file.  Returns 0 or -errno. */
int path_absolute(const char *path, char *absolute);

#endif /* MX_PATH_H */
