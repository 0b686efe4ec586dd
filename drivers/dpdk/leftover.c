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

#include "log.h"

/* The devices that make sockets. */
static const struct {
	const char *driver;
	const char *path;    /* the argument that names the file */
	const char *waits;   /* the device waits for its peer with this */
	const char *reaches; /* and does not with this */
} kinds[] = {
	{"net_memif", "socket=", "role=server", NULL},
	{"net_vhost", "iface=", NULL, "client=1"},
};

/* The value of an argument, up to the next comma; or NULL. */
static const char *
find_value(const char *device, const char *key)
{
	for (const char *at = strchr(device, ','); at != NULL;
	     at = strchr(at, ','))
		if (strncmp(++at, key, strlen(key)) == 0)
			return at + strlen(key);
	return NULL;
}

static bool
has_argument(const char *device, const char *argument)
{
	const char *rest = find_value(device, argument);

	return rest != NULL && (*rest == ',' || *rest == '\0');
}

/* Write the path of the socket that the device would make.  Returns false if it
 * makes none. */
static bool
find_path(const char *device, struct sockaddr_un *address)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *path = find_value(device, kinds[i].path);

		if (strncmp(device, kinds[i].driver, strlen(kinds[i].driver)) !=
			    0 ||
		    path == NULL || path[0] != '/')
			continue;
		if ((kinds[i].waits != NULL &&
		     !has_argument(device, kinds[i].waits)) ||
		    (kinds[i].reaches != NULL &&
		     has_argument(device, kinds[i].reaches)))
			return false;
		return (size_t)snprintf(address->sun_path,
					sizeof(address->sun_path), "%.*s",
					(int)strcspn(path, ","),
					path) < sizeof(address->sun_path);
	}
	return false;
}

/* Is the file a socket at which no process listens? */
static bool
is_left(const struct sockaddr_un *address)
{
	struct stat status;

	if (lstat(address->sun_path, &status) < 0 || !S_ISSOCK(status.st_mode))
		return false;
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	/* A listener of another type of socket is another error. */
	const bool refused = connect(fd, (const struct sockaddr *)address,
				     sizeof(*address)) < 0 &&
			     errno == ECONNREFUSED;
	close(fd);
	return refused;
}

void
leftover_remove(const char *device)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (!find_path(device, &address) || !is_left(&address))
		return;
	if (unlink(address.sun_path) == 0)
		log_line(LOG_LEVEL_INFO,
			 "socket %s of a process that was killed is removed",
			 address.sun_path);
}
