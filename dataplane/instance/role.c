/* SPDX-License-Identifier: BSD-3-Clause */
#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "older.h"

/* How often the lock is tried while another process may be making or removing
 * it, and the pause between two attempts. */
#define ATTEMPTS 50
#define PAUSE_NS 2000000

/* How many connections of other claimants one look closes. */
#define CALLERS_MAX 64

static const struct {
	const char *word;
	const char *program;
	const char *lock;
} roles[MX_ROLES] = {
	[MX_ROLE_DATAPLANE] = {"dataplane", "mxsteer-dataplane",
			       "dataplane.lock"},
	[MX_ROLE_CONTROLPLANE] = {"controlplane", "mxsteer-controlplane",
				  "controlplane.lock"},
};

const char *
mx_role_program(enum mx_role_kind kind)
{
	return roles[kind].program;
}

const char *
mx_role_holder(const struct mx_role *role, char text[static MX_ROLE_HOLDER_MAX])
{
	if (role->holder > 0)
		snprintf(text, MX_ROLE_HOLDER_MAX, "process %d", role->holder);
	else
		snprintf(text, MX_ROLE_HOLDER_MAX, "%s",
			 role->holder == MX_ROLE_OLDER ? "of an older version"
						       : "process unknown");
	return text;
}

static void
rest(void)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	nanosleep(&pause, NULL);
}

/* ---- the socket's name ---- */

static socklen_t
name_address(const struct mx_role *role, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	/* The first byte stays 0: the name is not one of a file. */
	const int bytes = snprintf(
		address->sun_path + 1, sizeof(address->sun_path) - 1,
		"mxsteer.%s.%s", role->instance, roles[role->kind].word);

	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)bytes);
}

static int
name_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Find the process that listens on the name.  Returns true with *peer, or false
 * if none does or if its queue of callers is full. */
static bool
name_peer(const struct mx_role *role, struct ucred *peer)
{
	struct sockaddr_un address;
	const socklen_t length = name_address(role, &address);
	socklen_t size = sizeof(*peer);
	const int fd = name_socket();

	if (fd < 0)
		return false;
	const bool known =
		connect(fd, (const struct sockaddr *)&address, length) == 0 &&
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) == 0;
	close(fd);
	return known;
}

/* One attempt: 0, -EBUSY, -EAGAIN if the holder is not known, or -errno. */
static int
name_try(struct mx_role *role)
{
	struct sockaddr_un address;
	const socklen_t length = name_address(role, &address);
	struct ucred peer;

	role->name_fd = name_socket();
	if (role->name_fd < 0)
		return -errno;
	if (bind(role->name_fd, (const struct sockaddr *)&address, length) ==
		    0 &&
	    listen(role->name_fd, SOMAXCONN) == 0)
		return 0;
	const int error = errno;
	close(role->name_fd);
	role->name_fd = -1;
	if (error != EADDRINUSE)
		return -error;
	if (!name_peer(role, &peer))
		return -EAGAIN;
	if (peer.uid != 0 && peer.uid != geteuid())
		return 0;
	role->holder = peer.pid;
	return -EBUSY;
}

/* Take the name.  If a stranger has the name, go on without it: the lock on the
 * file, which no stranger can touch, still stands for the role. */
static int
name_claim(struct mx_role *role)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		const int error = name_try(role);
		if (error != -EAGAIN)
			return error;
		rest();
	}
	return 0;
}

/* Close the connections of processes that asked who holds the name. */
static void
name_dismiss(const struct mx_role *role)
{
	for (int i = 0; i < CALLERS_MAX && role->name_fd >= 0; i++) {
		const int fd = accept(role->name_fd, NULL, NULL);
		if (fd < 0)
			return;
		close(fd);
	}
}

/* ---- the lock on the file ---- */

/* The process that wrote its number into the lock file; 0 if none did. */
static int32_t
lock_holder(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0
		       ? (int32_t)strtol(text, NULL, 10)
		       : 0;
}

/* The open file description has the lock, so it ends with this process. */
static int
lock_file(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

/* Open the folder of the plane whose role it is. */
static int
open_folder(const struct mx_role *role, struct mx_folder *folder, bool make)
{
	return role->kind == MX_ROLE_DATAPLANE
		       ? mx_folder_open(folder, MX_FOLDER_BASE, role->instance,
					make)
		       : mx_folder_open_control(folder, role->instance, make);
}

/* The path of the lock file. */
static void
lock_path(const struct mx_role *role, const struct mx_folder *folder,
	  char path[static 2 * MX_PATH_MAX])
{
	snprintf(path, 2 * MX_PATH_MAX, "%s/%s", folder->path,
		 roles[role->kind].lock);
}

/* One attempt in an open folder: 0, -EBUSY, -EAGAIN if the file was removed
 * while it was being locked, or -errno. */
static int
lock_in(struct mx_role *role, const struct mx_folder *folder)
{
	char path[2 * MX_PATH_MAX];
	const int fd = mx_folder_file(folder, roles[role->kind].lock, O_CREAT);

	if (fd < 0) /* ENOENT: the folder has just been removed */
		return fd == -ENOENT ? -EAGAIN : fd;
	int error = lock_file(fd);
	if (error == -EBUSY)
		role->holder = lock_holder(fd);
	lock_path(role, folder, path);
	if (error == 0 && !mx_file_is_at(fd, path))
		error = -EAGAIN;
	if (error != 0) {
		close(fd);
		return error;
	}
	/* For people and for messages; the role does not depend on it. */
	const int length = snprintf(path, sizeof(path), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) == 0 && pwrite(fd, path, (size_t)length, 0) < 0)
		errno = 0;
	role->lock_fd = fd;
	return 0;
}

static int
lock_claim(struct mx_role *role)
{
	struct mx_folder folder;
	int error = -EAGAIN;

	for (int i = 0; i < ATTEMPTS && error == -EAGAIN; i++) {
		if (i > 0)
			rest();
		error = open_folder(role, &folder, true);
		if (error != 0)
			return error;
		error = lock_in(role, &folder);
		mx_folder_close(&folder);
	}
	return error;
}

/* ---- both ---- */

int
mx_role_claim(struct mx_role *role, enum mx_role_kind kind,
	      const char *instance)
{
	*role = (struct mx_role){.kind = kind, .lock_fd = -1, .name_fd = -1};
	snprintf(role->instance, sizeof(role->instance), "%s", instance);
	if (mx_older_plays(instance, kind)) {
		role->holder = MX_ROLE_OLDER;
		return -EBUSY;
	}
	/* Take the name first.  A claimant that finds it taken has touched no
	 * file, so it disturbs no holder that makes its file anew. */
	int error = name_claim(role);
	if (error == 0)
		error = lock_claim(role);
	if (error != 0 && role->name_fd >= 0) {
		close(role->name_fd);
		role->name_fd = -1;
	}
	return error;
}

int
mx_role_keep(struct mx_role *role)
{
	const int lost_fd = role->lock_fd;
	struct mx_folder folder;
	char path[2 * MX_PATH_MAX];
	bool there = false;

	name_dismiss(role);
	if (open_folder(role, &folder, false) == 0) {
		lock_path(role, &folder, path);
		there = mx_file_is_at(role->lock_fd, path);
		mx_folder_close(&folder);
	}
	if (there)
		return 0;
	const int error = lock_claim(role);
	if (error != 0)
		return error;
	close(lost_fd);
	return 1;
}

void
mx_role_release(struct mx_role *role)
{
	struct mx_folder folder;
	char path[2 * MX_PATH_MAX];

	if (open_folder(role, &folder, false) == 0) {
		lock_path(role, &folder, path);
		if (mx_file_is_at(role->lock_fd, path))
			mx_folder_remove(&folder, roles[role->kind].lock);
		mx_folder_drop(&folder);
	}
	close(role->lock_fd);
	if (role->name_fd >= 0)
		close(role->name_fd);
	role->lock_fd = role->name_fd = -1;
}
