/* SPDX-License-Identifier: BSD-3-Clause */
#include "statusfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
lock(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

int
statusfile_open(struct statusfile *file, const char *instance, bool make)
{
	struct mx_folder folder;

	file->fd = -1;
	int error = mx_folder_open_control(&folder, instance, make);
	if (error != 0)
		return error;
	snprintf(file->path, sizeof(file->path), "%s/%s", folder.path,
		 REPLICATED_NAME);
	const int fd = mx_folder_file(&folder, REPLICATED_NAME, O_CREAT);
	mx_folder_close(&folder);
	if (fd < 0)
		return fd;
	error = lock(fd);
	if (error != 0)
		close(fd);
	else
		file->fd = fd;
	return error;
}

void
statusfile_close(struct statusfile *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

bool
statusfile_is_held(const struct statusfile *file)
{
	return file->fd >= 0 && mx_file_is_at(file->fd, file->path);
}

int
statusfile_write(const struct statusfile *file,
		 const struct replicated *replicated)
{
	const ssize_t written =
		pwrite(file->fd, replicated, sizeof(*replicated), 0);

	if (written == sizeof(*replicated))
		return 0;
	return written < 0 ? -errno : -ENOSPC;
}
