/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_CALLER_H
#define MX_CALLER_H

/* The process at the other end of the CLI socket, as the kernel reports it.
 * Threads    any. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CALLER_TEXT_MAX 128

#define CALLER_GROUPS_MAX 64 /* of the others nothing is known */

struct caller {
	bool known;
	uid_t uid;
	gid_t group[CALLER_GROUPS_MAX]; /* its own one first */
	uint16_t groups;
	/* the user who logged in, before any sudo; (uid_t)-1: no login */
	uid_t login;
};

/* The peer of a connected Unix socket. */
struct caller caller_of(int fd);

/* Is it a member of the group?  The kernel says so: the groups are those that the
 * process had when it connected. */
bool caller_is_member(const struct caller *caller, gid_t group);

/* Write "root (uid 0), logged in as alice (uid 1000)" into text, and return
 * text.  Names come from /etc/passwd alone: a directory server that hangs must
 * not block the caller.  What is not ASCII in a name becomes '?'. */
char *caller_text(const struct caller *caller, char text[CALLER_TEXT_MAX]);

#endif /* MX_CALLER_H */
