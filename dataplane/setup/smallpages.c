/* SPDX-License-Identifier: BSD-3-Clause */
#include "smallpages.h"

#include <errno.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* main() takes at most seven arguments: options, their values and the program.
 */
#define ARGUMENTS_MAX 16
#define COMMAND_BYTES 8192

int
smallpages_restart(void)
{
	static char command[COMMAND_BYTES + 1];
	char *argument[ARGUMENTS_MAX + 2];
	unsigned count = 0;
	FILE *file = fopen("/proc/self/cmdline", "re");

	if (file == NULL)
		return -errno;
	const size_t bytes = fread(command, 1, COMMAND_BYTES, file);
	fclose(file);
	for (size_t at = 0; at < bytes; at += strlen(command + at) + 1) {
		if (count == ARGUMENTS_MAX)
			return -E2BIG;
		argument[count++] = command + at;
		if (count == 1)
			argument[count++] = "--no-huge";
	}
	argument[count] = NULL;
	if (count == 0)
		return -EINVAL;
	/* An older kernel has no such call.  Then the descriptors stay open,
	 * and keep their huge pages. */
	close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
	execv("/proc/self/exe", argument);
	return -errno;
}
