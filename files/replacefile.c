/* SPDX-License-Identifier: BSD-3-Clause */
#include "replacefile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The new name survives a crash only if the folder is synced too. */
static void
sync_folder(const char *path)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", path);
	const int fd =
		open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* Returns 0 or -errno. */
static int
write_draft(const char *draft, const char *text, mode_t mode)
{
	const size_t length = strlen(text);

	if (unlink(draft) < 0 && errno != ENOENT)
		return -errno;
	const int fd =
		open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	int error = fchmod(fd, mode) < 0 ? -errno : 0;
	const ssize_t wrote = error == 0 ? write(fd, text, length) : 0;
	if (error == 0 && (wrote < 0 || fsync(fd) < 0))
		error = -errno;
	else if (error == 0 && (size_t)wrote != length)
		error = -ENOSPC;
	close(fd);
	return error;
}

int
replacefile(const char *path, const char *text, mode_t mode)
{
	char draft[PATH_MAX];

	if (snprintf(draft, sizeof(draft), "%s.new", path) >=
	    (int)sizeof(draft))
		return -ENAMETOOLONG;
	int error = write_draft(draft, text, mode);
	if (error == 0 && rename(draft, path) < 0)
		error = -errno;
	if (error == 0)
		sync_folder(path);
	else
		unlink(draft);
	return error;
}
