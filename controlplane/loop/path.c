/* SPDX-License-Identifier: BSD-3-Clause */
#include "path.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int
path_absolute(const char *path, char *absolute)
{
	char folder[PATH_MAX] = "";

	if (path[0] != '/' && getcwd(folder, sizeof(folder)) == NULL)
		return -errno;
	const int length = snprintf(absolute, PATH_MAX, "%s%s%s", folder,
				    folder[0] != '\0' ? "/" : "", path);
	return length >= PATH_MAX ? -ENAMETOOLONG : 0;
}
