/* SPDX-License-Identifier: BSD-3-Clause */
#include "sharedport.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool
sharedport_is_used(const char *interface)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	/* The first byte stays 0, so the name is no file's name, and the kernel
	 * releases it when the process ends. */
	const int bytes = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
				   "mxsteer-port-%s", interface);
	if (bind(fd, (const struct sockaddr *)&name,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			     (size_t)bytes)) == 0)
		return false; /* fd stays open */
	const bool used = errno == EADDRINUSE;
	close(fd);
	return used;
}
