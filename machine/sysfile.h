/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_MACHINE_SYSFILE_H
#define MX_MACHINE_SYSFILE_H

/* Files in which the kernel describes this machine: /sys, /proc, /dev.
 *
 * root: "" for this machine, or a folder that has such files in its folders
 * sys, proc, dev, usr and lib.  Paths begin with '/' and are relative to it.
 * A file that cannot be read is treated as a file that is not there.
 *
 * Threads    any. */
#include <stdbool.h>
#include <stddef.h>

#define SYSFILE_PATH_MAX 512

/* The path of a file, into path[SYSFILE_PATH_MAX].  Returns path. */
const char *sysfile_path(const char *root, char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

bool sysfile_exists(const char *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The number at the start of a file, decimal or 0x..., or `otherwise`. */
long sysfile_number(const char *root, long otherwise, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The first line of a file, without its end, into text[size].  A line that does
 * not fit is cut.  Returns false, and "", if the file has none. */
struct sysfile_text {
	char *text;
	size_t size;
};
bool sysfile_line(const char *root, struct sysfile_text to, const char *format,
		  ...) __attribute__((format(printf, 3, 4)));

/* The last part of the path that a symbolic link holds. */
bool sysfile_link(const char *root, struct sysfile_text to, const char *format,
		  ...) __attribute__((format(printf, 3, 4)));

/* Is a number in a list of the kernel, such as "0-3,8,10-11"? */
bool sysfile_list_has(const char *list, unsigned number);

/* How many numbers such a list has. */
unsigned sysfile_list_count(const char *list);

#endif /* MX_MACHINE_SYSFILE_H */
