/* SPDX-License-Identifier: BSD-3-Clause */
#include "notes.h"

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
notes_open(struct notes *notes, const char *instance, bool make)
{
	struct mx_folder folder;

	notes->fd = -1;
	int error = mx_folder_open_control(&folder, instance, make);
	if (error != 0)
		return error;
	snprintf(notes->path, sizeof(notes->path), "%s/%s", folder.path,
		 LOGGED_NAME);
	const int fd = mx_folder_file(&folder, LOGGED_NAME, O_CREAT);
	mx_folder_close(&folder);
	if (fd < 0)
		return fd;
	error = lock(fd);
	if (error != 0)
		close(fd);
	else
		notes->fd = fd;
	return error;
}

void
notes_close(struct notes *notes)
{
	if (notes->fd >= 0)
		close(notes->fd);
	notes->fd = -1;
}

bool
notes_are_held(const struct notes *notes)
{
	return notes->fd >= 0 && mx_file_is_at(notes->fd, notes->path);
}

bool
notes_read(const struct notes *notes, struct logged *logged)
{
	struct logged was;
	const ssize_t got = pread(notes->fd, &was, sizeof(was), 0);

	return got > 0 && logged_read(logged, &was, (size_t)got);
}

int
notes_write(const struct notes *notes, const struct logged *logged)
{
	const ssize_t written = pwrite(notes->fd, logged, sizeof(*logged), 0);

	if (written == sizeof(*logged))
		return 0;
	return written < 0 ? -errno : -ENOSPC;
}
