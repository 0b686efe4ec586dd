/* SPDX-License-Identifier: BSD-3-Clause */
#include "older.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bounds.h"

/* The path of the region, or of the sessions of a worker >= 0. */
static bool
older_path(char path[static MX_PATH_MAX], const char *base,
	   const char *instance, int worker)
{
	const int length = worker < 0
				   ? snprintf(path, MX_PATH_MAX,
					      "%s/mxsteer-%s", base, instance)
				   : snprintf(path, MX_PATH_MAX,
					      "%s/mxsteer-%s.sessions.%d", base,
					      instance, worker);

	return length < MX_PATH_MAX;
}

/* A regular file of this user, which nobody else can write to? */
static bool
is_ours(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISREG(status.st_mode) &&
	       status.st_uid == geteuid() &&
	       (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool
mx_older_is_there(const char *instance)
{
	char path[MX_PATH_MAX];

	return older_path(path, MX_FOLDER_BASE, instance, -1) && is_ours(path);
}

bool
mx_older_plays(const char *instance, enum mx_role_kind kind)
{
	/* Those versions lock the byte of the role's number. */
	struct flock lock = {.l_type = F_WRLCK,
			     .l_whence = SEEK_SET,
			     .l_start = kind,
			     .l_len = 1};
	char path[MX_PATH_MAX];

	if (!mx_older_is_there(instance) ||
	    !older_path(path, MX_FOLDER_BASE, instance, -1))
		return false;
	const int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	const bool locked =
		fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return locked;
}

static bool
take(const struct mx_folder *folder, const char *path, const char *name)
{
	if (!is_ours(path))
		return false;
	if (renameat2(AT_FDCWD, path, folder->fd, name, RENAME_NOREPLACE) == 0)
		return true;
	if (errno == EEXIST)
		unlink(path);
	return false;
}

unsigned
mx_older_take(const struct mx_folder *folder, const char *base,
	      const char *instance)
{
	char path[MX_PATH_MAX];
	char name[MX_SESSIONS_NAME_MAX];
	unsigned moved = 0;

	for (int i = -1; i < MX_WORKERS_MAX; i++) {
		if (!older_path(path, base, instance, i))
			continue;
		if (i >= 0)
			mx_sessions_name(name, (uint16_t)i);
		moved += take(folder, path, i < 0 ? MX_REGION_NAME : name);
	}
	return moved;
}
