/* SPDX-License-Identifier: BSD-3-Clause */
#include "hostuser.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "capabilities.h"

#define GROUPS_MAX 64

/* Find the entry with that name, or without a name the one with that uid. */
static bool
find(struct hostuser *account, const char *name, uid_t uid)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *entry = NULL;

	while (file != NULL && (entry = fgetpwent(file)) != NULL)
		if (name != NULL ? strcmp(entry->pw_name, name) == 0
				 : entry->pw_uid == uid)
			break;
	if (entry != NULL) {
		snprintf(account->name, sizeof(account->name), "%s",
			 entry->pw_name);
		account->uid = entry->pw_uid;
		account->gid = entry->pw_gid;
	}
	if (file != NULL)
		fclose(file);
	return entry != NULL;
}

bool
hostuser_find(struct hostuser *account, const char *name)
{
	return find(account, name, 0);
}

void
hostuser_name(uid_t uid, char name[static HOSTUSER_NAME_MAX])
{
	struct hostuser account;

	if (find(&account, NULL, uid))
		memcpy(name, account.name, HOSTUSER_NAME_MAX);
	else
		snprintf(name, HOSTUSER_NAME_MAX, "%u", uid);
}

bool
hostuser_group(const char *name, gid_t *gid)
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *entry = NULL;

	while (file != NULL && (entry = fgetgrent(file)) != NULL)
		if (strcmp(entry->gr_name, name) == 0)
			break;
	if (entry != NULL)
		*gid = entry->gr_gid;
	if (file != NULL)
		fclose(file);
	return entry != NULL;
}

void
hostuser_group_name(gid_t gid, char name[static HOSTUSER_NAME_MAX])
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *entry = NULL;

	while (file != NULL && (entry = fgetgrent(file)) != NULL)
		if (entry->gr_gid == gid)
			break;
	if (entry != NULL)
		snprintf(name, HOSTUSER_NAME_MAX, "%s", entry->gr_name);
	else
		snprintf(name, HOSTUSER_NAME_MAX, "%u", gid);
	if (file != NULL)
		fclose(file);
}

int
hostuser_become(const struct hostuser *account, gid_t also, uint64_t keep)
{
	const gid_t groups[] = {account->gid, also};

	/* The first call needs CAP_SETPCAP, which the others take away. */
	if (capabilities_bound(keep) != 0 ||
	    setgroups(also == account->gid ? 1 : 2, groups) < 0 ||
	    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
	    setresgid(account->gid, account->gid, account->gid) < 0 ||
	    setresuid(account->uid, account->uid, account->uid) < 0)
		return -errno;
	return capabilities_keep(keep);
}

int
hostuser_join(gid_t gid)
{
	gid_t groups[GROUPS_MAX + 1];
	const int count = getgroups(GROUPS_MAX, groups);

	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return 0;
	groups[count] = gid;
	return setgroups((size_t)count + 1, groups) < 0 ? -errno : 0;
}
