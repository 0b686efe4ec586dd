/* SPDX-License-Identifier: BSD-3-Clause */
#include "leftover.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "device.h"
#include "log.h"

/* The devices that make socket files. */
static const struct {
	const char *driver;
	const char *path;     /* the argument that names the file */
	const char *needs[2]; /* with all of these the device makes the file */
	const char *reaches;  /* and with this it does not */
} kinds[] = {
	{"net_memif", "socket=", {"role=server", "socket-abstract=no"}, NULL},
	{"net_vhost", "iface=", {NULL}, "client=1"},
};
#define NEEDS (sizeof(kinds[0].needs) / sizeof(kinds[0].needs[0]))

/* Does the device, which is of that kind, make the file? */
static bool
makes_file(const char *device, size_t kind)
{
	for (size_t i = 0; i < NEEDS; i++)
		if (kinds[kind].needs[i] != NULL &&
		    !mx_device_has(device, kinds[kind].needs[i]))
			return false;
	return kinds[kind].reaches == NULL ||
	       !mx_device_has(device, kinds[kind].reaches);
}

/* Write the path of the socket that the device would make.  Returns false if it
 * makes none. */
static bool
find_path(const char *device, struct sockaddr_un *address)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *path = mx_device_argument(device, kinds[i].path);

		if (strncmp(device, kinds[i].driver, strlen(kinds[i].driver)) !=
			    0 ||
		    path == NULL || path[0] != '/' || !makes_file(device, i))
			continue;
		return (size_t)snprintf(address->sun_path,
					sizeof(address->sun_path), "%.*s",
					(int)strcspn(path, ","),
					path) < sizeof(address->sun_path);
	}
	return false;
}

/* Make the socket and remove it again, since some devices open without it.
 * Returns 0 or -errno. */
static int
try_socket(const struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		error = -errno;
	else
		unlink(address->sun_path);
	close(fd);
	return error;
}

/* Is the file a socket that no process has open? */
static bool
is_left(const struct sockaddr_un *address)
{
	struct stat status;

	if (lstat(address->sun_path, &status) < 0 || !S_ISSOCK(status.st_mode))
		return false;
	/* A blocking socket would wait for a listener that accepts nothing. */
	const int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	/* Any other error is that of a socket which is open. */
	const bool refused = connect(fd, (const struct sockaddr *)address,
				     sizeof(*address)) < 0 &&
			     errno == ECONNREFUSED;
	close(fd);
	return refused;
}

int
leftover_clear(const char *device, char *reason, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = address.sun_path;
	char name[MX_DEVICE_NAME_MAX];

	if (!find_path(device, &address))
		return 0;
	if (is_left(&address) && unlink(path) == 0)
		log_line(LOG_LEVEL_INFO,
			 "socket %s of a process that was killed is removed",
			 path);
	const int error = try_socket(&address);
	if (error == 0)
		return 0;
	mx_device_name(device, name);
	if (error == -EADDRINUSE)
		snprintf(reason, size,
			 "device %s: %s exists: another process has the "
			 "socket, or it is no socket: see `ss -xlp`",
			 name, path);
	else
		snprintf(reason, size,
			 "device %s: no socket can be made: %s: %s", name, path,
			 strerror(-error));
	return error;
}
