/* SPDX-License-Identifier: BSD-3-Clause */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "owner.h"

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

/* Can another user rename or remove what is in this folder?  In a sticky
 * folder only the owner of an entry can. */
static bool
is_base_safe(const struct stat *base)
{
	return (base->st_uid == 0 || base->st_uid == geteuid()) &&
	       ((base->st_mode & OTHERS_WRITE) == 0 ||
		(base->st_mode & S_ISVTX) != 0);
}

/* Can the users alone that this process believes write to it?  The group of the
 * control plane's user may write to the control plane's folder: it is the data
 * plane's group as well, and its members may change everything anyway. */
static bool
is_believed(const struct stat *status, bool control)
{
	const mode_t others = control && status->st_gid == mx_owner()->gid
				      ? S_IWOTH
				      : OTHERS_WRITE;

	return mx_owner_is_trusted(status->st_uid, control) &&
	       (status->st_mode & others) == 0;
}

/* Give what this process owns the control plane's group, and let that group
 * read the data plane's files.  Only the program that writes them may: another
 * one of the same user, such as `mxsteer config check` of root, may know of no
 * group or of another one.  Files that are made in the folder have its
 * group (S_ISGID); systemd's RestrictSUIDSGID refuses that bit, and then each
 * file is given the group here.  A failure leaves them to this user alone. */
static void
share(int fd, const struct stat *status, mode_t mode)
{
	if (status->st_uid != geteuid() || (status->st_gid == mx_owner()->gid &&
					    (status->st_mode & 07777) == mode))
		return;
	if (fchown(fd, (uid_t)-1, mx_owner()->gid) == 0 &&
	    fchmod(fd, mode) < 0 && (mode & S_ISGID) != 0)
		fchmod(fd, mode & ~(mode_t)S_ISGID);
}

static int
check_folder(int base_fd, int fd, bool control)
{
	struct stat base, status;

	if (fstat(base_fd, &base) < 0 || fstat(fd, &status) < 0)
		return -errno;
	return is_base_safe(&base) && is_believed(&status, control) ? 0
								    : -EPERM;
}

/* The descriptor of the folder `name` in base_fd, or -errno. */
static int
open_checked(int base_fd, const char *name, bool control, bool make)
{
	struct stat status;

	if (make && mkdirat(base_fd, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	const int fd = openat(base_fd, name,
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP ? -ENOTDIR : -errno;
	const int error = check_folder(base_fd, fd, control);
	if (error != 0) {
		close(fd);
		return error;
	}
	if (make && fstat(fd, &status) == 0)
		share(fd, &status,
		      control ? MX_FOLDER_CONTROL_MODE : MX_FOLDER_MODE);
	return fd;
}

static int
open_named(struct mx_folder *folder, const char *base, const char *instance,
	   bool make)
{
	folder->own = make;
	const int length = snprintf(
		folder->path, sizeof(folder->path), "%s/%s.%s", base,
		folder->control ? "mxsteer-control" : "mxsteer", instance);

	if (length >= (int)sizeof(folder->path))
		return -ENAMETOOLONG;
	const int base_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base_fd < 0)
		return -errno;
	folder->fd = open_checked(base_fd, folder->path + strlen(base) + 1,
				  folder->control, make);
	close(base_fd);
	return folder->fd < 0 ? folder->fd : 0;
}

int
mx_folder_open(struct mx_folder *folder, const char *base, const char *instance,
	       bool make)
{
	folder->control = false;
	return open_named(folder, base, instance, make);
}

int
mx_folder_open_control(struct mx_folder *folder, const char *instance,
		       bool make)
{
	folder->control = true;
	return open_named(folder, MX_FOLDER_BASE, instance, make);
}

void
mx_folder_close(struct mx_folder *folder)
{
	close(folder->fd);
	folder->fd = -1;
}

void
mx_folder_drop(struct mx_folder *folder)
{
	/* The path may lead to another folder by now. */
	if (mx_file_is_at(folder->fd, folder->path))
		rmdir(folder->path); /* fails unless it is empty */
	mx_folder_close(folder);
}

static int
open_believed(const struct mx_folder *folder, const char *name, int flags,
	      bool own)
{
	struct stat status;
	/* O_NONBLOCK: opening a FIFO must not wait for its other end. */
	const int fd =
		openat(folder->fd, name,
		       flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == ELOOP || errno == EISDIR ? -EPERM : -errno;
	/* Another name of a file may be in a folder that is not believed. */
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    status.st_nlink > 1 || !is_believed(&status, folder->control)) {
		close(fd);
		return -EPERM;
	}
	if (own)
		share(fd, &status, folder->control ? 0660 : 0640);
	return fd;
}

int
mx_folder_file(const struct mx_folder *folder, const char *name, int flags)
{
	return open_believed(folder, name, flags | O_RDWR,
			     folder->own || (flags & O_CREAT) != 0);
}

int
mx_folder_read(const struct mx_folder *folder, const char *name)
{
	return open_believed(folder, name, O_RDONLY, false);
}

int
mx_folder_remove(const struct mx_folder *folder, const char *name)
{
	return unlinkat(folder->fd, name, 0) < 0 ? -errno : 0;
}

void
mx_sessions_name(char name[static MX_SESSIONS_NAME_MAX], uint16_t worker)
{
	snprintf(name, MX_SESSIONS_NAME_MAX, "sessions.%u", worker);
}

bool
mx_file_is_at(int fd, const char *path)
{
	struct stat mine, there;

	return fstat(fd, &mine) == 0 && lstat(path, &there) == 0 &&
	       mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

int
mx_file_allocate(int fd, size_t size_bytes)
{
	int error;

	if (ftruncate(fd, (off_t)size_bytes) < 0)
		return -errno;
	do
		error = posix_fallocate(fd, 0, (off_t)size_bytes);
	while (error == EINTR);
	return -error;
}

/* Copy the memory to the empty file. */
static int
fill(int fd, const void *from, size_t size_bytes)
{
	const int error = mx_file_allocate(fd, size_bytes);
	if (error != 0)
		return error;
	/* By a mapping, since hugetlbfs has no write(). */
	void *to = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			fd, 0);
	if (to == MAP_FAILED)
		return -errno;
	memcpy(to, from, size_bytes);
	munmap(to, size_bytes);
	return 0;
}

static void
draft_name(char draft[static MX_PATH_MAX], const char *name)
{
	snprintf(draft, MX_PATH_MAX, "%s.new", name);
}

int
mx_folder_draft(const struct mx_folder *folder, const char *name,
		const void *at, size_t size_bytes)
{
	char draft[MX_PATH_MAX];

	draft_name(draft, name);
	mx_folder_remove(folder, draft);
	const int fd = mx_folder_file(folder, draft, O_CREAT | O_EXCL);
	if (fd < 0)
		return fd;
	const int error = fill(fd, at, size_bytes);
	if (error == 0)
		return fd;
	mx_folder_remove(folder, draft);
	close(fd);
	return error;
}

int
mx_folder_replace(const struct mx_folder *folder, const char *name, int fd,
		  void *at, size_t size_bytes)
{
	char draft[MX_PATH_MAX];

	draft_name(draft, name);
	if (renameat(folder->fd, draft, folder->fd, name) < 0) {
		const int error = -errno;
		mx_folder_remove(folder, draft);
		close(fd);
		return error;
	}
	/* The file has all of the memory's content by now.  A failure here
	 * leaves no mapping, but the next process finds the content in the
	 * file. */
	if (mmap(at, size_bytes, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd, 0) == MAP_FAILED) {
		log_line(LOG_LEVEL_ERROR, "%s/%s cannot be mapped again: %s",
			 folder->path, name, strerror(errno));
		abort();
	}
	return 0;
}

const char *
mx_folder_error(int error)
{
	switch (-error) {
	case EPERM:
		return "it belongs to another user, or other users can write "
		       "to it; it is not used: remove it";
	case EACCES:
		return "permission denied: restart the data plane, so that it "
		       "lets the control plane's user read its files";
	case ENOTDIR:
		return "it is not a folder: remove it";
	case ENOSPC:
		return "its file system is full";
	default:
		return strerror(-error);
	}
}
