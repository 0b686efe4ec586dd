/* SPDX-License-Identifier: BSD-3-Clause */
#include "owner.h"

#include <unistd.h>

static struct hostuser owner;
static bool known;

enum mx_owner_found
mx_owner_set(const char *user)
{
	known = true;
	if (hostuser_find(&owner, user[0] != '\0' ? user : MX_OWNER_DEFAULT))
		return MX_OWNER_NAMED;
	owner = (struct hostuser){.uid = geteuid(), .gid = getegid()};
	hostuser_name(owner.uid, owner.name);
	return user[0] != '\0' ? MX_OWNER_MISSING : MX_OWNER_SELF;
}

void
mx_owner_believe(uid_t uid, gid_t gid)
{
	known = true;
	owner = (struct hostuser){.uid = uid, .gid = gid};
	hostuser_name(uid, owner.name);
}

const struct hostuser *
mx_owner(void)
{
	if (!known)
		mx_owner_set("");
	return &owner;
}

bool
mx_owner_is_trusted(uid_t uid, bool control)
{
	return uid == 0 || uid == geteuid() ||
	       (control && uid == mx_owner()->uid);
}
