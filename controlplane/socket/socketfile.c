/* SPDX-License-Identifier: BSD-3-Clause */
#include "socketfile.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "socketgroup.h"

static int
new_socket(void)
{
	const int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/* Returns 0 if no process answers at the socket, or -errno. */
static int
check_dead(const struct sockaddr_un *address)
{
	const int fd = new_socket();
	if (fd < 0)
		return fd;
	const int connected =
		connect(fd, (const struct sockaddr *)address, sizeof(*address));
	/* EAGAIN: its queue of connections is full. */
	const int error =
		connected == 0 || errno == EAGAIN ? EADDRINUSE : errno;
	close(fd);
	return error == ECONNREFUSED ? 0 : -error;
}

/* Returns 0 if the name is free now, or -errno. */
static int
clear_name(const struct sockaddr_un *address)
{
	struct stat status;

	if (lstat(address->sun_path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -ENOTSOCK;
	const int error = check_dead(address);
	if (error != 0)
		return error == -ENOENT ? 0 : error;
	return unlink(address->sun_path) < 0 ? -errno : 0;
}

/* The folder may have been removed together with the socket. */
static void
make_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];

	snprintf(folder, sizeof(folder), "%s", path);
	mkdir(dirname(folder), 0755);
}

/* The socket is of mode 0660 now. */
static void
set_right(const char *path, const struct socketfile_right *right)
{
	if (right->has_group && lchown(path, (uid_t)-1, right->group) == 0)
		return;
	if (right->has_group || right->everyone)
		chmod(path, 0666);
	else
		socketgroup_set(path);
}

static int
listen_at(const struct sockaddr_un *address, int backlog,
	  const struct socketfile_right *right)
{
	const int fd = new_socket();
	if (fd < 0)
		return fd;
	const mode_t mask = umask(0117);
	const int bound =
		bind(fd, (const struct sockaddr *)address, sizeof(*address));
	int error = bound < 0 ? errno : 0;
	umask(mask);
	if (error == 0)
		set_right(address->sun_path, right);
	if (error == 0 && listen(fd, backlog) < 0) {
		error = errno;
		unlink(address->sun_path);
	}
	if (error == 0)
		return fd;
	close(fd);
	return -error;
}

int
socketfile_listen(struct socketfile *file, const char *path, int backlog)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat status;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	const int error = clear_name(&address);
	if (error != 0)
		return error;
	make_folder(path);
	const int fd = listen_at(&address, backlog, &file->right);
	if (fd < 0)
		return fd;
	if (lstat(path, &status) < 0) {
		const int lost = -errno; /* removed in this moment */
		close(fd);
		return lost;
	}
	memcpy(file->path, address.sun_path, sizeof(file->path));
	file->device = status.st_dev;
	file->inode = status.st_ino;
	return fd;
}

bool
socketfile_is_ours(const struct socketfile *file)
{
	struct stat status;

	return lstat(file->path, &status) == 0 &&
	       status.st_dev == file->device && status.st_ino == file->inode;
}

void
socketfile_remove(const struct socketfile *file)
{
	if (socketfile_is_ours(file))
		unlink(file->path);
}
