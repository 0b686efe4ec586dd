/* SPDX-License-Identifier: BSD-3-Clause */
#include "notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path, or "@" and the name of an abstract socket.  Returns 0 or -errno. */
static int
find_address(const char *name, struct sockaddr_un *address, socklen_t *size)
{
	const size_t length = strlen(name);

	if (name[0] != '/' && name[0] != '@')
		return -EPROTONOSUPPORT;
	if (length < 2 || length >= sizeof(address->sun_path))
		return -EINVAL;
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, name, length);
	/* The name of an abstract socket begins with a zero and has no end but
	 * its length (unix(7)). */
	if (name[0] == '@')
		address->sun_path[0] = '\0';
	*size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return 0;
}

static int
send_to(const char *name, const char *message, size_t length)
{
	struct sockaddr_un address;
	socklen_t size;

	const int error = find_address(name, &address, &size);
	if (error != 0)
		return error;
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	const ssize_t sent =
		sendto(fd, message, length, MSG_DONTWAIT | MSG_NOSIGNAL,
		       (const struct sockaddr *)&address, size);
	const int result = sent < 0 ? -errno : 1;
	close(fd);
	return result;
}

int
notify_send(const char *format, ...)
{
	const char *name = getenv("NOTIFY_SOCKET");
	char message[NOTIFY_MESSAGE_MAX];
	va_list arguments;

	if (name == NULL || name[0] == '\0')
		return 0;
	va_start(arguments, format);
	const int length =
		vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(message))
		return -EMSGSIZE;
	return send_to(name, message, (size_t)length);
}

/* A whole number above 0, or 0. */
static uint64_t
number_of(const char *variable)
{
	const char *text = getenv(variable);
	char *end;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	const uint64_t number = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' ? number : 0;
}

uint64_t
notify_watchdog_ms(void)
{
	/* Without WATCHDOG_PID the limit is for any process. */
	if (getenv("WATCHDOG_PID") != NULL &&
	    number_of("WATCHDOG_PID") != (uint64_t)getpid())
		return 0;
	return number_of("WATCHDOG_USEC") / 1000;
}
