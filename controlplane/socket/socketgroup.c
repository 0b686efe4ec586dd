/* SPDX-License-Identifier: BSD-3-Clause */
#include "socketgroup.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hostuser.h"
#include "log.h"

void
socketgroup_set(const char *path)
{
	gid_t gid;

	if (hostuser_group(SOCKETGROUP, &gid) &&
	    lchown(path, (uid_t)-1, gid) < 0)
		log_line(LOG_LEVEL_WARN,
			 "%s is not for the group " SOCKETGROUP ": %s", path,
			 strerror(errno));
}
