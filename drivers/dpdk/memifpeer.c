/* SPDX-License-Identifier: BSD-3-Clause */
#include "memifpeer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "device.h"

/* What DPDK takes if the text of the device names no socket. */
#define SOCKET_DEFAULT "/run/memif.sock"

#define LINE_MAX_BYTES 256

/* Does a process listen at a file?  A socket of another type gets another
 * error then, and no connection: a peer that just gets one and loses it again
 * may die of SIGPIPE. */
static bool
listens_at_file(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	const bool refused = connect(fd, (const struct sockaddr *)&address,
				     sizeof(address)) < 0 &&
			     errno == EPROTOTYPE;
	close(fd);
	return refused;
}

/* Does a process of this network namespace listen at an abstract name?  The
 * kernel lists it with the flag of listeners, and "@" for its first byte. */
static bool
listens_at_name(const char *name)
{
	char line[LINE_MAX_BYTES], found[LINE_MAX_BYTES];
	bool listens = false;
	unsigned flags;
	FILE *file = fopen("/proc/net/unix", "re");

	if (file == NULL)
		return false;
	while (!listens && fgets(line, sizeof(line), file) != NULL)
		listens = sscanf(line, "%*s %*s %*s %x %*s %*s %*s @%255s",
				 &flags, found) == 2 &&
			  (flags & 0x10000) != 0 && strcmp(found, name) == 0;
	fclose(file);
	return listens;
}

bool
memifpeer_listens(const char *device)
{
	const char *value = mx_device_argument(device, "socket=");
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

	if (strncmp(device, "net_memif", strlen("net_memif")) != 0 ||
	    mx_device_has(device, "role=server") ||
	    mx_device_has(device, "role=master"))
		return false;
	if (value == NULL)
		value = SOCKET_DEFAULT;
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(value, ","), value);
	return mx_device_has(device, "socket-abstract=no")
		       ? listens_at_file(path)
		       : listens_at_name(path);
}

int
memifpeer_connect(uint16_t port_id)
{
	const int error = rte_eth_dev_stop(port_id);

	return error == 0 ? rte_eth_dev_start(port_id) : error;
}
