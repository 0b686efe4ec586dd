/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_LISTFILE_H
#define MX_LISTFILE_H

/* The text of a list of prefixes in a file of the operator.  The file may be
 * anything, and may change while it is read.
 *
 * Threads    any. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Two million IPv6 prefixes, each with a comment. */
#define LIST_FILE_BYTES_MAX ((size_t)128 << 20)

/* What shows that a file has changed. */
struct list_mark {
	dev_t device;
	ino_t inode;
	off_t size;
	int64_t changed_s; /* CLOCK_REALTIME */
	int64_t changed_ns;
};

struct list_text {
	char *text; /* the owner frees it */
	size_t size_bytes;
	struct list_mark mark;
};

/* Read the file.  Returns 0 or -errno: -EINVAL if it is no regular file, -EFBIG
 * if it is too long. */
int list_file_read(const char *path, struct list_text *out);

/* How long a text is meant to count before it is renewed, by the words of its first
 * line: "# fresh for 15m".  0: it does not say. */
int64_t list_text_fresh_s(const struct list_text *text);

/* Look at a file without reading it.  *out is all zero if there is none. */
void list_file_look(const char *path, struct list_mark *out);

bool list_mark_equal(const struct list_mark *a, const struct list_mark *b);

/* An error of list_file_read() in words. */
const char *list_file_error(int error);

#endif /* MX_LISTFILE_H */
