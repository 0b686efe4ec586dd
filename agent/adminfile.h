/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_ADMINFILE_H
#define MX_ADMINFILE_H

/* The file by which the admin state is set:
 *
 *   ready|drain|maint [why, in the rest of the line]
 *
 * No file means ready.  `mxsteer-agent drain` writes it, and any program may.  It
 * outlives a restart, as an operator's drain does.
 *
 * Trust      Who may write the file may take the MTA out.
 * Threads    any.  A disk may keep it waiting. */
#include "replyline.h"

struct adminfile {
	enum admin admin;
	char why[REPLY_TEXT_MAX]; /* printable; may be "" */
};

/* Read a text.  Returns false, with *file untouched, if its first word is no admin
 * state. */
bool adminfile_parse(const char *text, struct adminfile *file);

/* Returns 0; -errno if the file cannot be read; -EINVAL if its first word is no
 * admin state.  *file is set only on 0. */
int adminfile_read(const char *path, struct adminfile *file);

/* Write the file as a whole: a reader sees the old one or the new one.  Returns 0
 * or -errno. */
int adminfile_write(const char *path, const struct adminfile *file);

#endif /* MX_ADMINFILE_H */
