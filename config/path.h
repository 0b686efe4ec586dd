/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_PATH_H
#define MX_PATH_H

/* Threads    any that do not change the working folder meanwhile. */
#include <limits.h>

/* Write a path that means the same in every process into absolute[PATH_MAX].
 * Links are left alone: a link that is set to another file means that file.
 * Returns 0 or -errno. */
int path_absolute(const char *path, char *absolute);

#endif /* MX_PATH_H */
