/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_SOCKETFILE_H
#define MX_SOCKETFILE_H

/* The name of the CLI socket in the file system.  A process takes the name only
 * if it is free or leads to a dead socket, and removes the name only if it
 * leads to its own socket.
 *
 * Threads    the event loop. */
#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

/* Who may connect.  Zeroed memory: root, and the group of socketgroup.h. */
struct socketfile_right {
	bool everyone;
	bool has_group; /* root, and this group: */
	gid_t group;
};

struct socketfile {
	struct socketfile_right right; /* the caller sets it */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	dev_t device;
	ino_t inode;
};

/* Make a socket (mode 0660) that listens at path, for those who have file->right.
 * A group that this process may not give files to is let in by mode 0666: whoever
 * accepts must look who it is.
 * Returns its descriptor, which does not block, or -errno:
 *   -EADDRINUSE    another process answers there
 *   -ENOTSOCK      the path is not a socket
 *   -ENAMETOOLONG  the path does not fit */
int socketfile_listen(struct socketfile *file, const char *path, int backlog);

/* Does the name still lead to this process's socket? */
bool socketfile_is_ours(const struct socketfile *file);

/* Remove the name if it still leads to this process's socket. */
void socketfile_remove(const struct socketfile *file);

#endif /* MX_SOCKETFILE_H */
