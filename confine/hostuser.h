/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MX_HOSTUSER_H
#define MX_HOSTUSER_H

/* Users and groups of this host, from /etc/passwd and /etc/group alone: a
 * directory server that hangs must not hang the caller.
 * Threads    any. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define HOSTUSER_NAME_MAX 32

struct hostuser {
	char name[HOSTUSER_NAME_MAX];
	uid_t uid;
	gid_t gid;
};

/* Returns false if this host has no such user. */
bool hostuser_find(struct hostuser *account, const char *name);

/* Write the name of the user, or its number if it has no name. */
void hostuser_name(uid_t uid, char name[static HOSTUSER_NAME_MAX]);

/* Returns false if this host has no such group. */
bool hostuser_group(const char *name, gid_t *gid);

/* Write the name of the group, or its number if it has no name. */
void hostuser_group_name(gid_t gid, char name[static HOSTUSER_NAME_MAX]);

/* Become the user, with its group and one group more, and with the capabilities
 * of `keep` (capabilities.h).  Only root can.  Returns 0 or -errno. */
int hostuser_become(const struct hostuser *account, gid_t also, uint64_t keep);

/* Add a group to those of this process.  Only root can.  Returns 0 or -errno.
 */
int hostuser_join(gid_t gid);

#endif /* MX_HOSTUSER_H */
