/* SPDX-License-Identifier: BSD-3-Clause */
#include "socketgroup.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define GROUP "mxsteer"

/* Look in /etc/group alone: a directory server that hangs must not hang the
 * caller.
 * Returns false if there is no such group. */
static bool
find_group(gid_t *gid)
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *entry = NULL;

	if (file == NULL)
		return false;
	while ((entry = fgetgrent(file)) != NULL)
		if (strcmp(entry->gr_name, GROUP) == 0)
			break;
	if (entry != NULL)
		*gid = entry->gr_gid;
	fclose(file);
	return entry != NULL;
}

void
socketgroup_set(const char *path)
{
	gid_t gid;

	if (find_group(&gid) && lchown(path, (uid_t)-1, gid) < 0)
		log_line(LOG_LEVEL_WARN,
			 "%s is not for the group " GROUP ": %s", path,
			 strerror(errno));
}
